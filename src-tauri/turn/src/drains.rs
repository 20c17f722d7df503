//! The stopped answers that are read on for their exact usage, within the reach of Stop everything,
//! of deleting their conversation or their branch, and of quitting.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tacet_conversation::{ConversationId, MessageId};
use tokio_util::sync::CancellationToken;

/// The drains that run now. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Drains {
    running: Arc<Mutex<Vec<Running>>>,
}

/// One of them.
struct Running {
    conversation: ConversationId,
    answer: MessageId,
    token: CancellationToken,
}

/// A drain's place among those that run; given up when this is dropped.
pub(super) struct Drain {
    drains: Drains,
    token: CancellationToken,
}

impl Drains {
    /// Enters a drain that ends with `token`.
    pub(super) fn enter(
        &self,
        conversation: ConversationId,
        answer: MessageId,
        token: CancellationToken,
    ) -> Drain {
        self.running().push(Running {
            conversation,
            answer,
            token: token.clone(),
        });
        Drain {
            drains: self.clone(),
            token,
        }
    }

    /// Ends those that are meant, by their conversations and answers.
    pub(super) fn end(&self, is_meant: impl Fn(ConversationId, MessageId) -> bool) {
        for drain in &*self.running() {
            if is_meant(drain.conversation, drain.answer) {
                drain.token.cancel();
            }
        }
    }

    fn running(&self) -> MutexGuard<'_, Vec<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drain {
    /// Cancelled when the drain shall end.
    pub(super) fn token(&self) -> CancellationToken {
        self.token.clone()
    }
}

impl Drop for Drain {
    fn drop(&mut self) {
        // Nobody else needs it: a token that is cancelled is one that has ended.
        self.token.cancel();
        self.drains
            .running()
            .retain(|drain| !drain.token.is_cancelled());
    }
}
