//! The end of what was deleted: once that cannot be undone any more, it is gone from every file of
//! the database, and not only from what is shown.

use super::branch::{self, Gone};
use super::{FILE, Store, StoreError, conversation, durability, file, message, schema};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs;
use std::path::Path;
use std::time::Duration;
use tacet_conversation::Millis;

/// How long a deletion can be undone while the app runs.
pub const UNDO_LIMIT: Duration = Duration::from_secs(10 * 60);

/// How long to leave others alone who read what stands in the log.
const READER_PAUSE: Duration = Duration::from_secs(2);

impl Store {
    /// Waits until a deletion of this moment can no longer be undone, and removes for good what was
    /// deleted up to `deleted_at`.
    ///
    /// # Errors
    /// As [`Store::purge_deleted`].
    pub async fn purge_after_undo(&self, deleted_at: Millis) -> Result<(), StoreError> {
        tokio::time::sleep(UNDO_LIMIT).await;
        self.purge_deleted(deleted_at).await
    }

    /// Removes for good what was deleted up to `until`: from the database and its log, where its
    /// bytes are overwritten, from the index where it is kept, and from the copies that were made of older formats. It cannot be
    /// restored from the beginning of this on. No other write waits for more than one message of
    /// it; a reader of the log, `tacet export` for instance, is waited for. What is cut off is done
    /// at the next call.
    ///
    /// # Errors
    /// When the database or a copy cannot be read or written; what is left is removed at the next
    /// call.
    pub async fn purge_deleted(&self, until: Millis) -> Result<(), StoreError> {
        let gone = self.run(move |connection| {
            let transaction = connection.transaction()?;
            conversation::make_final(&transaction, until)?;
            let gone = branch::gone(&transaction)?;
            transaction.commit()?;
            Ok(gone)
        });
        let gone = gone.await?;
        for &id in &gone.conversations {
            let remove = move |connection: &mut Connection| {
                durability::relaxed(connection, |connection| {
                    message::remove_last(connection, id)
                })
            };
            while self.run(remove).await? {}
        }
        if !gone.conversations.is_empty() {
            let (database, all) = (self.folder.join(FILE), gone.clone());
            let copies = tokio::task::spawn_blocking(move || purge_backups(&database, &all));
            copies.await.unwrap_or(Err(StoreError::Closed))?;
            self.purge_index().await?;
            // Only now: until then their ids say what is to go from the copies.
            self.run(move |connection| conversation::remove_all(connection, &gone.conversations))
                .await?;
        }
        while !self.fold().await? {
            tokio::time::sleep(READER_PAUSE).await;
        }
        Ok(())
    }

    /// Writes the log into the database, so that this is whole by itself, and cuts the log to
    /// nothing. `false` where somebody reads what stands in the log: that stays there as well.
    ///
    /// # Errors
    /// When the database cannot be written; nothing is lost then.
    pub async fn fold(&self) -> Result<bool, StoreError> {
        self.run(|connection| empty_log(connection)).await
    }
}

/// Writes the log into the database and cuts it to nothing; `false` while somebody reads it.
fn empty_log(connection: &Connection) -> Result<bool, StoreError> {
    // Without patience: no write shall wait here for a reader.
    connection.busy_timeout(Duration::ZERO)?;
    let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
    connection.busy_timeout(schema::PATIENCE)?;
    let busy: bool = busy?;
    Ok(!busy)
}

fn purge_backups(database: &Path, gone: &Gone) -> Result<(), StoreError> {
    let unusable = |path: &Path, source| StoreError::Folder {
        path: path.to_owned(),
        source,
    };
    for copy in file::backups(database).map_err(|error| unusable(database, error))? {
        match purge_backup(&copy, gone) {
            // Nothing can be brought back from it, and what was deleted may be in it.
            Err(StoreError::Database(error)) if is_damage(&error) => {
                fs::remove_file(&copy).map_err(|error| unusable(&copy, error))?;
            }
            purged => purged?,
        }
    }
    Ok(())
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)
    )
}

fn purge_backup(copy: &Path, gone: &Gone) -> Result<(), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(copy, flags)?;
    connection.busy_timeout(schema::PATIENCE)?;
    schema::delete_securely(&connection)?;
    let transaction = connection.transaction()?;
    branch::remove_all(&transaction, &gone.roots)?;
    conversation::remove_all(&transaction, &gone.conversations)?;
    Ok(transaction.commit()?)
}
