//! What was typed and not sent: a file in the data folder, until it is sent or thrown away.
//!
//! The draft of a conversation's branch and the edit of a message are one text, which all windows show.
//! What stands in the composer of a conversation to come is each window's own; when that is closed it
//! waits for the next one that opens.

mod unsent;

pub use unsent::{DraftChanges, Unsent, UnsentDraft};

use crate::downloads;
use crate::mutex::lock;
use crate::view::{CommandError, Notice, NoticeLevel};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::{fs, io};
use tacet_conversation::MessageId;
use tacet_settings::whole_file::{self, Readers};
use unsent::Known;

/// Its name in the data folder.
pub const FILE: &str = "drafts.json";
/// What a file that cannot be read is called from then on.
const UNREADABLE: &str = "drafts.unreadable.json";

/// The file of a data folder.
pub struct Drafts {
    folder: PathBuf,
    /// One write at a time.
    writing: Mutex<()>,
    /// None until it was read.
    known: Mutex<Option<Known>>,
}

impl Drafts {
    /// Those of a data folder.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            writing: Mutex::default(),
            known: Mutex::default(),
        }
    }

    /// Holds up what is to be kept until this is dropped; it is asked then whether it may be written.
    pub fn hold(&self) -> MutexGuard<'_, ()> {
        // The file is replaced as a whole, whatever became of an earlier write.
        lock(&self.writing)
    }

    /// Keeps what a window has changed, where `allowed` lets it; says whether other windows show that,
    /// too. A file with nothing in it is removed.
    ///
    /// # Errors
    /// When it cannot be written; what was kept before stays then.
    pub fn keep(
        &self,
        label: &str,
        changes: DraftChanges,
        allowed: impl FnOnce() -> Result<(), CommandError>,
    ) -> Result<bool, CommandError> {
        let _writing = self.hold();
        allowed()?;
        let mut known = self.with(|known| known.clone());
        known.take(label, changes.clone());
        self.write(&known.whole())?;
        // Not as it was before: a window may have been closed meanwhile.
        Ok(self.with(|known| known.take(label, changes)))
    }

    /// What a window shows of what was kept.
    #[must_use]
    pub fn seen_by(&self, label: &str) -> Unsent {
        self.with(|known| known.seen_by(label))
    }

    /// The messages that drafts wait at, and those that are being edited; and what the person should
    /// know, where the file cannot be read: it is kept under another name then.
    #[must_use]
    pub fn messages(&self) -> (Vec<MessageId>, Option<Notice>) {
        self.with_notice(|known| known.shared.messages())
    }

    /// Leaves what was typed for messages that are not among `there` any more: see
    /// [`keep`](Self::keep) for `allowed`. Where the file cannot be written, the next change has it
    /// leave.
    pub fn keep_to(
        &self,
        there: &HashSet<MessageId>,
        allowed: impl FnOnce() -> Result<(), CommandError>,
    ) {
        let _writing = self.hold();
        let has_changed = self.with(|known| known.shared.keep_to(there));
        if has_changed && allowed().is_ok() {
            drop(self.write(&self.with(|known| known.whole())));
        }
    }

    /// Gives a window that opens what was typed for a conversation to come in one that is there no
    /// more.
    pub fn hand_over(&self, label: &str) {
        self.with(|known| {
            if let Some(left) = known.left.take() {
                match known.new.get_mut(label) {
                    Some(typed) => typed.join(left),
                    None => drop(known.new.insert(label.to_owned(), left)),
                }
            }
        });
    }

    /// A window was closed.
    pub fn window_gone(&self, label: &str) {
        self.with(|known| {
            if let Some(draft) = known.new.remove(label) {
                known.leave(draft);
            }
        });
    }

    /// Does something with what is known, and waits for no disk but to read the file once.
    fn with<T>(&self, work: impl FnOnce(&mut Known) -> T) -> T {
        self.with_notice(work).0
    }

    /// The same, with what the person should know where the file was read for it.
    fn with_notice<T>(&self, work: impl FnOnce(&mut Known) -> T) -> (T, Option<Notice>) {
        let mut known = lock(&self.known);
        let (known, notice) = match &mut *known {
            Some(known) => (known, None),
            unread => {
                let (found, notice) = self.read();
                (unread.insert(Known::of(found)), notice)
            }
        };
        (work(known), notice)
    }

    fn write(&self, unsent: &Unsent) -> Result<(), CommandError> {
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

    fn read(&self) -> (Unsent, Option<Notice>) {
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
    use tacet_conversation::{Attachment, ConversationId};

    const WINDOW: &str = "main";

    fn typed(id: Option<ConversationId>, leaf: Option<MessageId>, text: &str) -> UnsentDraft {
        UnsentDraft {
            id,
            leaf,
            text: text.to_owned(),
            files: Vec::new(),
        }
    }

    fn changed(drafts: impl Into<Vec<UnsentDraft>>) -> DraftChanges {
        DraftChanges {
            drafts: drafts.into(),
            ..DraftChanges::default()
        }
    }

    fn keep(drafts: &Drafts, label: &str, changes: DraftChanges) -> bool {
        drafts.keep(label, changes, || Ok(())).unwrap()
    }

    /// What the window of the next start shows.
    fn after_a_start(folder: &Path) -> Vec<UnsentDraft> {
        let drafts = Drafts::of(folder);
        drafts.hand_over(WINDOW);
        drafts.seen_by(WINDOW).drafts
    }

    #[test]
    fn what_was_kept_is_there_for_the_next_run_and_nothing_when_all_was_sent() {
        let folder = tempfile::tempdir().unwrap();
        let draft = UnsentDraft {
            files: vec![Attachment {
                name: "ice.txt".to_owned(),
                text: "thick".into(),
                ..Attachment::default()
            }],
            ..typed(None, None, "How old is")
        };
        let drafts = Drafts::of(folder.path());
        keep(&drafts, WINDOW, changed([draft.clone()]));
        assert_eq!(after_a_start(folder.path()), [draft]);
        keep(&drafts, WINDOW, changed([typed(None, None, "")]));
        assert_eq!(after_a_start(folder.path()), []);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_window_changes_what_it_has_typed_and_leaves_what_others_have() {
        let folder = tempfile::tempdir().unwrap();
        let drafts = Drafts::of(folder.path());
        let [one, two] = [ConversationId::new(), ConversationId::new()].map(Some);
        let (edited, other) = (MessageId::new(), MessageId::new());
        let edit = |id, text: Option<&str>| DraftChanges {
            edits: vec![(id, text.map(str::to_owned))],
            ..DraftChanges::default()
        };
        assert!(keep(&drafts, "main", changed([typed(one, None, "One")])));
        assert!(keep(
            &drafts,
            "window-2",
            changed([typed(two, None, "Two")])
        ));
        assert!(keep(&drafts, "main", edit(edited, Some("So?"))));
        assert!(keep(&drafts, "window-2", edit(other, Some(""))));
        let again = changed([typed(one, None, "One")]);
        assert!(!keep(&drafts, "window-2", again), "nothing is new of that");
        assert!(!keep(&drafts, "window-2", edit(edited, Some("So?"))));
        let seen = drafts.seen_by("main");
        assert_eq!(seen, drafts.seen_by("window-2"));
        assert_eq!(
            seen.drafts,
            [typed(one, None, "One"), typed(two, None, "Two")]
        );
        let edits = [(edited, "So?".to_owned()), (other, String::new())];
        assert_eq!(seen.edits, edits);

        assert!(keep(&drafts, "window-2", changed([typed(one, None, "")])));
        assert!(keep(&drafts, "window-2", edit(edited, None)));
        assert!(!keep(&drafts, "window-2", edit(edited, None)));
        let seen = Drafts::of(folder.path()).seen_by("main");
        assert_eq!(seen.drafts, [typed(two, None, "Two")]);
        assert_eq!(seen.edits, [(other, String::new())]);
    }

    #[test]
    fn what_is_typed_for_a_new_conversation_is_its_windows_own_and_outlives_it() {
        let folder = tempfile::tempdir().unwrap();
        let drafts = Drafts::of(folder.path());
        let new = |text| typed(None, None, text);
        assert!(!keep(&drafts, "main", changed([new("First")])));
        assert!(!keep(&drafts, "window-2", changed([new("Second")])));
        assert_eq!(drafts.seen_by("main").drafts, [new("First")]);
        assert_eq!(drafts.seen_by("window-2").drafts, [new("Second")]);
        assert_eq!(drafts.seen_by("window-3").drafts, []);
        let both = [new("First\n\nSecond")];
        assert_eq!(after_a_start(folder.path()), both);

        drafts.window_gone("window-2");
        assert_eq!(after_a_start(folder.path()), both);
        drafts.hand_over("window-3");
        assert_eq!(drafts.seen_by("window-3").drafts, [new("Second")]);
        assert_eq!(drafts.seen_by("main").drafts, [new("First")]);
        drafts.hand_over("window-4");
        assert_eq!(drafts.seen_by("window-4").drafts, []);
    }

    #[test]
    fn a_file_of_a_version_with_one_draft_a_conversation_is_read_as_it_was_meant() {
        let folder = tempfile::tempdir().unwrap();
        let id = ConversationId::new();
        let written = format!(
            r#"{{"drafts":[{{"id":"{id}","text":"How old is","files":[]}}],"edits":[],"lost":[]}}"#
        );
        fs::write(folder.path().join(FILE), &written).unwrap();
        let drafts = Drafts::of(folder.path());
        assert_eq!(drafts.messages(), (Vec::new(), None));
        let found = drafts.seen_by(WINDOW);
        assert_eq!(found.drafts, [typed(Some(id), None, "How old is")]);
        // And what has no branch is written as it was, for such a version.
        assert_eq!(serde_json::to_string(&found).unwrap(), written);
    }

    #[test]
    fn a_draft_whose_branch_is_gone_waits_for_its_conversation() {
        let folder = tempfile::tempdir().unwrap();
        let drafts = Drafts::of(folder.path());
        let (there, gone) = (MessageId::new(), MessageId::new());
        let [one, two] = [ConversationId::new(), ConversationId::new()].map(Some);
        let kept = [
            typed(one, Some(there), "Stays"),
            typed(two, None, "Shown."),
            typed(two, Some(gone), "Waits."),
        ];
        keep(&drafts, WINDOW, changed(kept));
        assert_eq!(drafts.messages().0, [there, gone]);
        drafts.keep_to(&HashSet::from([there]), || Ok(()));
        let joined = [
            typed(one, Some(there), "Stays"),
            typed(two, None, "Shown.\n\nWaits."),
        ];
        assert_eq!(drafts.seen_by(WINDOW).drafts, joined);
        assert_eq!(after_a_start(folder.path()), joined);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_kept_and_told_of_once() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "{\"drafts\": [").unwrap();
        let drafts = Drafts::of(folder.path());
        let (_, notice) = drafts.messages();
        assert!(notice.unwrap().text.contains(UNREADABLE));
        assert_eq!(drafts.seen_by(WINDOW), Unsent::default());
        keep(&drafts, WINDOW, changed([typed(None, None, "New")]));
        let aside = fs::read_to_string(folder.path().join(UNREADABLE)).unwrap();
        assert_eq!(aside, "{\"drafts\": [");
        assert_eq!(drafts.messages().1, None);
    }
}
