//! Finding messages and conversations.

use crate::app::App;
use crate::view::CommandError;
use tacet_conversation::{ConversationId, MessageId};
use tacet_store::{Found, FoundAbove, Search};
use tauri::State;

/// What is found, while it is typed.
#[tauri::command]
pub async fn search(app: State<'_, App>, search: Search) -> Result<Found, CommandError> {
    Ok(app.store.search(search).await?)
}

/// Where words stand in a conversation above the message `before`, on its branch.
#[tauri::command]
pub async fn find_above(
    app: State<'_, App>,
    conversation_id: ConversationId,
    before: MessageId,
    words: String,
) -> Result<Vec<FoundAbove>, CommandError> {
    let found = app.store.find_above(conversation_id, before, words);
    Ok(found.await?)
}
