//! Everything that one Send starts: the generation of an answer, its retries, and the turn, owned by
//! a registry and not by who asked for it.

mod answer;
mod approval;
mod attention;
mod backlog;
mod checkpoints;
mod content;
mod deadline;
mod draft;
mod drained_stream;
mod drains;
mod entry;
mod event;
mod generation;
mod launch;
mod limit;
mod naming;
mod news;
mod questions;
mod receipt;
mod recipe;
mod refusals;
mod registry;
mod retry;
mod run;
mod seam;
mod settlement;
mod steps;
mod tool_calls;
mod toolset;
mod unwritten;
mod watcher;

pub use answer::{Answer, StopFacts, ToolEnd};
pub use approval::{ApprovalAnswer, ApprovalRequest};
pub use attention::{Attention, Happening};
pub use draft::{Change, Draft, ToolProgress};
pub use event::{
    Retrying, RunningTurn, SavedMessage, StartTurn, StopOutcome, TurnEnd, TurnEvent, TurnEventKind,
    TurnSnapshot, TurnStarted,
};
pub use generation::{Generation, STOP_LIMIT};
pub use launch::StartError;
pub use naming::{Naming, SHORT};
pub use news::{News, NewsSink};
pub use questions::{ElicitationOutcome, ElicitationRequest};
pub use refusals::remember_refusals;
pub use registry::{TurnOptions, Turns};
pub use toolset::{OfferedTool, PermissionBook, Standing, Toolset};
pub use watcher::EventSink;
