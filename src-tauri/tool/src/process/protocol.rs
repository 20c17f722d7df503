//! What a supervisor reports to the app, one JSON object a line, and what the app makes of it.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A line from the supervisor.
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "no supervisor"))]
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "report", rename_all = "snake_case")]
pub(super) enum Report {
    /// The tool's process runs.
    Started { pid: u32 },
    /// It could not be started; the last line.
    Failed { reason: String },
    /// The tool's own process ended. What it left running is ended next.
    Exited(ToolExit),
    /// Nothing is left; the last line.
    Ended { count: u32, by: EndedBy },
}

/// How a tool's own process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolExit {
    /// Its exit code, unless a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
}

/// The strongest means that it took until nothing was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// None: all had ended already.
    Itself,
    /// Its input was closed.
    InputClosed,
    /// TERM.
    Term,
    /// KILL.
    Kill,
    /// Nobody confirmed within the limit that all have ended, because the supervisor was killed or
    /// a process cannot be (it runs as another user, or hangs inside the system).
    Unconfirmed,
}

/// What an end took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedProcesses {
    /// How many processes were still alive when the end began, or came up during it.
    pub count: u32,
    /// By what.
    pub by: EndedBy,
    /// From the order to its confirmation.
    pub took: Duration,
}
