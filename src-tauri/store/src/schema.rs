//! The database file: opening it, bringing it to this program's format, and refusing what this
//! program does not know.

use super::{
    StoreError, backup, blob, conversation, durability, file, message, part, receipt,
    refused_field, request, tail, task, title,
};
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tacet_settings::private;

/// The database's name in the data folder.
pub const FILE: &str = "tacet.db";

/// How long to wait for another process that holds the database.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// One step from a format to the next. Each table's steps stand in that table's file.
pub(super) struct Migration {
    /// The format that the step leads to; the first is 1.
    pub version: u32,
    /// What it does.
    pub sql: &'static str,
}

/// All steps in their order: by format, and within a format by table, referenced tables first.
pub(super) fn migrations() -> Vec<&'static Migration> {
    let tables = [
        conversation::MIGRATIONS,
        message::MIGRATIONS,
        part::MIGRATIONS,
        blob::MIGRATIONS,
        tail::MIGRATIONS,
        request::MIGRATIONS,
        receipt::MIGRATIONS,
        refused_field::MIGRATIONS,
        title::MIGRATIONS,
        task::MIGRATIONS,
    ];
    let mut steps: Vec<_> = tables.into_iter().flatten().collect();
    steps.sort_by_key(|step| step.version);
    steps
}

/// Opens the database in `folder` for writing; makes the folder and the database as needed.
pub(super) fn open(
    folder: &Path,
    patience: Duration,
    migrations: &[&Migration],
) -> Result<Connection, StoreError> {
    let unusable = |path: &Path, source| StoreError::Folder {
        path: path.to_owned(),
        source,
    };
    private::make_folder(folder).map_err(|source| unusable(folder, source))?;
    let path = folder.join(FILE);
    file::refuse_emptied(&path)?;
    // SQLite gives the files that it makes beside it the rights of this one.
    private::open_file(&path).map_err(|source| unusable(&path, source))?;
    file::close_to_others(&path).map_err(|source| unusable(folder, source))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(&path, flags)
        .map_err(|error| at_opening(error.into(), &path))?;
    prepare(&mut connection, &path, patience, migrations)
        .map_err(|error| at_opening(error, &path))?;
    file::mark_as_created(&path);
    Ok(connection)
}

fn prepare(
    connection: &mut Connection,
    path: &Path,
    patience: Duration,
    migrations: &[&Migration],
) -> Result<(), StoreError> {
    connection.busy_timeout(patience)?;
    // One that reads before it writes would be refused at once while another process writes,
    // whatever the patience.
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    // Before anything that could change the file.
    let found = version(connection)?;
    let known = newest(migrations);
    if found > known {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    if found == 0 {
        require_empty(connection, path)?;
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    durability::wait_for_disk(connection)?;
    delete_securely(connection)?;
    if found == known {
        return Ok(());
    }
    if found > 0 {
        backup::copy(connection, &file::beside(path, &format!(".format-{found}")))?;
    }
    let transaction = connection.transaction()?;
    for step in migrations.iter().filter(|step| step.version > found) {
        transaction.execute_batch(step.sql)?;
    }
    if found < blob::FORMAT && blob::FORMAT <= known {
        blob::gather(&transaction)?;
    }
    if found < blob::FORMAT_OF_RESULTS && blob::FORMAT_OF_RESULTS <= known {
        blob::gather_results(&transaction)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    if found > 0 {
        // What was deleted before deleting overwrote it may still be in free pages. Where it
        // fails, on a full disk for instance, all that is needed is there.
        let _ = connection.execute_batch("VACUUM");
    }
    Ok(())
}

/// Has what belongs to a deleted row go with it, and the bytes of both be overwritten.
pub(super) fn delete_securely(connection: &Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?)
}

pub(super) fn version(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

pub(super) fn newest(migrations: &[&Migration]) -> u32 {
    migrations
        .iter()
        .map(|step| step.version)
        .max()
        .unwrap_or(0)
}

/// A database without a format that has tables belongs to another program.
pub(super) fn require_empty(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let tables: u32 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        return Ok(());
    }
    Err(StoreError::NotADatabase {
        path: path.to_owned(),
    })
}

/// Adds the file's name to the failures that only opening meets.
pub(super) fn at_opening(error: StoreError, path: &Path) -> StoreError {
    let path = PathBuf::from(path);
    match &error {
        StoreError::Database(cause) => match cause.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                StoreError::NotADatabase { path }
            }
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => StoreError::Folder {
                path,
                source: std::io::Error::other(cause.to_string()),
            },
            Some(_) | None => error,
        },
        StoreError::Newer { .. }
        | StoreError::Older { .. }
        | StoreError::NotADatabase { .. }
        | StoreError::Emptied { .. }
        | StoreError::Folder { .. }
        | StoreError::DiskFull
        | StoreError::Locked
        | StoreError::ReadOnly
        | StoreError::Gone { .. }
        | StoreError::Replaced
        | StoreError::DamagedMessage
        | StoreError::ConversationDeleted
        | StoreError::BranchDeleted
        | StoreError::OnlyBranch
        | StoreError::Closed
        | StoreError::Export(_) => error,
    }
}
