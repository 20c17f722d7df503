//! The list of conversations, and what is in one.

use crate::app::App;
use crate::view::{CommandError, ConversationView};
use tacet_core::{Cause, Conversation, ConversationId, now};
use tauri::State;

/// All conversations, the newest first.
#[tauri::command]
pub async fn list_conversations(app: State<'_, App>) -> Result<Vec<Conversation>, CommandError> {
    Ok(app.store.conversations().await?)
}

/// One conversation with all its messages.
#[tauri::command]
pub async fn open_conversation(
    app: State<'_, App>,
    conversation_id: ConversationId,
) -> Result<ConversationView, CommandError> {
    Ok(ConversationView {
        conversation: find(&app, conversation_id).await?,
        messages: app.store.messages(conversation_id).await?,
        // After the messages: one that was saved between is not called unsaved.
        unsaved: app.store.unsaved(conversation_id),
    })
}

/// Gives a conversation another title.
#[tauri::command]
pub async fn rename_conversation(
    app: State<'_, App>,
    conversation_id: ConversationId,
    title: String,
) -> Result<Conversation, CommandError> {
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    if title.is_empty() {
        return Err(CommandError::invalid(
            "A title needs at least one letter. The old one was kept.",
        ));
    }
    app.store.rename(conversation_id, title).await?;
    find(&app, conversation_id).await
}

/// Stops what runs in a conversation and deletes it, until it is restored or the app ends.
#[tauri::command]
pub async fn delete_conversation(
    app: State<'_, App>,
    conversation_id: ConversationId,
) -> Result<(), CommandError> {
    app.turns
        .stop_conversation(conversation_id, Cause::User)
        .await;
    if app.store.delete(conversation_id, now()).await? {
        Ok(())
    } else {
        Err(CommandError::gone())
    }
}

/// Takes a deletion back.
#[tauri::command]
pub async fn restore_conversation(
    app: State<'_, App>,
    conversation_id: ConversationId,
) -> Result<Conversation, CommandError> {
    app.store.restore(conversation_id).await?;
    find(&app, conversation_id).await
}

async fn find(app: &App, id: ConversationId) -> Result<Conversation, CommandError> {
    app.store
        .conversation(id)
        .await?
        .ok_or_else(CommandError::gone)
}
