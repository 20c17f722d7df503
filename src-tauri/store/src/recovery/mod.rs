//! What can be done about a database that cannot be opened: put a copy in its place, bring what can
//! be read into a new one, or begin without it. The file that was there is kept in each case, under
//! a name of its own, and nothing is overwritten. Only for the process that owns the data folder.

mod orphan;
mod salvage;
mod stray;

use super::file::{FILES, PART, RECOVERY, beside};
use super::{FILE, StoreError, schema};
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use tacet_conversation::Millis;

/// A copy of the conversations in the data folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupCopy {
    /// The file's name.
    pub name: String,
    /// How many conversations are in it.
    pub conversations: u64,
    /// When it was last written.
    pub modified: Millis,
}

/// What was brought into a new database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// How many conversations it has.
    pub conversations: u64,
    /// How many messages it has.
    pub messages: u64,
    /// Whether everything could be read.
    pub is_whole: bool,
    /// Where the file is now that was there before.
    pub kept_as: PathBuf,
}

/// Why nothing was recovered or restored; the files are as they were.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// A database could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file could not be copied or moved.
    #[error("{} cannot be used: {source}. Nothing was changed.", .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// There is nothing readable in it.
    #[error("No conversation could be read from {}. Nothing was changed.", .path.display())]
    Nothing {
        /// The database.
        path: PathBuf,
    },
    /// There is no such copy any more, or it cannot be read.
    #[error("{name} is not a copy that can be used. Nothing was changed.")]
    NoSuchCopy {
        /// The file's name.
        name: String,
    },
}

impl From<rusqlite::Error> for RecoveryError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Names the file in a failure of the system.
fn at(path: &Path) -> impl Fn(io::Error) -> RecoveryError {
    let path = path.to_owned();
    move |source| RecoveryError::File {
        path: path.clone(),
        source,
    }
}

/// The copies in `data_dir` that this program can open and that have conversations, the newest
/// first: those that were made before the database was brought to a newer format, and those that
/// were put aside.
#[must_use]
pub fn copies(data_dir: &Path) -> Vec<BackupCopy> {
    let names = fs::read_dir(data_dir).into_iter().flatten().flatten();
    let mut copies: Vec<BackupCopy> = names
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let rest = name.strip_prefix(FILE)?.strip_prefix('.')?;
            let is_part = FILES
                .iter()
                .any(|suffix| !suffix.is_empty() && rest.ends_with(suffix));
            if is_part || rest.ends_with(PART) {
                return None;
            }
            let written = entry.metadata().ok()?.modified().ok()?;
            let age = written.duration_since(UNIX_EPOCH).unwrap_or_default();
            Some(BackupCopy {
                conversations: conversations_in(&entry.path())?,
                modified: Millis::try_from(age.as_millis()).unwrap_or_default(),
                name,
            })
        })
        .filter(|copy| copy.conversations > 0)
        .collect();
    copies.sort_by(|a, b| (b.modified, &b.name).cmp(&(a.modified, &a.name)));
    copies
}

/// How many conversations a database has; `None` where this program cannot open it.
fn conversations_in(path: &Path) -> Option<u64> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let copy = Connection::open_with_flags(path, flags).ok()?;
    let format = schema::version(&copy).ok()?;
    if format == 0 || format > schema::newest(&schema::migrations()) {
        return None;
    }
    count(&copy, "conversation WHERE deleted_at IS NULL").ok()
}

fn count(connection: &Connection, of: &str) -> Result<u64, rusqlite::Error> {
    let sql = format!("SELECT count(*) FROM {of}");
    connection.query_row(&sql, [], |row| row.get(0))
}

/// Puts a copy in the place of the database; the copy stays. Answers where the file is now that was
/// there before, if one was.
///
/// # Errors
/// When the copy cannot be read, or the disk is full. Nothing was changed then.
pub fn restore(data_dir: &Path, name: &str) -> Result<Option<PathBuf>, RecoveryError> {
    let no_such = || RecoveryError::NoSuchCopy {
        name: name.to_owned(),
    };
    let known = copies(data_dir).into_iter().any(|copy| copy.name == name);
    if !known {
        return Err(no_such());
    }
    let workplace = Workplace::make(data_dir)?;
    let whole = workplace.path.join(FILE);
    let copy = Connection::open_with_flags(
        data_dir.join(name),
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    // Reads all of it, and so finds out whether it is whole.
    copy.execute("VACUUM INTO ?1", [whole.to_string_lossy()])
        .map_err(|error| match StoreError::from(error) {
            StoreError::Database(_) => no_such(),
            other => other.into(),
        })?;
    replace(data_dir, &whole)
}

/// Brings what can be read of the database into a new one, and puts that in its place.
///
/// # Errors
/// When nothing can be read, or the disk is full: it takes the room of the database twice for some
/// time. Nothing was changed then.
pub fn recover(data_dir: &Path) -> Result<Recovered, RecoveryError> {
    let damaged = data_dir.join(FILE);
    let nothing = || RecoveryError::Nothing {
        path: damaged.clone(),
    };
    if !damaged.is_file() {
        return Err(nothing());
    }
    let workplace = Workplace::make(data_dir)?;
    // Reading it may write to it: what is read is a copy.
    let copy = workplace.path.join("damaged");
    for suffix in ["-wal", ""] {
        let (from, to) = (beside(&damaged, suffix), beside(&copy, suffix));
        if from.is_file() {
            fs::copy(&from, &to).map_err(at(&from))?;
        }
    }
    let mut fresh = schema::open(&workplace.path, schema::PATIENCE, &schema::migrations())?;
    let read_all = salvage::bring_over(&copy, &workplace.path.join(FILE), &mut fresh)?;
    let had_all = orphan::adopt(&mut fresh)?;
    let conversations = count(&fresh, "conversation WHERE deleted_at IS NULL")?;
    let messages = count(&fresh, "message")?;
    if conversations == 0 {
        return Err(nothing());
    }
    fresh.pragma_update(None, "wal_checkpoint", "TRUNCATE")?;
    fresh.close().map_err(|(_, error)| error)?;
    let kept_as = replace(data_dir, &workplace.path.join(FILE))?.ok_or_else(nothing)?;
    Ok(Recovered {
        conversations,
        messages,
        is_whole: read_all && had_all,
        kept_as,
    })
}

/// Puts the database aside, so that the next start begins without conversations. Answers where it
/// is now; `None` where there was none.
///
/// # Errors
/// When it cannot be moved.
pub fn set_aside(data_dir: &Path) -> Result<Option<PathBuf>, RecoveryError> {
    let database = data_dir.join(FILE);
    let taken = |kept: &Path| FILES.iter().any(|suffix| beside(kept, suffix).exists());
    let kept = (1_u32..)
        .map(|number| beside(&database, &format!(".kept-{number}")))
        .find(|kept| !taken(kept));
    let Some(kept) = kept else { return Ok(None) };
    let mut moved = false;
    for suffix in FILES {
        let from = beside(&database, suffix);
        match fs::rename(&from, beside(&kept, suffix)) {
            Ok(()) => moved = true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(at(&from)(error)),
        }
    }
    Ok(moved.then_some(kept))
}

/// Puts `whole` in the place of the database, which is kept.
fn replace(data_dir: &Path, whole: &Path) -> Result<Option<PathBuf>, RecoveryError> {
    let kept = set_aside(data_dir)?;
    let database = data_dir.join(FILE);
    fs::rename(whole, &database).map_err(at(&database))?;
    Ok(kept)
}

/// A folder that goes, with all that is in it, when this is dropped.
struct Workplace {
    path: PathBuf,
}

impl Workplace {
    fn make(data_dir: &Path) -> Result<Self, RecoveryError> {
        let path = beside(&data_dir.join(FILE), RECOVERY);
        // Of an attempt that was interrupted.
        if path.exists() {
            fs::remove_dir_all(&path).map_err(at(&path))?;
        }
        fs::create_dir(&path).map_err(at(&path))?;
        Ok(Self { path })
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        // What stays goes at the next attempt.
        drop(fs::remove_dir_all(&self.path));
    }
}
