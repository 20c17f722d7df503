//! More windows.

use super::blocking;
use crate::app::App;
use crate::view::CommandError;
use crate::windows;
use tacet_conversation::ConversationId;
use tauri::{Manager, Runtime, WebviewWindow};

/// Opens one more window beside the one that asks, which shows that conversation, or else begins a new
/// one.
#[tauri::command]
pub async fn open_window<R: Runtime>(
    window: WebviewWindow<R>,
    conversation_id: Option<ConversationId>,
) -> Result<(), CommandError> {
    // Its page would keep its files in the folder that is left.
    window.state::<App>().stays()?;
    // It waits for the thread of the windows.
    blocking(move || windows::open_another(&window, conversation_id)).await
}
