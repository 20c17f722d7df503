//! What a person wants to hear of a turn while no window shows it: that it has ended, or that it
//! waits for them.

use crate::Change;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use tacet_conversation::{Cause, ConversationId, MessageState};

/// Why somebody should look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attention {
    /// Where to look.
    pub conversation_id: ConversationId,
    /// What happened.
    pub what: Happening,
}

/// What happened in a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// It has ended; what it says is on disk, or stays in memory where it could not be written.
    Ended {
        /// How.
        state: MessageState,
        /// Why, where it ended early.
        cause: Option<Cause>,
        /// What failed, in words for the person.
        error: Option<String>,
    },
    /// A person is asked whether a tool may run.
    WaitsForApproval {
        /// The tool's title.
        tool: String,
    },
    /// The server of a running tool asks the person something.
    WaitsForReply {
        /// The server's name.
        server: String,
    },
    /// It has made so many steps that it asks whether to go on.
    AtStepLimit(u32),
}

impl Happening {
    /// What a change means to a person who is not there, where that is anything.
    pub(super) fn of(change: &Change) -> Option<Self> {
        match change {
            Change::ApprovalAsked(request) => Some(Self::WaitsForApproval {
                tool: request.title.clone(),
            }),
            Change::ElicitationAsked(request) => Some(Self::WaitsForReply {
                server: request.server.clone(),
            }),
            Change::AtStepLimit(steps) => Some(Self::AtStepLimit(*steps)),
            Change::Phase(_)
            | Change::PartAdded { .. }
            | Change::Rearranged
            | Change::Appended { .. }
            | Change::ReasoningEnded { .. }
            | Change::ToolCallState { .. }
            | Change::ElicitationClosed(_)
            | Change::ToolProgress(_)
            | Change::ToolResultState { .. }
            | Change::Usage(_)
            | Change::Retrying { .. }
            | Change::Stopping => None,
        }
    }
}

/// Who is told; called where turns run, so that it must not block.
type Listener = Box<dyn Fn(Attention) + Send + Sync>;

/// What turns are like while nobody watches them. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Unwatched(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// Whether they go on for as long as they take.
    goes_on: AtomicBool,
    listener: OnceLock<Listener>,
}

impl Unwatched {
    pub(super) fn goes_on(&self) -> bool {
        self.0.goes_on.load(Ordering::Relaxed)
    }

    pub(super) fn go_on(&self, goes_on: bool) {
        self.0.goes_on.store(goes_on, Ordering::Relaxed);
    }

    /// The first listener stays.
    pub(super) fn listen(&self, listener: Listener) {
        drop(self.0.listener.set(listener));
    }

    pub(super) fn tell(&self, conversation_id: ConversationId, what: Happening) {
        if let Some(listener) = self.0.listener.get() {
            listener(Attention {
                conversation_id,
                what,
            });
        }
    }
}
