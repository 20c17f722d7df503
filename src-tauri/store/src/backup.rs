//! Copies of the whole database, made while it is in use.

use super::{Store, StoreError, file, read_only};
use rusqlite::Connection;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;
use tacet_settings::{private, whole_file::sync_folder};

/// How far a copy is, is told no more often.
const PAUSE: Duration = Duration::from_millis(100);

/// How much of the database is in a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupProgress {
    /// Bytes that are copied.
    pub bytes: u64,
    /// Bytes that there are.
    pub total: u64,
}

/// Why there is no backup. There is no half of one either.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database cannot be read, or the disk has no room for the copy.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No conversations were ever saved in the data folder.
    #[error("There is nothing to copy: no conversations were saved in {} yet.", .folder.display())]
    Nothing {
        /// The data folder.
        folder: PathBuf,
    },
    /// A file of that name is there.
    #[error("{} is there already, and was left as it is. Choose another name for the copy.", .path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The copy cannot be written there.
    #[error(
        "{} can't be written: {source}. Your conversations are untouched. Check that its folder \
         exists and that you may write there.", .path.display()
    )]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

impl Store {
    /// Writes the conversations in `data_dir` as they are at this moment to the new file `to`, a
    /// database of its own, also while the app writes them; `told` hears now and then how far that is,
    /// and when it is done. Only its owner may read it.
    /// [`recovery::restore`](super::recovery::restore) puts such a copy in place once it lies in the
    /// data folder.
    ///
    /// # Errors
    /// When there are no conversations, they cannot be read, or `to` is there already or cannot be
    /// written. There is no half of a copy then.
    pub fn back_up(
        data_dir: &Path,
        to: &Path,
        told: &mut dyn FnMut(BackupProgress),
    ) -> Result<(), BackupError> {
        let path = || to.to_owned();
        match to.try_exists() {
            Ok(true) => return Err(BackupError::Exists { path: path() }),
            Ok(false) => {}
            Err(source) => {
                return Err(BackupError::Unwritable {
                    path: path(),
                    source,
                });
            }
        }
        let Some(mut database) = read_only::open(data_dir, 1)? else {
            return Err(BackupError::Nothing {
                folder: data_dir.to_owned(),
            });
        };
        let total = content_size(&database.connection)?;
        let copied = copy_telling(&mut database.connection, to, &mut |bytes| {
            told(BackupProgress {
                bytes: bytes.min(total),
                total,
            });
        });
        copied.map_err(|error| match error {
            StoreError::Folder { source, .. } => BackupError::Unwritable {
                path: path(),
                source,
            },
            error => BackupError::Store(error),
        })?;
        told(BackupProgress {
            bytes: total,
            total,
        });
        Ok(())
    }
}

/// How many bytes a copy of a database will have.
fn content_size(database: &Connection) -> Result<u64, StoreError> {
    let size = "SELECT (page_count - freelist_count) * page_size
        FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
    Ok(database.query_row(size, [], |row| row.get(0))?)
}

/// As [`copy`], and tells now and then how many bytes are copied.
pub(super) fn copy_telling(
    database: &mut Connection,
    to: &Path,
    told: &mut dyn FnMut(u64),
) -> Result<(), StoreError> {
    thread::scope(|scope| {
        let (alive, ended) = mpsc::channel::<()>();
        let copying = scope.spawn(move || {
            let copied = copy(database, to);
            drop(alive);
            copied
        });
        // SQLite does not say how far it is, and the file does.
        let unfinished = file::beside(to, file::PART);
        while ended.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
            told(file::size(&unfinished));
        }
        copying.join().unwrap_or(Err(StoreError::Closed))
    })
}

/// Copies a database as it is to the file `to`, in the place of one that is there. Only its owner may
/// read it, and there is no half of a copy. SQLite's own backup would begin anew at each write of
/// another process, and take free pages along.
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
