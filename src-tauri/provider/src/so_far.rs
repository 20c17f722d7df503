//! What the answer of a turn has so far. Each of its requests adds to it once, and all later ones
//! share that.

use std::sync::Arc;
use tacet_conversation::{Message, Part};

/// An answer as it grows, request by request. Clones share what is there.
#[derive(Clone, Debug)]
pub struct SoFar {
    /// Without its parts.
    answer: Arc<Message>,
    /// What each request gave, and what the tools gave that it called.
    pieces: Vec<Arc<[Part]>>,
    length: usize,
}

impl SoFar {
    /// An answer that begins with the parts of this message.
    #[must_use]
    pub fn new(mut answer: Message) -> Self {
        let parts = std::mem::take(&mut answer.parts);
        let mut so_far = Self {
            answer: Arc::new(answer),
            pieces: Vec::new(),
            length: 0,
        };
        so_far.add(&parts);
        so_far
    }

    /// Adds what one more request gave, with what its tools gave.
    pub fn add(&mut self, parts: &[Part]) {
        if !parts.is_empty() {
            self.length += parts.len();
            self.pieces.push(parts.into());
        }
    }

    /// How many parts there are.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// The parts in their order.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.pieces.iter().flat_map(|piece| piece.iter())
    }

    /// A copy in one piece.
    #[must_use]
    pub fn message(&self) -> Message {
        Message {
            parts: self.parts().cloned().collect(),
            ..Message::clone(&self.answer)
        }
    }

    /// The answer without its parts.
    pub(crate) fn answer(&self) -> &Message {
        &self.answer
    }

    /// What each request added.
    pub(crate) fn pieces(&self) -> &[Arc<[Part]>] {
        &self.pieces
    }
}

impl From<Message> for SoFar {
    fn from(answer: Message) -> Self {
        Self::new(answer)
    }
}
