//! The copying of a move, which may take minutes: it tells how far it is.

use super::{POINTER, RelocationError, Step, at, entries, is_left_behind, sync_folder};
use crate::file::{FILES, beside, size};
use crate::{FILE, backup};
use rusqlite::Connection;
use serde::Serialize;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use tacet_settings::private;
use ts_rs::TS;

/// It is told no more often.
const PAUSE: Duration = Duration::from_millis(100);
/// So many bytes are copied at once.
const PIECE: usize = 1 << 20;

/// How much of a data folder is copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MoveProgress {
    /// Bytes that are copied.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Bytes that there were at the beginning.
    #[ts(type = "number")]
    pub total: u64,
}

/// What is copied, and who is told of it.
pub(super) struct Copying<'a> {
    progress: MoveProgress,
    told: &'a mut dyn FnMut(Step),
    last: Option<Instant>,
}

impl<'a> Copying<'a> {
    /// Looks how much there is in a folder.
    pub(super) fn new(from: &Path, told: &'a mut dyn FnMut(Step)) -> Result<Self, RelocationError> {
        let progress = MoveProgress {
            bytes: 0,
            total: database_size(from) + files_size(from, true)?,
        };
        Ok(Self {
            progress,
            told,
            last: None,
        })
    }

    pub(super) fn step(&mut self, step: Step) {
        (self.told)(step);
    }

    /// Tells that all is copied, which may have been more or less than there seemed to be.
    pub(super) fn end(&mut self) {
        self.progress.bytes = self.progress.total;
        self.step(Step::Copied(self.progress));
    }

    fn tell(&mut self, bytes: u64) {
        if self.last.is_none_or(|last| last.elapsed() >= PAUSE) {
            self.last = Some(Instant::now());
            self.step(Step::Copied(MoveProgress {
                bytes: bytes.min(self.progress.total),
                ..self.progress
            }));
        }
    }

    /// Copies the database of the folder `from` to the file `to`.
    pub(super) fn database(
        &mut self,
        database: &mut Connection,
        from: &Path,
        to: &Path,
    ) -> Result<(), RelocationError> {
        backup::copy_telling(database, to, &mut |bytes| self.tell(bytes))?;
        self.progress.bytes += database_size(from);
        Ok(())
    }

    /// Copies what else there is, folders with all that is in them, and links as links.
    pub(super) fn files(
        &mut self,
        from: &Path,
        to: &Path,
        is_top: bool,
    ) -> Result<(), RelocationError> {
        for name in entries(from)? {
            if stays(&name, is_top) {
                continue;
            }
            let (old, new) = (from.join(&name), to.join(&name));
            let found = fs::symlink_metadata(&old).map_err(at(&old))?;
            if found.is_dir() {
                private::make_folder(&new).map_err(at(&new))?;
                self.files(&old, &new, false)?;
                sync_folder(&new).map_err(at(&new))?;
            } else if found.is_symlink() {
                link(&old, &new).map_err(at(&old))?;
            } else {
                self.file(&old, &new).map_err(at(&new))?;
            }
        }
        Ok(())
    }

    fn file(&mut self, old: &Path, new: &Path) -> io::Result<()> {
        let mut from = File::open(old)?;
        let mut to = File::create(new)?;
        let mut piece = vec![0; PIECE];
        loop {
            let read = match from.read(&mut piece) {
                Ok(0) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            to.write_all(&piece[..read])?;
            self.progress.bytes += read as u64;
            self.tell(self.progress.bytes);
        }
        to.set_permissions(from.metadata()?.permissions())?;
        to.sync_all()
    }
}

fn stays(name: &str, is_top: bool) -> bool {
    is_top && (name == POINTER || is_left_behind(name))
}

fn database_size(folder: &Path) -> u64 {
    let database = folder.join(FILE);
    FILES
        .map(|suffix| size(&beside(&database, suffix)))
        .iter()
        .sum()
}

fn files_size(folder: &Path, is_top: bool) -> Result<u64, RelocationError> {
    let mut total = 0;
    for name in entries(folder)? {
        if stays(&name, is_top) {
            continue;
        }
        let path = folder.join(name);
        let found = fs::symlink_metadata(&path).map_err(at(&path))?;
        total += match found.is_dir() {
            true => files_size(&path, false)?,
            false => found.len(),
        };
    }
    Ok(total)
}

#[cfg(unix)]
fn link(old: &Path, new: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(fs::read_link(old)?, new)
}

#[cfg(not(unix))]
fn link(old: &Path, new: &Path) -> io::Result<()> {
    fs::copy(old, new).map(drop)
}
