//! The database as files: which of them belong to it, and whether what should be there is.

use super::StoreError;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tacet_settings::private;

/// What SQLite keeps beside a database, and a database itself, the newest writes first: they must
/// never stand beside another database.
pub(super) const FILES: [&str; 3] = ["-wal", "-shm", ""];

/// After the name of a database that is being copied.
pub(super) const PART: &str = ".part";

/// After the database's name: the folder in which a new one grows until it is whole.
pub(super) const RECOVERY: &str = ".recovery";

/// A file of the database: its own path with `suffix` after it, as SQLite names them.
pub(super) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(suffix);
    name.into()
}

/// How many bytes a file has; none where there is no such file.
pub(super) fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}

/// Removes a file, where there is one.
pub(super) fn remove(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Stands beside a database that was made whole once, so that one that was emptied is not taken
/// for a first start.
const CREATED: &str = ".created";

/// Says that there is a database from now on.
pub(super) fn mark_as_created(database: &Path) {
    // Without it, only an emptied database is not noticed: no reason to refuse to open this one.
    let _ = private::open_file(&beside(database, CREATED));
}

/// Refuses a database that has lost its content. SQLite would take it for a new one, and remove
/// what belongs to the old one.
pub(super) fn refuse_emptied(database: &Path) -> Result<(), StoreError> {
    let unusable = |source| StoreError::Folder {
        path: database.to_owned(),
        source,
    };
    let has_content = |path: &Path| fs::metadata(path).is_ok_and(|found| found.len() > 0);
    let written = has_content(&beside(database, "-wal"));
    let emptied = match fs::metadata(database) {
        // One that was moved away is a wish to begin anew; its latest writes alone are not.
        Err(error) if error.kind() == ErrorKind::NotFound => written,
        Err(error) => return Err(unusable(error)),
        Ok(found) if found.is_file() && found.len() == 0 => {
            written
                || beside(database, CREATED).try_exists().map_err(unusable)?
                || !backups(database).map_err(unusable)?.is_empty()
        }
        Ok(_) => false,
    };
    if emptied {
        return Err(StoreError::Emptied {
            path: database.to_owned(),
        });
    }
    Ok(())
}

/// Closes all files of the database to everybody but the owner, copies among them.
pub(super) fn close_to_others(database: &Path) -> std::io::Result<()> {
    let (Some(folder), Some(name)) = (database.parent(), database.file_name()) else {
        return Ok(());
    };
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let other = entry.file_name();
        if other
            .as_encoded_bytes()
            .starts_with(name.as_encoded_bytes())
        {
            private::close_to_others(&entry.path());
        }
    }
    Ok(())
}

/// The copies that were made before the database was brought to a newer format.
pub(super) fn backups(database: &Path) -> std::io::Result<Vec<PathBuf>> {
    let (Some(folder), Some(name)) = (database.parent(), database.file_name()) else {
        return Ok(Vec::new());
    };
    let prefix = format!("{}.format-", name.to_string_lossy());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let format = name.to_str().and_then(|name| name.strip_prefix(&prefix));
        if format.is_some_and(|format| format.parse::<u32>().is_ok()) {
            found.push(entry.path());
        }
    }
    Ok(found)
}
