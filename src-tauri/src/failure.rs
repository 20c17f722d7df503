//! What the window shows in place of the conversations when they cannot be shown: why, what is
//! safe, and what can be done about it.

use serde::Serialize;
use std::path::{Path, PathBuf};
use tacet_core::settings::{SettingsFile, Theme};
use ts_rs::TS;

/// Why there are no conversations to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The page's process ended again and again; the turns go on.
    Page,
}

/// Something that the person can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum FailureAction {
    /// Stop everything.
    StopAll,
    /// Load the page anew.
    Reload,
    /// Save the conversations, as far as they can be read, to a file of their own.
    SaveCopy,
    /// Quit.
    Quit,
}

impl FailureKind {
    /// What can be done, the first by Enter.
    fn actions(self) -> Vec<FailureAction> {
        match self {
            Self::Page => vec![
                FailureAction::StopAll,
                FailureAction::Reload,
                FailureAction::SaveCopy,
                FailureAction::Quit,
            ],
        }
    }
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
}

/// The same in this process.
#[derive(Debug)]
pub struct Failed {
    kind: FailureKind,
    reason: String,
    folder: PathBuf,
}

impl Failed {
    /// The page of a running app does not stay alive.
    #[must_use]
    pub fn page(folder: &Path) -> Self {
        Self {
            kind: FailureKind::Page,
            reason: "This window's page ended unexpectedly three times within a minute, so it was \
                     not loaded again. Everything that was sent and received is safe. Answers that \
                     were being received go on for now: stop them, or load the page again. If \
                     the computer is short of memory, close other programs first."
                .to_owned(),
            folder: folder.to_owned(),
        }
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the page shows. Reads the disk.
    #[must_use]
    pub fn view(&self) -> Failure {
        Failure {
            kind: self.kind,
            reason: self.reason.clone(),
            folder: self.folder.display().to_string(),
            theme: SettingsFile::open(&self.folder).settings().theme,
            actions: self.kind.actions(),
        }
    }
}
