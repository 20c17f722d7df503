//! What is done about an answer after its turn: its end is written, and its true figures are looked up.

use super::Turns;
use crate::run::Ended;
use crate::settlement::{Drained, Settlement, Subject};
use std::sync::Arc;
use tacet_conversation::{Millis, now};
use tacet_provider::Provider;
use tacet_store::{AwaitedRecord, StoreError};
use tokio::sync::watch;

/// For how long a record that was not there is worth asking for again, in milliseconds.
const RECORD_AGE: Millis = 24 * 60 * 60 * 1_000;
/// How many records are asked for again at most.
const MOST_RECORDS: u32 = 50;

impl Turns {
    /// Writes an end that is not on disk yet, and looks for better figures of what it took.
    pub(super) async fn afterwards(&self, ended: Ended, subject: Subject) {
        let (store, feed) = (&self.shared.store, &self.shared.feed);
        let quit = &self.shared.root;
        let (written, mut is_written) = watch::channel(ended.unwritten.is_none());
        let write = async {
            if let Some(unwritten) = ended.unwritten {
                unwritten.keep_trying(store, feed, quit).await;
                written.send_replace(true);
            }
        };
        let settle = async {
            let (Some(usage), Some(provider)) = (ended.end.last_usage(), ended.provider) else {
                return;
            };
            let drained = match ended.rest {
                Some(rest) => {
                    let (conversation, answer) = (subject.conversation_id, subject.message_id);
                    let drains = &self.shared.drains;
                    let drain = drains.enter(conversation, answer, quit.child_token());
                    let figures = rest.read(drain.token()).await;
                    figures.map_or(Drained::Nothing, |figures| {
                        Drained::Figures(Box::new(figures))
                    })
                }
                None => Drained::NotTried,
            };
            // Figures go to the row of the answer, which is there once its end is.
            let row = is_written.wait_for(|written| *written);
            if !matches!(quit.run_until_cancelled(row).await, Some(Ok(_))) {
                return;
            }
            let settlement = Settlement {
                store: store.clone(),
                feed: feed.clone(),
                provider,
                subject,
                repeated: ended.repeated,
                begun: ended.begun,
            };
            settlement.settle(usage, drained, quit).await;
        };
        tokio::join!(write, settle);
    }

    /// The answers of the last day whose true figures the last run did not live to see, at most
    /// 50. For the launch; [`look_up`](Self::look_up) takes each up again.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn awaited_records(&self) -> Result<Vec<AwaitedRecord>, StoreError> {
        let since = now().saturating_sub(RECORD_AGE);
        let store = &self.shared.store;
        store.awaited_records(since, MOST_RECORDS).await
    }

    /// Looks up the true figures of an answer again, in the background and until the app quits.
    /// Asks nobody where `provider` does not keep the record at the host that does.
    pub fn look_up(&self, awaited: &AwaitedRecord, provider: Arc<dyn Provider>) {
        let lookup = provider.usage_lookup(&awaited.answer_id);
        let Some(lookup) = lookup.filter(|lookup| lookup.host == awaited.host) else {
            return;
        };
        let settlement = Settlement {
            store: self.shared.store.clone(),
            feed: self.shared.feed.clone(),
            provider,
            subject: Subject {
                conversation_id: awaited.conversation_id,
                message_id: awaited.message_id,
                model: awaited.model.model.clone(),
            },
            repeated: String::new(),
            begun: 0,
        };
        let quit = self.shared.root.clone();
        self.shared.tracker.spawn(async move {
            quit.run_until_cancelled(settlement.look_up(&lookup)).await;
        });
    }
}
