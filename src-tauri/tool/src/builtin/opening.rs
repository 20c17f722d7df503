//! Opens what a path was resolved to, and nothing that has been put in its place since.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// Opens a regular file: another kind may never end, or do something when it is read. `path` was
/// resolved by [`Folders`](super::Folders); a link that has come into it since is not followed.
pub fn open_file(path: &Path, name: &str) -> Result<File, String> {
    let failed = |error| format!("{name} cannot be opened: {error}");
    let file = open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(format!("{name} is not a file."));
    }
    Ok(file)
}

/// Linux 5.6 and later refuse links in any place of the path.
#[cfg(target_os = "linux")]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
    // Not to wait for whoever writes to a pipe, which is refused afterwards.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    match openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS) {
        Ok(handle) => Ok(handle.into()),
        Err(rustix::io::Errno::NOSYS) => open_plainly(path),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn open(path: &Path) -> io::Result<File> {
    open_plainly(path)
}

fn open_plainly(path: &Path) -> io::Result<File> {
    if !path.symlink_metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    OpenOptions::new().read(true).open(path)
}

/// A folder to write in, which stays the one that was resolved whatever is put in its place.
pub struct OpenFolder {
    path: PathBuf,
    #[cfg(target_os = "linux")]
    _handle: Option<std::os::fd::OwnedFd>,
}

impl OpenFolder {
    /// Opens a folder whose path was resolved by [`Folders`](super::Folders).
    #[cfg(target_os = "linux")]
    pub fn open(path: &Path) -> io::Result<Self> {
        use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
        use std::os::fd::AsRawFd;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS) {
            Ok(handle) => Ok(Self {
                path: format!("/proc/self/fd/{}", handle.as_raw_fd()).into(),
                _handle: Some(handle),
            }),
            Err(rustix::io::Errno::NOSYS) => Ok(Self {
                path: path.to_owned(),
                _handle: None,
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens a folder whose path was resolved by [`Folders`](super::Folders).
    #[cfg(not(target_os = "linux"))]
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// By which its entries are reached.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Reads until it is told to stop, however long what it reads is.
pub struct UntilStopped<'a> {
    file: File,
    stop: &'a CancellationToken,
}

impl<'a> UntilStopped<'a> {
    pub fn new(file: File, stop: &'a CancellationToken) -> Self {
        Self { file, stop }
    }
}

impl Read for UntilStopped<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.is_cancelled() {
            return Err(io::Error::other("stopped"));
        }
        self.file.read(buffer)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_that_was_put_in_the_place_of_what_was_resolved_is_not_followed() {
        let place = tempfile::tempdir().unwrap();
        let place = place.path().canonicalize().unwrap();
        std::fs::create_dir(place.join("real")).unwrap();
        std::fs::write(place.join("real/file"), "x").unwrap();
        symlink("real", place.join("folder")).unwrap();
        symlink("real/file", place.join("link")).unwrap();
        assert!(open_file(&place.join("real/file"), "file").is_ok());
        for through in ["folder/file", "link"] {
            assert!(open_file(&place.join(through), through).is_err());
        }
        assert!(OpenFolder::open(&place.join("real")).is_ok());
        assert!(OpenFolder::open(&place.join("folder")).is_err());
    }

    #[test]
    fn what_is_written_in_an_open_folder_stays_there_when_another_takes_its_place() {
        let place = tempfile::tempdir().unwrap();
        let place = place.path().canonicalize().unwrap();
        let (real, elsewhere) = (place.join("real"), place.join("elsewhere"));
        std::fs::create_dir(&real).unwrap();
        std::fs::create_dir(&elsewhere).unwrap();
        let open = OpenFolder::open(&real).unwrap();
        std::fs::rename(&real, place.join("moved")).unwrap();
        symlink(&elsewhere, &real).unwrap();
        std::fs::write(open.path().join("new"), "x").unwrap();
        assert!(place.join("moved/new").exists() && !elsewhere.join("new").exists());
    }
}
