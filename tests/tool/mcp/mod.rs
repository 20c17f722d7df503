//! MCP servers of our own that do not behave, and what comes of them.

mod elicitation;
mod http;
mod registry;
mod script;
mod sign_in;
mod stopping;
mod tasks;
mod trouble;

use crate::zoo::{MARK, SUPERVISOR};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tacet_settings::secret::SecretStore;
use tacet_test_support::patience::within;
use tacet_tool::elicitation::Elicitation;
use tacet_tool::mcp::{Owner, Reach, ServerConfig, ServerState, Servers};
use tacet_tool::tool::{Progress, ResultContent, Tool, ToolOutcome, call};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A server of a script, called `crooked`.
pub struct Crooked {
    pub servers: Servers,
    /// What the server received, line by line, is in the file `wire`.
    pub folder: TempDir,
    pub mark: String,
    asks: mpsc::UnboundedSender<Elicitation>,
    pub questions: mpsc::UnboundedReceiver<Elicitation>,
}

impl Crooked {
    pub fn new(script: &str) -> Self {
        Self::with(script, |_| {})
    }

    pub fn with(script: &str, change: impl FnOnce(&mut ServerConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mark = Uuid::now_v7().to_string();
        let mut config = config(script, folder.path().into(), &mark);
        change(&mut config);
        let (asks, questions) = mpsc::unbounded_channel();
        Self {
            servers: Servers::new(owner(), vec![config]),
            folder,
            mark,
            asks,
            questions,
        }
    }

    /// A call whose questions are `questions`.
    pub fn calling(&self, tool: Arc<dyn Tool>, stop: CancellationToken) -> JoinHandle<ToolOutcome> {
        let asks = self.asks.clone();
        tokio::spawn(async move {
            let progress = |progress| {
                if let Progress::Question(question) = progress {
                    drop(asks.send(question));
                }
            };
            call(&*tool, json!({}), stop, &progress).await
        })
    }

    pub fn wire(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("wire")).unwrap_or_default()
    }

    pub async fn tools(&self) -> Vec<Arc<dyn Tool>> {
        let tools = within("the tools", self.servers.tools("crooked")).await;
        tools.unwrap()
    }

    pub async fn tool(&self) -> Arc<dyn Tool> {
        self.tools().await.remove(0)
    }

    pub fn state(&self) -> ServerState {
        self.servers.watch().borrow()[0].state.clone()
    }
}

pub fn owner() -> Owner {
    Owner {
        supervisor: SUPERVISOR.into(),
        agent: "tacet/0.0.0".to_owned(),
        forms: true,
        secrets: SecretStore::in_memory(),
    }
}

pub fn config(script: &str, folder: PathBuf, mark: &str) -> ServerConfig {
    let env = BTreeMap::from([(MARK.to_owned(), mark.to_owned())]);
    ServerConfig::new(
        "crooked",
        Reach::Process {
            command: "sh".to_owned(),
            args: vec!["-c".to_owned(), script.to_owned()],
            env,
            withheld: Vec::new(),
            folder,
        },
    )
}

pub async fn run(tool: &dyn Tool, arguments: Value) -> ToolOutcome {
    let calling = call(tool, arguments, CancellationToken::new(), &|_| {});
    within("the call's end", calling).await
}

pub async fn succeeded(tool: &dyn Tool) -> String {
    match run(tool, json!({})).await {
        ToolOutcome::Succeeded(contents) => text(&contents),
        other => panic!("{other:?}"),
    }
}

pub fn failed(outcome: ToolOutcome) -> String {
    match outcome {
        ToolOutcome::Failed(contents) => text(&contents),
        other => panic!("{other:?}"),
    }
}

fn text(contents: &[ResultContent]) -> String {
    match contents {
        [ResultContent::Text { text }] => text.clone(),
        other => panic!("{other:?}"),
    }
}
