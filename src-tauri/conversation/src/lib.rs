//! The nouns of a conversation with a language model: messages and their parts, what they took and
//! cost, how they ended and why. Plain data without input or output; all else stands on it.

mod cost;
mod error;
pub mod family;
mod filing;
mod hosted;
mod id;
mod length;
pub mod media;
mod message;
mod outcome;
mod part;
mod receipt;
mod refused_field;
mod request;
mod settings;
mod shared_text;
#[cfg(feature = "rusqlite")]
mod sqlite;
mod stop;
mod tally;
mod usage;

pub use cost::{Cost, CostBasis, Price, PriceOrigin, PriceTag};
pub use error::{ErrorCategory, ProviderError, RefusedFile};
pub use filing::{Filing, is_same_name, tidy_name};
pub use hosted::{Citation, ServerTool, Span};
pub use id::{ConversationId, MessageId, TurnId};
pub use length::utf16_length;
pub use message::{
    Cause, Conversation, FinishReason, Message, MessageState, Millis, ModelRef, Role, text_of,
};
pub use outcome::{ResultContent, ToolConfirmation};
pub use part::{Attachment, DataUrl, Part, Reasoning, Seal, ToolCall, ToolCallState, ToolResult};
pub use receipt::{
    ConnectionEnd, Phase, RECEIPT_VERSION, Receipt, ServerCancel, StopEffect, ToolReceipt,
};
pub use refused_field::RefusedField;
pub use request::RequestRecord;
pub use settings::{ConversationSettings, Effort, ToolChoice};
pub use shared_text::SharedText;
pub use stop::{StopHandle, StopRequest, now};
pub use tally::{TextTally, TokenRange};
pub use usage::{Usage, UsageSource};
