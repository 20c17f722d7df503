//! The one thread that owns the database connection, so that writes happen in the order in
//! which they were asked for and no caller ever blocks on the disk.

use super::StoreError;
use super::place::Place;
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

type Job = Box<dyn FnOnce(Result<&mut Connection, StoreError>) + Send>;

/// The thread; it ends, with all accepted work done, when this is dropped.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub fn start(mut connection: Connection, mut place: Place) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let thread = std::thread::Builder::new()
            .name("tacet-store".to_owned())
            .spawn(move || {
                for job in queue {
                    // A panic costs its own operation only: the transaction is rolled back in
                    // unwinding, and the caller finds the answer's channel closed.
                    let _ = catch_unwind(AssertUnwindSafe(|| {
                        job(place.check(&mut connection).map(|()| &mut connection));
                    }));
                }
            })?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Runs `work` after all that was asked for before. Once this was polled the work is done
    /// even when the future is dropped.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.post(move |connection| {
            // Whoever dropped the future does not want the answer; the work still counts.
            let _ = answer.send(connection.and_then(work));
        });
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// The same where nobody wants to hear what came of it, at once.
    pub fn post(&self, work: impl FnOnce(Result<&mut Connection, StoreError>) + Send + 'static) {
        if let Some(jobs) = &self.jobs {
            // Where the thread is gone, whoever waits for an answer finds its channel closed.
            let _ = jobs.send(Box::new(work));
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It cannot have panicked: each job's panic is caught.
            let _ = thread.join();
        }
    }
}
