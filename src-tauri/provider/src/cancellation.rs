//! The end of an answer at a server that goes on without its reader (rule C09).

use super::body::Body;
use super::wire::Wire;
use futures::StreamExt;
use reqwest::Response;
use serde_json::Value;
use std::time::Duration;
use tacet_conversation::{ServerCancel, Usage};
use tokio::time::Instant;

/// How long the server may take to confirm that it ended an answer; less than the limit of
/// rule C09, so that the receipt can say that it has not.
const CANCEL_LIMIT: Duration = Duration::from_millis(1_500);
/// How much is read of what it says to that.
const ANSWER_LIMIT: usize = 8 * 1024 * 1024;

/// What a lost connection means for an answer that the server was then told to end.
pub(super) fn after_cancel(server: ServerCancel) -> &'static str {
    match server {
        ServerCancel::Confirmed => "The answer was cancelled at the server.",
        ServerCancel::Refused | ServerCancel::Unanswered => {
            "The server did not confirm that it ended the answer, and may go on with it and bill it."
        }
    }
}

/// Asks the server to end an answer that goes on without its reader. With a confirmation may come
/// what the answer took.
pub(super) async fn cancel_at_server(wire: &dyn Wire, path: &str) -> (ServerCancel, Option<Usage>) {
    let limit = Instant::now() + CANCEL_LIMIT;
    let (response, _sent) = wire.http().post(path, Body::empty());
    match tokio::time::timeout_at(limit, response).await {
        Ok(Ok(response)) if response.status().is_success() => {
            let answer = tokio::time::timeout_at(limit, gather(response)).await;
            let answer = answer
                .ok()
                .and_then(|body| serde_json::from_slice(&body).ok());
            let usage = answer.and_then(|answer: Value| wire.cancelled(&answer));
            (ServerCancel::Confirmed, usage)
        }
        Ok(Ok(_)) => (ServerCancel::Refused, None),
        Ok(Err(_)) | Err(_) => (ServerCancel::Unanswered, None),
    }
}

/// The beginning of a body.
async fn gather(response: Response) -> Vec<u8> {
    let mut body = response.bytes_stream();
    let mut gathered = Vec::new();
    while let Some(Ok(bytes)) = body.next().await {
        gathered.extend_from_slice(&bytes);
        if gathered.len() > ANSWER_LIMIT {
            break;
        }
    }
    gathered
}
