//! How an answer ends: as a failure, as something that is no answer, and with what is left to read.

use super::{Body, REST_LIMIT};
use crate::decode::{Decoded, End, Stranger};
use crate::refusal;
use futures::StreamExt;
use tacet_conversation::{ErrorCategory, ProviderError};

/// A failure with nothing before it.
pub fn failed(error: ProviderError) -> Decoded {
    Decoded {
        events: Vec::new(),
        end: Some(End::Failed(error)),
    }
}

pub fn strange(stranger: Stranger<'_>, example: &str) -> ProviderError {
    let what = stranger.what;
    let mut error = ProviderError::new(
        ErrorCategory::Protocol,
        format!(
            "The server answered with {what}. Check the address in the settings; it is written \
             like {example}."
        ),
    );
    let text = refusal::page_text(&String::from_utf8_lossy(stranger.beginning));
    error.provider_text = Some(refusal::shorten(&text)).filter(|text| !text.is_empty());
    error
}

/// Reads what is left after the end of the answer, so that the pool can use the connection
/// again; an unread chunked terminator would cost it (rule C03).
pub async fn read_rest(mut body: Body) {
    let rest = async { while let Some(Ok(_)) = body.next().await {} };
    // A server that does not end its body in time loses the connection, and nothing else.
    let _ended = tokio::time::timeout(REST_LIMIT, rest).await;
}
