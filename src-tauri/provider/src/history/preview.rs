//! What a repair will change, found out before the next request (rule C22).

use super::change::Repair;
use super::repair::{Repairing, Seen, TURN_ENDED, refused_files};
use super::rules::Rules;
use tacet_conversation::Message;

/// What [`repair`](super::repair()) will change when the person says something after `history`.
#[must_use]
pub fn preview(history: &[Message], rules: &Rules) -> Vec<Repair> {
    let mut preview = Preview::new(rules.clone());
    loop {
        history.iter().for_each(|message| preview.add(message));
        if let Some(changes) = preview.changes() {
            return changes;
        }
    }
}

/// The same of a history that is given message by message, so that a long one need not stand in
/// memory whole.
#[derive(Clone)]
pub struct Preview {
    rules: Rules,
    seen: Seen,
    notes: Vec<String>,
    /// The last message that was repaired, which the next one may be joined to; one at most.
    last: Vec<Message>,
    changes: Vec<Repair>,
    /// Whether a file was refused that had been gone past.
    is_late: bool,
}

impl Preview {
    /// The preview for a wire with these rules.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            seen: Seen::default(),
            notes: Vec::new(),
            last: Vec::new(),
            changes: Vec::new(),
            is_late: false,
        }
    }

    /// Goes on to the next message of the history.
    pub fn add(&mut self, message: &Message) {
        for file in refused_files(message) {
            self.is_late |= self.seen.refused.insert(file);
        }
        let mut repairing = Repairing::after(&self.rules, std::mem::take(&mut self.seen));
        repairing.next(message, &mut self.notes, &mut self.last);
        self.changes.append(&mut repairing.changes);
        self.seen = repairing.into_seen();
        self.last.drain(..self.last.len().saturating_sub(1));
    }

    /// What will change. `None` where the whole history is to be given once more: one of its answers
    /// failed because of a file, which only now is known to be left out.
    pub fn changes(&mut self) -> Option<Vec<Repair>> {
        if self.is_late {
            let refused = std::mem::take(&mut self.seen.refused);
            *self = Self::new(self.rules.clone());
            self.seen.refused = refused;
            return None;
        }
        // Notes stand at the beginning of what the person says next.
        let next = Message::from_user(TURN_ENDED);
        self.add(&next);
        let mut changes = std::mem::take(&mut self.changes);
        changes.retain(|change| change.message_id != next.id);
        Some(changes)
    }
}
