//! Ends of answers that could not be written yet. They stay in memory, and what the store reads shows
//! them, so that nobody sees less of an answer than there was (rule C04).

use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tacet_conversation::{ConversationId, Message, MessageId};
use ts_rs::TS;

/// An answer whose end is not saved yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UnsavedAnswer {
    /// The answer.
    pub message_id: MessageId,
    /// Why it could not be saved, what is safe and what to do.
    pub reason: String,
}

/// The ends, by answer, each with the reason.
#[derive(Debug, Default)]
pub(super) struct Held {
    ends: Mutex<HashMap<MessageId, (Message, String)>>,
}

impl Held {
    pub(super) fn hold(&self, end: Message, reason: String) {
        self.ends().insert(end.id, (end, reason));
    }

    pub(super) fn release(&self, answer: MessageId) {
        self.ends().remove(&answer);
    }

    /// Puts the end of an answer in the place of what the database has of it.
    pub(super) fn show(&self, message: Message) -> Message {
        match self.ends().get(&message.id) {
            Some((end, _)) => end.clone(),
            None => message,
        }
    }

    pub(super) fn show_all(&self, messages: Vec<Message>) -> Vec<Message> {
        messages.into_iter().map(|one| self.show(one)).collect()
    }

    /// The ends of all conversations.
    pub(super) fn all(&self) -> Vec<Message> {
        self.ends().values().map(|(end, _)| end.clone()).collect()
    }

    /// The ends of one conversation.
    pub(super) fn of(&self, conversation: ConversationId) -> Vec<(Message, String)> {
        let ends = self.ends();
        let of_it = ends.values();
        let of_it = of_it.filter(|(end, _)| end.conversation_id == conversation);
        of_it.cloned().collect()
    }

    fn ends(&self) -> MutexGuard<'_, HashMap<MessageId, (Message, String)>> {
        // What a panicking holder left is still a map.
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
