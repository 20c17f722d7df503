//! Assistants: made, changed, ordered, and carried between computers as a file.

use super::blocking;
use crate::app::App;
use crate::downloads;
use crate::view::{CommandError, SettingsView};
use std::io::Write;
use tacet_settings::Assistant;
use tacet_settings::assistant::{add, exported, imported};
use tauri::State;

/// Adds an assistant, or replaces the one of the same id.
#[tauri::command]
pub async fn save_assistant(
    app: State<'_, App>,
    assistant: Assistant,
) -> Result<SettingsView, CommandError> {
    app.may_write()?;
    app.providers
        .changed(move |settings| {
            let mut known = settings.assistants.iter_mut();
            match known.find(|known| known.id == assistant.id) {
                Some(known) => *known = assistant,
                None => settings.assistants.push(assistant),
            }
        })
        .await
}

/// Takes an assistant away. Its conversations stay as they are.
#[tauri::command]
pub async fn remove_assistant(
    app: State<'_, App>,
    id: String,
) -> Result<SettingsView, CommandError> {
    app.may_write()?;
    app.providers
        .changed(move |settings| settings.assistants.retain(|known| known.id != id))
        .await
}

/// Puts the assistants in the order of these ids; those that are not named stay behind them.
#[tauri::command]
pub async fn order_assistants(
    app: State<'_, App>,
    ids: Vec<String>,
) -> Result<SettingsView, CommandError> {
    app.may_write()?;
    app.providers
        .changed(move |settings| {
            let place = |id: &str| ids.iter().position(|named| named == id);
            settings
                .assistants
                .sort_by_key(|known| place(&known.id).unwrap_or(ids.len()));
        })
        .await
}

/// Has new conversations start with that assistant; absent for none.
#[tauri::command]
pub async fn set_default_assistant(
    app: State<'_, App>,
    id: Option<String>,
) -> Result<SettingsView, CommandError> {
    app.may_write()?;
    app.providers
        .changed(move |settings| settings.default_assistant = id)
        .await
}

/// Saves all assistants as one JSON file among the person's downloads; answers its path.
#[tauri::command]
pub async fn export_assistants(app: State<'_, App>) -> Result<String, CommandError> {
    let assistants = app.providers.settings().settings().assistants;
    let text = exported(&assistants)?;
    let saved = blocking(move || {
        let place = downloads::place()?;
        downloads::save(&place, "Tacet assistants", "json", |out| {
            let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
            written.map_err(|error| downloads::unusable(&place, &error))
        })
    });
    Ok(saved.await?.display().to_string())
}

/// Adds the assistants of such a file. One of an id that is taken gets another.
#[tauri::command]
pub async fn import_assistants(
    app: State<'_, App>,
    json: String,
) -> Result<SettingsView, CommandError> {
    app.may_write()?;
    let new = imported(&json).map_err(CommandError::invalid)?;
    app.providers
        .changed(move |settings| {
            add(&mut settings.assistants, new);
        })
        .await
}
