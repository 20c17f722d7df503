//! Files that are replaced as a whole: whoever reads one, also after a failure of power, finds what was
//! there before or what was written.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Who may read a file that was not there before; one that was keeps its rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone.
    Owner,
    /// Whoever may read the other files that the person makes (the process's umask).
    Usual,
}

/// Puts `content` in the place of a file, or makes it. Where `path` is a link, what it leads to is
/// replaced. It is on the disk when this returns.
///
/// # Errors
/// When it cannot be written. Where the last step of it failed, to have the folder on the disk, the new
/// content is there all the same; else what was there before.
pub fn replace(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    let target = match fs::canonicalize(path) {
        Ok(target) => target,
        Err(error) if error.kind() == ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(error),
    };
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut new = new_file(folder, readers)?;
    new.write_all(content)?;
    if let Ok(old) = fs::metadata(&target) {
        // A disk that knows no rights refuses; those of the new file are not wider then.
        drop(new.as_file().set_permissions(old.permissions()));
    }
    new.as_file().sync_all()?;
    let _new = new.persist(&target)?;
    sync_folder(folder)
}

#[cfg(unix)]
fn new_file(folder: &Path, readers: Readers) -> io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    // The system takes the umask away from them.
    let mode = match readers {
        Readers::Owner => 0o600,
        Readers::Usual => 0o666,
    };
    tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(mode))
        .tempfile_in(folder)
}

#[cfg(not(unix))]
fn new_file(folder: &Path, _: Readers) -> io::Result<tempfile::NamedTempFile> {
    tempfile::NamedTempFile::new_in(folder)
}

/// Has the names in a folder on the disk. Windows cannot open a folder; there they are on the disk by
/// themselves.
///
/// # Errors
/// When the disk fails.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_new_file_has_the_rights_that_are_wanted_and_one_that_was_there_keeps_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let [usual, saved, private] =
            ["usual", "saved", "private"].map(|it| folder.path().join(it));
        fs::write(&usual, "").unwrap();
        replace(&saved, b"one", Readers::Usual).unwrap();
        replace(&private, b"one", Readers::Owner).unwrap();
        assert_eq!((mode(&saved), mode(&private)), (mode(&usual), 0o600));
        for (path, kept) in [(&saved, 0o640), (&private, 0o644)] {
            fs::set_permissions(path, fs::Permissions::from_mode(kept)).unwrap();
            replace(path, b"two", Readers::Owner).unwrap();
            assert_eq!((mode(path), &*fs::read(path).unwrap()), (kept, &b"two"[..]));
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_link_stays_one_and_what_cannot_be_written_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "before").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, b"after", Readers::Owner).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"after");

        let taken = folder.path().join("taken");
        fs::create_dir(&taken).unwrap();
        assert!(replace(&taken, b"after", Readers::Owner).is_err());
        assert!(replace(&folder.path().join("gone/file"), b"after", Readers::Owner).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
