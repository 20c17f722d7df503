//! What can go wrong with a provider, in the categories that a person can act on.

use crate::MessageId;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What kind of failure it is; each asks for something else from the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCategory {
    /// The key is missing, wrong or not allowed to do this.
    Authentication,
    /// Too many requests, or no credit.
    RateLimit,
    /// The provider cannot answer now.
    Overloaded,
    /// The conversation is longer than the model takes.
    PromptTooLong,
    /// The request has more bytes than the server takes.
    RequestTooLarge,
    /// The provider did not understand the request.
    BadRequest,
    /// The provider does not know the model.
    UnknownModel,
    /// The server is not at this address, or does not have the API's path there.
    WrongAddress,
    /// The provider cannot read a file of the conversation.
    File,
    /// The provider's filter refused.
    ContentFilter,
    /// The server could not be reached, or the connection broke.
    Network,
    /// The server answered with something that is not the protocol.
    Protocol,
    /// The answer is longer than the limit for one answer.
    AnswerTooLong,
    /// The embedded model, or the turn itself, failed.
    Engine,
    /// The disk or the database failed.
    Storage,
    /// The provider reported an error and said nothing that it could be sorted by.
    Unknown,
}

impl ErrorCategory {
    /// Whether the provider would say the same to the same request at any time.
    #[must_use]
    pub fn is_about_request(self) -> bool {
        match self {
            Self::PromptTooLong
            | Self::RequestTooLarge
            | Self::BadRequest
            | Self::UnknownModel
            | Self::WrongAddress
            | Self::File => true,
            Self::Authentication
            | Self::RateLimit
            | Self::Overloaded
            | Self::ContentFilter
            | Self::AnswerTooLong
            | Self::Network
            | Self::Protocol
            | Self::Engine
            | Self::Storage
            | Self::Unknown => false,
        }
    }
}

/// A file of the conversation that a provider would not take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RefusedFile {
    /// The message that it went with.
    pub message_id: MessageId,
    /// Its place among the parts of that message.
    #[ts(type = "number")]
    pub part: usize,
    /// Its name.
    pub name: String,
}

/// A failure of a request, in words for the person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, TS)]
#[error("{message}")]
#[serde(rename_all = "camelCase")]
pub struct ProviderError {
    /// What kind of failure it is.
    pub category: ErrorCategory,
    /// What happened, what is safe, and what to do.
    pub message: String,
    /// The provider's own words, where it said any.
    pub provider_text: Option<String>,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// When the provider wants to be asked again, in milliseconds from the failure.
    #[serde(default)]
    #[ts(type = "number | null")]
    pub retry_after_ms: Option<u64>,
    /// The same request may well succeed soon.
    // Messages that were stored before call it `passing`.
    #[serde(default, alias = "passing")]
    pub retryable: bool,
    /// The files that it may be about; leaving them out lets the conversation go on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<RefusedFile>>", optional)]
    pub files: Vec<RefusedFile>,
}

impl ProviderError {
    /// An error without a status and without words of the provider.
    #[must_use]
    pub fn new(category: ErrorCategory, message: impl Into<String>) -> Self {
        Self {
            category,
            message: message.into(),
            provider_text: None,
            status: None,
            retry_after_ms: None,
            retryable: false,
            files: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_error_that_was_stored_before_is_as_retryable_as_it_was() {
        let stored = r#"{"category": "overloaded", "message": "Busy.", "providerText": null,
            "status": 503, "passing": true}"#;
        let error: ProviderError = serde_json::from_str(stored).unwrap();
        assert!(error.retryable);
    }
}
