//! Large replies whose fetch failed.

use crate::replies::Replies;
use crate::view::CommandError;
use tauri::ipc::{InvokeResponseBody, Response};
use tauri::{Runtime, State, Webview};

/// What a ticket stands for, as a reply that the page waits for with its buttons.
#[tauri::command]
pub async fn collect_reply<R: Runtime>(
    webview: Webview<R>,
    replies: State<'_, Replies>,
    ticket: String,
) -> Result<Response, CommandError> {
    match replies.take(webview.label(), &ticket) {
        Some(json) => Ok(Response::new(InvokeResponseBody::Json(json))),
        None => Err(CommandError::storage(
            "What was asked for was lost on its way to the window. Nothing is lost on the disk. \
             Try again.",
        )),
    }
}
