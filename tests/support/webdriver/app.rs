//! The application under test and what a user can do to it.

use super::display::Display;
use super::driver::{Driver, end, free_address, spawn};
use super::launch::Launch;
use super::locator::Locator;
use super::process::AppProcess;
use super::wayland::Compositor;
use crate::patience::{GLANCE, until, within};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::atomic::{AtomicUsize, Ordering};

static LOGS: AtomicUsize = AtomicUsize::new(0);

/// Paints one point that nobody sees ten times a second.
///
/// The driver's picture is taken after the next painting. Where WebKitGTK paints without OpenGL it
/// asks for none (seen in 2.50.6), so a page that stands still would never answer.
const KEEP_PAINTING: &str = "
    const point = document.createElement('div');
    point.ariaHidden = 'true';
    point.style.cssText = 'position: fixed; inset: 0 auto auto 0; width: 1px; height: 1px;' +
      'pointer-events: none';
    document.body.append(point);
    let seen = false;
    const painting = setInterval(() => {
      seen = !seen;
      // Both are the page's own colour to the eye; only equal ones would not be painted anew.
      point.style.backgroundColor = seen ? 'rgb(0 0 0 / 0.4%)' : 'transparent';
    }, 100);
    globalThis.letRest = () => {
      clearInterval(painting);
      point.remove();
    };";

/// Ends that.
const LET_REST: &str = "globalThis.letRest()";

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
    _alone: Option<Alone>,
    _compositor: Option<Compositor>,
    // Dropped last: the window must not lose its screen before the application has ended.
    display: Display,
}

impl App {
    pub(super) async fn start(launch: Launch, display: Display) -> Self {
        let number = LOGS.fetch_add(1, Ordering::Relaxed);
        let name = format!("tacet-window-{}-{number}.log", std::process::id());
        let log = std::env::temp_dir().join(name);
        let opened = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&log);
        let file = match opened {
            Ok(file) => file,
            Err(error) => panic!("{} cannot be written: {error}", log.display()),
        };
        let mut environment = launch.environment.clone();
        environment.push(("DISPLAY".to_owned(), display.name().to_owned()));
        let compositor = match launch.wayland {
            true => Some(Compositor::start(&display, launch.screen).await),
            false => None,
        };
        environment.extend(compositor.iter().flat_map(Compositor::environment));
        let bus = launch.bus.as_deref();
        if launch.outlives_its_page {
            let alone = Alone::start(&launch, &environment, &file);
            let driver = Driver::start(&[], bus, Some(&alone.address), &file).await;
            let process = alone.process(&launch.binary).await;
            let mut app = Self {
                driver,
                session: String::new(),
                process,
                log,
                _alone: Some(alone),
                _compositor: compositor,
                display,
            };
            app.reconnect().await;
            return app;
        }
        let driver = Driver::start(&environment, bus, None, &file).await;
        let options = json!({"binary": launch.binary, "args": launch.arguments});
        let wanted = json!({"alwaysMatch": {"webkitgtk:browserOptions": options}});
        let session = match new_session(&driver, wanted).await {
            Ok(session) => session,
            Err(error) => panic!(
                "{} does not open a window: {error}\n{}",
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
            _alone: None,
            _compositor: compositor,
            display,
        }
    }

    /// Drives the page that the application has now, after that before it has gone with its
    /// process, or the application has started itself anew.
    ///
    /// # Panics
    /// When it shows none within the usual limit.
    pub async fn reconnect(&mut self) {
        within("a page to drive", async {
            // A session that begins before the end of the page was noticed ends with it.
            while !self.has_new_session().await {
                tokio::time::sleep(GLANCE).await;
            }
        })
        .await;
    }

    /// Clicks an element after which the page is gone, with its process.
    ///
    /// # Panics
    /// When the element does not come, or the page does not go, within the usual limit.
    pub async fn leave_by(&self, locator: &Locator) {
        self.find(locator).await;
        let page = self.process.page();
        let script = "document.querySelector(arguments[0]).click()";
        let body = json!({"script": script, "args": [locator.selector()]});
        // The driver may have lost the page before it can answer.
        let _ = self
            .command(Method::POST, "/execute/sync", Some(body))
            .await;
        if let Some(page) = page {
            page.ended().await;
        }
    }

    async fn has_new_session(&mut self) -> bool {
        let Ok(session) = new_session(&self.driver, json!({"alwaysMatch": {}})).await else {
            return false;
        };
        self.session = session;
        let script = json!({"script": "return document.readyState", "args": []});
        let answer = self.command(Method::POST, "/execute/sync", Some(script));
        answer.await.is_ok()
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

    /// Writes a picture of the page to a PNG file. The page is painted for it, whatever it does.
    ///
    /// # Panics
    /// When the driver's picture is broken or the file cannot be written.
    pub async fn screenshot(&self, path: impl AsRef<Path>) {
        self.run(KEEP_PAINTING, &[]).await;
        let picture = self.get("/screenshot").await;
        self.run(LET_REST, &[]).await;
        let bytes = STANDARD.decode(picture.as_str().unwrap_or_default());
        let written = match bytes {
            Ok(bytes) => fs::write(path.as_ref(), bytes),
            Err(error) => panic!("the driver's picture is broken: {error}"),
        };
        if let Err(error) = written {
            panic!("{} cannot be written: {error}", path.as_ref().display());
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

async fn new_session(driver: &Driver, capabilities: Value) -> Result<String, String> {
    let body = json!({"capabilities": capabilities});
    let answer = driver.command(Method::POST, "/session", Some(body)).await?;
    let session = answer["sessionId"].as_str().map(str::to_owned);
    session.ok_or_else(|| answer.to_string())
}

/// An application that was not started by the driver; dropping it ends it and its children.
#[derive(Debug)]
struct Alone {
    leader: Child,
    /// Where it listens for a driver.
    address: String,
    /// Whether the leader is the bus's program, and the application below it.
    has_own_bus: bool,
}

impl Alone {
    fn start(launch: &Launch, environment: &[(String, String)], log: &File) -> Self {
        let started = (|| {
            let address = free_address()?;
            let mut environment = environment.to_vec();
            environment.push(("WEBKIT_INSPECTOR_SERVER".to_owned(), address.clone()));
            let (program, bus) = (launch.binary.as_os_str(), launch.bus.as_deref());
            let leader = spawn(
                &launch.through,
                program,
                &launch.arguments,
                &environment,
                bus,
                log,
            )?;
            io::Result::Ok((leader, address))
        })();
        match started {
            Ok((leader, address)) => Self {
                leader,
                address,
                has_own_bus: launch.bus.is_none(),
            },
            Err(error) => panic!("{} does not start: {error}", launch.binary.display()),
        }
    }

    async fn process(&self, binary: &Path) -> AppProcess {
        if !self.has_own_bus {
            return AppProcess::of(self.leader.id());
        }
        until("the application", || {
            AppProcess::below(self.leader.id(), binary)
        })
        .await
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        end(&mut self.leader);
    }
}
