//! Lets the caret rest where nobody types, as the toolkit's own text fields do.
//!
//! A blinking caret is all that an idle window paints, and keeps processor and laptop awake for it.
//! GTK's fields stop after `gtk-cursor-blink-timeout` seconds without a key; WebKitGTK asks GTK
//! whether a caret blinks, but does not keep that time itself.

/// Has the caret of this window blink only for a while after something was done in it, or in another
/// one.
#[cfg(target_os = "linux")]
pub fn let_rest<R: tauri::Runtime>(window: &tauri::WebviewWindow<R>) -> tauri::Result<()> {
    use gtk::prelude::WidgetExt;
    use webkit2gtk::{InputMethodContextExt, WebViewExt};

    let handle = tauri::Manager::app_handle(window).clone();
    window.with_webview(move |webview| {
        let view = webview.inner();
        let caret = WidgetExt::settings(&view);
        let Some(caret) = caret.and_then(|settings| linux::Caret::shared(settings, &handle)) else {
            return;
        };
        caret.wake();
        let by_key = caret.clone();
        view.connect_key_press_event(move |_, _| by_key.wake());
        if let Some(input_method) = view.input_method_context() {
            let (begun, done) = (caret.clone(), caret.clone());
            input_method.connect_preedit_started(move |_| begun.composes(true));
            input_method.connect_preedit_finished(move |_| done.composes(false));
        }
        let by_button = caret.clone();
        view.connect_button_press_event(move |_, _| by_button.wake());
        view.connect_focus_in_event(move |_, _| caret.wake());
    })
}

/// The web views of other systems do as those have it.
#[cfg(not(target_os = "linux"))]
pub fn let_rest<R: tauri::Runtime>(_window: &tauri::WebviewWindow<R>) -> tauri::Result<()> {
    Ok(())
}

#[cfg(target_os = "linux")]
mod linux {
    use glib::Propagation;
    use gtk::Settings;
    use gtk::prelude::GtkSettingsExt;
    use std::cell::{Cell, OnceCell};
    use std::rc::Rc;
    use std::time::{Duration, Instant};
    use tauri::{AppHandle, Manager, Runtime};

    thread_local! {
        /// The one caret: its settings hold for all windows of a screen, and a window that is opened
        /// while it stands still would take that for what the person wants.
        static CARET: OnceCell<Option<Rc<Caret>>> = const { OnceCell::new() };
    }

    /// Has the page begin anew with it, so that it shows and stands still.
    const BEGIN_ANEW: &str = include_str!("caret.js");

    /// A caret that was told not to blink is looked after with each frame that the page paints, and
    /// has it paint the next one, 60 times a second (seen in WebKitGTK 2.50.6). One that takes 24
    /// days to blink is left alone.
    const FOR_EVER: i32 = i32::MAX;

    pub struct Caret {
        settings: Settings,
        /// Has the pages begin anew with it.
        begin_anew: Box<dyn Fn()>,
        /// How long it is seen and hidden once, in milliseconds.
        time: i32,
        /// How long it blinks.
        awake: Duration,
        last: Cell<Instant>,
        blinks: Cell<bool>,
        /// Whether an input method has a word in the making, which would end with a new beginning.
        composes: Cell<bool>,
    }

    impl Caret {
        /// None where the person wants no blinking, or wants it without an end.
        pub fn shared<R: Runtime>(settings: Settings, handle: &AppHandle<R>) -> Option<Rc<Self>> {
            CARET.with(|caret| caret.get_or_init(|| Self::of(settings, handle)).clone())
        }

        fn of<R: Runtime>(settings: Settings, handle: &AppHandle<R>) -> Option<Rc<Self>> {
            let handle = handle.clone();
            let begin_anew = move || {
                for window in handle.webview_windows().values() {
                    // A page that is being loaded anew begins with a caret that stands still.
                    drop(window.eval(BEGIN_ANEW));
                }
            };
            let seconds = settings.gtk_cursor_blink_timeout();
            let ends = seconds < i32::MAX;
            (settings.is_gtk_cursor_blink() && ends).then(|| {
                Rc::new(Self {
                    time: settings.gtk_cursor_blink_time(),
                    settings,
                    begin_anew: Box::new(begin_anew),
                    awake: Duration::from_secs(u64::try_from(seconds).unwrap_or(0)),
                    last: Cell::new(Instant::now()),
                    blinks: Cell::new(false),
                    composes: Cell::new(false),
                })
            })
        }

        /// Something was done: the caret blinks for a while from now on.
        pub fn wake(self: &Rc<Self>) -> Propagation {
            self.last.set(Instant::now());
            if !self.blinks.replace(true) {
                self.settings.set_gtk_cursor_blink_time(self.time);
                Rc::clone(self).rest_in(self.awake);
            }
            Propagation::Proceed
        }

        /// An input method has begun a word, or is done with it.
        pub fn composes(&self, composes: bool) {
            self.composes.set(composes);
        }

        fn rest_in(self: Rc<Self>, wait: Duration) {
            glib::timeout_add_local_once(wait, move || {
                let left = self.awake.saturating_sub(self.last.get().elapsed());
                if !left.is_zero() {
                    self.rest_in(left);
                } else if self.composes.get() {
                    let awake = self.awake;
                    self.rest_in(awake);
                } else {
                    self.blinks.set(false);
                    self.settings.set_gtk_cursor_blink_time(FOR_EVER);
                    (self.begin_anew)();
                }
            });
        }
    }
}
