//! What an import did, and what it did not understand.

use serde::Serialize;
use std::path::PathBuf;
use tacet_store::StoreError;
use ts_rs::TS;

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Bytes of the file that were read.
    #[ts(type = "number")]
    pub bytes: u64,
    /// All of its bytes.
    #[ts(type = "number")]
    pub total: u64,
    /// Conversations so far.
    #[ts(type = "number")]
    pub conversations: u64,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Conversations that are new.
    #[ts(type = "number")]
    pub added: u64,
    /// Conversations that were there and changed.
    #[ts(type = "number")]
    pub updated: u64,
    /// Conversations that were there and are the same.
    #[ts(type = "number")]
    pub unchanged: u64,
    /// Messages that are new or changed.
    #[ts(type = "number")]
    pub messages: u64,
    /// Whether it was stopped before the end of the file.
    pub stopped: bool,
    /// What was not understood, or could not be taken in.
    pub problems: Vec<Problem>,
}

/// Something that was not taken in as it is in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// What, in words.
    pub what: String,
    /// How often.
    #[ts(type = "number")]
    pub count: u64,
}

impl Report {
    /// Counts a problem; one that was met before is counted there.
    pub fn problem(&mut self, what: &str, count: u64) {
        if count == 0 {
            return;
        }
        match self.problems.iter_mut().find(|known| known.what == what) {
            Some(known) => known.count += count,
            None => self.problems.push(Problem {
                what: what.to_owned(),
                count,
            }),
        }
    }

    /// How many conversations were read.
    #[must_use]
    pub fn conversations(&self) -> u64 {
        self.added + self.updated + self.unchanged
    }
}

/// Why an import ended early. What was taken in before stays: whole conversations.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("{} can't be read: {source}.", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file is none that Tacet knows, or is damaged from some place on.
    #[error(
        "{} isn't understood from some place on: {reason}. What was read before that was imported.",
        .path.display()
    )]
    NotUnderstood {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// The conversations cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}
