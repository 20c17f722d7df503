//! What was decoded, as the stream hands it over: with the answer's id and the marks of its issuer, and
//! with the end, where it is one.

use super::ending::read_rest;
use super::{Item, LONGEST_ID, State, WireStream};
use crate::ModelEvent;
use crate::cancellation::cancel_at_server;
use crate::decode::{Decoded, End};
use crate::{refusal, surrogates};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::sync::Arc;
use tacet_conversation::{ErrorCategory, ProviderError, ServerCancel, Usage};

impl WireStream {
    /// Makes an item of what was decoded, and ends where the answer ends.
    pub(super) fn hand_over(&mut self, mut decoded: Decoded) -> Option<Item> {
        self.limits.decoded(&decoded.events, decoded.end.is_some());
        self.name(&mut decoded.events);
        self.bind(&mut decoded.events);
        if let Some(left_out) = self.decoder.leaves_tag_out() {
            let model = &self.request.model;
            self.wire
                .optional_fields()
                .note_tag_left_out(model, left_out);
        }
        match decoded.end {
            None => {}
            Some(End::Finished) => {
                if let State::Receiving { body, .. } =
                    std::mem::replace(&mut self.state, State::Ended)
                {
                    tokio::spawn(read_rest(body));
                }
            }
            Some(End::Failed(error)) => {
                let error = self.wire.http().redacted(error);
                let rules = self.wire.rules(&self.request.model);
                let error = refusal::with_files(error, &self.request, &rules);
                self.state = match self.cancel_after(&error) {
                    Some(cancel) => State::Cancelling { cancel, error },
                    None => {
                        self.failure = Some(error);
                        State::Ended
                    }
                };
            }
        }
        if decoded.events.is_empty() {
            self.failure.take().map(Err)
        } else {
            Some(Ok(decoded.events))
        }
    }

    /// Says the answer's id once, before what was decoded with it.
    fn name(&mut self, events: &mut Vec<ModelEvent>) {
        if let (false, Some(id)) = (self.named, self.decoder.answer_id()) {
            self.named = true;
            if id.len() <= LONGEST_ID {
                events.insert(0, ModelEvent::AnswerId(surrogates::plain(id)));
            }
        }
    }

    /// Says of seals what they are bound to.
    fn bind(&self, events: &mut [ModelEvent]) {
        let Some(issuer) = &self.bound else {
            return;
        };
        for event in events {
            if let ModelEvent::ReasoningSealed(seal) | ModelEvent::ToolCallSealed { seal, .. } =
                event
            {
                seal.issuer.clone_from(issuer);
            }
        }
    }

    /// What ends the answer at the server, where it does not know that nobody reads it any more.
    fn cancel_after(
        &self,
        error: &ProviderError,
    ) -> Option<BoxFuture<'static, (ServerCancel, Option<Usage>)>> {
        let unknown_there = matches!(
            error.category,
            ErrorCategory::Network | ErrorCategory::Protocol
        );
        let id = self.decoder.answer_id().filter(|_| unknown_there)?;
        let path = self.wire.cancel_path(id)?;
        let wire = Arc::clone(&self.wire);
        Some(async move { cancel_at_server(&*wire, &path).await }.boxed())
    }
}
