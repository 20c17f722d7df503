//! Finding messages and conversations.

use crate::app::App;
use crate::view::CommandError;
use tacet_store::{Found, Search};
use tauri::State;

/// What is found, while it is typed.
#[tauri::command]
pub async fn search(app: State<'_, App>, search: Search) -> Result<Found, CommandError> {
    Ok(app.store.search(search).await?)
}
