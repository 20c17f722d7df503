//! What can go wrong with the database, in words that say what is safe and what to do.

use std::path::PathBuf;
use tacet_conversation::{ErrorCategory, ProviderError};

/// A failure of the store. Whatever failed was undone as a whole: no half of it was written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database was written by a newer Tacet.
    #[error(
        "The conversations in {} were saved by a newer Tacet (format {found}; this one knows \
         formats up to {known}). Nothing was changed. Start the newer Tacet again, or choose \
         another data folder.", .path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format that this program knows.
        known: u32,
    },
    /// The database was written by an older Tacet and is only being read.
    #[error(
        "The conversations in {} were saved by an older Tacet (format {found}; this one reads \
         format {known}). Nothing was changed. Start Tacet once so that it brings them up to \
         date, then try again.", .path.display()
    )]
    Older {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The format that this program reads.
        known: u32,
    },
    /// The file has another program's content, or none that makes sense.
    #[error(
        "{} is not a database of Tacet, or it is damaged. Nothing was changed. Move the file \
         away, or put a backup copy in its place, and start again.", .path.display()
    )]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file has lost all its content, or is gone while what belongs to it is still there.
    #[error(
        "{} is empty or missing, although conversations were saved in it. Nothing was changed. \
         Put a backup copy in its place and start again. To begin without conversations instead, \
         first move all files whose names begin with tacet.db to another folder.", .path.display()
    )]
    Emptied {
        /// The file.
        path: PathBuf,
    },
    /// Something of a message cannot be read any more, so that it is not written either.
    #[error(
        "This message is damaged in the database: something of it cannot be read any more. It was \
         left as it is, and nothing was changed. To mend it, import an export or put a copy in place \
         in which it is whole."
    )]
    DamagedMessage,
    /// The data folder or a file in it cannot be used.
    #[error(
        "{} cannot be used: {source}. Nothing was changed. Check that the folder exists and \
         that you may write there, or choose another data folder.", .path.display()
    )]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The disk has no room left.
    #[error(
        "The disk is full, so this could not be saved. What was saved before is safe. Free some \
         space and try again."
    )]
    DiskFull,
    /// Another program holds the database.
    #[error(
        "Another program is using the database and did not let go of it. What was saved before \
         is safe. Close the other program and try again."
    )]
    Locked,
    /// The database may not be written.
    #[error(
        "The database may only be read, so this could not be saved. What was saved before is \
         safe. Check the permissions of the data folder."
    )]
    ReadOnly,
    /// The database is not in its place any more.
    #[error(
        "{} is gone ({source}), so this could not be saved: the folder was moved, removed or \
         unmounted. Put it back. Until then nothing is saved.", .path.display()
    )]
    Gone {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The database is another one than at the start, and does not know what is to be saved.
    #[error(
        "The database was replaced by another one that does not have this conversation, so this \
         could not be saved. Put the old one back."
    )]
    Replaced,
    /// The conversation was deleted; nothing can be added to it (rule C05).
    #[error("The conversation was deleted. Undo the deletion, or start a new conversation.")]
    ConversationDeleted,
    /// The message that another one is to follow was deleted with its branch (rule C05).
    #[error(
        "The branch that this follows was deleted. Undo the deletion, or go on from another message."
    )]
    BranchDeleted,
    /// A message has no sibling that could be shown in its place.
    #[error(
        "There is no other branch beside this one, so it can't be deleted alone. Nothing was changed. \
         Delete the conversation instead."
    )]
    OnlyBranch,
    /// The store was closed, or an operation panicked.
    #[error(
        "The database is not available any more, so this could not be saved. What was saved \
         before is safe. Start Tacet again."
    )]
    Closed,
    /// The export could not be written out.
    #[error("The export could not be written: {0}. The conversations themselves are untouched.")]
    Export(#[source] serde_json::Error),
    /// Anything else that the database reports.
    #[error(
        "The database reports a problem: {0}. What was saved before is safe. Start Tacet again; \
         if it stays, put a backup copy of the database in place."
    )]
    Database(#[source] rusqlite::Error),
}

impl From<StoreError> for ProviderError {
    fn from(error: StoreError) -> Self {
        Self::new(ErrorCategory::Storage, error.to_string())
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            // The index of the latest writes finds no room.
            Some(ErrorCode::SystemIoFailure)
                if error.sqlite_error().is_some_and(|failure| {
                    failure.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
                }) =>
            {
                Self::DiskFull
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(_) | None => Self::Database(error),
        }
    }
}
