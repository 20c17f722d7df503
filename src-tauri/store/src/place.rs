//! Whether the database that is open is still the one in the folder. SQLite goes on writing into a
//! file that was removed or replaced, and everything in it is lost with the process.

use super::{StoreError, schema};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::path::{Path, PathBuf};

/// The database's place in the data folder, and the file that was opened there.
#[derive(Debug)]
pub(super) struct Place {
    folder: PathBuf,
    opened: Option<Identity>,
}

/// A file, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    file: u64,
}

impl Place {
    /// The place of a connection that was just opened.
    pub(super) fn of(folder: PathBuf) -> Self {
        let mut place = Self {
            folder,
            opened: None,
        };
        place.opened = place.identity().ok();
        place
    }

    /// Makes sure that `connection` leads to the file in the folder: opens it anew where another one
    /// took its place.
    ///
    /// # Errors
    /// When there is none, or none that can be used. `connection` then stays as it is.
    pub(super) fn check(&mut self, connection: &mut Connection) -> Result<(), StoreError> {
        let found = self.identity().map_err(|source| StoreError::Gone {
            path: self.folder.join(schema::FILE),
            source,
        })?;
        if self.opened.is_none_or(|opened| opened == found) {
            self.opened = Some(found);
            return Ok(());
        }
        let fresh = schema::open(&self.folder, schema::PATIENCE, &schema::migrations())?;
        // The old one must not tidy up when it is closed: the log beside it belongs to the new.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        *connection = fresh;
        self.opened = Some(found);
        Ok(())
    }

    fn identity(&self) -> std::io::Result<Identity> {
        identity(&self.folder.join(schema::FILE))
    }
}

/// Which file is there now.
#[cfg(unix)]
pub(super) fn identity(path: &Path) -> std::io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;
    let found = std::fs::metadata(path)?;
    Ok(Identity {
        device: found.dev(),
        file: found.ino(),
    })
}

/// Elsewhere a file that is open cannot be taken away.
#[cfg(not(unix))]
pub(super) fn identity(path: &Path) -> std::io::Result<Identity> {
    std::fs::metadata(path)?;
    Ok(Identity { device: 0, file: 0 })
}
