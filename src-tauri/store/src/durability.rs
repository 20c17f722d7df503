//! What outlives a power cut: every commit waits for the disk, but for those that say otherwise.

use super::StoreError;
use rusqlite::Connection;

/// Has each commit wait until the disk has it, also on macOS, where the disk's own cache counts as
/// the disk otherwise.
pub(super) fn wait_for_disk(connection: &Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "fullfsync", true)?;
    Ok(connection.pragma_update(None, "synchronous", "FULL")?)
}

/// Runs `work`, whose commits a power cut may undo, as a whole and together with those after them,
/// until the next that waits for the disk. What is done many times a second, or can be done again,
/// is not worth the wait.
pub(super) fn relaxed<T>(
    connection: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    let relaxed = Relaxed(connection);
    work(relaxed.0)
}

/// A connection that does not wait for the disk until this is dropped, also by a panic.
struct Relaxed<'a>(&'a mut Connection);

impl Drop for Relaxed<'_> {
    fn drop(&mut self) {
        // Outside a transaction, as here, it cannot fail.
        let _ = self.0.pragma_update(None, "synchronous", "FULL");
    }
}
