//! The receipt of a stopped turn: what Stop did, how long it took, and what it left (rule C26).

use crate::{Cause, Millis, RequestRecord, ToolCallState, ToolConfirmation, TurnId, Usage};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a turn is doing (rule C02).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// It waits for its turn: the embedded model answers one at a time.
    Queued,
    /// The history is read, repaired and encoded.
    BuildingContext,
    /// A local model is being loaded.
    LoadingModel,
    /// A local model reads the prompt.
    ReadingPrompt,
    /// The address is resolved and the connection made.
    Connecting,
    /// The request is sent; the server has not answered.
    WaitingForHeaders,
    /// The server has answered; no token has come.
    WaitingForFirstToken,
    /// The model reasons.
    Reasoning,
    /// The model writes.
    Text,
    /// The model writes the arguments of a tool call.
    ToolArguments,
    /// The provider could not answer yet; the request is made again after a while.
    WaitingToRetry,
    /// A person is asked whether a tool may run.
    WaitingForApproval,
    /// Tools run, and nobody is asked.
    RunningTools,
    /// What the tools said is being saved, before the model is asked again.
    BetweenRequests,
}

/// What became of the connection to the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionEnd {
    /// There was none yet.
    NeverOpened,
    /// It was closed, or its HTTP/2 stream was reset.
    Closed,
    /// The worker process of the embedded model confirmed that it stopped.
    WorkerStopped,
    /// The worker process was killed: it had not loaded its model yet, or did not confirm in time.
    WorkerKilled,
    /// The answer had come to its own end: no connection was open.
    Finished,
    /// By the person's choice it was hidden and read on for the exact usage.
    ReadOn,
    /// Nothing confirmed the end within the limit of rule C09.
    Unconfirmed,
}

/// What came of the request to end an answer at the server, for an API where a hang-up does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum ServerCancel {
    /// The server said that it ended the answer.
    Confirmed,
    /// The server refused.
    Refused,
    /// The server did not answer in time.
    Unanswered,
}

/// What a hang-up does at the provider (rule C24).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum StopEffect {
    /// The provider stops computing and billing.
    Stops,
    /// The provider goes on, and bills.
    GoesOn,
    /// A hang-up alone ends nothing, so Stop asks the server to end the answer. What came of it
    /// is known only then: a receipt says one of the others.
    Cancels,
    /// Not known.
    Unknown,
    /// It runs on this machine and costs nothing.
    Local,
}

impl StopEffect {
    /// What it was, once it is known what came of the request to end the answer at the server.
    #[must_use]
    pub fn once_stopped(self, server: Option<ServerCancel>) -> Self {
        match (self, server) {
            // It was running at the server when the connection was closed, and then it was ended.
            (_, Some(ServerCancel::Confirmed)) => Self::Stops,
            // Unless the server confirms it, nothing has ended there.
            (Self::Cancels, _) => Self::GoesOn,
            (Self::Stops | Self::GoesOn | Self::Unknown | Self::Local, _) => self,
        }
    }

    /// Whether more may be written, and billed, than was received.
    #[must_use]
    pub fn may_go_on(self) -> bool {
        match self {
            Self::Stops | Self::Local => false,
            Self::GoesOn | Self::Cancels | Self::Unknown => true,
        }
    }
}

/// What became of one tool call of a stopped turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ToolReceipt {
    /// The call.
    pub call_id: String,
    /// The tool's name.
    pub name: String,
    /// The server that it is of, where it was told to stop; absent for the app's own tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub server: Option<String>,
    /// Its final state.
    pub state: ToolCallState,
    /// Whether the tool confirmed that it ended; a call that never ran needs no confirmation
    /// and counts as confirmed.
    pub confirmed: bool,
    /// What the tool did when it was told to stop; absent where it was not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub confirmation: Option<ToolConfirmation>,
}

/// The version of a receipt's JSON that this program writes: 2 lists the requests and how each tool
/// ended.
pub const RECEIPT_VERSION: u32 = 2;

fn first_version() -> u32 {
    1
}

/// The receipt. Durations are milliseconds with fractions, by the monotonic clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The version of its JSON.
    #[serde(default = "first_version")]
    pub version: u32,
    /// The turn.
    pub turn_id: TurnId,
    /// What the turn was doing when it was stopped.
    pub phase: Phase,
    /// Why it was stopped.
    pub cause: Cause,
    /// When Stop reached the core.
    #[ts(type = "number")]
    pub stopped_at: Millis,
    /// From the click in the page to the token, where there was a click. The page's clock has
    /// whole milliseconds.
    pub click_to_token_ms: Option<f64>,
    /// From the token to the closed connection.
    pub token_to_closed_ms: f64,
    /// From the token to the commit of the partial answer; absent where it is not known (yet).
    #[serde(default)]
    pub token_to_commit_ms: Option<f64>,
    /// What became of the connection.
    pub connection: ConnectionEnd,
    /// What came of the request to end the answer at the server, where one was made.
    #[serde(default)]
    pub server_cancel: Option<ServerCancel>,
    /// What the provider does after this Stop: after the hang-up, and after the request to end
    /// the answer where the server confirmed it.
    pub stop_effect: StopEffect,
    /// The requests of the turn in their order, those that failed among them; none in the first
    /// version.
    #[serde(default)]
    pub requests: Vec<RequestRecord>,
    /// The tool calls of the turn.
    pub tools: Vec<ToolReceipt>,
    /// Processes that were ended.
    pub processes_ended: u32,
    /// Bytes of the response's body that were received, after decompression.
    #[ts(type = "number")]
    pub bytes_received: u64,
    /// Characters (Unicode scalar values) that were kept.
    #[ts(type = "number")]
    pub characters_kept: u64,
    /// Whether sealed reasoning of earlier answers was left out, after the provider had refused it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(as = "Option<bool>", optional)]
    pub without_seals: bool,
    /// What the turn took, and how that is known.
    pub usage: Usage,
    /// What had been told to stop and had not confirmed it within 2 s, in words.
    pub unconfirmed: Vec<String>,
}
