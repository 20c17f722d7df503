//! The stopped answers that are read on for their exact usage, within the reach of Stop everything,
//! of deleting their conversation and of quitting.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tacet_conversation::ConversationId;
use tokio_util::sync::CancellationToken;

/// The drains that run now. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Drains {
    running: Arc<Mutex<Vec<(ConversationId, CancellationToken)>>>,
}

/// A drain's place among those that run; given up when this is dropped.
pub(super) struct Drain {
    drains: Drains,
    token: CancellationToken,
}

impl Drains {
    /// Enters a drain that ends with `token`.
    pub(super) fn enter(&self, conversation: ConversationId, token: CancellationToken) -> Drain {
        self.running().push((conversation, token.clone()));
        Drain {
            drains: self.clone(),
            token,
        }
    }

    /// Ends the drains of a conversation, or all.
    pub(super) fn end(&self, conversation: Option<ConversationId>) {
        for (of, token) in &*self.running() {
            if conversation.is_none_or(|wanted| wanted == *of) {
                token.cancel();
            }
        }
    }

    fn running(&self) -> MutexGuard<'_, Vec<(ConversationId, CancellationToken)>> {
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
            .retain(|(_, token)| !token.is_cancelled());
    }
}
