//! What can be wrong with the settings, in words that say where.

use std::path::PathBuf;

/// A failure to read or write the settings. The file was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The file is there and is not right.
    #[error(
        "{}, line {line}, column {column}: {reason}. The file was left as it is and nothing is \
         saved to it. Until it is corrected, Tacet uses the settings from before or its defaults.",
        .path.display()
    )]
    Bad {
        /// The file.
        path: PathBuf,
        /// The line where reading ended, from 1.
        line: usize,
        /// The column, in bytes from 1; 0 for the end of the line before.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// A change would make settings that are not right.
    #[error("This cannot be saved: {0}. The settings are as they were.")]
    Refused(String),
    /// No change is taken just now.
    #[error("{0} The settings are as they were.")]
    Closed(String),
    /// The file cannot be read.
    #[error(
        "{} cannot be read: {reason}. It was left as it is. Check its permissions.",
        .path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// The file cannot be written.
    #[error(
        "{} cannot be written: {reason}. The settings are as they were. Check the permissions of \
         the folder and the room on the disk.",
        .path.display()
    )]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
}

/// The parser's reason without its own mention of the place.
pub(super) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&place) {
        Some(reason) => reason.to_owned(),
        None => text,
    }
}
