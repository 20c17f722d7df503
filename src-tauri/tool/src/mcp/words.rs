//! What went wrong on the way to a server, in words that fit behind its name.

use super::sign_in::problem;
use rmcp::service::{ClientInitializeError, ServiceError};
use rmcp::transport::DynamicTransportError;
use rmcp::transport::streamable_http_client::StreamableHttpError;
use std::error::Error;

/// How much of an error is shown, in bytes: it may quote what the server sent.
const SHOWN: usize = 400;
/// For a server whose header is in the settings; the others are signed in to.
const NOT_ACCEPTED: &str =
    "it does not accept the header that says who you are: enter the value of Authorization again";

/// Why there was no greeting.
pub fn of_greeting(error: &ClientInitializeError) -> String {
    if error.is_authorization_required() {
        return NOT_ACCEPTED.to_owned();
    }
    match error {
        ClientInitializeError::JsonRpcError(said) => {
            bare(&format!("it answered: {}", said.message))
        }
        ClientInitializeError::TransportError { error, .. } => of_transport(error),
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => of_greeting(fallback),
        ClientInitializeError::ConnectionClosed(_) => "it closed its output".to_owned(),
        other => bare(&other.to_string()),
    }
}

/// Whether the end of its process says more than this.
pub fn is_an_end(error: &ClientInitializeError) -> bool {
    match error {
        ClientInitializeError::ConnectionClosed(_)
        | ClientInitializeError::TransportError { .. } => true,
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => is_an_end(fallback),
        _ => false,
    }
}

/// Whether there was an answer, and none to what was asked.
pub fn is_no_answer(error: &ClientInitializeError) -> bool {
    matches!(
        error,
        ClientInitializeError::ExpectedInitResult(_)
            | ClientInitializeError::ExpectedInitResponse(_)
            | ClientInitializeError::ConflictInitResponseId(..)
            | ClientInitializeError::UncorrelatedErrorResponse { .. }
    )
}

/// Why a request got no result.
pub fn of_request(error: &ServiceError) -> String {
    if error.is_authorization_required() {
        return NOT_ACCEPTED.to_owned();
    }
    match error {
        ServiceError::McpError(said) => bare(&format!("it answered: {}", said.message)),
        ServiceError::TransportSend(error) => of_transport(error),
        ServiceError::TransportClosed => "it closed the connection".to_owned(),
        other => bare(&other.to_string()),
    }
}

fn of_transport(error: &DynamicTransportError) -> String {
    let error = error.error.as_ref();
    match error.downcast_ref::<StreamableHttpError<reqwest::Error>>() {
        Some(StreamableHttpError::Client(error)) => {
            // Its address may hold a key.
            let status = error.status().map(|status| format!("it answered {status}"));
            status.unwrap_or_else(|| deepest(error))
        }
        Some(StreamableHttpError::Auth(error)) => problem(error),
        Some(_) | None => deepest(error),
    }
}

/// The innermost cause: what was tried is known.
pub fn deepest(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    bare(&cause.to_string())
}

/// Short, and without the end of a sentence.
pub fn bare(words: &str) -> String {
    let words = &words[..words.floor_char_boundary(SHOWN)];
    words.trim_end_matches('.').to_owned()
}
