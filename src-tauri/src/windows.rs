//! The windows with the conversations: the first one, and those that the person opens beside it. Each
//! shows a conversation of its own; what runs belongs to none of them.

use crate::app::App;
use crate::mutex::lock;
use crate::view::CommandError;
use crate::{caret, navigation, page_process, window_place};
use std::path::Path;
use std::sync::Mutex;
use tacet_conversation::ConversationId;
use tauri::utils::config::WindowConfig;
use tauri::{AppHandle, Manager, Runtime, WebviewUrl, WebviewWindow, WebviewWindowBuilder};
use tauri_plugin_window_state::StateFlags;

/// The label of the first window with the conversations.
pub const MAIN: &str = "main";

/// What the labels of the others begin with; a number follows.
const OTHERS: &str = "window-";

/// So many are there at once at most: the page of each is a process of its own.
const MOST: usize = 8;

/// What follows the `#` of the address of a window that begins with a new conversation.
const NEW: &str = "new";

/// What is known of the windows.
#[derive(Default)]
pub struct Windows {
    /// Held while one is opened: each has a label of its own.
    opening: Mutex<()>,
    /// The label of the one that had the focus last.
    focused: Mutex<Option<String>>,
}

/// Whether a label is that of a window with the conversations.
pub fn is_one(label: &str) -> bool {
    label == MAIN || label.starts_with(OTHERS)
}

/// The windows with the conversations but the one of that label.
pub fn others<R: Runtime>(app: &AppHandle<R>, label: &str) -> Vec<WebviewWindow<R>> {
    let windows = app.webview_windows().into_iter();
    let others = windows.filter(|(other, _)| is_one(other) && other != label);
    others.map(|(_, window)| window).collect()
}

/// Notes which window has the focus.
pub fn note_focus<R: Runtime>(app: &AppHandle<R>, label: &str) {
    if let Some(app) = app.try_state::<App>() {
        *lock(&app.windows.focused) = Some(label.to_owned());
    }
}

/// The window that the person used last, or else any.
pub fn foremost<R: Runtime>(app: &AppHandle<R>) -> Option<WebviewWindow<R>> {
    let focused = app
        .try_state::<App>()
        .and_then(|app| lock(&app.windows.focused).clone());
    focused
        .and_then(|label| app.get_webview_window(&label))
        .or_else(|| app.get_webview_window(MAIN))
        .or_else(|| app.webview_windows().into_values().next())
}

/// The window that shows a conversation, or else the foremost.
pub fn with_conversation<R: Runtime>(
    app: &AppHandle<R>,
    id: ConversationId,
) -> Option<WebviewWindow<R>> {
    let foremost = foremost(app);
    let shows = |window: &WebviewWindow<R>| {
        let address = window.url().ok();
        // The page keeps there what it shows.
        address.is_some_and(|it| it.fragment() == Some(&*id.to_string()))
    };
    if foremost.as_ref().is_some_and(shows) {
        return foremost;
    }
    app.webview_windows().into_values().find(shows).or(foremost)
}

/// What a window leaves that was closed while there are others: its turns go on, as those do which
/// another window has begun.
pub fn closed<R: Runtime>(handle: &AppHandle<R>, label: &str) {
    if let Some(app) = handle.try_state::<App>() {
        app.turns.page_gone(label);
        app.drafts.window_gone(label);
        app.page_deaths.forget(label);
    }
}

/// Opens the first one, where it was in the last run.
pub fn open_first(handle: &AppHandle, place: &Path) -> tauri::Result<()> {
    let window_state = place.join("window.json");
    handle.plugin(
        tauri_plugin_window_state::Builder::default()
            .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED)
            // The plugin joins the name to the system's folder; an absolute one replaces it.
            .with_filename(window_state.to_string_lossy())
            // The others open beside the one that they are opened from.
            .with_filter(|label| label == MAIN)
            // `window_place` restores it, and on the screens that are there.
            .skip_initial_state(MAIN)
            .build(),
    )?;
    let window = open(handle, configured(handle)?, place)?;
    // Where that fails, the window system has put it somewhere.
    drop(window_place::restore(&window, &window_state));
    Ok(())
}

/// Opens one more beside `from`, which shows that conversation, or else begins a new one.
///
/// # Errors
/// In words for the person, where there are as many as there may be, or the window system refuses.
pub fn open_another<R: Runtime>(
    from: &WebviewWindow<R>,
    shown: Option<ConversationId>,
) -> Result<(), CommandError> {
    let handle = from.app_handle();
    let app = handle.state::<App>();
    let _opening = lock(&app.windows.opening);
    // As many labels as there may be windows.
    let labels = (2..=MOST).map(|number| format!("{OTHERS}{number}"));
    let free = (others(handle, "").len() < MOST)
        .then(|| {
            labels
                .chain([MAIN.to_owned()])
                .find(|label| handle.get_webview_window(label).is_none())
        })
        .flatten();
    let Some(label) = free else {
        return Err(CommandError::invalid(format!(
            "{MOST} windows are open, which is as many as there may be. Close one of them first."
        )));
    };
    let no_window = |error: tauri::Error| {
        CommandError::invalid(format!("The window could not be opened: {error}"))
    };
    let place = shown.map_or_else(|| NEW.to_owned(), |id| id.to_string());
    let config = WindowConfig {
        label,
        url: WebviewUrl::App(format!("index.html#{place}").into()),
        ..configured(handle).map_err(no_window)?
    };
    let window = open(handle, config, &app.place).map_err(no_window)?;
    // Where that fails, the window system has put it somewhere.
    drop(window_place::beside(&window, from));
    Ok(())
}

/// The first one as it is configured.
fn configured<R: Runtime>(handle: &AppHandle<R>) -> tauri::Result<WindowConfig> {
    let windows = &handle.config().app.windows;
    let config = windows.iter().find(|window| window.label == MAIN);
    config.cloned().ok_or(tauri::Error::WindowNotFound)
}

fn open<R: Runtime>(
    handle: &AppHandle<R>,
    config: WindowConfig,
    place: &Path,
) -> tauri::Result<WebviewWindow<R>> {
    let window = WebviewWindowBuilder::from_config(handle, &config)?;
    let window = navigation::keep(window)
        .data_directory(place.join("webview"))
        // By which the person tells several of them apart.
        .on_document_title_changed(|window, title| drop(window.set_title(&title)))
        .build()?;
    page_process::bring_back(&window)?;
    caret::let_rest(&window)?;
    Ok(window)
}
