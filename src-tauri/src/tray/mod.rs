//! Keeping going without a window: with that setting the close button hides the window, turns go on,
//! and what the person wants to hear of them is a notification (rule C13).

#[cfg(target_os = "linux")]
mod item;
#[cfg(target_os = "linux")]
mod notification;

use crate::app::App;
use crate::lifecycle;
use crate::mutex::lock;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use tacet_conversation::Cause;
use tauri::{AppHandle, Manager, Runtime};

/// What the person chooses in the tray.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Open,
    StopEverything,
    Quit,
}

/// The app's place in the tray of the desktop.
#[derive(Default)]
pub struct Tray {
    #[cfg(target_os = "linux")]
    item: Mutex<Option<item::Item>>,
    #[cfg(target_os = "linux")]
    bus: notification::SessionBus,
    problem: Mutex<Option<String>>,
    /// Held by who follows the setting: the last one finds it as it is then.
    following: tokio::sync::Mutex<()>,
    /// Whether the window is hidden. Asking the window would wait for its thread.
    is_hidden: AtomicBool,
}

impl Tray {
    /// Notes that the window was hidden, or shown.
    pub fn set_hidden(&self, hidden: bool) {
        self.is_hidden.store(hidden, Ordering::Relaxed);
    }

    /// Whether a person can find the app there when it has no window.
    pub fn is_shown(&self) -> bool {
        #[cfg(target_os = "linux")]
        let shown = lock(&self.item).as_ref().is_some_and(item::Item::is_shown);
        #[cfg(not(target_os = "linux"))]
        let shown = false;
        shown
    }

    /// Why it is not there although it should be, in words for the person.
    pub fn problem(&self) -> Option<String> {
        let lost = || "The desktop's tray is gone.".to_owned();
        #[cfg(target_os = "linux")]
        if lock(&self.item).as_ref().is_some_and(|it| !it.is_shown()) {
            return Some(lost());
        }
        lock(&self.problem).clone()
    }
}

/// Does what the setting says: takes a place in the tray, or gives it up, and lets turns go on
/// unwatched, or not. Where the desktop has no tray, the close button does what it did.
pub async fn follow<R: Runtime>(handle: &AppHandle<R>) {
    let Some(app) = handle.try_state::<App>() else {
        return;
    };
    let _following = app.tray.following.lock().await;
    let keep = app.providers.keeps_in_tray();
    app.turns.go_on_unwatched(keep);
    *lock(&app.tray.problem) = None;
    #[cfg(target_os = "linux")]
    {
        if !keep {
            drop(lock(&app.tray.item).take());
            return;
        }
        if app.tray.is_shown() {
            return;
        }
        let icon = handle.default_window_icon().map(item::pixels);
        let act = {
            let handle = handle.clone();
            move |choice| act(&handle, choice)
        };
        // It asks the session bus, which may take its time.
        let item = tauri::async_runtime::spawn_blocking(move || item::Item::show(icon, act));
        match item.await {
            Ok(Ok(item)) => *lock(&app.tray.item) = Some(item),
            Ok(Err(problem)) => *lock(&app.tray.problem) = Some(problem),
            Err(error) => *lock(&app.tray.problem) = Some(error.to_string()),
        }
    }
    #[cfg(not(target_os = "linux"))]
    if keep {
        *lock(&app.tray.problem) =
            Some("Tacet knows the tray of Linux desktops only so far.".to_owned());
    }
}

/// Whether the close button hides the window.
pub fn keeps_going<R: Runtime>(handle: &AppHandle<R>) -> bool {
    let app = handle.try_state::<App>();
    app.is_some_and(|app| app.providers.keeps_in_tray() && app.tray.is_shown())
}

/// Notifies the person of turns while no window is to be seen.
#[cfg(target_os = "linux")]
pub fn notify<R: Runtime>(handle: &AppHandle<R>) {
    let Some(app) = handle.try_state::<App>() else {
        return;
    };
    let told = handle.clone();
    app.turns.on_attention(move |attention| {
        let is_hidden = |app: tauri::State<'_, App>| app.tray.is_hidden.load(Ordering::Relaxed);
        if told.try_state().is_some_and(is_hidden) {
            let handle = told.clone();
            tauri::async_runtime::spawn(async move {
                notification::tell(&handle, attention).await;
            });
        }
    });
}

/// The app is never without a window there.
#[cfg(not(target_os = "linux"))]
pub fn notify<R: Runtime>(_: &AppHandle<R>) {}

#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn act<R: Runtime>(handle: &AppHandle<R>, choice: Choice) {
    match choice {
        Choice::Open => lifecycle::show(handle),
        Choice::StopEverything => {
            if let Some(app) = handle.try_state::<App>() {
                let turns = app.turns.clone();
                tauri::async_runtime::spawn(async move {
                    turns.stop_all(Cause::User, None).await;
                });
            }
        }
        Choice::Quit => lifecycle::end(handle, Cause::AppQuit),
    }
}
