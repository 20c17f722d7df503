//! One call of a step, and where it stands.

use crate::approval::ApprovalRequest;
use crate::toolset::{OfferedTool, Toolset};
use serde_json::Value;
use tacet_conversation::{StopHandle, ToolConfirmation};
use tacet_tool::approval::{Card, Decision};
use tacet_tool::schema;
use tacet_tool::tool::{CallPreview, ToolOutcome};
use tokio::time::Instant;

/// The decision and what the call would do, or why it cannot run.
pub(super) type Decided = Result<(Decision, CallPreview), String>;

/// What a job of a call came to.
pub(super) enum Done {
    /// Whether it may run.
    Decided(Box<Decided>),
    Ran(ToolOutcome),
}

/// Where a call stands.
pub(super) enum CallStage {
    /// Whether it may run is found out.
    Deciding,
    /// A person is asked.
    Asked(Box<Asked>),
    /// A person has allowed it; another call of the step waits for them (rule C18).
    Allowed,
    /// It is said to run, and that is not on disk yet (rule C18).
    Announced,
    /// The same, and the disk is at it.
    Writing,
    /// The tool runs.
    Running {
        /// When it was told to end.
        told: Option<Instant>,
    },
    Ended,
}

/// What a person is asked.
pub(super) struct Asked {
    pub(super) card: Card,
    pub(super) request: ApprovalRequest,
}

pub(super) struct Call {
    /// Its place among the parts.
    pub(super) part: usize,
    /// The place of its result, once there is one.
    pub(super) result: Option<usize>,
    pub(super) offered: OfferedTool,
    pub(super) arguments: Value,
    pub(super) stop: StopHandle,
    pub(super) stage: CallStage,
    pub(super) confirmation: Option<ToolConfirmation>,
}

/// Finds out whether a call may run. It may read files, and check against a schema of any size.
pub(super) fn deciding(
    offered: OfferedTool,
    arguments: Value,
    tools: Toolset,
) -> impl FnOnce() -> Done {
    move || {
        let tool = &offered.tool;
        let fits = schema::check(&tool.spec().input_schema, &arguments);
        let decided = fits.and_then(|()| {
            let decision = offered.decide(&arguments, &tools.book().permissions());
            Ok((decision, tool.preview(&arguments)?))
        });
        Done::Decided(Box::new(decided))
    }
}

/// The arguments of a call as a JSON object; a call without parameters may come without a
/// character.
pub(super) fn arguments(raw: &str) -> Option<Value> {
    if raw.trim().is_empty() {
        return Some(Value::Object(serde_json::Map::new()));
    }
    serde_json::from_str(raw).ok().filter(Value::is_object)
}
