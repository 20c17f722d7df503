//! Files that are saved for the person, where people look for them.

use crate::view::CommandError;
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use tacet_conversation::{Attachment, media};
use tacet_settings::whole_file::{self, Readers};

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

/// A file that a model made, to be saved under a name that leads nowhere else and ends as its bytes say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeFile {
    stem: String,
    extension: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

impl MadeFile {
    /// A file of an answer; `None` for one of text, or none at all.
    #[must_use]
    pub fn of(file: &Attachment) -> Option<Self> {
        let bytes = media::bytes_of(&file.text).filter(|bytes| file.base64 && !bytes.is_empty())?;
        let extension = media::type_of(&bytes).map_or("bin", media::extension_of);
        // What an import calls a file is somebody else's word.
        let stem = file
            .name
            .rsplit_once('.')
            .map_or(&*file.name, |(stem, _)| stem);
        Some(Self {
            stem: file_name(stem),
            extension,
            bytes,
        })
    }

    /// How it is to be called.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.{}", self.stem, self.extension)
    }
}

/// Writes a file where the person said, in the place of one of that name. Half a file is never there.
///
/// # Errors
/// When it cannot be written; what was there before stays then.
pub fn put(path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    let folder = path.parent().unwrap_or(path);
    whole_file::replace(path, bytes, Readers::Usual).map_err(|error| unusable(folder, &error))
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
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PNG: &str = "iVBORw0KGgo=";

    fn made(name: &str, base64: &str) -> Option<String> {
        let file = Attachment {
            name: name.to_owned(),
            media_type: "text/html".to_owned(),
            text: base64.into(),
            base64: true,
            ..Attachment::default()
        };
        MadeFile::of(&file).map(|made| made.file_name())
    }

    #[test]
    fn a_made_file_is_called_by_its_bytes_and_leads_nowhere_else() {
        let name = |name| made(name, PNG).unwrap();
        assert_eq!(name("image-1.png"), "image-1.png");
        assert_eq!(name("picture.html"), "picture.png");
        assert_eq!(name("../../.bashrc"), "Conversation.png");
        assert_eq!(name("/etc/cron.d/x.sh"), "etc cron.d x.png");
        assert_eq!(name(""), "Conversation.png");
        // A script, and nothing that is known.
        assert_eq!(made("a.png", "IyEvYmluL3NoCg==").unwrap(), "a.bin");
        assert_eq!(made("a.png", "no base64!"), None);
        assert_eq!(made("a.png", ""), None);
    }

    #[test]
    fn a_file_is_put_whole_in_the_place_of_another_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        put(&path, b"one").unwrap();
        put(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |name: &str| {
                let found = fs::metadata(folder.path().join(name)).unwrap();
                found.permissions().mode()
            };
            fs::write(folder.path().join("usual"), "").unwrap();
            assert_eq!(mode("a.png"), mode("usual"));
            fs::remove_file(folder.path().join("usual")).unwrap();
        }
        let nowhere = folder.path().join("gone/a.png");
        let words = put(&nowhere, b"three").unwrap_err().message;
        assert!(words.contains("Nothing could be saved"), "{words}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_title_is_a_name_that_leads_nowhere_else() {
        assert_eq!(file_name("What is ice?"), "What is ice");
        assert_eq!(file_name("../../etc/passwd"), "etc passwd");
        assert_eq!(file_name(" .. \u{0}/ "), "Conversation");
        assert_eq!(file_name("冰 <b>"), "冰 b");
        assert_eq!(file_name(&"x".repeat(500)).len(), LONGEST);
    }
}
