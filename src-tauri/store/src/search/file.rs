//! The index as a file: a database that holds nothing which the conversations do not.

use super::super::durability;
use super::super::error::StoreError;
use super::super::file::{self, beside};
use super::super::place::{self, Identity};
use super::super::schema::{self, FILE as CONVERSATIONS, PATIENCE};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::{Path, PathBuf};
use tacet_settings::private;

/// The index's name in the data folder.
pub const FILE: &str = "search.db";

/// Changes with what is indexed, and how. An index of another version is made anew.
const VERSION: u32 = 2;

/// `indexed` has a row for each message that is in the index, by its `seq`; `mark` tells whether it
/// is still the same message. All messages up to `complete_to` are indexed, but for those that are
/// gone. `purging` is 1 while something that was taken out may still be in the file. `stamp` is that of
/// the messages when the index was last the same as they; NULL while it is not known to be. The texts
/// themselves are in the conversations alone.
const TABLES: &str = "
    CREATE TABLE indexed (seq INTEGER PRIMARY KEY, mark INTEGER NOT NULL) STRICT;
    CREATE TABLE progress (
      one         INTEGER PRIMARY KEY CHECK (one = 1),
      complete_to INTEGER NOT NULL,
      purging     INTEGER NOT NULL,
      stamp       INTEGER
    ) STRICT;
    INSERT INTO progress VALUES (1, 0, 0, NULL);
    CREATE VIRTUAL TABLE words USING fts5(
      said, thought, tools, files,
      content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '2 3'
    );";

pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Which files the conversations and the index are now.
pub(super) fn identities(folder: &Path) -> [Option<Identity>; 2] {
    [folder.join(CONVERSATIONS), path(folder)].map(|path| place::identity(&path).ok())
}

/// Opens the index for writing, and makes it where there is none of this version.
pub(super) fn open(folder: &Path) -> Result<Connection, StoreError> {
    match open_known(folder)? {
        Some(connection) => Ok(connection),
        None => {
            remove(folder)?;
            open_known(folder)?.ok_or(StoreError::Closed)
        }
    }
}

/// The index; `None` where it is of another version, or none.
fn open_known(folder: &Path) -> Result<Option<Connection>, StoreError> {
    let path = path(folder);
    private::open_file(&path).map_err(|source| StoreError::Folder {
        path: path.clone(),
        source,
    })?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(&path, flags)
        .map_err(StoreError::from)
        .and_then(|connection| prepare(&connection).map(|known| known.then_some(connection)));
    match opened {
        Err(error) if is_damage(&error) => Ok(None),
        opened => opened,
    }
}

fn prepare(connection: &Connection) -> Result<bool, StoreError> {
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // What a power cut takes is indexed again.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    schema::delete_securely(connection)?;
    let version = schema::version(connection)?;
    if version == VERSION {
        return Ok(true);
    }
    let tables: u32 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if version != 0 || tables != 0 {
        return Ok(false);
    }
    connection.execute_batch(&format!("BEGIN IMMEDIATE; {TABLES}"))?;
    connection.pragma_update(None, "user_version", VERSION)?;
    connection.execute_batch("COMMIT")?;
    Ok(true)
}

/// Removes the index with all that belongs to it.
pub(super) fn remove(folder: &Path) -> Result<(), StoreError> {
    let path = path(folder);
    for suffix in ["-wal", "-shm", "-journal", ""] {
        let part = beside(&path, suffix);
        file::remove(&part).map_err(|source| StoreError::Folder { path: part, source })?;
    }
    Ok(())
}

/// Adds the index to a connection that reads the conversations, as `search`; `false` where there is
/// none to read.
pub(super) fn attach(connection: &Connection, folder: &Path) -> bool {
    let path = path(folder);
    if !path.is_file() {
        return false;
    }
    let attached = connection.execute("ATTACH ?1 AS search", [path.to_string_lossy()]);
    if attached.is_err() {
        return false;
    }
    let version: Result<u32, _> =
        connection.pragma_query_value(Some("search"), "user_version", |row| row.get(0));
    if version.is_ok_and(|version| version == VERSION) {
        return true;
    }
    // It stays attached where it is of no use; nothing reads it then.
    drop(connection.execute("DETACH search", []));
    false
}

/// Whether the index is damaged, or is not what it should be.
pub(super) fn is_damage(error: &StoreError) -> bool {
    let StoreError::Database(cause) = error else {
        return false;
    };
    match cause.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => true,
        // A table is missing.
        Some(ErrorCode::Unknown) => true,
        Some(_) | None => false,
    }
}

/// What is waited for at the end of a purge.
pub(super) fn fold(connection: &mut Connection) -> Result<(), StoreError> {
    durability::relaxed(connection, |connection| {
        Ok(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    })
}
