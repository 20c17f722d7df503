//! Turns: everything that one Send starts, owned by a registry and not by who asked for it.

mod coalescer;
mod event;
mod receipt;
mod registry;
mod run;
mod watcher;

pub use event::{
    RunningTurn, StartTurn, StopOutcome, TurnEnd, TurnEvent, TurnEventKind, TurnSnapshot,
    TurnStarted,
};
pub use registry::{StartError, TurnOptions, Turns};
pub use watcher::EventSink;
