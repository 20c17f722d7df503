//! From the start of the process to its end: one instance, its windows, and an end that stops every
//! turn first.

use crate::app::App;
use crate::failure::Failed;
use crate::opening::{Opener, Outcome};
use crate::windows::{self, MAIN};
use crate::{commands, navigation, page_process, painting, replies, tray};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvError, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};
use tacet_conversation::{Cause, ConversationId};
use tacet_settings::SettingsFile;
use tacet_store::relocation;
use tacet_turn::News;
use tauri::utils::Env;
use tauri::utils::platform::resource_dir;
use tauri::webview::PageLoadEvent;
use tauri::{
    AppHandle, Manager, RunEvent, Runtime, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    WindowEvent,
};
use tokio::sync::watch;

/// The label of the window that says why there is none with the conversations.
const FAILURE: &str = "failure";

/// What a process begins with.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// The data folder.
    pub folder: PathBuf,
    /// Whether it shows the conversations and changes nothing.
    pub read_only: bool,
    /// The copy in the data folder that is put in the place of the database first.
    pub restore: Option<String>,
    /// Why the folder, which was moved, cannot be found.
    pub lost: Option<String>,
}

impl Beginning {
    /// With the conversations in that folder.
    #[must_use]
    pub fn of(folder: PathBuf) -> Self {
        Self {
            folder,
            read_only: false,
            restore: None,
            lost: None,
        }
    }

    /// The same where the folder is now.
    fn found(self) -> Self {
        match relocation::home(&self.folder) {
            Ok(folder) => Self { folder, ..self },
            Err(error) => Self {
                lost: Some(error.to_string()),
                ..self
            },
        }
    }
}

/// How far the end has come.
#[derive(Default)]
struct Ending {
    has_begun: AtomicBool,
    /// Everything is on disk, or has had its 2 s.
    may_exit: AtomicBool,
    /// What another process begins with afterwards.
    next: OnceLock<Beginning>,
}

/// Opens the window and returns when the app has ended.
///
/// # Errors
/// In words for the person; nothing is left running.
pub fn open_window(beginning: Beginning) -> Result<(), String> {
    let beginning = beginning.found();
    let data_dir = &beginning.folder;
    // Before any thread, and so before the folder is ours; `App::open` reads the file again then.
    painting::choose(
        SettingsFile::open(data_dir)
            .settings()
            .hardware_acceleration,
    );
    need_display()?;
    let context = commands::context();
    let resources = resource_dir(context.package_info(), &Env::default()).ok();
    let opener = Opener {
        beginning,
        resources,
    };
    let beginning = &opener.beginning;
    // Beside the start of the toolkit and of this process's one window. A second process ends in
    // that, and must leave nothing behind: it cannot take the folder, but it could copy it.
    let opening = (!beginning.read_only).then(|| opener.begin());
    let bus_name = bus_name(&beginning.folder);
    let app = tauri::Builder::default()
        .plugin(
            tauri_plugin_single_instance::Builder::new()
                .callback(|app, _arguments, _folder| show(app))
                .dbus_id(bus_name)
                .build(),
        )
        .plugin(replies::plugin())
        .manage(Ending::default())
        .manage(Opened::default())
        .invoke_system(include_str!("calls.js"))
        .invoke_handler(commands::handler())
        .on_page_load(|webview, load| {
            // The page before this one is gone, and its channels lead nowhere.
            if load.event() == PageLoadEvent::Started
                && let Some(app) = webview.try_state::<App>()
            {
                app.turns.page_gone(webview.label());
            }
        })
        .setup(move |app| {
            if let Err(message) = set_up(app.handle(), &opener, opening) {
                // No window can tell it, and Tauri would panic.
                eprintln!("tacet: {message}");
                std::process::exit(1);
            }
            Ok(())
        })
        .build(context)
        .map_err(|error| error.to_string())?;
    app.run(|app, event| match event {
        RunEvent::WindowEvent {
            label,
            event: WindowEvent::CloseRequested { api, .. },
            ..
        } if is_last(app, &label) && tray::keeps_going(app) => {
            api.prevent_close();
            hide(app, &label);
        }
        RunEvent::WindowEvent {
            label,
            event: WindowEvent::Focused(true),
            ..
        } => windows::note_focus(app, &label),
        // The one that says why stands in its place.
        RunEvent::WindowEvent {
            label,
            event: WindowEvent::Destroyed,
            ..
        } if label == MAIN && app.get_webview_window(FAILURE).is_some() => {}
        RunEvent::WindowEvent {
            label,
            event: WindowEvent::Destroyed,
            ..
        } if windows::is_one(&label) && !is_last(app, &label) => windows::closed(app, &label),
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
        RunEvent::Exit => {
            if let Some(failed) = app.try_state::<Failed>() {
                failed.tidy();
            }
            if let Some(app) = app.try_state::<App>() {
                app.tidy();
            }
            if let Some(next) = app.state::<Ending>().next.get() {
                start_anew(app, next);
            }
        }
        // Tauri's enum, which grows with its versions.
        _ => {}
    });
    Ok(())
}

/// Opens the window with the conversations, or else the one that says why it cannot. Where the
/// conversations take their time, as after an update, the window is there before them.
fn set_up(
    handle: &AppHandle,
    opener: &Opener,
    opening: Option<Receiver<Outcome>>,
) -> Result<(), String> {
    let no_window = |error| format!("the window could not be opened: {error}");
    let beginning = &opener.beginning;
    let opened = opening.unwrap_or_else(|| opener.begin());
    // Only then it is known where the window is to keep its files.
    let may_wait = !beginning.read_only && beginning.lost.is_none();
    let done = match opened.recv_timeout(UNSHOWN) {
        Err(RecvTimeoutError::Timeout) if may_wait => {
            windows::open_first(handle, &beginning.folder).map_err(no_window)?;
            let handle = handle.clone();
            thread::spawn(move || match opened.recv() {
                Ok(Ok(app)) => begin(&handle, app),
                Ok(Err(failed)) => drop(handle.clone().run_on_main_thread(move || {
                    show_failure_instead(&handle, failed);
                })),
                Err(_) => end(&handle, Cause::AppQuit),
            });
            None
        }
        Err(RecvTimeoutError::Timeout) => Some(opened.recv()),
        Ok(Err(failed)) if failed.is_in_use() => {
            let begun = Instant::now();
            Some(Ok(opener.open_alone(|| {
                thread::sleep(GLANCE);
                begun.elapsed() < ENDING
            })))
        }
        Ok(done) => Some(Ok(done)),
        Err(RecvTimeoutError::Disconnected) => Some(Err(RecvError)),
    };
    match done {
        None => {}
        Some(Ok(Ok(app))) => {
            let place = app.place.clone();
            begin(handle, app);
            windows::open_first(handle, &place).map_err(no_window)?;
        }
        Some(Ok(Err(failed))) => failure_window(handle, failed).map_err(no_window)?,
        Some(Err(RecvError)) => {
            return Err("the conversations could not be opened. Nothing was changed.".to_owned());
        }
    }
    end_on_signal(handle.clone());
    Ok(())
}

/// So long a process that was started in the same moment, and is not the one that goes on, may still
/// have the data folder;
const ENDING: Duration = Duration::from_millis(500);
/// so often it is looked whether it has ended.
const GLANCE: Duration = Duration::from_millis(20);

/// So long nothing is shown while the conversations are opened.
const UNSHOWN: Duration = Duration::from_millis(500);

/// Whether the conversations are open: the window may be there before.
struct Opened(watch::Sender<bool>);

impl Default for Opened {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

/// Waits until the conversations are open.
pub async fn wait_until_open<R: Runtime>(handle: &AppHandle<R>) {
    if let Some(opened) = handle.try_state::<Opened>() {
        // It lives as long as the app.
        drop(opened.0.subscribe().wait_for(|&opened| opened).await);
    }
}

/// Begins what goes on beside the window.
fn begin(handle: &AppHandle, app: App) {
    handle.manage(app);
    handle.state::<Opened>().0.send_replace(true);
    let launched = handle.clone();
    tauri::async_runtime::spawn_blocking(move || launched.state::<App>().settle());
    tray::notify(handle);
    let launched = handle.clone();
    tauri::async_runtime::spawn(async move {
        tray::follow(&launched).await;
        let app = launched.state::<App>();
        tokio::join!(app.look_up_records(), app.take_up_tasks());
    });
}

/// Shows why there are no conversations in the place of the window that waits for them: it may ask for
/// more than that window may.
fn show_failure_instead(handle: &AppHandle, failed: Failed) {
    match failure_window(handle, failed) {
        Ok(()) => {
            if let Some(window) = handle.get_webview_window(MAIN) {
                // One that stays can be closed by the person.
                drop(window.destroy());
            }
        }
        Err(error) => {
            eprintln!("tacet: the window could not be opened: {error}");
            end(handle, Cause::AppQuit);
        }
    }
}

/// The data folder, which may be of no use, is left alone.
fn failure_window(handle: &AppHandle, failed: Failed) -> tauri::Result<()> {
    eprintln!("tacet: {}", failed.reason());
    let page = WebviewUrl::App(navigation::FAILURE_PAGE.into());
    let window = WebviewWindowBuilder::new(handle, FAILURE, page)
        .title("Tacet")
        .inner_size(760.0, 600.0)
        .min_inner_size(380.0, 360.0)
        .disable_drag_drop_handler();
    let mut window = navigation::keep(window);
    // Without it the web view has its own place in the home folder.
    if let Ok(scratch) = tempfile::Builder::new().prefix("tacet-").tempdir() {
        window = window.data_directory(scratch.path().to_owned());
        failed.keep(scratch);
    }
    handle.manage(failed);
    page_process::bring_back(&window.build()?)
}

/// Whether a window with the conversations is the only one.
fn is_last<R: Runtime>(app: &AppHandle<R>, label: &str) -> bool {
    windows::is_one(label) && windows::others(app, label).is_empty()
}

fn hide<R: Runtime>(app: &AppHandle<R>, label: &str) {
    if let Some(window) = app.get_webview_window(label) {
        // Before it is: an end that comes in between is told.
        set_hidden(app, true);
        // A window that stays can be closed again.
        set_hidden(app, window.hide().is_ok());
    }
}

fn set_hidden<R: Runtime>(app: &AppHandle<R>, hidden: bool) {
    if let Some(app) = app.try_state::<App>() {
        app.tray.set_hidden(hidden);
    }
}

/// Ends this process, and starts another one.
pub fn restart<R: Runtime>(app: &AppHandle<R>, next: Beginning) {
    if let Some(ending) = app.try_state::<Ending>() {
        // The first wish counts.
        drop(ending.next.set(next));
        end(app, Cause::AppQuit);
    }
}

/// In the place of this process where the system allows that, so that whoever waits for this one
/// waits for the next.
fn start_anew(app: &AppHandle, next: &Beginning) {
    let started = tauri::process::current_binary(&app.env()).and_then(|program| {
        let mut command = Command::new(program);
        command.arg("--data-dir").arg(&next.folder);
        if next.read_only {
            command.arg("--read-only");
        }
        if let Some(name) = &next.restore {
            command.arg("--restore").arg(name);
        }
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            Err::<(), _>(command.exec())
        }
        #[cfg(not(unix))]
        {
            command.spawn().map(drop)
        }
    });
    if let Err(error) = started {
        eprintln!("tacet: Tacet could not be started again: {error}. Start it by hand.");
    }
}

/// Leads to the window that was used last, from the tray or a second start.
pub fn show<R: Runtime>(app: &AppHandle<R>) {
    if let Some(window) = windows::foremost(app) {
        raise(app, &window);
    }
}

/// Leads to a conversation, in the window that shows it or else in the one that was used last.
pub fn show_conversation<R: Runtime>(handle: &AppHandle<R>, conversation_id: ConversationId) {
    let Some(window) = windows::with_conversation(handle, conversation_id) else {
        return;
    };
    raise(handle, &window);
    if let Some(app) = handle.try_state::<App>() {
        let wanted = News::Wanted { conversation_id };
        app.turns.tell_page(window.label(), &wanted);
    }
}

fn raise<R: Runtime>(app: &AppHandle<R>, window: &WebviewWindow<R>) {
    set_hidden(app, false);
    // What the window manager refuses, it refuses.
    drop(window.show());
    drop(window.unminimize());
    drop(window.set_focus());
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
