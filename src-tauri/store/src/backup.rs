//! Copies of the whole database, made while it is in use.

use super::{Store, StoreError, file, read_only};
use rusqlite::Connection;
use std::fs;
use std::path::Path;
use tacet_settings::{private, whole_file::sync_folder};

impl Store {
    /// Writes the conversations in `data_dir` as they are at this moment to the new file `to`, a
    /// database of its own, also while the app writes them. Only its owner may read it.
    /// [`recovery::restore`](super::recovery::restore) puts such a copy in place once it lies in the
    /// data folder.
    ///
    /// # Errors
    /// When there are no conversations, they cannot be read, or `to` is there already or cannot be
    /// written. There is no half of a copy then.
    pub fn back_up(data_dir: &Path, to: &Path) -> Result<(), StoreError> {
        let unusable = |source| StoreError::Folder {
            path: to.to_owned(),
            source,
        };
        if to.try_exists().map_err(unusable)? {
            return Err(unusable(std::io::ErrorKind::AlreadyExists.into()));
        }
        let Some(database) = read_only::open(data_dir, 1)? else {
            let path = data_dir.join(super::FILE);
            return Err(StoreError::Folder {
                path,
                source: std::io::ErrorKind::NotFound.into(),
            });
        };
        copy(&database.connection, to)
    }
}

/// Copies a database as it is to the file `to`, in the place of one that is there. Only its owner may
/// read it, and there is no half of a copy.
pub(super) fn copy(database: &Connection, to: &Path) -> Result<(), StoreError> {
    let unusable = |source| StoreError::Folder {
        path: to.to_owned(),
        source,
    };
    let unfinished = file::beside(to, file::PART);
    file::remove(&unfinished).map_err(unusable)?;
    private::open_file(&unfinished).map_err(unusable)?;
    let copied = database.execute("VACUUM INTO ?1", [unfinished.to_string_lossy()]);
    let done = copied.map_err(StoreError::from).and_then(|_| {
        // On the disk before it has its name.
        fs::File::open(&unfinished)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&unfinished, to))
            .and_then(|()| sync_folder(to.parent().unwrap_or(to)))
            .map_err(unusable)
    });
    if done.is_err() {
        drop(fs::remove_file(&unfinished));
    }
    done
}
