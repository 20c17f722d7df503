//! Turns: everything that one Send starts, owned by a registry and not by who asked for it.

mod backlog;
mod checkpoints;
mod drains;
mod entry;
mod event;
mod launch;
mod news;
mod receipt;
mod registry;
mod run;
mod settlement;
mod stage;
mod unwritten;
mod watcher;

pub use event::{
    Retrying, RunningTurn, StartTurn, StopOutcome, TurnEnd, TurnEvent, TurnEventKind, TurnSnapshot,
    TurnStarted,
};
pub use launch::StartError;
pub use news::{News, NewsSink};
pub use registry::{TurnOptions, Turns};
pub use watcher::EventSink;
