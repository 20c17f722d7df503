//! The settings screen and the model picker.

use crate::app::App;
use crate::tray;
use crate::view::{
    AddressView, CommandError, FoundServer, ProviderDraft, ProviderTest, SettingsView, TrayView,
};
use tacet_conversation::{Effort, ModelRef};
use tacet_settings::{Api, ConversationDefaults, PromptTemplate, TIMEOUT_SECONDS, Theme, Titles};
use tacet_turn::News;
use tauri::{AppHandle, Runtime, State};

/// The settings with all that the keychain says of them, which may take a second.
#[tauri::command]
pub async fn read_settings(app: State<'_, App>) -> Result<SettingsView, CommandError> {
    Ok(app.providers.view_with_keys().await)
}

/// Chooses the model that new conversations ask.
#[tauri::command]
pub async fn set_default_model(
    app: State<'_, App>,
    model: ModelRef,
) -> Result<SettingsView, CommandError> {
    app.providers
        .changed(move |settings| settings.default_model = model)
        .await
}

/// Keeps what new conversations start with beside their model.
#[tauri::command]
pub async fn set_conversation_defaults(
    app: State<'_, App>,
    defaults: ConversationDefaults,
) -> Result<SettingsView, CommandError> {
    app.providers
        .changed(move |settings| settings.conversation = defaults)
        .await
}

/// Keeps how much a model reasons in new conversations; absent for what holds for all models.
#[tauri::command]
pub async fn set_model_effort(
    app: State<'_, App>,
    model: ModelRef,
    effort: Option<Effort>,
) -> Result<SettingsView, CommandError> {
    app.providers
        .changed(move |settings| settings.conversation.set_effort(model, effort))
        .await
}

/// Chooses the colours.
#[tauri::command]
pub async fn set_theme(app: State<'_, App>, theme: Theme) -> Result<SettingsView, CommandError> {
    app.providers
        .changed(move |settings| settings.theme = theme)
        .await
}

/// Whether the app keeps going in the tray, and whether it can.
#[tauri::command]
pub async fn tray(app: State<'_, App>) -> Result<TrayView, CommandError> {
    Ok(TrayView {
        keep: app.providers.keeps_in_tray(),
        problem: app.tray.problem(),
    })
}

/// Keeps whether the close button leaves the app in the tray, and takes a place there or gives it up.
#[tauri::command]
pub async fn keep_in_tray<R: Runtime>(
    handle: AppHandle<R>,
    app: State<'_, App>,
    keep: bool,
) -> Result<TrayView, CommandError> {
    app.providers
        .change(move |settings| settings.keep_in_tray = keep)
        .await?;
    tray::follow(&handle).await;
    self::tray(app).await
}

/// Chooses where the titles of new conversations come from.
#[tauri::command]
pub async fn set_titles(app: State<'_, App>, titles: Titles) -> Result<SettingsView, CommandError> {
    app.providers
        .changed(move |settings| settings.titles = titles)
        .await
}

/// Chooses how long a server may take to its first word, in seconds; none for no limit.
#[tauri::command]
pub async fn set_first_word_timeout(
    app: State<'_, App>,
    seconds: Option<u32>,
) -> Result<SettingsView, CommandError> {
    let allowed = TIMEOUT_SECONDS;
    if seconds.is_some_and(|seconds| !allowed.contains(&seconds)) {
        return Err(CommandError::invalid(format!(
            "Enter {} to {} seconds, or nothing for no limit. Nothing was changed.",
            allowed.start(),
            allowed.end()
        )));
    }
    app.providers
        .changed(move |settings| settings.first_word_timeout_seconds = seconds)
        .await
}

/// Keeps the texts that the composer inserts, in their order.
#[tauri::command]
pub async fn set_prompts(
    app: State<'_, App>,
    prompts: Vec<PromptTemplate>,
) -> Result<SettingsView, CommandError> {
    app.providers
        .changed(move |settings| settings.prompts = prompts)
        .await
}

/// Adds a provider, or replaces the one with the same id. `api_key` absent leaves its key as it
/// is; an empty one forgets it.
#[tauri::command]
pub async fn save_provider(
    app: State<'_, App>,
    provider: ProviderDraft,
    api_key: Option<String>,
) -> Result<SettingsView, CommandError> {
    app.may_write()?;
    app.providers.save(provider, api_key.as_deref()).await?;
    // What was told of the settings was told before the key was there.
    app.turns.tell_several(&News::SettingsChanged);
    Ok(app.providers.view_with_keys().await)
}

/// Takes a provider and its key away.
#[tauri::command]
pub async fn remove_provider(
    app: State<'_, App>,
    provider_id: String,
) -> Result<SettingsView, CommandError> {
    app.may_write()?;
    app.providers.remove(&provider_id).await?;
    app.turns.tell_several(&News::SettingsChanged);
    Ok(app.providers.view_with_keys().await)
}

/// Says what an address means while it is typed. Nothing is contacted.
#[tauri::command]
pub async fn look_at_address(api: Api, base_url: String) -> Result<AddressView, CommandError> {
    Ok(AddressView::of(api, &base_url))
}

/// Tries a provider as it was typed, without saving it.
#[tauri::command]
pub async fn test_provider(
    app: State<'_, App>,
    provider: ProviderDraft,
    api_key: Option<String>,
) -> Result<ProviderTest, CommandError> {
    Ok(app.providers.test(provider, api_key.as_deref()).await)
}

/// Puts a model among the favourites, or takes it away.
#[tauri::command]
pub async fn toggle_favourite(
    app: State<'_, App>,
    model: ModelRef,
) -> Result<SettingsView, CommandError> {
    app.providers
        .changed(move |settings| settings.toggle_favourite(model))
        .await
}

/// Asks the usual ports of this computer for model servers that the settings do not name. Takes
/// 300 ms at most.
#[tauri::command]
pub async fn discover_servers(app: State<'_, App>) -> Result<Vec<FoundServer>, CommandError> {
    Ok(app.providers.discover().await)
}

/// Asks the configured servers for their models, and gives the settings with them.
#[tauri::command]
pub async fn refresh_models(app: State<'_, App>) -> Result<SettingsView, CommandError> {
    app.providers.refresh().await;
    Ok(app.providers.view_with_keys().await)
}
