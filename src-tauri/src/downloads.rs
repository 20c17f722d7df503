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

/// Writes a new file of that name, with a number behind it where the name is taken; answers its path.
///
/// # Errors
/// When it cannot be written; nothing stays of it then.
pub fn save<E: Into<CommandError>>(
    place: &Path,
    name: &str,
    extension: &str,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), E>,
) -> Result<PathBuf, CommandError> {
    let (path, file) = new_file(place, name, extension).map_err(|error| unusable(place, &error))?;
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

/// No name of a file is longer, in characters.
const LONGEST: usize = 80;

/// A title as the name of a file, which all systems take.
#[must_use]
pub fn file_name(title: &str) -> String {
    let usable = |c: char| {
        if c.is_alphanumeric() || "-_.,()'".contains(c) {
            c
        } else {
            ' '
        }
    };
    let name: String = title.chars().map(usable).collect();
    let words: Vec<_> = name.split_whitespace().collect();
    let name: String = words.join(" ").chars().take(LONGEST).collect();
    let name = name.trim_matches(['.', ' ']);
    if name.is_empty() {
        "Conversation".to_owned()
    } else {
        name.to_owned()
    }
}

/// A file that was not there before.
fn new_file(place: &Path, name: &str, extension: &str) -> io::Result<(PathBuf, File)> {
    let mut number = 1_u32;
    loop {
        let name = match number {
            1 => format!("{name}.{extension}"),
            _ => format!("{name} {number}.{extension}"),
        };
        let path = place.join(name);
        match File::create_new(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_a_name_that_leads_nowhere_else() {
        assert_eq!(file_name("What is ice?"), "What is ice");
        assert_eq!(file_name("../../etc/passwd"), "etc passwd");
        assert_eq!(file_name(" .. \u{0}/ "), "Conversation");
        assert_eq!(file_name("冰 <b>"), "冰 b");
        assert_eq!(file_name(&"x".repeat(500)).len(), LONGEST);
    }
}
