//! The end of an answer that could not be written: kept in memory, shown by every read of the store,
//! and tried again until it is written or the app quits (rule C04).

use super::checkpoints::SILENT;
use super::news::{News, NewsFeed};
use super::receipt;
use crate::STOP_LIMIT;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::time::{Duration, Instant};
use tacet_conversation::Message;
use tacet_store::{Store, StoreError};
use tokio_util::sync::CancellationToken;

/// How long to wait before an end is tried again, and at most.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(15);
/// The least time that the disk has, however long the connection took to close.
const LEAST: Duration = Duration::from_millis(150);

type Write = BoxFuture<'static, Result<bool, StoreError>>;

/// An end on its way to the disk.
pub(super) struct Unwritten {
    answer: Message,
    /// When the turn was stopped, for the receipt.
    stopped: Option<Instant>,
    /// A write that has not been answered yet.
    write: Option<Write>,
}

/// What came of the first attempt.
pub(super) enum Written {
    /// It is on disk, or has no place there any more; with the receipt as it stands on disk.
    Settled(Box<Message>),
    /// It is not, for this reason.
    Not(String, Box<Unwritten>),
}

/// Writes the end of an answer within what is left of the limit of rule C09.
pub(super) async fn write(store: &Store, answer: Message, stopped: Option<Instant>) -> Written {
    let mut unwritten = Unwritten {
        write: Some(finish(store, &answer)),
        answer,
        stopped,
    };
    let since = stopped.map_or(Duration::ZERO, |at| at.elapsed());
    let limit = STOP_LIMIT.saturating_sub(since).max(LEAST);
    let reason = match tokio::time::timeout(limit, unwritten.attempt(store)).await {
        Ok(Ok(true)) => {
            let answer = unwritten.with_commit_time(store, limit).await;
            return Written::Settled(Box::new(answer));
        }
        Ok(Ok(false)) => return Written::Settled(Box::new(unwritten.answer)),
        Ok(Err(error)) => error.to_string(),
        Err(_) => SILENT.to_owned(),
    };
    store.hold(unwritten.answer.clone(), reason.clone());
    Written::Not(reason, Box::new(unwritten))
}

impl Unwritten {
    /// Tries again, and at once whenever something else could be written, until the end is on disk,
    /// has no place there any more, or `quit` and one more attempt has failed. Tells when it is
    /// written.
    pub(super) async fn keep_trying(
        mut self,
        store: &Store,
        feed: &NewsFeed,
        quit: &CancellationToken,
    ) {
        let mut wait = FIRST;
        let mut others = store.later_writes();
        let mut last = false;
        loop {
            others.borrow_and_update();
            match self.attempt(store).await {
                Ok(true) => break,
                Ok(false) => {
                    store.release(self.answer.id);
                    return;
                }
                Err(error) => store.hold(self.answer.clone(), error.to_string()),
            }
            if last {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = others.changed() => {}
                () = quit.cancelled() => last = true,
            }
            wait = LONGEST.min(wait * 2);
        }
        store.release(self.answer.id);
        let answer = self.with_commit_time(store, STOP_LIMIT).await;
        feed.tell(&News::Saved {
            conversation_id: answer.conversation_id,
            message_id: answer.id,
            receipt: answer.receipt.map(Box::new),
        });
    }

    /// One attempt, or what is left of one that was begun.
    async fn attempt(&mut self, store: &Store) -> Result<bool, StoreError> {
        let write = self
            .write
            .get_or_insert_with(|| finish(store, &self.answer));
        let written = write.await;
        self.write = None;
        written
    }

    /// The answer with the time of the commit on its receipt, which is known only after it; without
    /// it the receipt is there already.
    async fn with_commit_time(mut self, store: &Store, limit: Duration) -> Message {
        let (Some(receipt), Some(stopped)) = (&mut self.answer.receipt, self.stopped) else {
            return self.answer;
        };
        receipt.token_to_commit_ms = Some(receipt::millis(stopped.elapsed()));
        let saving = store.save_receipt(self.answer.id, receipt);
        if !matches!(tokio::time::timeout(limit, saving).await, Ok(Ok(_))) {
            receipt.token_to_commit_ms = None;
        }
        self.answer
    }
}

fn finish(store: &Store, answer: &Message) -> Write {
    let (store, answer) = (store.clone(), answer.clone());
    async move { store.finish(answer).await }.boxed()
}
