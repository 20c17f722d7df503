//! What a tool is, whoever runs it, and what comes of a call.

use crate::approval::Action;
use crate::elicitation::Elicitation;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::pin::Pin;
use tokio_util::sync::CancellationToken;

pub use tacet_conversation::{ResultContent, ToolConfirmation};

/// What a tool says of itself, in the terms of MCP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// By which the model calls it.
    pub name: String,
    /// For people.
    pub title: String,
    /// For the model.
    pub description: String,
    /// A JSON Schema (2020-12 unless it says otherwise) of an object.
    pub input_schema: Value,
    /// What a call may do.
    pub annotations: Annotations,
}

/// What a call may do, as the tool says; a hint, and no promise where others wrote the tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotations {
    /// It changes nothing.
    pub read_only: bool,
    /// It may destroy something. Means nothing where it changes nothing.
    pub destructive: bool,
    /// To call it twice does no more than to call it once.
    pub idempotent: bool,
    /// It reaches beyond this computer.
    pub open_world: bool,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum ToolOutcome {
    /// It did what it is for.
    Succeeded(Vec<ResultContent>),
    /// It did not, with words for the model.
    Failed(Vec<ResultContent>),
    /// It was stopped.
    Interrupted {
        /// What had come by then.
        partial: Vec<ResultContent>,
        /// What the tool said to that.
        confirmation: ToolConfirmation,
    },
}

impl ToolOutcome {
    /// A failure in words.
    pub fn failed(words: impl Into<String>) -> Self {
        Self::Failed(vec![ResultContent::text(words)])
    }

    /// A success in words.
    pub fn text(words: impl Into<String>) -> Self {
        Self::Succeeded(vec![ResultContent::text(words)])
    }
}

/// What a running tool lets others see.
#[derive(Debug)]
pub enum Progress {
    /// More of its output, in the order of its coming.
    Output(String),
    /// How far it is.
    Step {
        /// What is done, in a unit of the tool's own.
        done: f64,
        /// Of how much, where that is known.
        total: Option<f64>,
        /// In words.
        message: Option<String>,
    },
    /// What a person is asked before it goes on. A call that waits for them waits without a limit.
    Question(Elicitation),
    /// A server made a task of the call, with this id of its own. Whoever keeps it can ask what has become
    /// of it, should the app end without notice.
    Task(String),
}

/// Where progress goes.
pub type OnProgress<'a> = &'a (dyn Fn(Progress) + Send + Sync);
/// A call under way.
pub type Calling<'a> = Pin<Box<dyn Future<Output = ToolOutcome> + Send + 'a>>;

/// What a call would do, as far as that can be known before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallPreview {
    /// What it would change in a file, as a unified diff.
    pub diff: Option<String>,
    /// The folder that a command would run in.
    pub folder: Option<String>,
    /// The variables of the app's own environment that the command would not get; it gets all
    /// others.
    pub withheld: Vec<String>,
}

/// Something that a model can call.
pub trait Tool: Send + Sync {
    /// What it says of itself.
    fn spec(&self) -> &ToolSpec;

    /// What a call with these arguments does, where that decides who may run it.
    fn action(&self, _arguments: &Value) -> Action {
        Action::Call
    }

    /// What a call would do, for whoever is asked to allow it. It reads the disk, so it is asked
    /// where that holds nobody up.
    ///
    /// # Errors
    /// Says why the call would fail.
    fn preview(&self, _arguments: &Value) -> Result<CallPreview, String> {
        Ok(CallPreview::default())
    }

    /// Runs it with arguments that fit its schema. Ends soon after `stop`; dropped before its
    /// end, it ends what it started all the same, and nobody is told. `progress` is called from
    /// the call itself and must not wait.
    fn run<'a>(
        &'a self,
        arguments: Value,
        stop: CancellationToken,
        progress: OnProgress<'a>,
    ) -> Calling<'a>;
}

/// Calls a tool: arguments that do not fit its schema are a failed result, and after a stop
/// nothing runs.
pub async fn call(
    tool: &dyn Tool,
    arguments: Value,
    stop: CancellationToken,
    progress: OnProgress<'_>,
) -> ToolOutcome {
    if let Err(misfit) = crate::schema::check(&tool.spec().input_schema, &arguments) {
        return ToolOutcome::failed(misfit);
    }
    run(tool, arguments, stop, progress).await
}

/// The same with arguments that were checked before. After a stop nothing runs.
pub async fn run(
    tool: &dyn Tool,
    arguments: Value,
    stop: CancellationToken,
    progress: OnProgress<'_>,
) -> ToolOutcome {
    if stop.is_cancelled() {
        return ToolOutcome::Interrupted {
            partial: Vec::new(),
            confirmation: ToolConfirmation::NotNeeded,
        };
    }
    tool.run(arguments, stop, progress).await
}
