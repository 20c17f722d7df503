//! What is done about a conversation's title after its first answer.

use super::Turns;
use crate::generation::Generation;
use crate::naming::{ANSWER_LIMIT, Naming, request, title_of};
use crate::news::News;
use crate::settlement::Subject;
use std::sync::Arc;
use tacet_conversation::{ModelRef, StopHandle, TurnId, now};
use tacet_provider::Provider;
use tacet_store::TitleRequest;

/// A turn that has ended.
pub(super) struct NamedTurn {
    pub(super) turn_id: TurnId,
    /// Whether its answer is whole and on disk.
    pub(super) is_whole: bool,
    /// The model that answered, and its provider.
    pub(super) model: ModelRef,
    pub(super) provider: Option<Arc<dyn Provider>>,
}

impl Turns {
    /// Asks for the title of the turn's conversation, where it wants one and somebody is to give it.
    pub(super) async fn name(&self, naming: Naming, turn: NamedTurn, subject: &Subject) {
        let id = subject.conversation_id;
        let store = &self.shared.store;
        if !turn.is_whole || matches!(naming, Naming::FirstWords) {
            return;
        }
        // Of a database that cannot be read, the title stays.
        if !matches!(store.wants_title(id).await, Ok(true)) {
            return;
        }
        let stop = StopHandle::new(self.shared.root.child_token());
        let place = self.shared.namings.enter(id, turn.turn_id, stop.clone());
        self.shared.feed.tell(&News::NamingBegan {
            conversation_id: id,
            turn_id: turn.turn_id,
        });
        let titled = self.ask_for_title(naming, turn, subject, stop).await;
        drop(place);
        self.shared.feed.tell(&News::NamingEnded {
            conversation_id: id,
            title: titled,
        });
    }

    /// The title that the conversation has of it; `None` where it keeps the one before.
    async fn ask_for_title(
        &self,
        naming: Naming,
        turn: NamedTurn,
        subject: &Subject,
        stop: StopHandle,
    ) -> Option<String> {
        let store = &self.shared.store;
        let prepare = async {
            let branch = store.branch(subject.message_id).await.ok()?;
            let (model, provider) = match naming {
                Naming::FirstWords => return None,
                Naming::Answering => (turn.model, turn.provider?),
                Naming::Chosen { model, provider } => (model, provider.await.ok()?),
            };
            Some((request(&model.model, &branch)?, model, provider))
        };
        let (request, model, provider) = tokio::select! {
            biased;
            _ = stop.stopped() => return None,
            ready = prepare => ready?,
        };
        let created_at = now();
        let mut generation = Generation::with_stop(provider, request, stop)
            .with_answer_limit(ANSWER_LIMIT)
            .without_retries();
        while generation.next().await.is_some() {}
        let answer = generation.into_answer();
        let title = title_of(answer.state, answer.finish_reason, &answer.text());
        let asked = TitleRequest {
            title,
            state: answer.state,
            usage: answer.usage,
            model,
            created_at,
        };
        let saved = store.save_title(subject.conversation_id, asked).await;
        // Where it cannot be written, the title stays as it is.
        Some(saved.ok()??.title)
    }
}
