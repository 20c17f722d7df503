//! Opening the database for reading alone: beside an app that is writing it, and where nothing can
//! be written.

use super::schema::{self, PATIENCE};
use super::{FILE, StoreError, file};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A database that is only read.
#[derive(Debug)]
pub(super) struct ReadOnly {
    pub connection: Connection,
    /// Where the copy is that is read in the database's place; removed with this.
    _copy: Option<TempDir>,
}

/// Opens the database in `folder` for reading only, from the format `oldest` on; `None` when there is
/// nothing in it yet.
pub(super) fn open(folder: &Path, oldest: u32) -> Result<Option<ReadOnly>, StoreError> {
    let path = folder.join(FILE);
    file::refuse_emptied(&path)?;
    let exists = path.try_exists().map_err(|source| StoreError::Folder {
        path: path.clone(),
        source,
    })?;
    if !exists {
        return Ok(None);
    }
    let opened = match connect(&path).and_then(|found| examine(found, &path, oldest)) {
        Err(error) if needs_to_write(&error) => open_unwritable(&path, oldest),
        opened => Ok(opened?.map(|connection| ReadOnly {
            connection,
            _copy: None,
        })),
    };
    opened.map_err(|error| schema::at_opening(error, &path))
}

/// Copies the database in `from`, of whatever format that this program knows, into the folder `to`.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    if let Some(database) = open(from, 1)? {
        let copy = to.join(FILE);
        let into = [copy.to_string_lossy()];
        database.connection.execute("VACUUM INTO ?1", into)?;
    }
    Ok(())
}

/// Even to read, SQLite writes a file beside a database with a log. Where it cannot, nobody else
/// writes there either: without a log the file can be taken as it is, and else a copy is read.
pub(super) fn open_unwritable(path: &Path, oldest: u32) -> Result<Option<ReadOnly>, StoreError> {
    let log = file::beside(path, "-wal");
    if !fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        let connection = examine(connect_immutable(path)?, path, oldest)?;
        return Ok(connection.map(|connection| ReadOnly {
            connection,
            _copy: None,
        }));
    }
    let unusable = |source| StoreError::Folder {
        path: path.to_owned(),
        source,
    };
    let folder = tempfile::tempdir().map_err(unusable)?;
    let copy = folder.path().join(FILE);
    fs::copy(path, &copy).map_err(unusable)?;
    fs::copy(&log, file::beside(&copy, "-wal")).map_err(unusable)?;
    let connection = examine(connect(&copy)?, path, oldest)?;
    Ok(connection.map(|connection| ReadOnly {
        connection,
        _copy: Some(folder),
    }))
}

/// Opens a connection that cannot write.
pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

/// Opens a file that nobody writes, without a lock and without a file beside it.
fn connect_immutable(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    // What would end the path in an address.
    let path = path.to_string_lossy();
    let path = path.replace('%', "%25").replace('?', "%3f");
    let path = path.replace('#', "%23");
    Ok(Connection::open_with_flags(
        format!("file:{path}?immutable=1"),
        flags,
    )?)
}

/// Refuses what this program does not read; `None` where nothing is in it yet.
fn examine(
    connection: Connection,
    path: &Path,
    oldest: u32,
) -> Result<Option<Connection>, StoreError> {
    let found = schema::version(&connection)?;
    let known = schema::newest(&schema::migrations());
    let path = path.to_owned();
    match found {
        _ if found > known => Err(StoreError::Newer { path, found, known }),
        0 => schema::require_empty(&connection, &path).map(|()| None),
        _ if found < oldest => Err(StoreError::Older { path, found, known }),
        _ => Ok(Some(connection)),
    }
}

/// Whether a failure to read came of SQLite's wish to write.
fn needs_to_write(error: &StoreError) -> bool {
    match error {
        StoreError::ReadOnly => true,
        StoreError::Database(cause) => cause.sqlite_error_code() == Some(ErrorCode::CannotOpen),
        StoreError::Newer { .. }
        | StoreError::Older { .. }
        | StoreError::NotADatabase { .. }
        | StoreError::Emptied { .. }
        | StoreError::Gone { .. }
        | StoreError::Replaced
        | StoreError::DamagedMessage
        | StoreError::Folder { .. }
        | StoreError::DiskFull
        | StoreError::Locked
        | StoreError::ConversationDeleted
        | StoreError::BranchDeleted
        | StoreError::OnlyBranch
        | StoreError::Closed
        | StoreError::Export(_) => false,
    }
}
