//! The rules by which each provider refuses a request, so that a history that a stopped turn has
//! spoiled fails a test instead of a user's next message.

mod chat;

use super::dialect::Dialect;
use super::request::Request;
pub use chat::{ChatRules, validate_chat_request};
use serde_json::Value;

/// What is demanded of requests, for each API whose servers differ.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Of Chat Completions.
    pub chat: ChatRules,
}

impl Rules {
    /// Judges the JSON of a request that asks `model` for an answer.
    ///
    /// # Errors
    /// The first rule that is broken, in the provider's words.
    pub fn check(&self, dialect: Dialect, model: &str, request: &Value) -> Result<(), String> {
        let _ = model;
        match dialect {
            Dialect::OpenaiChat => self.chat.check(request),
            _ => Ok(()),
        }
    }

    pub(super) fn check_request(&self, dialect: Dialect, request: &Request) -> Result<(), String> {
        let body = serde_json::from_slice(&request.body).map_err(|error| {
            format!("We could not parse the JSON body of your request: {error}")
        })?;
        self.check(dialect, &request.model(), &body)
    }
}
