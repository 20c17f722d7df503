//! How a generation ended, and what it left.

use std::time::Instant;
use tacet_conversation::{
    Cause, ConnectionEnd, FinishReason, MessageState, Millis, Part, Phase, ProviderError,
    RequestRecord, ServerCancel, StopRequest, ToolConfirmation, Usage, text_of,
};

/// What Stop found and did.
#[derive(Clone, Debug, PartialEq)]
pub struct StopFacts {
    /// Why.
    pub cause: Cause,
    /// What the request was doing.
    pub phase: Phase,
    /// When the token was cancelled.
    pub at: Instant,
    /// The same by the wall clock, in milliseconds since the epoch.
    pub at_millis: Millis,
    /// When the person clicked, by the page's clock.
    pub clicked_at: Option<Millis>,
    /// When the connection was closed, or given up.
    pub closed_at: Instant,
    /// What became of the connection.
    pub connection: ConnectionEnd,
    /// Bytes of the response that were received.
    pub bytes_received: u64,
    /// What came of the request to end the answer at the server, where one was made.
    pub server: Option<ServerCancel>,
}

impl StopFacts {
    /// What a Stop finds where no connection was opened.
    pub(crate) fn unopened(request: StopRequest) -> Self {
        Self {
            cause: request.cause,
            phase: Phase::BuildingContext,
            at: request.at,
            at_millis: request.at_millis,
            clicked_at: request.clicked_at,
            closed_at: Instant::now(),
            connection: ConnectionEnd::NeverOpened,
            bytes_received: 0,
            server: None,
        }
    }
}

/// How a generation ended, and what it left.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Complete, incomplete or interrupted.
    pub state: MessageState,
    /// Why it ended early.
    pub cause: Option<Cause>,
    /// All that was received.
    pub parts: Vec<Part>,
    /// Why the model ended by itself.
    pub finish_reason: Option<FinishReason>,
    /// What it took, and how that is known.
    pub usage: Usage,
    /// What the attempts took that failed and were made again, in their order.
    pub failed_attempts: Vec<Usage>,
    /// All requests in their order, where there were several steps.
    pub requests: Vec<RequestRecord>,
    /// What a continuation repeated of what stood there already; it is not among the parts.
    pub repeated: String,
    /// What went wrong.
    pub error: Option<ProviderError>,
    /// How many characters were received and are kept.
    pub characters: u64,
    /// What Stop did; present when the generation was interrupted.
    pub stop: Option<StopFacts>,
    /// Whether sealed reasoning of earlier answers was left out after the provider refused it.
    pub without_seals: bool,
    /// How the tools ended that were told to.
    pub tools: Vec<ToolEnd>,
}

/// How a tool ended that was told to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolEnd {
    /// The server that the tool is of; empty for the app's own tools.
    pub server: String,
    /// The call's place among the parts.
    pub part: usize,
    /// What it did.
    pub confirmation: ToolConfirmation,
}

impl Answer {
    /// What is left when Stop came before anything was sent.
    pub(crate) fn never_requested(request: StopRequest) -> Self {
        Self {
            state: MessageState::Interrupted,
            cause: Some(request.cause),
            stop: Some(StopFacts::unopened(request)),
            ..Self::empty()
        }
    }

    /// What is left when something failed before anything was sent.
    pub(crate) fn failed(error: ProviderError) -> Self {
        Self {
            state: MessageState::Incomplete,
            cause: Some(Cause::ProviderError),
            error: Some(error),
            ..Self::empty()
        }
    }

    pub(crate) fn empty() -> Self {
        Self {
            state: MessageState::Interrupted,
            cause: None,
            parts: Vec::new(),
            finish_reason: None,
            usage: Usage::unknown(),
            failed_attempts: Vec::new(),
            requests: Vec::new(),
            repeated: String::new(),
            error: None,
            characters: 0,
            stop: None,
            without_seals: false,
            tools: Vec::new(),
        }
    }

    /// The text of all text parts, joined.
    #[must_use]
    pub fn text(&self) -> String {
        text_of(&self.parts)
    }
}
