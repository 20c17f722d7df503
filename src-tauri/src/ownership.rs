//! One process owns a data folder at a time: it alone may mend what the last run left open.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use tacet_provider::price;
use tacet_settings::private;

/// Holds the folder until it is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub struct Ownership {
    _lock: File,
}

/// Why a folder cannot be owned.
#[derive(Debug)]
pub enum OwnershipError {
    /// Another Tacet has it.
    InUse {
        /// The folder.
        folder: PathBuf,
        /// The other's process, where it could be read.
        process: Option<u32>,
    },
    /// It cannot be made or written.
    Unusable {
        /// The folder.
        folder: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl std::fmt::Display for OwnershipError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::InUse { folder, process } => {
                write!(out, "Another Tacet")?;
                if let Some(process) = process {
                    write!(out, " (process {process})")?;
                }
                write!(
                    out,
                    " is using {}. Nothing was changed. Use its window, or quit it and try again, \
                     or choose another data folder.",
                    folder.display()
                )
            }
            Self::Unusable { folder, source } => write!(
                out,
                "The data folder {} can't be used: {source}. Nothing was changed. Check that it is \
                 there and that you may write to it, or choose another one.",
                folder.display()
            ),
        }
    }
}

impl std::error::Error for OwnershipError {}

impl Ownership {
    /// Takes the folder, and makes it where it is missing. Nobody but its owner may read what is
    /// in it from then on.
    ///
    /// # Errors
    /// When another Tacet has it, or it cannot be written.
    pub fn take(data_dir: &Path) -> Result<Self, OwnershipError> {
        let unusable = |source| OwnershipError::Unusable {
            folder: data_dir.to_owned(),
            source,
        };
        private::make_folder(data_dir).map_err(unusable)?;
        let mut lock = private::open_file(&data_dir.join("lock")).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {
                close_to_others(data_dir).map_err(unusable)?;
                // Only for the words of another Tacet, which can do without.
                drop(sign(&mut lock));
                Ok(Self { _lock: lock })
            }
            Err(TryLockError::WouldBlock) => Err(OwnershipError::InUse {
                folder: data_dir.to_owned(),
                process: signed(&mut lock),
            }),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }
}

/// Closes what others than the store write or have written in the folder: the person, the web view
/// and the plugin that saves where the window was. The latter two would let everybody read what
/// they make, and find it made.
fn close_to_others(data_dir: &Path) -> std::io::Result<()> {
    for name in [tacet_settings::FILE, price::FILE] {
        private::close_to_others(&data_dir.join(name));
    }
    private::make_folder(&data_dir.join("webview"))?;
    let mut place = private::open_file(&data_dir.join("window.json"))?;
    if place.metadata()?.len() == 0 {
        place.write_all(b"{}")?;
    }
    Ok(())
}

/// Writes this process's id into the lock.
fn sign(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.write_all(format!("{}\n", std::process::id()).as_bytes())
}

fn signed(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_second_process_does_not_get_the_folder_and_gets_it_when_the_first_has_gone() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("data");
        let first = Ownership::take(&folder).unwrap();
        for _ in 0..2 {
            let refused = Ownership::take(&folder).unwrap_err().to_string();
            let owner = format!("Another Tacet (process {})", std::process::id());
            assert!(refused.contains(&owner), "{refused}");
        }
        drop(first);
        Ownership::take(&folder).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("file"), "").unwrap();
        let refused = Ownership::take(&dir.path().join("file/data")).unwrap_err();
        assert!(refused.to_string().contains("file/data"), "{refused}");
    }
}
