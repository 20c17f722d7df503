//! Reads, on connections of their own: however large one is, neither a write nor another read
//! waits for it.

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
    idle: Mutex<Vec<Connection>>,
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
        let kept = self.idle().pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => read_only::connect(&self.database)?,
        };
        let moment = connection.transaction()?;
        let read = work(&moment)?;
        // What only read has nothing to commit.
        moment.finish()?;
        let mut idle = self.idle();
        if idle.len() < KEPT {
            idle.push(connection);
        }
        Ok(read)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // Connections are put in and taken out whole.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
