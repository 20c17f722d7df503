//! A tool's process, and the end of everything that it started.
//!
//! On Linux the tool runs below a supervisor, a mode of our own executable. It is the subreaper of
//! all that the tool starts, so that a process that leaves its group (`setsid`, a double fork)
//! still belongs to it, and it holds a socket to the app whose end means "end everything": that
//! covers a Stop, quitting, and an app that is killed. What a tool has other programs start on its
//! behalf (`systemd-run`, `docker run`, `at`) is not its descendant and is not ended. Neither is
//! anything when the supervisor itself is killed, which no program can prevent.
//!
//! On other systems there is no supervisor yet: [`Supervised::end`] ends the process itself (on
//! Unix its group), and an app that is killed leaves it running.

#[cfg(target_os = "linux")]
mod descendants;
#[cfg(target_os = "linux")]
mod ending;
mod protocol;
#[cfg(target_os = "linux")]
#[path = "supervised.rs"]
mod supervised;
#[cfg(not(target_os = "linux"))]
#[path = "unsupervised.rs"]
mod supervised;
#[cfg(target_os = "linux")]
mod supervisor;

pub use protocol::{EndedBy, EndedProcesses, ToolExit};
pub use supervised::Supervised;
#[cfg(target_os = "linux")]
pub use supervisor::supervisor_main;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::AsyncWrite;

/// The first argument that makes our executable a supervisor. What follows is the program of the
/// tool and its arguments.
pub const SUPERVISOR_ARGUMENT: &str = "--tool-supervisor";

/// How long a tool may take to end by itself once its input is closed.
pub const AFTER_INPUT: Duration = Duration::from_millis(100);
/// How long it may take after TERM. Then comes KILL.
pub const AFTER_TERM: Duration = Duration::from_millis(500);
/// How long [`Supervised::end`] takes at most.
pub const END_LIMIT: Duration = Duration::from_secs(2);
/// How long a start may take at most.
pub const START_LIMIT: Duration = Duration::from_secs(10);

/// The standard input of a tool.
pub type ToolInput = Box<dyn AsyncWrite + Send + Unpin>;

/// A program to run as a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCommand {
    /// A path, or a name that is looked up in `PATH`.
    pub program: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// What its environment has beyond the app's own.
    pub env: BTreeMap<OsString, OsString>,
    /// Names of the app's own environment that it does not get.
    pub withheld: Vec<OsString>,
    /// The folder that it runs in.
    pub folder: PathBuf,
}

/// Why a tool's process did not start. Nothing of it runs.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder that it should run in is not there, or is no folder.
    #[error("The folder {} cannot be used.", .0.display())]
    Folder(PathBuf),
    /// The program itself.
    #[error("{} cannot be started: {reason}", .program.display())]
    Program {
        /// As it was asked for.
        program: OsString,
        /// In the words of the system.
        reason: String,
    },
    /// The supervisor, which is our own executable.
    #[error("The process that watches over tools cannot be started: {0}")]
    Supervisor(#[from] io::Error),
}
