//! What came of running a tool: the pieces of a result, and what a tool did when it was stopped.

use crate::{SharedText, media};
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
        #[ts(type = "string")]
        data: SharedText,
    },
    /// Sound.
    Audio {
        /// Such as `audio/wav`.
        media_type: String,
        /// In base64.
        #[ts(type = "string")]
        data: SharedText,
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
        #[ts(as = "Option<String>", optional)]
        data: Option<SharedText>,
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

    /// The texts among `contents`, joined as paragraphs, and what of it is not text.
    #[must_use]
    pub fn split(contents: Vec<Self>) -> (String, Vec<Self>) {
        let (mut texts, mut others) = (Vec::new(), Vec::new());
        for content in contents {
            match content {
                Self::Text { text } => texts.push(text),
                Self::Image { .. }
                | Self::Audio { .. }
                | Self::Resource { .. }
                | Self::Structured { .. } => others.push(content),
            }
        }
        (texts.join("\n\n"), others)
    }

    /// What it holds in base64; `None` for what holds text, an address alone, or JSON.
    #[must_use]
    pub fn data(&self) -> Option<&SharedText> {
        match self {
            Self::Image { data, .. } | Self::Audio { data, .. } => Some(data),
            Self::Resource { data, .. } => data.as_ref(),
            Self::Text { .. } | Self::Structured { .. } => None,
        }
    }

    /// The same, to be put elsewhere or back.
    pub fn data_mut(&mut self) -> Option<&mut SharedText> {
        match self {
            Self::Image { data, .. } | Self::Audio { data, .. } => Some(data),
            Self::Resource { data, .. } => data.as_mut(),
            Self::Text { .. } | Self::Structured { .. } => None,
        }
    }

    /// About how many bytes it has, a structure left out.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Text { text } => text.len(),
            Self::Image { data, .. } | Self::Audio { data, .. } => data.len(),
            Self::Resource { text, data, .. } => {
                text.as_ref().map_or(0, String::len) + data.as_ref().map_or(0, |data| data.len())
            }
            Self::Structured { .. } => 0,
        }
    }

    /// The picture that this is, in base64, with the media type that its bytes are of; nothing for
    /// anything else, and for what is no picture whatever it is called.
    #[must_use]
    pub fn image(&self) -> Option<(&'static str, &SharedText)> {
        let data = match self {
            Self::Image { data, .. } => data,
            Self::Resource { data, .. } => data.as_ref()?,
            Self::Text { .. } | Self::Audio { .. } | Self::Structured { .. } => return None,
        };
        let media_type = media::type_of_base64(data)?;
        (media_type.starts_with("image/") && media::is_base64(data)).then_some((media_type, data))
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
