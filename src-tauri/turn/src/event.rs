//! What a turn tells those who watch it.

use crate::Change;
use crate::approval::ApprovalRequest;
use crate::draft::ToolProgress;
use crate::questions::ElicitationRequest;
use serde::{Deserialize, Serialize};
use tacet_conversation::{
    Attachment, Cause, Conversation, ConversationId, ConversationSettings, FinishReason, Message,
    MessageId, MessageState, Millis, ModelRef, Part, Phase, ProviderError, Receipt, RequestRecord,
    ToolCallState, TurnId, Usage,
};
use ts_rs::TS;

/// One event of a turn. `seq` counts from 1 without gaps for each turn; a watcher that sees a
/// gap asks for a snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TurnEvent {
    /// The turn (rule C05).
    pub turn_id: TurnId,
    /// Its place in the turn.
    #[ts(type = "number")]
    pub seq: u64,
    /// Whether the watcher is asked to acknowledge it once it has shown it; until then little more
    /// is sent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[ts(as = "Option<bool>", optional)]
    pub acknowledge: bool,
    /// What happened.
    pub event: TurnEventKind,
}

/// What happened in a turn.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(
    tag = "type",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum TurnEventKind {
    /// The turn does something else now.
    Phase {
        /// What it does.
        phase: Phase,
    },
    /// A part was added at the end; its text follows by `appended`.
    PartAdded {
        /// Its place among the parts.
        index: usize,
        /// The part.
        part: Part,
    },
    /// A part's text (for a tool call: its arguments) grew.
    Appended {
        /// The part's place.
        index: usize,
        /// The text's length before, in UTF-16 code units.
        offset: usize,
        /// What was added.
        text: String,
    },
    /// A reasoning part got its duration.
    ReasoningEnded {
        /// The part's place.
        index: usize,
        /// In milliseconds.
        duration_ms: u32,
    },
    /// A tool call has another state.
    ToolCallState {
        /// The part's place.
        index: usize,
        /// The new state.
        state: ToolCallState,
    },
    /// A person is asked whether a tool may run. The question closes when the call's state changes.
    ApprovalAsked(Box<ApprovalRequest>),
    /// The server of a running tool asks the person something.
    ElicitationAsked(Box<ElicitationRequest>),
    /// A question of a server is not open any more: it was answered, taken back or closed.
    ElicitationClosed {
        /// The question.
        id: u32,
    },
    /// A running tool says how far it is.
    ToolProgress(ToolProgress),
    /// A tool's result has come to its end.
    ToolResultState {
        /// The part's place.
        index: usize,
        /// The final state.
        state: ToolCallState,
    },
    /// The turn has made so many steps that the person is asked whether it shall go on; it waits.
    AtStepLimit {
        /// How many.
        steps: u32,
    },
    /// The turn ends after this step.
    EndsAfterStep,
    /// There are newer usage figures.
    Usage {
        /// The figures so far.
        usage: Usage,
    },
    /// The request failed before its first token and is made again after a while; the phase is
    /// `waiting-to-retry` until then.
    Retrying(Retrying),
    /// Whether what is received can be saved has changed (rule C04).
    Unsaved {
        /// Why it cannot, what is safe and what to do; absent once it is on disk again.
        reason: Option<String>,
    },
    /// Stop was noticed; the connection is being closed.
    Stopping,
    /// The turn asks whether somebody watches: answer with an acknowledgement (rule C13).
    AreYouThere,
    /// Something was too large for an event, or the parts stand otherwise than was told: ask for a
    /// snapshot.
    Resync,
    /// The turn has ended: always the last event, exactly one (rule C08).
    Ended(Box<TurnEnd>),
}

impl TurnEventKind {
    /// About how many bytes it takes on its way.
    pub(super) fn weight(&self) -> usize {
        /// The ids around it, and the names of its fields.
        const ENVELOPE: usize = 200;
        ENVELOPE
            + match self {
                Self::Appended { text, .. } => text.len(),
                Self::PartAdded {
                    part: Part::ToolCall(call),
                    ..
                } => call.call_id.len() + call.name.len(),
                Self::PartAdded {
                    part: Part::Attachment(file),
                    ..
                } => file.text.len() + file.name.len(),
                Self::PartAdded {
                    part: part @ (Part::Citations { .. } | Part::ServerTool(_)),
                    ..
                } => part.size(),
                Self::ApprovalAsked(request) => {
                    request.arguments.len()
                        + request.command.as_ref().map_or(0, String::len)
                        + request.diff.as_ref().map_or(0, String::len)
                        + request.folder.as_ref().map_or(0, String::len)
                        + request.withheld.iter().map(String::len).sum::<usize>()
                }
                Self::ElicitationAsked(request) => request.weight(),
                Self::ToolProgress(progress) => progress.message.as_ref().map_or(0, String::len),
                Self::PartAdded { .. }
                | Self::ToolResultState { .. }
                | Self::AtStepLimit { .. }
                | Self::ElicitationClosed { .. }
                | Self::EndsAfterStep
                | Self::Phase { .. }
                | Self::ReasoningEnded { .. }
                | Self::ToolCallState { .. }
                | Self::Usage { .. }
                | Self::Retrying(_)
                | Self::Unsaved { .. }
                | Self::Stopping
                | Self::AreYouThere
                | Self::Resync
                | Self::Ended(_) => 0,
            }
    }
}

/// How a turn ended. All of it is on disk before it is told (rule C06), unless `unsaved` says
/// otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TurnEnd {
    /// Complete, incomplete or interrupted.
    pub state: MessageState,
    /// Why it ended early.
    pub cause: Option<Cause>,
    /// Why the model ended by itself.
    pub finish_reason: Option<FinishReason>,
    /// What it took.
    pub usage: Option<Usage>,
    /// What the requests took that failed and were made again before it, in their order.
    pub failed_attempts: Vec<Usage>,
    /// All requests in their order, where there were several steps.
    pub requests: Vec<RequestRecord>,
    /// What Stop did.
    pub receipt: Option<Receipt>,
    /// What went wrong.
    pub error: Option<ProviderError>,
    /// When it ended.
    #[ts(type = "number")]
    pub ended_at: Millis,
    /// Why the answer could not be saved yet, where it could not. It is tried again, and
    /// [`News::Saved`](super::News::Saved) tells when it is saved.
    pub unsaved: Option<String>,
    /// Whether there is more of the answer than was told, so that it is to be read from the store:
    /// the end does not wait until a page that is far behind has shown all of it.
    pub behind: bool,
}

impl TurnEnd {
    /// What its last request took, of several steps.
    pub(super) fn last_usage(&self) -> Option<&Usage> {
        match self.requests.iter().rfind(|request| !request.made_again) {
            Some(request) => Some(&request.usage),
            None => self.usage.as_ref(),
        }
    }
}

impl From<Change> for TurnEventKind {
    fn from(change: Change) -> Self {
        match change {
            Change::Phase(phase) => Self::Phase { phase },
            Change::PartAdded { index, part } => Self::PartAdded { index, part },
            Change::Appended {
                index,
                offset,
                text,
            } => Self::Appended {
                index,
                offset,
                text,
            },
            Change::ReasoningEnded { index, duration_ms } => {
                Self::ReasoningEnded { index, duration_ms }
            }
            Change::ToolCallState { index, state } => Self::ToolCallState { index, state },
            Change::ApprovalAsked(request) => Self::ApprovalAsked(request),
            Change::ElicitationAsked(request) => Self::ElicitationAsked(request),
            Change::ElicitationClosed(id) => Self::ElicitationClosed { id },
            Change::ToolProgress(progress) => Self::ToolProgress(progress),
            Change::ToolResultState { index, state } => Self::ToolResultState { index, state },
            Change::AtStepLimit(steps) => Self::AtStepLimit { steps },
            Change::Usage(usage) => Self::Usage { usage },
            Change::Retrying {
                retry,
                of,
                wait_ms,
                error,
            } => Self::Retrying(Retrying {
                retry,
                of,
                wait_ms,
                error,
            }),
            Change::Stopping => Self::Stopping,
            Change::Rearranged => Self::Resync,
        }
    }
}

/// The whole state of a running turn at one moment; the events after `seq` follow.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TurnSnapshot {
    /// The turn.
    pub turn_id: TurnId,
    /// The last event that the snapshot contains.
    #[ts(type = "number")]
    pub seq: u64,
    /// The answer so far.
    pub message: Message,
    /// What the turn does.
    pub phase: Phase,
    /// The wait before the request is made again, while the phase is `waiting-to-retry`.
    pub retrying: Option<Retrying>,
    /// Whether Stop was noticed.
    pub stopping: bool,
    /// What a person is asked.
    pub approvals: Vec<ApprovalRequest>,
    /// What the servers of running tools ask the person.
    pub elicitations: Vec<ElicitationRequest>,
    /// After how many steps the person is asked whether to go on, while they are.
    pub at_step_limit: Option<u32>,
    /// Whether the turn ends after this step.
    pub ends_after_step: bool,
    /// Why what was received cannot be saved, where it cannot.
    pub unsaved: Option<String>,
}

/// A request that failed before its first token, and is made again after a while.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Retrying {
    /// The retry's number, from 1.
    pub retry: u32,
    /// How many there are at most.
    pub of: u32,
    /// The rest of the wait in milliseconds.
    #[ts(type = "number")]
    pub wait_ms: u64,
    /// What failed.
    pub error: ProviderError,
}

/// What a person sends. All ids are made by the page, so that a repeated call is recognised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StartTurn {
    /// The turn.
    pub turn_id: TurnId,
    /// The conversation; a new one is made when it does not exist.
    pub conversation_id: ConversationId,
    /// The message that the new ones follow; absent at the start of a conversation.
    pub parent_id: Option<MessageId>,
    /// The text of the person's message, or absent to answer `parent_id`, a message of the
    /// person's, once more.
    pub text: Option<String>,
    /// Files that the person sends along, before the text.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// A message of the person's whose files go along as well, before those.
    #[serde(default)]
    pub files_of: Option<MessageId>,
    /// An answer that ended early, to continue: the new answer is its sibling and begins with
    /// what it had. `parent_id` is then the message that both answer, and `text` is absent.
    #[serde(default)]
    pub continues: Option<MessageId>,
    /// The model to ask, also where it is another than that of the conversation.
    pub model: ModelRef,
    /// How the conversation is answered from now on, this turn included; absent for how it is
    /// answered so far.
    #[serde(default)]
    pub settings: Option<ConversationSettings>,
}

/// What is known of a message of the person's once it is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SavedMessage {
    /// Its id.
    pub id: MessageId,
    /// When it was made.
    #[ts(type = "number")]
    pub created_at: Millis,
}

/// A turn that was started.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TurnStarted {
    /// The conversation, with its title.
    pub conversation: Conversation,
    /// The person's message, where the turn made one. What the page sent does not come back to it.
    pub user_message: Option<SavedMessage>,
    /// The answer: empty and streaming, or as it is now when the turn was known already.
    pub answer: Message,
    /// Whether the turn had been started before; then nothing new was sent.
    pub already: bool,
}

/// A turn that runs now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RunningTurn {
    /// The turn.
    pub turn_id: TurnId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// The answer that it writes.
    pub message_id: MessageId,
}

/// What a call of Stop came to (rule C07).
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(
    tag = "outcome",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum StopOutcome {
    /// This call stopped the turn.
    Stopped {
        /// What it did; absent when it could not be confirmed in time.
        receipt: Option<Box<Receipt>>,
    },
    /// An earlier call had stopped it; nothing more was done.
    AlreadyStopped {
        /// What the earlier call did.
        receipt: Option<Box<Receipt>>,
    },
    /// The turn had ended by itself; nothing was done.
    AlreadyEnded,
    /// There is no such turn; nothing was done.
    Unknown,
}
