//! Server-side cancel of the Responses and the Interactions API: which answers run in the background,
//! and who was told to stop.
//!
//! Sources: <https://platform.openai.com/docs/guides/background>: cancelling twice is idempotent,
//! and only a response that was made with `background` can be cancelled.
//! <https://ai.google.dev/api/interactions-api>: "This only applies to background interactions that are
//! still running."

use super::dialect::Dialect;
use super::refusal::Spelled;
use super::voice::{Asked, interaction, response};
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
    pub(super) fn receive(
        &mut self,
        dialect: Dialect,
        response_id: String,
        received_at: Instant,
    ) -> Option<Spelled> {
        let asked = self.answers.get(&response_id);
        let is_google = dialect == Dialect::GeminiInteractions;
        let (status, body) = match asked {
            None if is_google => (404, google("NOT_FOUND", 404, "Interaction not found.")),
            None => (
                404,
                refused(&format!("Response with id '{response_id}' not found.")),
            ),
            Some(asked) if asked.body["background"] == true => {
                let ended = if is_google {
                    interaction(asked, "cancelled", &[], None)
                } else {
                    response(asked, "cancelled", &[], None)
                };
                (200, ended)
            }
            Some(_) if is_google => {
                let words = "Only background interactions can be cancelled.";
                (400, google("INVALID_ARGUMENT", 400, words))
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

fn google(status: &str, code: u16, words: &str) -> serde_json::Value {
    json!({"error": {"code": code, "message": words, "status": status}})
}
