//! What is done about a conversation's title after its first answer.

use super::Turns;
use crate::entry::Entry;
use crate::generation::Generation;
use crate::naming::{ANSWER_LIMIT, Naming, Place, request, title_of};
use crate::news::News;
use crate::settlement::Subject;
use std::sync::Arc;
use tacet_conversation::{Message, ModelRef, StopHandle, TurnId, now};
use tacet_provider::{ModelRequest, Provider};
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

/// A request for a title, and who is asked.
struct WantedTitle {
    request: ModelRequest,
    model: ModelRef,
    provider: Arc<dyn Provider>,
}

impl Turns {
    /// A place for the request for the title of the turn's conversation, before the turn gives its own
    /// up: whatever is sent from then on finds the request, and stops it.
    pub(super) fn place(
        &self,
        naming: &Naming,
        turn: &NamedTurn,
        subject: &Subject,
    ) -> Option<Place> {
        let provider = match naming {
            _ if !turn.is_whole => return None,
            Naming::FirstWords => return None,
            Naming::Answering { .. } => turn.model.provider.clone(),
            Naming::Chosen { model, .. } => model.provider.clone(),
        };
        let id = subject.conversation_id;
        let namings = &self.shared.namings;
        let running = self.running();
        let follows = |(other, entry): (&TurnId, &Entry)| {
            *other != turn.turn_id && entry.conversation_id == id
        };
        if running.iter().any(follows) {
            // The person has sent the next message: its answer comes first.
            namings.owe(id);
            return None;
        }
        let stop = StopHandle::new(self.shared.root.child_token());
        Some(namings.enter(id, turn.turn_id, provider, stop))
    }

    /// Asks for the title of the turn's conversation, where it wants one.
    pub(super) async fn name(
        &self,
        naming: Naming,
        turn: NamedTurn,
        subject: &Subject,
        place: Place,
    ) {
        let wanted = tokio::select! {
            biased;
            _ = place.stop.stopped() => return,
            wanted = self.wanted_title(naming, turn, subject) => wanted,
        };
        let Some(wanted) = wanted else {
            return;
        };
        place.tell(&self.shared.feed);
        let titled = self.ask_for_title(wanted, subject, &place.stop).await;
        drop(place);
        self.shared.feed.tell(&News::NamingEnded {
            conversation_id: subject.conversation_id,
            title: titled,
        });
    }

    /// Whether the conversation wants a title of a model's, and what is asked for it then.
    async fn wanted_title(
        &self,
        naming: Naming,
        turn: NamedTurn,
        subject: &Subject,
    ) -> Option<WantedTitle> {
        let id = subject.conversation_id;
        let store = &self.shared.store;
        let is_owed = self.shared.namings.is_owed(id);
        // Of a database that cannot be read, the title stays.
        if !store.wants_title(id, is_owed).await.ok()? {
            return None;
        }
        let branch = store.branch(subject.message_id).await.ok()?;
        let (model, provider) = match naming {
            Naming::FirstWords => return None,
            Naming::Answering { longest } if is_longer(branch.last()?, longest) => return None,
            Naming::Answering { .. } => (turn.model, turn.provider?),
            Naming::Chosen { model, provider } => (model, provider.await.ok()?),
        };
        Some(WantedTitle {
            request: request(&model.model, &branch)?,
            model,
            provider,
        })
    }

    /// The title that the conversation has of it; `None` where it keeps the one before.
    async fn ask_for_title(
        &self,
        wanted: WantedTitle,
        subject: &Subject,
        stop: &StopHandle,
    ) -> Option<String> {
        let created_at = now();
        let WantedTitle {
            request,
            model,
            provider,
        } = wanted;
        let mut generation = Generation::with_stop(provider, request, stop.clone())
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
        let store = &self.shared.store;
        let saved = store.save_title(subject.conversation_id, asked).await;
        // Where it cannot be written, the title stays as it is.
        Some(saved.ok()??.title)
    }
}

/// Whether an answer took more tokens, its request with it.
fn is_longer(answer: &Message, longest: Option<u64>) -> bool {
    let took = (answer.usage.as_ref()).map_or(0, |usage| {
        usage.input_tokens.unwrap_or(0) + usage.output_tokens.unwrap_or(0)
    });
    longest.is_some_and(|longest| took > longest)
}
