//! One process owns a data folder at a time: it alone may mend what the last run left open.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::Path;
use tacet_core::{price, private, settings};

/// Holds the folder until it is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub struct Ownership {
    _lock: File,
}

impl Ownership {
    /// Takes the folder, and makes it where it is missing. Nobody but its owner may read what is
    /// in it from then on.
    ///
    /// # Errors
    /// In words for the person: another Tacet has it, or it cannot be written.
    pub fn take(data_dir: &Path) -> Result<Self, String> {
        let unusable = |error: std::io::Error| {
            format!(
                "the data folder {} cannot be used: {error}. Nothing was changed. Check its \
                 permissions, or name another one with --data-dir.",
                data_dir.display()
            )
        };
        private::make_folder(data_dir).map_err(unusable)?;
        let lock = private::open_file(&data_dir.join("lock")).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {
                close_to_others(data_dir).map_err(unusable)?;
                Ok(Self { _lock: lock })
            }
            Err(TryLockError::WouldBlock) => Err(format!(
                "another Tacet is using {}. Use its window, or name another data folder with \
                 --data-dir.",
                data_dir.display()
            )),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }
}

/// Closes what others than the store write or have written in the folder: the person, the web view
/// and the plugin that saves where the window was. The latter two would let everybody read what
/// they make, and find it made.
fn close_to_others(data_dir: &Path) -> std::io::Result<()> {
    for name in [settings::FILE, price::FILE] {
        private::close_to_others(&data_dir.join(name));
    }
    private::make_folder(&data_dir.join("webview"))?;
    let mut place = private::open_file(&data_dir.join("window.json"))?;
    if place.metadata()?.len() == 0 {
        place.write_all(b"{}")?;
    }
    Ok(())
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
        let refused = Ownership::take(&folder).unwrap_err();
        assert!(refused.contains("another Tacet"), "{refused}");
        drop(first);
        Ownership::take(&folder).unwrap();
    }
}
