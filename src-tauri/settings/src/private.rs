//! Keeps what Tacet writes to the person whose it is: nobody else on the computer may read it.
//! On Windows a user's folders are private by themselves.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a folder that only its owner may enter, with those above it that are missing. One that is
/// there is closed to others.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    close_to_others(folder);
    Ok(())
}

/// Opens a file for reading and writing that only its owner may read, and makes it where it is missing; what is
/// in it stays.
///
/// # Errors
/// When it cannot be made or opened.
pub fn open_file(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(file)?;
    close_to_others(file);
    Ok(opened)
}

/// Takes the rights of everybody but the owner away from a file or folder, where it is there and
/// the system lets it. What a link leads to is left alone, and so is a folder that is for everybody
/// by its kind, as `/tmp` is.
pub fn close_to_others(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        const OTHERS: u32 = 0o077;
        const STICKY: u32 = 0o1000;
        let Ok(found) = fs::symlink_metadata(path) else {
            return;
        };
        let mode = found.permissions().mode();
        if !found.is_symlink() && mode & OTHERS != 0 && mode & STICKY == 0 {
            // Where it fails, the file is somebody else's or its disk knows no rights.
            let _ = fs::set_permissions(path, fs::Permissions::from_mode(mode & !OTHERS));
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_is_made_is_its_owners_alone_and_what_is_there_is_closed_to_others() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("new/data");
        make_folder(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
        let file = folder.join("file");
        drop(open_file(&file).unwrap());
        assert_eq!(mode(&file), 0o600);

        set_mode(&folder, 0o755);
        set_mode(&file, 0o664);
        fs::write(&file, "kept").unwrap();
        make_folder(&folder).unwrap();
        drop(open_file(&file).unwrap());
        assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
        assert_eq!(fs::read(&file).unwrap(), b"kept");
    }

    #[test]
    fn a_folder_for_everybody_and_what_a_link_leads_to_are_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let everybodys = dir.path().join("everybodys");
        fs::create_dir(&everybodys).unwrap();
        set_mode(&everybodys, 0o1777);
        make_folder(&everybodys).unwrap();
        assert_eq!(mode(&everybodys), 0o1777);

        let elsewhere = dir.path().join("elsewhere");
        fs::write(&elsewhere, "").unwrap();
        set_mode(&elsewhere, 0o644);
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
        close_to_others(&link);
        assert_eq!(mode(&elsewhere), 0o644);
    }
}
