//! The one place where the worker's order to stop is kept: set by the thread that reads orders,
//! looked at by the engine between any two operations.

use std::sync::atomic::{AtomicU64, Ordering};

/// Which tasks were told to stop. Tasks count up, so the highest number says it all, and an
/// order that comes late cannot hit the next task.
#[derive(Debug)]
pub struct StopSwitch {
    running: AtomicU64,
    stopped: AtomicU64,
}

impl StopSwitch {
    /// No task, and none told to stop.
    pub const fn new() -> Self {
        Self {
            running: AtomicU64::new(0),
            stopped: AtomicU64::new(0),
        }
    }

    /// From now on the switch speaks of this task.
    pub fn begin(&self, task: u64) {
        self.running.store(task, Ordering::SeqCst);
    }

    /// Tells a task, and those before it, to stop.
    pub fn set(&self, task: u64) {
        self.stopped.fetch_max(task, Ordering::SeqCst);
    }

    /// Whether the running task was told to stop.
    pub fn is_set(&self) -> bool {
        self.stopped.load(Ordering::SeqCst) >= self.running.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_order_does_not_stop_the_next_task() {
        let switch = StopSwitch::new();
        switch.begin(1);
        assert!(!switch.is_set());
        switch.begin(2);
        switch.set(1);
        assert!(!switch.is_set());
        switch.set(2);
        assert!(switch.is_set());
        switch.begin(3);
        assert!(!switch.is_set());
    }

    #[test]
    fn an_order_that_overtakes_its_task_stops_it() {
        let switch = StopSwitch::new();
        switch.set(1);
        switch.begin(1);
        assert!(switch.is_set());
    }
}
