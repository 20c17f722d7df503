//! What came of running a tool: the pieces of a result, and what a tool did when it was stopped.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// A piece of a tool's result, in the terms of MCP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum ResultContent {
    /// Text.
    Text {
        /// The text.
        text: String,
    },
    /// An image.
    Image {
        /// Such as `image/png`.
        media_type: String,
        /// In base64.
        data: String,
    },
    /// Sound.
    Audio {
        /// Such as `audio/wav`.
        media_type: String,
        /// In base64.
        data: String,
    },
    /// Something with an address, with what is there where it was sent along.
    Resource {
        /// Its address.
        uri: String,
        /// Such as `text/plain`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        media_type: Option<String>,
        /// What is there, where it is text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        text: Option<String>,
        /// What is there, in base64, where it is not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        data: Option<String>,
    },
    /// Any JSON.
    Structured {
        /// The value.
        #[ts(type = "unknown")]
        value: Value,
    },
}

impl ResultContent {
    /// A piece of text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }
}

/// What a tool did when it was told to stop. Times are in milliseconds from the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ToolConfirmation {
    /// It ended.
    Confirmed {
        /// After how long.
        #[ts(type = "number")]
        ms: u64,
    },
    /// It was told, and nothing came within the limit.
    ToldAndSilent {
        /// How long was waited.
        #[ts(type = "number")]
        ms: u64,
    },
    /// It did not end and was killed.
    Killed {
        /// How many processes were ended.
        processes: u32,
        /// After how long.
        #[ts(type = "number")]
        ms: u64,
    },
    /// Nothing ran that could be told.
    NotNeeded,
}
