//! What the next request will say otherwise than the conversation on screen.

use crate::app::App;
use crate::view::CommandError;
use tacet_conversation::{MessageId, ModelRef};
use tacet_provider::history::{Repair, preview};
use tauri::State;

/// What repair will change when the person says something after `leaf` to `model` (rule C22).
#[tauri::command]
pub async fn preview_repair(
    app: State<'_, App>,
    leaf: MessageId,
    model: ModelRef,
) -> Result<Vec<Repair>, CommandError> {
    let provider = app.providers.provider(&model).await?;
    let history = app.store.branch(leaf).await?;
    Ok(preview(&history, &provider.rules(&model.model)))
}
