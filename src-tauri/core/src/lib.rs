//! Streams from language models that really stop.
//!
//! ```no_run
//! use std::sync::Arc;
//! use tacet_core::{Change, Endpoint, Generation, Message, ModelRequest, Remote, WireApi};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let endpoint = Endpoint::new("http://127.0.0.1:8080/v1", None);
//! let provider = Arc::new(Remote::new(WireApi::OpenaiChat, &endpoint)?);
//! let question = Message::from_user("What is a moraine?");
//! let request = ModelRequest::new("gated-model", [question]);
//! let mut generation = Generation::start(provider, request);
//! let mut chunks = 0;
//! while let Some(change) = generation.next().await {
//!     if let Change::Appended { text, .. } = change {
//!         println!("{text}");
//!         chunks += 1;
//!         if chunks == 3 {
//!             generation.stop();
//!         }
//!     }
//! }
//! let answer = generation.into_answer();
//! println!("{:?}: {}", answer.state, answer.text());
//! println!(
//!     "{:?}: {:?}",
//!     answer.usage.source, answer.usage.output_tokens
//! );
//! # Ok(())
//! # }
//! ```
//!
//! Stop is a method, [`Generation::stop`] or [`StopHandle::stop`], that any task may call, any
//! number of times and at any moment: the first call counts, and the connection is closed without
//! waiting for the server's next byte. Dropping the [`Generation`] stops it too. What was received
//! is kept: text, reasoning, cut-off tool calls, and the usage with its source.
//!
//! From the smallest to the largest:
//! - [`Provider`] gives the stream of one request; [`Remote`] speaks the APIs of
//!   [`WireApi`] over HTTP. [`history`] makes any history valid for the wire.
//! - [`Generation`] drives one stream into an [`Answer`]; its [`Draft`] says what each event
//!   changed.
//! - [`Turns`] owns everything that one Send starts, tells it to those who watch, and writes it
//!   into the [`store::Store`]; [`Turns::stop`] answers with the [`Receipt`].
//! - [`settings`] and [`secret`] keep what a person configures, and the keys.

pub use tacet_conversation::{
    Attachment, Cause, Citation, ConnectionEnd, Conversation, ConversationId, ConversationSettings,
    Effort, ErrorCategory, Filing, FinishReason, Message, MessageId, MessageState, Millis,
    ModelRef, Part, Phase, ProviderError, Reasoning, Receipt, RefusedFile, RequestRecord,
    ResultContent, Role, Seal, ServerCancel, ServerTool, Span, StopEffect, StopHandle, StopRequest,
    TextTally, TokenRange, ToolCall, ToolCallState, ToolChoice, ToolConfirmation, ToolReceipt,
    ToolResult, TurnId, Usage, UsageSource, family, media, now,
};
pub use tacet_provider as provider;
pub use tacet_provider::{
    BoxModelStream, Cited, Closed, Endpoint, GeneratedFile, Goal, HostedTool, ModelEvent,
    ModelRequest, ModelStream, OnStop, Parameters, Provider, Proxy, Remote, WireApi, history,
    price,
};
pub use tacet_settings as settings;
pub use tacet_settings::{ApiKey, private, secret};
pub use tacet_store as store;
pub use tacet_tool as tool;
pub use tacet_turn as turn;
pub use tacet_turn::{
    Answer, ApprovalAnswer, ApprovalRequest, Attention, Change, Draft, ElicitationOutcome,
    ElicitationRequest, EventSink, Generation, Happening, News, NewsSink, OfferedTool,
    PermissionBook, Retrying, RunningTurn, STOP_LIMIT, SavedMessage, Standing, StartError,
    StartTurn, StopFacts, StopOutcome, ToolEnd, ToolProgress, Toolset, TurnEnd, TurnEvent,
    TurnEventKind, TurnOptions, TurnSnapshot, TurnStarted, Turns,
};
