//! Those who watch a turn, and whether they still do (rule C13).

use super::event::{TurnEvent, TurnEventKind};
use crate::TurnId;
use std::time::Duration;
use tokio::time::Instant;

/// Where the events of one watcher go. Sending must not block.
pub trait EventSink: Send + Sync {
    /// Hands the event over. That it arrives is not known: watchers acknowledge now and then.
    fn send(&self, event: &TurnEvent);
}

struct Watcher {
    id: String,
    sink: Box<dyn EventSink>,
}

/// All watchers of one turn.
pub(super) struct Watchers {
    turn_id: TurnId,
    seq: u64,
    watchers: Vec<Watcher>,
    last_sign: Instant,
}

impl Watchers {
    pub(super) fn new(turn_id: TurnId) -> Self {
        Self {
            turn_id,
            seq: 0,
            watchers: Vec::new(),
            last_sign: Instant::now(),
        }
    }

    /// The number of the last event.
    pub(super) fn seq(&self) -> u64 {
        self.seq
    }

    pub(super) fn is_empty(&self) -> bool {
        self.watchers.is_empty()
    }

    /// When somebody was last known to watch; at first the start of the turn.
    pub(super) fn last_sign(&self) -> Instant {
        self.last_sign
    }

    pub(super) fn add(&mut self, id: String, sink: Box<dyn EventSink>) {
        self.remove(&id);
        self.last_sign = Instant::now();
        self.watchers.push(Watcher { id, sink });
    }

    /// Leaving is a sign of life too: the time without watchers begins now.
    pub(super) fn remove(&mut self, id: &str) {
        self.acknowledge(id);
        self.watchers.retain(|watcher| watcher.id != id);
    }

    /// All are gone: their page was reloaded or closed, and until then it was there.
    pub(super) fn clear(&mut self) {
        if !self.watchers.is_empty() {
            self.last_sign = Instant::now();
        }
        self.watchers.clear();
    }

    /// A sign of life. One from a watcher that is not attached does not count.
    pub(super) fn acknowledge(&mut self, id: &str) {
        if self.watchers.iter().any(|watcher| watcher.id == id) {
            self.last_sign = Instant::now();
        }
    }

    /// Nothing ran for a while, which counts for no limit: the last sign is as much later, and not
    /// longer ago than `at_most`.
    pub(super) fn slept(&mut self, slept: Duration, at_most: Duration) {
        let now = Instant::now();
        let earliest = now.checked_sub(at_most).unwrap_or(now);
        self.last_sign = (self.last_sign + slept).max(earliest).min(now);
    }

    pub(super) fn send(&mut self, event: TurnEventKind) {
        self.seq += 1;
        let event = TurnEvent {
            turn_id: self.turn_id,
            seq: self.seq,
            event,
        };
        for watcher in &self.watchers {
            watcher.sink.send(&event);
        }
    }
}
