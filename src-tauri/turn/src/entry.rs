//! A turn as the registry knows it: how it is stopped, spoken to, and waited for.

use super::event::{TurnEnd, TurnStarted};
use super::run::TurnCommand;
use crate::STOP_LIMIT;
use std::sync::Arc;
use std::time::Duration;
use tacet_conversation::{ConversationId, MessageId, StopHandle};
use tokio::sync::{mpsc, watch};

/// What is added to the limit of rule C09 for the commit and the way back.
const GRACE: Duration = Duration::from_millis(200);

/// What the registry knows of a turn.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) conversation_id: ConversationId,
    pub(super) message_id: MessageId,
    pub(super) stop: StopHandle,
    pub(super) mailbox: mpsc::UnboundedSender<TurnCommand>,
    pub(super) began: watch::Receiver<Option<TurnStarted>>,
    pub(super) end: watch::Receiver<Option<Arc<TurnEnd>>>,
}

impl Entry {
    /// Whether the turn failed before it began: nothing will ever tell its end.
    pub(super) fn never_began(&self) -> bool {
        self.end.has_changed().is_err() && self.end.borrow().is_none()
    }

    /// The end of the turn, or `None` when it did not come within the limit of rule C09.
    pub(super) async fn ended(mut self) -> Option<Arc<TurnEnd>> {
        tokio::time::timeout(STOP_LIMIT + GRACE, self.end.wait_for(Option::is_some))
            .await
            .ok()?
            .ok()?
            .clone()
    }
}
