//! The end of a turn: on disk first, and then told.

use super::Run;
use crate::answer::Answer;
use crate::drained_stream::DrainedStream;
use crate::event::{TurnEnd, TurnEventKind};
use crate::receipt;
use crate::unwritten::{self, Unwritten, Written};
use std::sync::Arc;
use tacet_conversation::{
    Cause, ErrorCategory, Message, MessageState, ProviderError, StopEffect, now,
};
use tacet_provider::Provider;

/// How a turn ended, and what is left to do.
pub(crate) struct Ended {
    pub(crate) end: Arc<TurnEnd>,
    /// Who was asked; absent where the turn did not come so far.
    pub(crate) provider: Option<Arc<dyn Provider>>,
    /// The rest of a stopped answer, where it is to be read on for its exact usage.
    pub(crate) rest: Option<DrainedStream>,
    /// What a continuation repeated, and is not among its parts.
    pub(crate) repeated: String,
    /// How many characters of the answer stood there before its last request.
    pub(crate) begun: usize,
    /// The end, where it is not on disk.
    pub(crate) unwritten: Option<Box<Unwritten>>,
}

impl Run {
    pub(super) async fn finish(mut self, panicked: bool) -> Ended {
        let provider = self.steps.provider().cloned();
        let rest = self.steps.take_rest();
        let begun = self.steps.begun();
        let requested = self.steps.has_requested();
        let ended_at = now();
        let mut changes = Vec::new();
        let mut answer = after_panic(panicked, self.steps.conclude(&mut changes));
        // Where nobody was asked, nothing goes on anywhere.
        let effect = provider
            .as_ref()
            .map_or(StopEffect::Stops, |provider| provider.stop_effect());
        let receipt = receipt::draw_up(self.turn_id, &answer, effect);
        // What a continuation begins with is its own, also where nothing was asked.
        if requested {
            self.answer.parts = std::mem::take(&mut answer.parts);
        }
        self.show(changes);
        let behind = !self.catch_up();
        let mut message = Message {
            state: answer.state,
            cause: answer.cause,
            finish_reason: answer.finish_reason,
            receipt,
            error: answer.error,
            ended_at: Some(ended_at),
            ..self.answer
        };
        message.set_requests(answer.requests);
        let mut end = TurnEnd {
            state: message.state,
            cause: message.cause,
            finish_reason: message.finish_reason,
            usage: message.usage.clone(),
            failed_attempts: message.failed_attempts.clone(),
            requests: message.requests.clone(),
            receipt: message.receipt.clone(),
            error: message.error.clone(),
            ended_at,
            unsaved: None,
            behind,
        };
        let stopped = answer.stop.map(|stop| stop.at);
        // Disk first, then screen (rule C06), within the limit of rule C09.
        let unwritten = match unwritten::write(&self.store, message, stopped).await {
            Written::Settled(message) => {
                end.receipt = message.receipt;
                None
            }
            Written::Not(reason, unwritten) => {
                end.unsaved = Some(reason);
                Some(unwritten)
            }
        };
        self.watchers
            .send(TurnEventKind::Ended(Box::new(end.clone())));
        Ended {
            end: Arc::new(end),
            provider,
            rest,
            repeated: answer.repeated,
            begun,
            unwritten,
        }
    }
}

/// What a panic in Tacet makes of an answer that it cut off.
fn after_panic(panicked: bool, answer: Answer) -> Answer {
    if !panicked || answer.state == MessageState::Complete {
        return answer;
    }
    let kept = if answer.characters > 0 {
        "What arrived is kept, and other"
    } else {
        "Other"
    };
    let message = format!(
        "An error inside Tacet ended this answer. {kept} conversations go on. Retry to ask again."
    );
    Answer {
        state: MessageState::Interrupted,
        cause: Some(Cause::Crash),
        error: Some(ProviderError::new(ErrorCategory::Engine, message)),
        ..answer
    }
}
