//! From the start of the process to its end: one instance, one window, and an end that stops
//! every turn first.

use crate::app::App;
use crate::ownership::Ownership;
use crate::{commands, navigation, page_process, painting, window_place};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use tacet_core::Cause;
use tacet_core::settings::SettingsFile;
use tauri::webview::PageLoadEvent;
use tauri::{AppHandle, Manager, RunEvent, Runtime, WebviewWindowBuilder, WindowEvent};
use tauri_plugin_window_state::StateFlags;

/// The label of the window with the conversations.
const MAIN: &str = "main";

/// The file that says where the window was.
const WINDOW_STATE: &str = "window.json";

/// How far the end has come.
#[derive(Default)]
struct Ending {
    has_begun: AtomicBool,
    /// Everything is on disk, or has had its 2 s.
    may_exit: AtomicBool,
}

/// Opens the window and returns when the app has ended.
///
/// # Errors
/// In words for the person; nothing is left running.
pub fn open_window(data_dir: PathBuf) -> Result<(), String> {
    // Before any thread, and so before the folder is ours; `App::open` reads the file again then.
    painting::choose(
        SettingsFile::open(&data_dir)
            .settings()
            .hardware_acceleration,
    );
    need_display()?;
    let bus_name = bus_name(&data_dir);
    let window_state = data_dir.join(WINDOW_STATE);
    let app = tauri::Builder::default()
        .plugin(
            tauri_plugin_single_instance::Builder::new()
                .callback(|app, _arguments, _folder| show(app))
                .dbus_id(bus_name)
                .build(),
        )
        .plugin(
            tauri_plugin_window_state::Builder::default()
                .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED)
                // The plugin joins the name to the system's folder; an absolute one replaces it.
                .with_filename(window_state.to_string_lossy())
                // `window_place` restores it, and on the screens that are there.
                .skip_initial_state(MAIN)
                .build(),
        )
        .manage(Ending::default())
        .invoke_system(include_str!("calls.js"))
        .invoke_handler(commands::handler())
        .on_page_load(|webview, load| {
            // The page before this one is gone, and its channels lead nowhere.
            if load.event() == PageLoadEvent::Started
                && let Some(app) = webview.try_state::<App>()
            {
                app.turns.page_gone();
            }
        })
        .setup(move |app| Ok(set_up(app.handle(), &data_dir)?))
        .build(commands::context())
        .map_err(|error| error.to_string())?;
    app.run(|app, event| match event {
        RunEvent::WindowEvent {
            event: WindowEvent::Destroyed,
            ..
        } => end(app, Cause::WindowClosed),
        // Asked for by the system, and also by Tauri itself right after the last window has gone.
        RunEvent::ExitRequested { api, .. }
            if !app.state::<Ending>().may_exit.load(Ordering::SeqCst) =>
        {
            api.prevent_exit();
            end(app, Cause::AppQuit);
        }
        // Tauri's enum, which grows with its versions.
        _ => {}
    });
    Ok(())
}

fn set_up(handle: &AppHandle, data_dir: &Path) -> Result<(), String> {
    let ownership = Ownership::take(data_dir)?;
    let resources = handle.path().resource_dir().ok();
    let app = App::open(data_dir, resources.as_deref(), ownership)?;
    handle.manage(app);
    let config = handle
        .config()
        .app
        .windows
        .first()
        .ok_or("the configuration names no window")?;
    let window = WebviewWindowBuilder::from_config(handle, config)
        .map(|window| navigation::keep(window).data_directory(data_dir.join("webview")))
        .and_then(WebviewWindowBuilder::build)
        .and_then(|window| page_process::bring_back(&window).map(|()| window))
        .map_err(|error| format!("the window could not be opened: {error}"))?;
    // Where that fails, the window system has put it somewhere.
    drop(window_place::restore(&window, &data_dir.join(WINDOW_STATE)));
    end_on_signal(handle.clone());
    let launched = handle.clone();
    tauri::async_runtime::spawn(async move {
        launched.state::<App>().look_up_records().await;
    });
    Ok(())
}

/// A second start leads to the window of the first.
fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(MAIN) {
        // What the window manager refuses, it refuses.
        drop(window.unminimize());
        drop(window.set_focus());
    }
}

/// Stops every turn, waits until all is on disk, at most 2 s, and ends the process.
pub fn end<R: Runtime>(app: &AppHandle<R>, cause: Cause) {
    let begins = |ending: tauri::State<'_, Ending>| !ending.has_begun.swap(true, Ordering::SeqCst);
    if !app.try_state().is_some_and(begins) {
        return;
    }
    let handle = app.clone();
    tauri::async_runtime::spawn(async move {
        if let Some(app) = handle.try_state::<App>() {
            app.shut_down(cause).await;
        }
        let ending = handle.state::<Ending>();
        ending.may_exit.store(true, Ordering::SeqCst);
        handle.exit(0);
    });
}

/// `kill`, Ctrl+C and the end of the session are a quit like any other.
fn end_on_signal(handle: AppHandle) {
    tauri::async_runtime::spawn(async move {
        if signalled().await {
            end(&handle, Cause::AppQuit);
        }
    });
}

#[cfg(unix)]
async fn signalled() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt), Ok(mut hang_up)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
        signal(SignalKind::hangup()),
    ) else {
        return false;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = hang_up.recv() => {}
    }
    true
}

#[cfg(not(unix))]
async fn signalled() -> bool {
    tokio::signal::ctrl_c().await.is_ok()
}

/// A name on the session bus for this data folder, so that two folders are two instances.
fn bus_name(data_dir: &Path) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    data_dir.hash(&mut hasher);
    format!("org.tacet.Tacet.d{:016x}", hasher.finish())
}

/// Tauri panics where there is no display.
#[cfg(target_os = "linux")]
fn need_display() -> Result<(), String> {
    if gtk::init().is_ok() {
        return Ok(());
    }
    let variables = ["WAYLAND_DISPLAY", "DISPLAY"];
    let set = |name: &&str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    let named: Vec<String> = variables
        .into_iter()
        .filter(set)
        .map(|name| format!("{name}={}", std::env::var(name).unwrap_or_default()))
        .collect();
    Err(if named.is_empty() {
        "there is no display to open a window on: neither DISPLAY nor WAYLAND_DISPLAY is set. \
         Start Tacet in a desktop session."
            .to_owned()
    } else {
        format!(
            "the display to open a window on does not answer ({}). Nothing was changed. Start \
             Tacet in a desktop session that runs, or correct the variable.",
            named.join(", ")
        )
    })
}

#[cfg(not(target_os = "linux"))]
fn need_display() -> Result<(), String> {
    Ok(())
}
