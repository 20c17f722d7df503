//! What the window shows in place of the conversations when they cannot be shown: why, what is
//! safe, and what can be done about it.

use crate::mutex::lock;
use crate::ownership::OwnershipError;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tacet_settings::{SettingsFile, Theme};
use tacet_store::{
    FILE, StoreError,
    recovery::{BackupCopy, Recovered, copies},
};
use tempfile::TempDir;
use ts_rs::TS;

/// Why there are no conversations to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The page's process ended again and again; the turns go on.
    Page,
    /// Another Tacet has the data folder.
    InUse,
    /// The data folder cannot be used, or only be read.
    Folder,
    /// The database is damaged, empty, or something else.
    Damaged,
    /// The database is a newer Tacet's.
    Newer,
    /// The disk has no room left.
    DiskFull,
    /// Another program holds the database.
    Locked,
    /// Something else.
    Other,
}

/// Something that the person can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum FailureAction {
    /// Stop everything.
    StopAll,
    /// Load the page anew.
    Reload,
    /// Start once more.
    TryAgain,
    /// Show the conversations and change nothing.
    ReadOnly,
    /// Bring what can be read into a new database.
    Recover,
    /// Begin without conversations; the database is put aside.
    StartEmpty,
    /// Use another data folder.
    OtherFolder,
    /// Save the conversations, as far as they can be read, to a file of their own.
    SaveCopy,
    /// Quit.
    Quit,
}

/// What the page shows of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// Why.
    pub kind: FailureKind,
    /// What happened, what is safe, and what to do.
    pub reason: String,
    /// The data folder.
    pub folder: String,
    /// The colours, as far as the settings can be read.
    pub theme: Theme,
    /// What can be done, the first by Enter.
    pub actions: Vec<FailureAction>,
    /// The copies that can be put in the place of the database, the newest first.
    pub copies: Vec<CopyView>,
}

/// A copy of the conversations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CopyView {
    /// The file's name in the data folder.
    pub name: String,
    /// How many conversations are in it.
    #[ts(type = "number")]
    pub conversations: u64,
    /// When it was last written, in milliseconds since the Unix epoch.
    #[ts(type = "number")]
    pub modified: i64,
}

impl From<BackupCopy> for CopyView {
    fn from(copy: BackupCopy) -> Self {
        Self {
            name: copy.name,
            conversations: copy.conversations,
            modified: copy.modified,
        }
    }
}

/// What was brought into a new database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RecoveredView {
    /// How many conversations it has.
    #[ts(type = "number")]
    pub conversations: u64,
    /// How many messages it has.
    #[ts(type = "number")]
    pub messages: u64,
    /// Whether everything could be read.
    pub is_whole: bool,
    /// Where the file is now that was there before.
    pub kept_as: String,
}

impl From<Recovered> for RecoveredView {
    fn from(recovered: Recovered) -> Self {
        Self {
            conversations: recovered.conversations,
            messages: recovered.messages,
            is_whole: recovered.is_whole,
            kept_as: recovered.kept_as.display().to_string(),
        }
    }
}

/// Why this process shows no conversations.
#[derive(Debug)]
pub struct Failed {
    kind: FailureKind,
    reason: String,
    folder: PathBuf,
    /// The web view's own files, where the data folder cannot have them.
    scratch: Mutex<Option<TempDir>>,
}

impl Failed {
    fn new(kind: FailureKind, reason: String, folder: &Path) -> Self {
        Self {
            kind,
            reason,
            folder: folder.to_owned(),
            scratch: Mutex::default(),
        }
    }

    /// Whether another process has the data folder.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        matches!(self.kind, FailureKind::InUse)
    }

    /// The page of a running app does not stay alive.
    #[must_use]
    pub fn page(folder: &Path) -> Self {
        let reason = "This window's page ended unexpectedly three times within a minute, so it was \
                      not loaded again. Everything that was sent and received is safe. Answers \
                      that were being received go on for now: stop them, or load the page again. \
                      If the computer is short of memory, close other programs first.";
        Self::new(FailureKind::Page, reason.to_owned(), folder)
    }

    /// The data folder could not be taken.
    #[must_use]
    pub fn ownership(error: &OwnershipError, folder: &Path) -> Self {
        let (kind, reason) = match error {
            OwnershipError::InUse { .. } => (FailureKind::InUse, error.to_string()),
            OwnershipError::Unusable { source, .. } => match source.kind() {
                std::io::ErrorKind::StorageFull => (
                    FailureKind::DiskFull,
                    format!(
                        "The disk is full, so nothing could be saved in {}. What was saved before \
                         is safe. Free some space and try again, or choose another data folder.",
                        folder.display()
                    ),
                ),
                // The system's list, which grows.
                _ => (FailureKind::Folder, error.to_string()),
            },
        };
        Self::new(kind, reason, folder)
    }

    /// The data folder was moved, and cannot be found.
    #[must_use]
    pub fn moved(reason: String, folder: &Path) -> Self {
        Self::new(FailureKind::Folder, reason, folder)
    }

    /// The database could not be opened, or not be read.
    #[must_use]
    pub fn store(error: &StoreError, folder: &Path) -> Self {
        let database = folder.join(FILE);
        let damaged = |what: &str| {
            format!(
                "{} {what}, so your conversations can't be shown. Nothing was changed. Whatever \
                 you choose here, the file is kept as it is now.",
                database.display()
            )
        };
        let (kind, reason) = match error {
            StoreError::Newer { .. } => (FailureKind::Newer, error.to_string()),
            StoreError::NotADatabase { .. } => (
                FailureKind::Damaged,
                damaged("is damaged, or is not a database of Tacet"),
            ),
            StoreError::Emptied { .. } => (
                FailureKind::Damaged,
                damaged("is empty or missing, although conversations were saved in it"),
            ),
            StoreError::Folder { .. } if database.is_dir() => {
                (FailureKind::Damaged, damaged("is a folder"))
            }
            StoreError::Database(cause) => (
                FailureKind::Damaged,
                damaged(&format!("can't be read ({cause})")),
            ),
            StoreError::Folder { .. } | StoreError::ReadOnly => {
                (FailureKind::Folder, error.to_string())
            }
            StoreError::DiskFull => (FailureKind::DiskFull, error.to_string()),
            StoreError::Locked => (FailureKind::Locked, error.to_string()),
            StoreError::Older { .. }
            | StoreError::ConversationDeleted
            | StoreError::BranchDeleted
            | StoreError::OnlyBranch
            | StoreError::Closed
            | StoreError::Gone { .. }
            | StoreError::Replaced
            | StoreError::DamagedMessage
            | StoreError::Export(_) => (FailureKind::Other, error.to_string()),
        };
        Self::new(kind, reason, folder)
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What happened, what is safe, and what to do.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Has `scratch` deleted by [`Failed::tidy`].
    pub fn keep(&self, scratch: TempDir) {
        *lock(&self.scratch) = Some(scratch);
    }

    /// Deletes what was written for the window that shows this.
    pub fn tidy(&self) {
        drop(lock(&self.scratch).take());
    }

    /// What the page shows. Reads the disk.
    #[must_use]
    pub fn view(&self) -> Failure {
        let has_copies = match self.kind {
            FailureKind::Damaged | FailureKind::Newer => true,
            FailureKind::Page
            | FailureKind::InUse
            | FailureKind::Folder
            | FailureKind::DiskFull
            | FailureKind::Locked
            | FailureKind::Other => false,
        };
        let found = if has_copies {
            copies(&self.folder)
        } else {
            Vec::new()
        };
        Failure {
            kind: self.kind,
            reason: self.reason.clone(),
            folder: self.folder.display().to_string(),
            theme: SettingsFile::open(&self.folder).settings().theme,
            actions: self.actions(),
            copies: found.into_iter().map(CopyView::from).collect(),
        }
    }

    /// What can be done, the first by Enter.
    fn actions(&self) -> Vec<FailureAction> {
        use FailureAction::{
            OtherFolder, Quit, ReadOnly, Recover, Reload, SaveCopy, StartEmpty, StopAll, TryAgain,
        };
        let database = std::fs::metadata(self.folder.join(FILE));
        let has_content = database.is_ok_and(|found| found.is_file() && found.len() > 0);
        let mut actions = match self.kind {
            FailureKind::Page => vec![StopAll, Reload, SaveCopy, Quit],
            // The other one's window shows them, and what is written there meanwhile as well.
            FailureKind::InUse => vec![TryAgain, OtherFolder, SaveCopy, Quit],
            FailureKind::Folder | FailureKind::DiskFull | FailureKind::Locked => {
                vec![TryAgain, ReadOnly, OtherFolder, SaveCopy, Quit]
            }
            FailureKind::Damaged => vec![Recover, StartEmpty, OtherFolder, TryAgain, Quit],
            FailureKind::Newer | FailureKind::Other => {
                vec![TryAgain, OtherFolder, Quit]
            }
        };
        actions.retain(|action| match action {
            ReadOnly | Recover | SaveCopy => has_content,
            OtherFolder | Quit | Reload | StartEmpty | StopAll | TryAgain => true,
        });
        actions
    }
}
