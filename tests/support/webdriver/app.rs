//! The application under test and what a user can do to it.

use super::close_button;
use super::display::Display;
use super::driver::Driver;
use super::launch::Launch;
use super::process::AppProcess;
use super::wayland::Compositor;
use crate::patience::within;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

static LOGS: AtomicUsize = AtomicUsize::new(0);

/// Position and size of the window, in pixels of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowRect {
    /// Left edge.
    pub x: i64,
    /// Upper edge.
    pub y: i64,
    /// Width.
    pub width: i64,
    /// Height.
    pub height: i64,
}

/// A running application with its window. Dropping it ends the application and its children at
/// once; in a panicking test, its output is printed first.
#[derive(Debug)]
pub struct App {
    driver: Driver,
    session: String,
    process: AppProcess,
    log: PathBuf,
    _compositor: Option<Compositor>,
    // Dropped last: the window must not lose its screen before the application has ended.
    display: Display,
}

impl App {
    pub(super) async fn start(launch: Launch, display: Display) -> Self {
        let number = LOGS.fetch_add(1, Ordering::Relaxed);
        let name = format!("tacet-window-{}-{number}.log", std::process::id());
        let log = std::env::temp_dir().join(name);
        let file = match File::create(&log) {
            Ok(file) => file,
            Err(error) => panic!("{} cannot be written: {error}", log.display()),
        };
        let mut environment = launch.environment;
        environment.push(("DISPLAY".to_owned(), display.name().to_owned()));
        let compositor = match launch.wayland {
            true => Some(Compositor::start(&display, launch.screen).await),
            false => None,
        };
        environment.extend(compositor.iter().flat_map(Compositor::environment));
        let driver = Driver::start(&environment, launch.bus.as_deref(), &file).await;
        let options = json!({"binary": launch.binary, "args": launch.arguments});
        let wanted = json!({"alwaysMatch": {"webkitgtk:browserOptions": options}});
        let body = json!({"capabilities": wanted});
        let answer = driver.command(Method::POST, "/session", Some(body)).await;
        let session = match answer.map(|value| value["sessionId"].as_str().map(str::to_owned)) {
            Ok(Some(session)) => session,
            other => panic!(
                "{} does not open a window: {other:?}\n{}",
                launch.binary.display(),
                fs::read_to_string(&log).unwrap_or_default()
            ),
        };
        let Some(process) = AppProcess::below(driver.process(), &launch.binary) else {
            panic!(
                "no process below the driver runs {}",
                launch.binary.display()
            );
        };
        Self {
            driver,
            session,
            process,
            log,
            _compositor: compositor,
            display,
        }
    }

    /// The application's main process.
    pub fn process(&self) -> AppProcess {
        self.process
    }

    /// The screen's name, as in `DISPLAY`.
    pub fn display(&self) -> &str {
        self.display.name()
    }

    /// What the application wrote to its standard output and error so far, the driver's words
    /// between.
    pub fn output(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub(super) async fn command(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, String> {
        let path = format!("/session/{}{path}", self.session);
        self.driver.command(method, &path, body).await
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        match self.command(Method::GET, path, None).await {
            Ok(value) => value,
            Err(error) => panic!("the driver refuses GET {path}: {error}"),
        }
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Value {
        match self.command(Method::POST, path, Some(body)).await {
            Ok(value) => value,
            Err(error) => panic!("the driver refuses POST {path}: {error}"),
        }
    }

    /// Where the window stands.
    pub async fn rect(&self) -> WindowRect {
        let value = self.get("/window/rect").await;
        let number = |name: &str| value[name].as_i64().unwrap_or_default();
        WindowRect {
            x: number("x"),
            y: number("y"),
            width: number("width"),
            height: number("height"),
        }
    }

    /// Gives the window another size, in pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        self.post("/window/rect", json!({"width": width, "height": height}))
            .await;
    }

    /// Writes a picture of the page to a PNG file.
    ///
    /// # Panics
    /// When the driver's picture is broken or the file cannot be written.
    pub async fn screenshot(&self, path: impl AsRef<Path>) {
        let picture = self.get("/screenshot").await;
        let bytes = STANDARD.decode(picture.as_str().unwrap_or_default());
        let written = match bytes {
            Ok(bytes) => fs::write(path.as_ref(), bytes),
            Err(error) => panic!("the driver's picture is broken: {error}"),
        };
        if let Err(error) = written {
            panic!("{} cannot be written: {error}", path.as_ref().display());
        }
    }

    /// Presses the window's close button; the application decides what follows.
    ///
    /// # Panics
    /// When there is no window to close.
    pub async fn close_window(&self) {
        let (display, id) = (self.display.name().to_owned(), self.process.id());
        let pressed = tokio::task::spawn_blocking(move || close_button::press(&display, id));
        match within("the close button", pressed).await {
            Ok(Ok(true)) => {}
            other => panic!("the window has no close button: {other:?}"),
        }
    }

    /// Waits for the application to end by itself, and gives what it wrote.
    ///
    /// # Panics
    /// When it still runs after the usual limit.
    pub async fn wait_for_end(self) -> String {
        self.process.ended().await;
        self.output()
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("---- the application wrote ----\n{}----", self.output());
        }
        let _ = fs::remove_file(&self.log);
    }
}
