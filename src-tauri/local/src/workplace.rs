//! The place of the one worker: whoever holds its seat may use it, others queue, and a worker
//! that nobody has used for a while is sent home.

use crate::process::Worker;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Where the worker is, and how to get one.
pub struct Workplace {
    executable: PathBuf,
    idle: Duration,
    seat: Arc<Mutex<Seat>>,
    /// The worker's process id; 0 stands for none.
    worker_id: AtomicU32,
}

/// What only one request at a time may touch.
#[derive(Default)]
pub struct Seat {
    /// The worker, while there is one.
    pub worker: Option<Worker>,
    /// How many tasks were given so far.
    pub tasks: u64,
}

impl Workplace {
    pub fn new(executable: PathBuf, idle: Duration) -> Self {
        Self {
            executable,
            idle,
            seat: Arc::default(),
            worker_id: AtomicU32::new(0),
        }
    }

    /// The seat, if nobody has it.
    pub fn try_seat(&self) -> Option<OwnedMutexGuard<Seat>> {
        Arc::clone(&self.seat).try_lock_owned().ok()
    }

    /// The seat, when all that asked before have left it.
    pub async fn seat(&self) -> OwnedMutexGuard<Seat> {
        Arc::clone(&self.seat).lock_owned().await
    }

    /// Starts a worker.
    pub fn start_worker(&self) -> io::Result<Worker> {
        let worker = Worker::start(&self.executable)?;
        self.worker_id
            .store(worker.id().unwrap_or_default(), Ordering::Relaxed);
        Ok(worker)
    }

    /// The process id of the worker, while there is one.
    pub fn worker_id(&self) -> Option<u32> {
        Some(self.worker_id.load(Ordering::Relaxed)).filter(|&id| id != 0)
    }

    /// Leaves the seat, with the worker for the next to come, or empty when it is gone.
    pub fn leave(self: &Arc<Self>, mut seat: OwnedMutexGuard<Seat>, worker: Option<Worker>) {
        let Some(worker) = worker else {
            self.worker_id.store(0, Ordering::Relaxed);
            return;
        };
        seat.worker = Some(worker);
        let (tasks, workplace) = (seat.tasks, Arc::downgrade(self));
        let idle = self.idle;
        tokio::spawn(async move {
            tokio::time::sleep(idle).await;
            if let Some(workplace) = workplace.upgrade() {
                workplace.dismiss_unless_used_since(tasks).await;
            }
        });
    }

    async fn dismiss_unless_used_since(&self, tasks: u64) {
        let mut seat = self.seat().await;
        if seat.tasks != tasks {
            return;
        }
        if let Some(worker) = seat.worker.take() {
            worker.dismiss().await;
            self.worker_id.store(0, Ordering::Relaxed);
        }
    }
}
