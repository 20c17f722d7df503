//! Each page has a process of its own, which may be killed or run out of memory. The turns live in
//! this process and go on; without a page nobody sees them, and no key or button stops them. So the
//! page is loaded anew in its window, and attaches to what runs. Where it dies again and again it is
//! not: a page that needs next to nothing offers what matters then.

use crate::mutex::lock;
use crate::view::{Notice, NoticeLevel};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Deaths that are further apart have nothing to do with each other.
const WINDOW: Duration = Duration::from_secs(60);

/// So many within [`WINDOW`] are no accident any more.
const OFTEN: usize = 3;

/// What is to be done when the page's process has died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Load the page anew.
    Reload,
    /// Show the page that offers to stop everything and to save the conversations.
    Offer,
    /// That page does not stay alive either: close its window, and with the last one stop everything
    /// and quit.
    Quit,
}

/// The deaths of the pages' processes, by the labels of their windows.
#[derive(Debug, Default)]
pub struct PageDeaths {
    windows: Mutex<HashMap<String, State>>,
}

#[derive(Debug, Default)]
struct State {
    recent: VecDeque<Instant>,
    /// Whether the person has not been told yet.
    untold: bool,
}

impl PageDeaths {
    /// Notes a death, and says what is to be done.
    pub fn note(&self, label: &str, now: Instant) -> Remedy {
        let mut windows = self.windows();
        let state = windows.entry(label.to_owned()).or_default();
        state.untold = true;
        state.recent.push_back(now);
        state
            .recent
            .retain(|&death| now.duration_since(death) < WINDOW);
        match state.recent.len() {
            often if often < OFTEN => Remedy::Reload,
            often if often <= 2 * OFTEN => Remedy::Offer,
            _ => Remedy::Quit,
        }
    }

    /// What the page of a window tells the person once after it was loaded anew.
    pub fn notice(&self, label: &str) -> Option<Notice> {
        let mut windows = self.windows();
        let untold = std::mem::take(&mut windows.get_mut(label)?.untold);
        untold.then(|| Notice {
            level: NoticeLevel::Warning,
            text: "This window's page ended unexpectedly and was loaded again. Answers were still \
                   being received meanwhile, and nothing that was sent or received is lost. \
                   What you were writing is back in its place."
                .to_owned(),
        })
    }

    /// A window was closed.
    pub fn forget(&self, label: &str) {
        self.windows().remove(label);
    }

    fn windows(&self) -> MutexGuard<'_, HashMap<String, State>> {
        lock(&self.windows)
    }
}

/// Brings the page of a window back when its process dies.
///
/// WebKitGTK tells of it by a signal that Tauri does not pass on. macOS has Tauri's
/// `on_web_content_process_terminate`, and Tauri reloads the page where nothing else was asked for;
/// WebView2 has `ProcessFailed`, and shows an error page of its own.
#[cfg(target_os = "linux")]
pub fn bring_back<R: tauri::Runtime>(window: &tauri::WebviewWindow<R>) -> tauri::Result<()> {
    use crate::app::App;
    use crate::failure::Failed;
    use crate::{lifecycle, navigation, windows};
    use tacet_conversation::Cause;
    use tauri::Manager;
    use webkit2gtk::WebViewExt;

    let (handle, label) = (window.app_handle().clone(), window.label().to_owned());
    let deaths = PageDeaths::default();
    window.with_webview(move |webview| {
        webview.inner().connect_web_process_terminated(move |view, _| {
            let Some(app) = handle.try_state::<App>() else {
                // The page that says why there are no conversations has nothing else to lose.
                match deaths.note(&label, Instant::now()) {
                    Remedy::Reload | Remedy::Offer => view.reload(),
                    Remedy::Quit => lifecycle::end(&handle, Cause::WindowClosed),
                }
                return;
            };
            // Its channels lead nowhere. Those turns that no page attaches to end by themselves.
            app.turns.page_gone(&label);
            match app.page_deaths.note(&label, Instant::now()) {
                Remedy::Reload => view.reload(),
                Remedy::Offer => {
                    // The same one, if it died before.
                    handle.manage(Failed::page(&app.folder));
                    view.load_uri(&navigation::failure_page(view.uri().as_deref()));
                }
                Remedy::Quit => {
                    let often = 2 * OFTEN + 1;
                    let window = handle.get_webview_window(&label);
                    if let Some(window) = window
                        && !windows::others(&handle, &label).is_empty()
                    {
                        eprintln!(
                            "tacet: a window's page ended {often} times within a minute. The \
                             window was closed; the others go on."
                        );
                        // Where it stays, its last page does: it can be closed by the person.
                        drop(window.destroy());
                        return;
                    }
                    eprintln!(
                        "tacet: the window's page ended {often} times within a minute. Everything \
                         was stopped and saved."
                    );
                    lifecycle::end(&handle, Cause::WindowClosed);
                }
            }
        });
    })
}

/// See above: the other systems load the page anew by themselves, or show a page that does.
#[cfg(not(target_os = "linux"))]
pub fn bring_back<R: tauri::Runtime>(_window: &tauri::WebviewWindow<R>) -> tauri::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{PageDeaths, Remedy};
    use std::time::{Duration, Instant};

    #[test]
    fn the_page_is_loaded_anew_until_it_died_three_times_in_a_minute() {
        let deaths = PageDeaths::default();
        let start = Instant::now();
        let at = |seconds| deaths.note("main", start + Duration::from_secs(seconds));
        assert_eq!([at(0), at(30)], [Remedy::Reload; 2]);
        assert_eq!(at(61), Remedy::Reload, "the first is too long ago");
        assert_eq!([at(62), at(63), at(64), at(65)], [Remedy::Offer; 4]);
        let other = deaths.note("window-2", start + Duration::from_secs(65));
        assert_eq!(other, Remedy::Reload, "another window's page is another");
        assert_eq!(at(66), Remedy::Quit);
        assert_eq!(at(200), Remedy::Reload);
    }

    #[test]
    fn the_person_is_told_once() {
        let deaths = PageDeaths::default();
        assert_eq!(deaths.notice("main"), None);
        deaths.note("main", Instant::now());
        assert_eq!(deaths.notice("window-2"), None);
        assert!(deaths.notice("main").is_some());
        assert_eq!(deaths.notice("main"), None);
    }
}
