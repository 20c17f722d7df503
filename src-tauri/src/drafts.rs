//! What was typed and not sent: a file in the data folder, until it is sent or thrown away.

use crate::downloads;
use crate::mutex::lock;
use crate::view::{CommandError, Notice, NoticeLevel};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::{fs, io};
use tacet_conversation::{Attachment, ConversationId, MessageId};
use tacet_settings::whole_file::{self, Readers};
use ts_rs::TS;

/// Its name in the data folder.
pub const FILE: &str = "drafts.json";
/// What a file that cannot be read is called from then on.
const UNREADABLE: &str = "drafts.unreadable.json";

/// All that was typed and not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Unsent {
    /// What stands in composers, and what waits for branches that are not on the screen.
    pub drafts: Vec<UnsentDraft>,
    /// Texts of questions that are being edited, by the message's id.
    pub edits: Vec<(MessageId, String)>,
    /// The names of files that were too large to be kept.
    pub lost: Vec<String>,
}

/// What stands in the composer of a conversation, or waits for a branch of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UnsentDraft {
    /// The conversation; null is the one that does not exist yet.
    pub id: Option<ConversationId>,
    /// The message that the branch ended with on which it was typed, where the conversation showed
    /// another one afterwards; absent in files of versions that knew one draft a conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub leaf: Option<MessageId>,
    /// The text.
    pub text: String,
    /// The files beside it.
    pub files: Vec<Attachment>,
}

impl Unsent {
    fn is_empty(&self) -> bool {
        self.drafts.is_empty() && self.edits.is_empty()
    }

    /// The messages that drafts wait at, and those that are being edited.
    #[must_use]
    pub fn messages(&self) -> Vec<MessageId> {
        let leaves = self.drafts.iter().filter_map(|draft| draft.leaf);
        leaves.chain(self.edits.iter().map(|(id, _)| *id)).collect()
    }

    /// Has what waits at a message that is not one of `there` any more wait for its conversation
    /// instead, whatever branch that shows: with the message its branch is gone, and nobody would see
    /// the draft again. An edit goes with its message. Says whether that changed anything.
    pub fn keep_to(&mut self, there: &HashSet<MessageId>) -> bool {
        let mut changed = false;
        for draft in &mut self.drafts {
            if draft.leaf.take_if(|leaf| !there.contains(leaf)).is_some() {
                changed = true;
            }
        }
        let edits = self.edits.len();
        self.edits.retain(|(id, _)| there.contains(id));
        changed || self.edits.len() < edits
    }
}

/// The file of a data folder.
pub struct Drafts {
    folder: PathBuf,
    /// One write at a time.
    writing: Mutex<()>,
}

impl Drafts {
    /// Those of a data folder.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            writing: Mutex::default(),
        }
    }

    /// Holds up what is to be kept until this is dropped; it is asked then whether it may be written.
    pub fn hold(&self) -> MutexGuard<'_, ()> {
        // The file is replaced as a whole, whatever became of an earlier write.
        lock(&self.writing)
    }

    /// Keeps this in the place of what was kept, where `allowed` lets it; a file with nothing in it is
    /// removed.
    ///
    /// # Errors
    /// When it cannot be written; what was kept before stays then.
    pub fn keep(
        &self,
        unsent: &Unsent,
        allowed: impl FnOnce() -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        let _writing = self.hold();
        allowed()?;
        let path = self.folder.join(FILE);
        if !unsent.is_empty() {
            let json = serde_json::to_vec(unsent)
                .map_err(|error| downloads::unusable(&self.folder, &error.into()))?;
            let written = whole_file::replace(&path, &json, Readers::Owner);
            return written.map_err(|error| downloads::unusable(&self.folder, &error));
        }
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(downloads::unusable(&self.folder, &error))
            }
            _ => Ok(()),
        }
    }

    /// What was kept; and what the person should know, where it cannot be read: the file is kept
    /// under another name then.
    #[must_use]
    pub fn kept(&self) -> (Unsent, Option<Notice>) {
        let path = self.folder.join(FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Default::default(),
            Err(error) => return (Unsent::default(), Some(notice(&path, &error.to_string()))),
        };
        match serde_json::from_slice(&bytes) {
            Ok(unsent) => (unsent, None),
            Err(error) => {
                let aside = self.folder.join(UNREADABLE);
                let place = match fs::rename(&path, &aside) {
                    Ok(()) => aside,
                    Err(_) => path,
                };
                let notice = notice(&place, &error.to_string());
                (Unsent::default(), Some(notice))
            }
        }
    }
}

fn notice(path: &Path, reason: &str) -> Notice {
    Notice {
        level: NoticeLevel::Warning,
        text: format!(
            "What you had typed and not sent could not be read ({reason}). It is kept in {}.",
            path.display()
        ),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn unsent() -> Unsent {
        let draft = UnsentDraft {
            id: None,
            leaf: None,
            text: "How old is".to_owned(),
            files: vec![Attachment {
                name: "ice.txt".to_owned(),
                text: "thick".into(),
                ..Attachment::default()
            }],
        };
        Unsent {
            drafts: vec![draft],
            ..Unsent::default()
        }
    }

    #[test]
    fn what_was_kept_is_there_for_the_next_run_and_nothing_when_all_was_sent() {
        let folder = tempfile::tempdir().unwrap();
        Drafts::of(folder.path())
            .keep(&unsent(), || Ok(()))
            .unwrap();
        assert_eq!(Drafts::of(folder.path()).kept(), (unsent(), None));
        Drafts::of(folder.path())
            .keep(&Unsent::default(), || Ok(()))
            .unwrap();
        assert_eq!(Drafts::of(folder.path()).kept(), (Unsent::default(), None));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_of_a_version_with_one_draft_a_conversation_is_read_as_it_was_meant() {
        let folder = tempfile::tempdir().unwrap();
        let id = ConversationId::new();
        let written = format!(
            r#"{{"drafts":[{{"id":"{id}","text":"How old is","files":[]}}],"edits":[],"lost":[]}}"#
        );
        fs::write(folder.path().join(FILE), &written).unwrap();
        let (found, notice) = Drafts::of(folder.path()).kept();
        assert_eq!(notice, None);
        let draft = UnsentDraft {
            id: Some(id),
            leaf: None,
            text: "How old is".to_owned(),
            files: Vec::new(),
        };
        assert_eq!(found.drafts, [draft]);
        // And what has no branch is written as it was, for such a version.
        assert_eq!(serde_json::to_string(&found).unwrap(), written);
    }

    #[test]
    fn a_draft_whose_branch_is_gone_waits_for_its_conversation() {
        let (there, gone) = (MessageId::new(), MessageId::new());
        let mut unsent = unsent();
        for leaf in [there, gone] {
            unsent.drafts.push(UnsentDraft {
                id: Some(ConversationId::new()),
                leaf: Some(leaf),
                text: "Typed".to_owned(),
                files: Vec::new(),
            });
        }
        assert_eq!(unsent.messages(), [there, gone]);
        let before = unsent.clone();
        assert!(unsent.keep_to(&HashSet::from([there])));
        let leaves: Vec<_> = unsent.drafts.iter().map(|draft| draft.leaf).collect();
        assert_eq!(leaves, [None, Some(there), None]);
        let texts = |unsent: &Unsent| -> Vec<_> {
            let drafts = unsent.drafts.iter();
            drafts.map(|draft| (draft.id, draft.text.clone())).collect()
        };
        assert_eq!(texts(&unsent), texts(&before));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_kept_and_told_of_once() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "{\"drafts\": [").unwrap();
        let drafts = Drafts::of(folder.path());
        let (found, notice) = drafts.kept();
        assert_eq!(found, Unsent::default());
        assert!(notice.unwrap().text.contains(UNREADABLE));
        drafts.keep(&unsent(), || Ok(())).unwrap();
        let aside = fs::read_to_string(folder.path().join(UNREADABLE)).unwrap();
        assert_eq!(aside, "{\"drafts\": [");
        assert_eq!(drafts.kept(), (unsent(), None));
    }
}
