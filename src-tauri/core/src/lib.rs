//! Streams from language models that really stop.

mod draft;
mod generation;
pub mod history;
mod id;
mod message;
pub mod provider;
mod receipt;
pub mod secret;
pub mod settings;
mod stop;
pub mod store;
pub mod turn;
mod usage;

pub use draft::{Change, Draft};
pub use generation::{Answer, Generation, STOP_LIMIT, StopFacts};
pub use id::{ConversationId, MessageId, TurnId};
pub use message::{
    Attachment, Cause, Conversation, FinishReason, Message, MessageState, Millis, ModelRef, Part,
    Reasoning, Role, ToolCall, ToolCallState, ToolResult,
};
pub use provider::{
    ApiKey, BoxModelStream, Closed, Endpoint, ErrorCategory, ModelEvent, ModelRequest, ModelStream,
    OpenAiChat, Parameters, Provider, ProviderError,
};
pub use receipt::{ConnectionEnd, Phase, Receipt, StopEffect, ToolReceipt};
pub use stop::{StopHandle, StopRequest, now};
pub use turn::{
    EventSink, RunningTurn, StartError, StartTurn, StopOutcome, TurnEnd, TurnEvent, TurnEventKind,
    TurnOptions, TurnSnapshot, TurnStarted, Turns,
};
pub use usage::{Usage, UsageSource};
