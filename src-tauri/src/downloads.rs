//! Files that are saved for the person, where people look for them.

use crate::view::CommandError;
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

/// The folder of downloads, or else the person's own.
///
/// # Errors
/// Where the system names neither.
pub fn place() -> Result<PathBuf, CommandError> {
    let folder = dirs::download_dir().filter(|folder| folder.is_dir());
    folder
        .or_else(dirs::home_dir)
        .ok_or_else(|| CommandError::storage("No folder is known to save to. Nothing was changed."))
}

/// Writes a new JSON file of that name, with a number behind it where the name is taken; answers its
/// path.
///
/// # Errors
/// When it cannot be written; nothing stays of it then.
pub fn save<E: Into<CommandError>>(
    place: &Path,
    name: &str,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), E>,
) -> Result<PathBuf, CommandError> {
    let (path, file) = new_file(place, name).map_err(|error| unusable(place, &error))?;
    match write(&mut BufWriter::new(file)) {
        Ok(()) => Ok(path),
        Err(error) => {
            // Half a file would look like a whole one.
            fs::remove_file(&path).map_err(|error| unusable(place, &error))?;
            Err(error.into())
        }
    }
}

/// What is said where a folder takes no file.
pub fn unusable(place: &Path, error: &io::Error) -> CommandError {
    CommandError::storage(format!(
        "Nothing could be saved in {}: {error}. Nothing else was changed.",
        place.display()
    ))
}

/// A file that was not there before.
fn new_file(place: &Path, name: &str) -> io::Result<(PathBuf, File)> {
    let mut number = 1_u32;
    loop {
        let name = match number {
            1 => format!("{name}.json"),
            _ => format!("{name} {number}.json"),
        };
        let path = place.join(name);
        match File::create_new(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}
