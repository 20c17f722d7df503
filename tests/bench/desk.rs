//! The app in its window, and the in-page ends of the measurements.

use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tacet_test_support::server::GatedServer;
use tacet_test_support::webdriver::{App, Launch, testid};
use tempfile::TempDir;

pub struct Desk {
    pub server: GatedServer,
    pub app: App,
    _folder: TempDir,
}

/// The executable that is measured.
pub fn executable() -> PathBuf {
    std::env::var_os("TACET_BIN").map_or_else(|| env!("CARGO_BIN_EXE_tacet").into(), PathBuf::from)
}

/// A data folder whose settings name the server, and have these fields too.
pub fn folder(server: &GatedServer, more: Value) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let settings = server.settings(more);
    std::fs::write(folder.path().join("settings.json"), settings.to_string()).unwrap();
    folder
}

/// What every script here begins with.
const TOOLS: &str = r#"
const byId = (id) => document.querySelector(`[data-testid="${id}"]`);
const answers = () => document.querySelectorAll('[data-testid="message"][data-role="assistant"]');
const last = () => answers()[answers().length - 1];
// One function for all scripts: a new one each time would be compiled anew, on the core that the press
// needs. This is a press of Stop as the page sees it.
globalThis.press ??= () => byId('stop').dispatchEvent(new PointerEvent('pointerdown',
  {bubbles: true, cancelable: true, button: 0, pointerType: 'mouse'}));
// The page's clock has whole milliseconds; just after its tick it is exact.
globalThis.tick ??= () => { const now = Date.now(); while (Date.now() === now); return Date.now(); };
"#;

impl Desk {
    pub async fn open() -> Self {
        Self::with(json!({})).await
    }

    /// The same with more fields in its settings.
    pub async fn with(more: Value) -> Self {
        let server = GatedServer::start().await;
        let folder = folder(&server, more);
        Self::over(server, folder).await
    }

    /// The app on this data folder.
    pub async fn over(server: GatedServer, folder: TempDir) -> Self {
        let launch = Launch::new(executable()).env("TACET_DATA_DIR", folder.path());
        let app = launch.start().await;
        app.find(&testid("composer")).await;
        Self {
            server,
            app,
            _folder: folder,
        }
    }

    /// Runs a script with the tools above.
    pub async fn run(&self, script: &str) -> Value {
        self.run_with(script, &[]).await
    }

    /// The same with arguments.
    pub async fn run_with(&self, script: &str, arguments: &[Value]) -> Value {
        self.app.run(&format!("{TOOLS}{script}"), arguments).await
    }

    /// The same for a script that calls `done` with its result.
    pub async fn run_async(&self, script: &str) -> Value {
        let script = format!("{TOOLS} const done = arguments[0]; {script}");
        self.app.run_async(&script, &[]).await
    }

    /// Asks in a new conversation.
    pub async fn ask(&self) {
        self.run(
            "byId('new-conversation').click();
            const composer = byId('composer');
            composer.value = 'Hello?';
            composer.dispatchEvent(new Event('input', {bubbles: true}));",
        )
        .await;
        // The page draws in between, as it does between a person's key and click.
        self.wait("an enabled Send", "!byId('send').disabled").await;
        self.run("byId('send').click()").await;
    }

    /// Waits until a condition holds in the page. The page itself looks, every 10 ms, so that no
    /// command of the driver falls into what is measured.
    pub async fn wait(&self, what: &str, condition: &str) {
        let script = format!(
            "const look = () => ({condition}) ? done(true) : setTimeout(look, 10); look();"
        );
        assert_eq!(self.run_async(&script).await, json!(true), "{what}");
    }
}

/// A moment of the page's clock.
pub fn page_time(value: &Value) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(value.as_u64().expect("a time in milliseconds"))
}

/// `later - earlier` in milliseconds, below zero where the clock's rounding makes it so.
pub fn between_ms(earlier: SystemTime, later: SystemTime) -> f64 {
    match later.duration_since(earlier) {
        Ok(duration) => duration.as_secs_f64() * 1000.0,
        Err(error) => -error.duration().as_secs_f64() * 1000.0,
    }
}
