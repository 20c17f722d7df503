//! Reads, on connections of their own: however large one is, neither a write nor another read
//! waits for it.

use super::place::{self, Identity};
use super::{StoreError, read_only};
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many connections are kept for the next reads; a rush of reads opens more.
const KEPT: usize = 2;

/// The connections that read one database, while its writer has it open.
#[derive(Debug)]
pub(super) struct Readers {
    database: PathBuf,
    /// Each with the file that it reads.
    idle: Mutex<Vec<(Option<Identity>, Connection)>>,
}

impl Readers {
    pub fn new(database: PathBuf) -> Self {
        Self {
            database,
            idle: Mutex::default(),
        }
    }

    /// Runs `work` on a thread that may block, with a connection that can only read. It sees one
    /// moment of the database: all that had been committed when this was first polled, or later.
    /// From then on the work is done even if the future is dropped.
    pub async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let readers = Arc::clone(self);
        let reading = tokio::task::spawn_blocking(move || readers.read(work));
        // A panic costs its own read and connection only.
        reading.await.unwrap_or(Err(StoreError::Closed))
    }

    fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // `None` where the file is gone: what is still open leads to it then.
        let file = place::identity(&self.database).ok();
        let kept = {
            let mut idle = self.idle();
            // One that leads to a file which another took the place of is of no use any more.
            idle.retain(|(read, _)| file.is_none() || *read == file);
            idle.pop()
        };
        let (file, mut connection) = match kept {
            Some(kept) => kept,
            None => (file, read_only::connect(&self.database)?),
        };
        let moment = connection.transaction()?;
        let read = work(&moment)?;
        // What only read has nothing to commit.
        moment.finish()?;
        let mut idle = self.idle();
        if idle.len() < KEPT {
            idle.push((file, connection));
        }
        Ok(read)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Option<Identity>, Connection)>> {
        // Connections are put in and taken out whole.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
