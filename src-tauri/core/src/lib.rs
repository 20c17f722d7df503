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

mod answer;
mod awake;
mod draft;
mod family;
mod generation;
pub mod history;
mod id;
mod limit;
pub mod media;
mod message;
mod part;
pub mod price;
pub mod private;
pub mod provider;
mod receipt;
mod rest;
mod retry;
mod seam;
pub mod secret;
pub mod settings;
mod stop;
pub mod store;
mod tally;
pub mod turn;
mod usage;

pub use answer::{Answer, StopFacts};
pub use draft::{Change, Draft};
pub use generation::{Generation, STOP_LIMIT};
pub use id::{ConversationId, MessageId, TurnId};
pub use message::{
    Cause, Conversation, FinishReason, Message, MessageState, Millis, ModelRef, Role,
};
pub use part::{Attachment, Part, Reasoning, Seal, ToolCall, ToolCallState, ToolResult};
pub use provider::{
    ApiKey, BoxModelStream, Closed, Endpoint, ErrorCategory, Goal, ModelEvent, ModelRequest,
    ModelStream, OnStop, Parameters, Provider, ProviderError, RefusedFile, Remote, WireApi,
};
pub use receipt::{ConnectionEnd, Phase, Receipt, ServerCancel, StopEffect, ToolReceipt};
pub use stop::{StopHandle, StopRequest, now};
pub use tally::TextTally;
pub use turn::{
    EventSink, News, NewsSink, Retrying, RunningTurn, StartError, StartTurn, StopOutcome, TurnEnd,
    TurnEvent, TurnEventKind, TurnOptions, TurnSnapshot, TurnStarted, Turns,
};
pub use usage::{Usage, UsageSource};
