//! How long an answer may take: to its first word, and between two signs of life.

use crate::ModelEvent;
use crate::awake::Sleep;
use crate::failure::Destination;
use futures::FutureExt;
use std::task::{Context, Poll};
use std::time::Duration;
use tacet_conversation::ProviderError;

/// What is left of the time, where it runs.
#[derive(Default)]
pub struct Limits {
    silence: Option<Sleep>,
    first_word: Option<Sleep>,
}

impl Limits {
    /// Starts the limit on silence anew.
    pub fn heard(&mut self, limit: Duration) {
        match &mut self.silence {
            Some(silence) => silence.reset(limit),
            None => self.silence = Some(Sleep::new(limit)),
        }
    }

    /// The server has the whole request: starts the limit for its first word, where there is one.
    pub fn asked(&mut self, destination: &Destination) {
        self.first_word = destination.first_word_timeout.map(Sleep::new);
    }

    /// Ends the limit for the first word with it, and with the answer.
    pub fn decoded(&mut self, events: &[ModelEvent], is_over: bool) {
        if is_over || events.iter().any(is_word) {
            self.first_word = None;
        }
    }

    /// Why to hang up on a server that does not begin.
    pub fn poll_first_word(
        &mut self,
        destination: &Destination,
        cx: &mut Context<'_>,
    ) -> Option<ProviderError> {
        if self.first_word.as_mut()?.poll_unpin(cx).is_pending() {
            return None;
        }
        self.first_word = None;
        let limit = destination.first_word_timeout?;
        Some(destination.wordless(limit))
    }

    /// Why to hang up on a server that says nothing any more.
    pub fn poll_silence(
        &mut self,
        destination: &Destination,
        cx: &mut Context<'_>,
    ) -> Option<ProviderError> {
        match self.silence.as_mut()?.poll_unpin(cx) {
            Poll::Ready(()) => Some(destination.silent()),
            Poll::Pending => None,
        }
    }
}

/// Whether an event is of the answer itself.
fn is_word(event: &ModelEvent) -> bool {
    match event {
        ModelEvent::Text(_)
        | ModelEvent::Reasoning(_)
        | ModelEvent::ReasoningSealed(_)
        | ModelEvent::ToolCallStarted { .. }
        | ModelEvent::ToolCallArguments { .. }
        | ModelEvent::ToolCallSealed { .. }
        | ModelEvent::Cited(_)
        | ModelEvent::ServerTool(_)
        | ModelEvent::File(_)
        | ModelEvent::Explained(_)
        | ModelEvent::Finished(_) => true,
        ModelEvent::Phase(_)
        | ModelEvent::ReasoningField(_)
        | ModelEvent::TextWasReasoning
        | ModelEvent::ReasoningWasText
        | ModelEvent::WithoutSeals
        | ModelEvent::AnswerId(_)
        | ModelEvent::Usage(_) => false,
    }
}
