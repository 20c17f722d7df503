//! The rules by which each provider refuses a request, so that a history that a stopped turn has
//! spoiled fails a test instead of a user's next message.

mod anthropic;
mod chat;
mod gemini;
mod interactions;
mod ollama;
mod openai_responses;
mod reasoning;
mod shape;
mod tools;

use super::dialect::{Dialect, without_query};
use super::request::Request;
pub use anthropic::AnthropicRules;
pub use chat::{ChatRules, validate_chat_request};
use serde_json::Value;

/// What is demanded of requests, for each API whose servers or models differ.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    /// Of Chat Completions.
    pub chat: ChatRules,
    /// Of Anthropic's Messages.
    pub anthropic: AnthropicRules,
}

impl Rules {
    /// Judges the JSON of a request that asks `model` for an answer: first what its fields say,
    /// then which ones there are.
    ///
    /// # Errors
    /// The first rule that is broken, in the provider's words.
    pub fn check(&self, dialect: Dialect, model: &str, request: &Value) -> Result<(), String> {
        match dialect {
            Dialect::OpenaiChat => self.chat.check(request),
            Dialect::OpenaiResponses => openai_responses::check(request),
            Dialect::Anthropic => self.anthropic.check(model, request),
            Dialect::Gemini => gemini::check(model, request),
            Dialect::GeminiInteractions => interactions::check(request),
            Dialect::Ollama => ollama::check(request),
        }?;
        tools::check(dialect, request)?;
        reasoning::check(dialect, model, request)?;
        shape::check(dialect, request)
    }

    pub(super) fn check_request(&self, dialect: Dialect, request: &Request) -> Result<(), String> {
        check_address(dialect, request)?;
        let body = serde_json::from_slice(&request.body).map_err(|error| {
            format!("We could not parse the JSON body of your request: {error}")
        })?;
        self.check(dialect, &request.model(), &body)
    }
}

/// What an API wants said outside the body.
fn check_address(dialect: Dialect, request: &Request) -> Result<(), String> {
    match dialect {
        Dialect::Anthropic if request.header("anthropic-version").is_none() => {
            Err("anthropic-version: header is required".to_owned())
        }
        Dialect::Gemini
            if without_query(&request.path).ends_with(":streamGenerateContent")
                && !request.path.contains("alt=sse") =>
        {
            // The API itself would answer with one JSON array, which no client of ours reads.
            Err("streamGenerateContent needs alt=sse to stream events".to_owned())
        }
        Dialect::GeminiInteractions if request.header("api-revision").is_none() => {
            // Without it the API speaks of outputs, and not of steps.
            Err("The steps schema needs the header Api-Revision: 2026-05-20".to_owned())
        }
        Dialect::OpenaiChat
        | Dialect::OpenaiResponses
        | Dialect::Anthropic
        | Dialect::Gemini
        | Dialect::GeminiInteractions
        | Dialect::Ollama => Ok(()),
    }
}
