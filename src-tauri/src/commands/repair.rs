//! What the next request will say otherwise than the conversation on screen.

use crate::app::App;
use crate::view::CommandError;
use tacet_conversation::{Message, MessageId, ModelRef};
use tacet_provider::history::{Preview, Repair};
use tacet_turn::Toolset;
use tauri::State;

/// What repair will change when the person says something after `leaf` to `model` (rule C22).
#[tauri::command]
pub async fn preview_repair(
    app: State<'_, App>,
    leaf: MessageId,
    model: ModelRef,
) -> Result<Vec<Repair>, CommandError> {
    let provider = app.providers.provider(&model).await?;
    let Some(Message {
        conversation_id: conversation,
        ..
    }) = app.store.message(leaf).await?
    else {
        return Ok(Vec::new());
    };
    let settings = app.store.conversation_settings(conversation).await?;
    let settings = settings.unwrap_or_default();
    // As far as they are known without starting a server.
    let tools = if app.providers.calls_tools(&model) {
        let last = app.tools.last(conversation, settings.tools.as_deref());
        last.map(|tools| match &settings.tools {
            Some(chosen) => tools.only(chosen),
            None => tools,
        })
    } else {
        Some(Toolset::default())
    };
    let tools = tools.as_ref().map(Toolset::definitions);
    let rules = provider.rules(&model.model);
    let rules = rules.bound_to(&settings.instructions, tools);
    let mut preview = Preview::new(rules);
    loop {
        let add = |preview: &mut Preview, message| preview.add(&message);
        preview = app.store.fold_branch(leaf, preview, add).await?;
        if let Some(changes) = preview.changes() {
            return Ok(changes);
        }
    }
}
