//! What the file of drafts says, and which window shows what of it.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use tacet_conversation::{Attachment, ConversationId, MessageId};
use ts_rs::TS;

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

impl UnsentDraft {
    /// Where it belongs.
    fn place(&self) -> (Option<ConversationId>, Option<MessageId>) {
        (self.id, self.leaf)
    }

    fn is_empty(&self) -> bool {
        self.text.is_empty() && self.files.is_empty()
    }

    /// Takes another one in, after what stands here.
    pub(super) fn join(&mut self, after: Self) {
        if !self.text.is_empty() && !after.text.is_empty() {
            self.text.push_str("\n\n");
        }
        self.text.push_str(&after.text);
        self.files.extend(after.files);
    }
}

/// What a window has changed of what was typed and not sent. What it leaves out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DraftChanges {
    /// Drafts, each as a whole; one with nothing in it goes.
    pub drafts: Vec<UnsentDraft>,
    /// Edits; null ends one.
    pub edits: Vec<(MessageId, Option<String>)>,
    /// The names of all files that were too large to be kept.
    pub lost: Vec<String>,
}

impl Unsent {
    pub(super) fn is_empty(&self) -> bool {
        self.drafts.is_empty() && self.edits.is_empty()
    }

    pub(super) fn messages(&self) -> Vec<MessageId> {
        let leaves = self.drafts.iter().filter_map(|draft| draft.leaf);
        leaves.chain(self.edits.iter().map(|(id, _)| *id)).collect()
    }

    /// Has what waits at a message that is not one of `there` any more wait for its conversation
    /// instead, whatever branch that shows: with the message its branch is gone, and nobody would see
    /// the draft again. An edit goes with its message. Says whether that changed anything.
    pub(super) fn keep_to(&mut self, there: &HashSet<MessageId>) -> bool {
        let mut changed = false;
        for draft in &mut self.drafts {
            if draft.leaf.take_if(|leaf| !there.contains(leaf)).is_some() {
                changed = true;
            }
        }
        self.join_doubles();
        let edits = self.edits.len();
        self.edits.retain(|(id, _)| there.contains(id));
        changed || self.edits.len() < edits
    }

    /// Makes one of drafts that belong to the same place.
    fn join_doubles(&mut self) {
        for draft in std::mem::take(&mut self.drafts) {
            let mut known = self.drafts.iter_mut();
            match known.find(|known| known.place() == draft.place()) {
                Some(known) => known.join(draft),
                None => self.drafts.push(draft),
            }
        }
    }

    /// Puts a draft in the place of the one before it; says whether that changed anything.
    fn put(&mut self, draft: UnsentDraft) -> bool {
        let known = self.drafts.iter();
        let at = known
            .enumerate()
            .find(|(_, known)| known.place() == draft.place());
        match at.map(|(at, known)| (at, *known == draft)) {
            Some((_, true)) => return false,
            Some((at, false)) if draft.is_empty() => drop(self.drafts.remove(at)),
            Some((at, false)) => self.drafts[at] = draft,
            None if draft.is_empty() => return false,
            None => self.drafts.push(draft),
        }
        true
    }

    /// The same with an edit.
    fn put_edit(&mut self, id: MessageId, text: Option<String>) -> bool {
        let before = self.edits.iter().position(|(known, _)| *known == id);
        match (before, text) {
            (Some(at), Some(text)) if self.edits[at].1 == text => return false,
            (Some(at), Some(text)) => self.edits[at].1 = text,
            (Some(at), None) => drop(self.edits.remove(at)),
            (None, Some(text)) => self.edits.push((id, text)),
            (None, None) => return false,
        }
        true
    }
}

/// What is known of the file, and to whom it belongs.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// What all windows show.
    pub(super) shared: Unsent,
    /// What stands in the composer of a conversation to come, by the label of its window.
    pub(super) new: BTreeMap<String, UnsentDraft>,
    /// The same of a window that is there no more.
    pub(super) left: Option<UnsentDraft>,
}

impl Known {
    pub(super) fn of(found: Unsent) -> Self {
        let mut known = Self::default();
        let (new, drafts): (Vec<_>, Vec<_>) =
            found.drafts.into_iter().partition(|one| one.id.is_none());
        known.shared = Unsent { drafts, ..found };
        known.shared.join_doubles();
        for draft in new {
            known.leave(draft);
        }
        known
    }

    pub(super) fn leave(&mut self, draft: UnsentDraft) {
        match &mut self.left {
            Some(left) => left.join(draft),
            None => self.left = Some(draft),
        }
    }

    /// As a window shows it.
    pub(super) fn seen_by(&self, label: &str) -> Unsent {
        let mut seen = self.shared.clone();
        seen.drafts.extend(self.new.get(label).cloned());
        seen
    }

    /// As the file has it.
    pub(super) fn whole(&self) -> Unsent {
        let mut whole = self.shared.clone();
        whole.drafts.extend(self.new.values().cloned());
        whole.drafts.extend(self.left.clone());
        whole
    }

    /// Takes a window's changes; says whether that changed anything that others show.
    pub(super) fn take(&mut self, label: &str, changes: DraftChanges) -> bool {
        let mut is_shared = false;
        for draft in changes.drafts {
            if draft.id.is_some() {
                is_shared |= self.shared.put(draft);
            } else if draft.is_empty() {
                self.new.remove(label);
            } else {
                self.new.insert(label.to_owned(), draft);
            }
        }
        for (id, text) in changes.edits {
            is_shared |= self.shared.put_edit(id, text);
        }
        self.shared.lost = changes.lost;
        is_shared
    }
}
