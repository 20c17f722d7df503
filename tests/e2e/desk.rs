//! A desk to test the app at: a model server, and a data folder whose settings name it.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tacet_core::Message;
use tacet_test_support::server::{ChatRules, Exchange, GatedServer};
use tacet_test_support::webdriver::{App, Launch, testid};
use tempfile::TempDir;

pub struct Desk {
    pub server: GatedServer,
    folder: TempDir,
}

/// The executable under test.
pub fn executable() -> PathBuf {
    std::env::var_os("TACET_BIN").map_or_else(|| env!("CARGO_BIN_EXE_tacet").into(), PathBuf::from)
}

impl Desk {
    /// A desk whose app asks the gated server.
    pub async fn new() -> Self {
        let desk = Self::bare().await;
        desk.write_settings("gated/test-model", &[]);
        desk
    }

    /// A desk with an empty data folder, as on a first start.
    pub async fn bare() -> Self {
        let folder = tempfile::Builder::new().prefix("tacet e2e ").tempdir();
        let server = GatedServer::start().await;
        server.models(["test-model"]);
        server.set_rules(Some(ChatRules::default()));
        Self {
            server,
            folder: folder.unwrap(),
        }
    }

    /// Where the app keeps everything. The path has spaces in it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Names the gated server, the embedded model and `more` in the settings.
    pub fn write_settings(&self, default_model: &str, more: &[Value]) {
        let mut providers = vec![
            self.server.provider(),
            json!({"id": "embedded", "name": "Built-in model", "api": "embedded",
                "models": ["smollm2-135m-instruct"]}),
        ];
        providers.extend_from_slice(more);
        let own = json!({"default_model": default_model, "providers": providers});
        let settings = self.server.settings(own);
        std::fs::write(self.settings_file(), settings.to_string()).unwrap();
    }

    /// Writes one more field into the settings.
    pub fn set(&self, field: &str, value: impl Into<Value>) {
        let file = std::fs::read(self.settings_file()).unwrap();
        let mut settings: Value = serde_json::from_slice(&file).unwrap();
        settings[field] = value.into();
        std::fs::write(self.settings_file(), settings.to_string()).unwrap();
    }

    /// Opens a folder to tools, and no other.
    pub fn open_folder(&self, folder: &Path) {
        self.set("folders", json!([folder.canonicalize().unwrap()]));
    }

    pub fn settings_file(&self) -> PathBuf {
        self.folder().join("settings.json")
    }

    /// How the app is started on this data.
    pub fn launch(&self) -> Launch {
        Launch::new(executable()).env("TACET_DATA_DIR", self.folder())
    }

    /// Starts the app and waits for its composer.
    pub async fn open(&self) -> App {
        let app = self.launch().start().await;
        app.find(&testid("composer")).await;
        app
    }

    /// Runs `tacet` on the data folder with these arguments, without a screen.
    pub fn tacet(&self, arguments: &[&str]) -> Output {
        let output = Command::new(executable())
            .args(arguments)
            .env("TACET_DATA_DIR", self.folder())
            .env_remove("DISPLAY")
            .output()
            .expect("the executable starts");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
        output
    }

    /// What `tacet export` writes.
    pub fn export(&self) -> Value {
        let output = self.tacet(&["export"]);
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// All answers on disk, in the order of the export.
    pub fn answers(&self) -> Vec<Message> {
        let export = self.export();
        let conversations = export["conversations"].as_array().unwrap().iter();
        let messages = conversations.flat_map(|one| one["messages"].as_array().unwrap());
        messages
            .filter(|message| message["role"] == "assistant")
            .map(|message| serde_json::from_value(message.clone()).unwrap())
            .collect()
    }

    /// Asks, and has it answered as far as `words`, which are on the page then.
    pub async fn writing(&self, app: &App, question: &str, words: &str) -> Exchange {
        crate::answer::ask(app, question).await;
        let mut exchange = self.server.next_request().await;
        exchange.send_text_delta(words).await;
        // A space at the end is seen with what follows it.
        let seen = json!(words.trim_end());
        crate::answer::when(app, &format!("a.words.includes({seen})")).await;
        exchange
    }

    /// Asks, and has it answered with `words`; then once more, as a sibling, with `others`.
    pub async fn answered_twice(&self, app: &App, question: &str, words: &str, others: &str) {
        let exchange = self.writing(app, question, words).await;
        exchange.complete(9, 3).await;
        crate::answer::when(app, "a.state === 'complete'").await;
        app.click(&testid("retry")).await;
        let mut exchange = self.server.next_request().await;
        exchange.send_text_delta(others).await;
        exchange.complete(9, 3).await;
        let seen = format!(
            "a.state === 'complete' && a.words.includes({})",
            json!(others)
        );
        crate::answer::when(app, &seen).await;
    }

    /// Asks once more in the conversation on the page, and has it answered: every request so far
    /// was valid, this one too.
    pub async fn converse(&self, app: &App) {
        crate::answer::ask(app, "And now?").await;
        let mut exchange = self.server.next_request().await;
        exchange.send_text_delta("All is well.").await;
        exchange.complete(9, 3).await;
        let all_is_well = "a.state === 'complete' && a.words.includes('All is well.')";
        crate::answer::when(app, all_is_well).await;
        assert_eq!(self.server.violations(), Vec::<String>::new());
    }
}
