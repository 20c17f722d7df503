//! The windows of the application: which of them is driven, and their close buttons.

use super::app::App;
use super::close_button;
use crate::patience::{GLANCE, until, within};
use serde_json::{Value, json};

impl App {
    /// The handles of all windows.
    pub async fn windows(&self) -> Vec<String> {
        let handles = self.get("/window/handles").await;
        let handles = handles.as_array().into_iter().flatten();
        handles
            .filter_map(|handle| handle.as_str().map(str::to_owned))
            .collect()
    }

    /// The handle of the window that is driven.
    pub async fn window(&self) -> String {
        let handle = self.get("/window").await;
        handle.as_str().unwrap_or_default().to_owned()
    }

    /// Drives another window from now on.
    pub async fn switch_to(&self, window: &str) {
        self.post("/window", json!({"handle": window})).await;
    }

    /// Waits for a window that is not one of `known`, and drives it; gives its handle.
    ///
    /// # Panics
    /// When none comes within the usual limit.
    pub async fn switch_to_new(&self, known: &[String]) -> String {
        let new = within("a new window", async {
            loop {
                let mut windows = self.windows().await.into_iter();
                if let Some(new) = windows.find(|window| !known.contains(window)) {
                    return new;
                }
                tokio::time::sleep(GLANCE).await;
            }
        })
        .await;
        self.switch_to(&new).await;
        new
    }

    /// Presses the close button of the application's window; the application decides what follows.
    ///
    /// # Panics
    /// When there is no window to close.
    pub async fn close_window(&self) {
        self.press_close(None).await;
    }

    /// The same of the window that is driven, where there are several.
    ///
    /// # Panics
    /// When it is not on the screen.
    pub async fn close_this_window(&self) {
        // What the page says of its own place: the driver knows that of one window.
        let place = self.run("return [screenX, screenY]", &[]).await;
        let number = |value: &Value| value.as_i64().unwrap_or(-1);
        self.press_close(Some((number(&place[0]), number(&place[1]))))
            .await;
    }

    async fn press_close(&self, at: Option<(i64, i64)>) {
        let (display, id) = (self.display().to_owned(), self.process().id());
        let pressed = tokio::task::spawn_blocking(move || close_button::press(&display, id, at));
        match within("the close button", pressed).await {
            Ok(Ok(true)) => {}
            other => panic!("the window has no close button: {other:?}"),
        }
    }

    /// Waits until a window of it can be seen, or none.
    ///
    /// # Panics
    /// When that does not come about within the usual limit.
    pub async fn wait_for_window(&self, shown: bool) {
        let what = if shown { "a window" } else { "no window" };
        self.wait_for_windows_where(what, |count| (count > 0) == shown)
            .await;
    }

    /// Waits until so many windows of it can be seen.
    ///
    /// # Panics
    /// When that does not come about within the usual limit.
    pub async fn wait_for_windows(&self, count: usize) {
        self.wait_for_windows_where(&format!("{count} windows"), |seen| seen == count)
            .await;
    }

    /// Waits until the windows of it have these titles, in the order of the alphabet.
    ///
    /// # Panics
    /// When they have others for the usual limit.
    pub async fn wait_for_titles(&self, titles: &[&str]) {
        let is_so = || {
            let seen = close_button::titles(self.display(), self.process().id());
            let mut seen = seen.ok()?;
            seen.sort();
            (seen == titles).then_some(())
        };
        until(&format!("windows called {titles:?}"), is_so).await;
    }

    async fn wait_for_windows_where(&self, what: &str, is_right: impl Fn(usize) -> bool) {
        let is_so = || {
            let seen = close_button::count(self.display(), self.process().id());
            is_right(seen.ok()?).then_some(())
        };
        until(what, is_so).await;
    }
}
