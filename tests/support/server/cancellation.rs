//! Server-side cancel of the Responses API: which answers run in the background, and who was told
//! to stop.
//!
//! Source: <https://platform.openai.com/docs/guides/background>: cancelling twice is idempotent,
//! and only a response that was made with `background` can be cancelled.

use super::refusal::Spelled;
use super::voice::{Asked, response};
use serde_json::json;
use std::collections::HashMap;
use std::time::Instant;

/// A request to stop an answer on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancel {
    /// The answer's id, as the path named it.
    pub response_id: String,
    /// When it had been read whole.
    pub received_at: Instant,
}

#[derive(Debug, Default)]
pub(super) struct Cancellations {
    answers: HashMap<String, Asked>,
    received: Vec<Cancel>,
    is_gated: bool,
}

impl Cancellations {
    /// Remembers an answer that may be cancelled later.
    pub(super) fn expect(&mut self, asked: Asked) {
        self.answers.insert(asked.answer_id.clone(), asked);
    }

    pub(super) fn gate(&mut self) {
        self.is_gated = true;
    }

    pub(super) fn received(&self) -> Vec<Cancel> {
        self.received.clone()
    }

    /// Notes the cancel; the answer to it, unless a test gives that.
    pub(super) fn receive(&mut self, response_id: String, received_at: Instant) -> Option<Spelled> {
        let asked = self.answers.get(&response_id);
        let (status, body) = match asked {
            None => (
                404,
                refused(&format!("Response with id '{response_id}' not found.")),
            ),
            Some(asked) if asked.body["background"] == true => {
                (200, response(asked, "cancelled", &[], None))
            }
            Some(_) => (400, refused("Cannot cancel a synchronous response.")),
        };
        self.received.push(Cancel {
            response_id,
            received_at,
        });
        (!self.is_gated).then_some(Spelled {
            status,
            retry_after: None,
            body,
        })
    }
}

fn refused(words: &str) -> serde_json::Value {
    let kind = "invalid_request_error";
    json!({"error": {"message": words, "type": kind, "param": null, "code": null}})
}
