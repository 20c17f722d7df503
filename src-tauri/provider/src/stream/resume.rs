//! A broken connection to an answer that goes on at the server: it is read on over another one, from
//! the event after the last that came. Nothing is asked for, and nothing is billed, a second time.

use super::{Item, Kind, State, WireStream};
use crate::ModelEvent;
use crate::awake::Sleep;
use crate::http::Sending;
use futures::{FutureExt, StreamExt};
use std::task::{Context, Poll};
use std::time::Duration;
use tacet_conversation::{Phase, ProviderError};

/// How long to wait before each attempt to pick an answer up: a network that is changed needs some
/// seconds.
const WAITS: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(16),
];

/// So many attempts that none follows.
pub(super) const NO_MORE: usize = WAITS.len();

/// An answer that is being picked up.
pub(super) struct Resuming {
    path: String,
    stage: Stage,
    /// What broke, where the body did not just end.
    failure: Option<ProviderError>,
}

enum Stage {
    Waiting(Sleep),
    Sending(Sending),
}

impl WireStream {
    /// Picks the answer up again, where it goes on at the server; `None` where it does not, or that was
    /// tried often enough. `failure` is what broke, where the body did not just end.
    pub(super) fn resume(&mut self, failure: Option<&ProviderError>) -> Option<Option<Item>> {
        let position = self.decoder.position();
        let path = |this: &Self, position: String| {
            let id = this.decoder.answer_id()?;
            this.wire.resume_path(id, &position)
        };
        path(self, position?)?;
        let wait = *WAITS.get(self.attempts)?;
        let mut decoded = self.decoder.break_off();
        if decoded.end.is_some() {
            return Some(self.hand_over(decoded));
        }
        self.attempts += 1;
        // What was whole without its last line counts too.
        let path = path(self, self.decoder.position()?)?;
        self.state = State::Resuming(Resuming {
            path,
            stage: Stage::Waiting(Sleep::new(wait)),
            failure: failure.cloned(),
        });
        decoded.events.push(ModelEvent::Phase(Phase::Connecting));
        Some(self.hand_over(decoded))
    }

    pub(super) fn poll_resume(&mut self, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        let State::Resuming(resuming) = &mut self.state else {
            return Poll::Ready(None);
        };
        match &mut resuming.stage {
            Stage::Waiting(sleep) => match sleep.poll_unpin(cx) {
                Poll::Ready(()) => {
                    let sending = self.wire.http().get_stream(&resuming.path);
                    resuming.stage = Stage::Sending(sending);
                    self.heard();
                    Poll::Ready(None)
                }
                Poll::Pending => Poll::Pending,
            },
            Stage::Sending(sending) => match sending.poll_unpin(cx) {
                Poll::Ready(Ok(response)) if response.status().is_success() => {
                    self.heard();
                    self.state = State::Receiving {
                        body: response.bytes_stream().boxed(),
                        kind: Kind::Answer,
                    };
                    Poll::Ready(None)
                }
                Poll::Ready(Ok(response)) => {
                    let status = response.status();
                    let is_worth_it =
                        status.is_server_error() || matches!(status.as_u16(), 408 | 429);
                    Poll::Ready(self.resume_again(is_worth_it))
                }
                Poll::Ready(Err(_)) => Poll::Ready(self.resume_again(true)),
                Poll::Pending => match self.limits.poll_silence(self.wire.http().destination(), cx)
                {
                    Some(_) => Poll::Ready(self.resume_again(true)),
                    None => Poll::Pending,
                },
            },
        }
    }

    /// Another attempt, or else the end that the break was.
    fn resume_again(&mut self, is_worth_it: bool) -> Option<Item> {
        let State::Resuming(Resuming { failure, .. }) =
            std::mem::replace(&mut self.state, State::Ended)
        else {
            return None;
        };
        if is_worth_it && let Some(item) = self.resume(failure.as_ref()) {
            return item;
        }
        let decoded = self.decoder.close(failure);
        self.hand_over(decoded)
    }
}
