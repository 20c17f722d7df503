//! Moving the data folder to another place, so that at every moment one of both is the whole owner.
//!
//! The new folder is marked as unfinished before anything is copied into it, and is not opened while
//! it is. What makes it the owner is one step: the old folder gets a file that says where it has moved,
//! which every start follows from then on. The old database stays until the new folder was opened.

mod copying;

use super::file::{self, FILES, PART, RECOVERY, beside};
use super::{FILE, SEARCH_FILE, StoreError, read_only, schema};
use copying::Copying;
pub use copying::MoveProgress;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tacet_settings::private;
use tacet_settings::whole_file::{self, Readers, sync_folder};

/// Says in a folder that was left where its content is now.
const POINTER: &str = "moved-to.json";
/// Says in a folder that it is not whole yet, and where its content comes from.
const UNFINISHED: &str = "moving-from.json";
/// After the names of the database's files in the folder that was left.
const MOVED: &str = ".moved";
/// Says in a folder that what it came from can go, once it was opened.
const ARRIVED: &str = "moved-from.json";

/// Why a data folder was not moved, or cannot be found.
#[derive(Debug, thiserror::Error)]
pub enum RelocationError {
    /// The database could not be copied.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file could not be read or written.
    #[error("{} cannot be used: {source}. Your conversations stay where they are.", .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The new folder is of no use.
    #[error("{} {problem}, so nothing was moved. Choose a new or an empty folder.", .path.display())]
    Unfit {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The copy is not what was copied.
    #[error(
        "The copy in {} is not whole. Your conversations stay where they are. Check the disk, or \
         choose another folder.",
        .path.display()
    )]
    NotWhole {
        /// The new folder.
        path: PathBuf,
    },
    /// What was moved is not there now.
    #[error(
        "The data folder was moved from {} to {}, which is not there now. Connect its disk and try \
         again. Nothing was changed.",
        .from.display(),
        .to.display()
    )]
    Missing {
        /// The folder that was left.
        from: PathBuf,
        /// Where its content is.
        to: PathBuf,
    },
    /// Each folder says that the next one has the content, and none has it.
    #[error(
        "{} says that the data folder was moved away from it, and the folder that it names leads back \
         to it. Nothing was changed. Remove the file {POINTER} from the folder that has your \
         conversations, and start again.",
        .path.display()
    )]
    Circle {
        /// The folder that was come to twice.
        path: PathBuf,
    },
    /// A move to this folder did not come to its end.
    #[error(
        "{} is the unfinished copy of {}, which has everything. Open that one, and move it once more \
         if it shall be here. Nothing was changed.",
        .path.display(),
        .from.display()
    )]
    Unfinished {
        /// This folder.
        path: PathBuf,
        /// The whole one.
        from: PathBuf,
    },
}

/// How far a move has come; each step is told once it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So much is copied. Told now and then.
    Copied(MoveProgress),
    /// The new folder is there, and marked.
    Marked,
    /// The database is copied.
    Database,
    /// Everything is copied and was compared.
    Verified,
    /// The new folder is the owner.
    Switched,
    /// What is left of the old one is set aside.
    SetAside,
}

#[derive(Serialize, Deserialize)]
struct Place {
    folder: String,
}

fn at(path: &Path) -> impl Fn(io::Error) -> RelocationError {
    let path = path.to_owned();
    move |source| RelocationError::File {
        path: path.clone(),
        source,
    }
}

/// Where the content of a data folder is now: there, or where it was moved to.
///
/// # Errors
/// When that cannot be read, is not there, leads round, or is the unfinished copy of another folder.
pub fn home(folder: &Path) -> Result<PathBuf, RelocationError> {
    let mut here = folder.to_owned();
    let mut left = Vec::new();
    loop {
        let comes_from = read(&here.join(UNFINISHED))?;
        // Also where it was once left itself, and the file that says so could not be removed yet.
        if let Some(from) = &comes_from
            && read(&from.join(POINTER))?.is_some_and(|to| is_same(&to, &here))
        {
            return Ok(here);
        }
        match (read(&here.join(POINTER))?, comes_from) {
            (Some(next), _) if !next.is_dir() => {
                return Err(RelocationError::Missing {
                    from: here,
                    to: next,
                });
            }
            (Some(next), _) => left.push(std::mem::replace(&mut here, next)),
            (None, Some(from)) => return Err(RelocationError::Unfinished { path: here, from }),
            (None, None) => return Ok(here),
        }
        if left.contains(&here) {
            return Err(RelocationError::Circle { path: here });
        }
    }
}

/// Moves the content of the data folder `from` to the folder `to`, a new or an empty one, one that was
/// left for `from`, or one that an interrupted move has left there; `told` hears of each step. Only for
/// the process that owns `from`, while it writes nothing into it; others that write to the database are
/// kept out meanwhile.
///
/// # Errors
/// When it cannot be copied, or `to` is of no use. `from` is the owner then, and whole, and nothing of
/// the copy stays, unless the disk may take it for the owner all the same.
pub fn relocate(from: &Path, to: &Path, told: &mut dyn FnMut(Step)) -> Result<(), RelocationError> {
    require_fit(from, to)?;
    // Before it is left itself: else two folders would say that they are the owner.
    arrive(from)?;
    // What stays of it hinders nobody.
    drop(settle(from));
    private::make_folder(to).map_err(at(to))?;
    clear(to)?;
    let mut writer = Connection::open(from.join(FILE)).map_err(StoreError::from)?;
    writer
        .busy_timeout(schema::PATIENCE)
        .map_err(StoreError::from)?;
    // Nobody writes until the new folder is the owner.
    let hold = writer
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(StoreError::from)?;
    if let Err(error) = copy(from, to, told) {
        drop(clear(to));
        return Err(error);
    }
    switch(from, to)?;
    told(Step::Switched);
    drop(hold);
    drop(writer);
    // Where that fails, the next start does it.
    drop(file::remove(&to.join(POINTER)));
    // Whoever wrote to the database until now must not go on there.
    for suffix in FILES {
        let path = beside(&from.join(FILE), suffix);
        // Where that fails, the pointer is there all the same.
        drop(fs::rename(&path, beside(&path, MOVED)));
    }
    told(Step::SetAside);
    Ok(())
}

/// Makes `to`, which is whole, the owner.
fn switch(from: &Path, to: &Path) -> Result<(), RelocationError> {
    let pointer = from.join(POINTER);
    let Err(error) = write(&pointer, to) else {
        return Ok(());
    };
    // It may stand although it is not sure to be on the disk.
    if fs::symlink_metadata(&pointer).is_err() {
        drop(clear(to));
        return Err(error);
    }
    match file::remove(&pointer) {
        // After a failure of power it may stand again: what it leads to stays, and is whole.
        Ok(()) => Err(error),
        // What the next start finds holds.
        Err(_) => Ok(()),
    }
}

/// Clears the folder that a data folder was moved from, once the new one was opened. What came into it
/// since it was copied stays.
///
/// # Errors
/// When something cannot be removed; that is tried again at the next call.
pub fn settle(folder: &Path) -> Result<(), RelocationError> {
    arrive(folder)?;
    let arrived = folder.join(ARRIVED);
    let Some(from) = read(&arrived)? else {
        return Ok(());
    };
    if from.is_dir() {
        remove_moved(&from, folder)?;
        for entry in entries(&from)? {
            if is_left_behind(&entry) {
                let path = from.join(&entry);
                remove(&path).map_err(at(&path))?;
            }
        }
    }
    fs::remove_file(&arrived).map_err(at(&arrived))
}

/// Notes that a folder, which is the owner, needs what it came from no more.
fn arrive(folder: &Path) -> Result<(), RelocationError> {
    let unfinished = folder.join(UNFINISHED);
    if unfinished.exists() {
        // Of the time when it was left. The mark makes it the owner until this has gone.
        let pointer = folder.join(POINTER);
        file::remove(&pointer).map_err(at(&pointer))?;
        fs::rename(&unfinished, folder.join(ARRIVED)).map_err(at(&unfinished))?;
    }
    Ok(())
}

fn require_fit(from: &Path, to: &Path) -> Result<(), RelocationError> {
    let unfit = |problem| {
        Err(RelocationError::Unfit {
            path: to.to_owned(),
            problem,
        })
    };
    if !to.is_absolute() {
        return unfit("is not a whole path");
    }
    if to.to_str().is_none() || from.to_str().is_none() {
        return unfit("has a name that cannot be written down");
    }
    // The nearest folder that is there says where it will be.
    let above = to.ancestors().find_map(|above| above.canonicalize().ok());
    if let (Some(above), Ok(from)) = (above, from.canonicalize())
        && (above.starts_with(&from) || (to.exists() && from.starts_with(&above)))
    {
        return unfit("is within the data folder, or around it");
    }
    if to.exists() && !to.is_dir() {
        return unfit("is no folder");
    }
    if !to.is_dir() {
        return Ok(());
    }
    let was_left = home(to).is_ok_and(|home| is_same(&home, from));
    let is_ours = to.join(UNFINISHED).is_file();
    let mut rest = entries(to)?.into_iter();
    if !is_ours && rest.any(|name| !(was_left && name == POINTER)) {
        return unfit("is not empty");
    }
    Ok(())
}

fn copy(from: &Path, to: &Path, told: &mut dyn FnMut(Step)) -> Result<(), RelocationError> {
    write(&to.join(UNFINISHED), from)?;
    told(Step::Marked);
    let database = from.join(FILE);
    let mut reader = read_only::connect(&database)?;
    let mut copying = Copying::new(from, told)?;
    copying.database(&mut reader, from, &to.join(FILE))?;
    copying.step(Step::Database);
    copying.files(from, to, true)?;
    copying.end();
    let copied = read_only::connect(&to.join(FILE))?;
    let is_whole = is_sound(&copied)? && counts(&copied)? == counts(&reader)?;
    drop((copied, reader));
    if !is_whole {
        return Err(RelocationError::NotWhole {
            path: to.to_owned(),
        });
    }
    sync_folder(to).map_err(at(to))?;
    told(Step::Verified);
    Ok(())
}

fn is_sound(database: &Connection) -> Result<bool, StoreError> {
    let found: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    Ok(found == "ok")
}

/// How many rows each table has.
fn counts(database: &Connection) -> Result<Vec<(String, u64)>, StoreError> {
    let mut names =
        database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
    let names = names.query_map([], |row| row.get::<_, String>(0))?;
    let mut all = Vec::new();
    for name in names {
        let name = name?;
        let sql = format!("SELECT count(*) FROM \"{name}\"");
        all.push((name, database.query_row(&sql, [], |row| row.get(0))?));
    }
    Ok(all)
}

/// Whether it belongs to a folder alone: its lock, what is made anew, the marks, and the database,
/// which is not copied as a file.
fn is_left_behind(name: &str) -> bool {
    let is_of = |file: &str| {
        let rest = name.strip_prefix(file);
        rest.is_some_and(|rest| rest == "-journal" || FILES.contains(&rest))
    };
    ["lock", "webview", UNFINISHED, ARRIVED].contains(&name)
        || is_of(FILE)
        || is_of(SEARCH_FILE)
        || (name.starts_with(FILE) && [MOVED, PART, RECOVERY].iter().any(|it| name.ends_with(it)))
}

fn entries(folder: &Path) -> Result<Vec<String>, RelocationError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let name = entry.map_err(at(folder))?.file_name();
        names.push(name.into_string().map_err(|name| RelocationError::File {
            path: folder.join(name),
            source: io::ErrorKind::InvalidFilename.into(),
        })?);
    }
    Ok(names)
}

/// Removes from `from` what `to` has as well.
fn remove_moved(from: &Path, to: &Path) -> Result<(), RelocationError> {
    for name in entries(from)? {
        let (old, new) = (from.join(&name), to.join(&name));
        let Ok(there) = fs::symlink_metadata(&new) else {
            continue;
        };
        if name == POINTER || is_left_behind(&name) {
            continue;
        }
        if there.is_dir() && old.is_dir() {
            remove_moved(&old, &new)?;
            // One with something else in it stays.
            drop(fs::remove_dir(&old));
        } else {
            fs::remove_file(&old).map_err(at(&old))?;
        }
    }
    Ok(())
}

/// Removes what an unfinished move has written, and not what leads on from a folder that was left; the
/// mark goes last.
fn clear(to: &Path) -> Result<(), RelocationError> {
    let mark = to.join(UNFINISHED);
    if !mark.is_file() {
        return Ok(());
    }
    for name in entries(to)? {
        if ![UNFINISHED, POINTER].contains(&&*name) {
            let path = to.join(name);
            remove(&path).map_err(at(&path))?;
        }
    }
    file::remove(&mark).map_err(at(&mark))
}

fn remove(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
}

/// Which folder a file names; `None` where there is no such file.
fn read(file: &Path) -> Result<Option<PathBuf>, RelocationError> {
    let text = match fs::read(file) {
        Err(error)
            if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind()) =>
        {
            return Ok(None);
        }
        read => read.map_err(at(file))?,
    };
    let place: Place = serde_json::from_slice(&text).map_err(|error| at(file)(error.into()))?;
    Ok(Some(place.folder.into()))
}

/// Writes which folder is meant, whole or not at all, and on the disk.
fn write(file: &Path, folder: &Path) -> Result<(), RelocationError> {
    let place = Place {
        folder: folder.to_string_lossy().into_owned(),
    };
    let json = serde_json::to_vec(&place).map_err(|error| at(file)(error.into()))?;
    whole_file::replace(file, &json, Readers::Owner).map_err(at(file))
}

fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}
