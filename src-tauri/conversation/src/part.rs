//! The parts of a message: text, reasoning, tool calls with their results, files, and what a
//! provider adds on its own side.

use crate::{Citation, ResultContent, ServerTool, SharedText, media};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use std::fmt;
use ts_rs::TS;

/// What has become of a tool call (rule C14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum ToolCallState {
    /// The model is still writing the arguments.
    ReceivingArguments,
    /// The arguments are whole; the person has not answered.
    WaitingForApproval,
    /// The tool runs.
    Running,
    /// The tool gave a result.
    Succeeded,
    /// The tool, or the attempt to run it, failed.
    Failed,
    /// The person said no.
    Denied,
    /// The turn ended before the tool was started.
    InterruptedBeforeRun,
    /// The turn ended while the tool ran: its effect is unknown.
    InterruptedWhileRunning,
}

impl ToolCallState {
    /// Whether nothing more will happen to the call.
    #[must_use]
    pub fn is_final(self) -> bool {
        match self {
            Self::ReceivingArguments | Self::WaitingForApproval | Self::Running => false,
            Self::Succeeded
            | Self::Failed
            | Self::Denied
            | Self::InterruptedBeforeRun
            | Self::InterruptedWhileRunning => true,
        }
    }

    /// The state that an end of the turn leaves behind.
    #[must_use]
    pub fn when_interrupted(self) -> Self {
        match self {
            Self::ReceivingArguments | Self::WaitingForApproval => Self::InterruptedBeforeRun,
            Self::Running => Self::InterruptedWhileRunning,
            Self::Succeeded
            | Self::Failed
            | Self::Denied
            | Self::InterruptedBeforeRun
            | Self::InterruptedWhileRunning => self,
        }
    }
}

/// A call of a tool by the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ToolCall {
    /// The provider's id of the call; made up here where the provider gives none.
    pub call_id: String,
    /// The tool's name as the model wrote it.
    pub name: String,
    /// The arguments verbatim, as far as they were received: JSON text, or a piece of it.
    pub arguments: String,
    /// What has become of the call.
    pub state: ToolCallState,
    /// The provider's mark on the call, which goes back with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub seal: Option<Seal>,
}

impl ToolCall {
    /// The arguments as JSON: an object in a history that was repaired for a wire, and null where
    /// they are no JSON.
    #[must_use]
    pub fn input(&self) -> Value {
        serde_json::from_str(&self.arguments).unwrap_or_default()
    }
}

/// What a provider gave along with reasoning or with a call and demands back unchanged: a
/// signature, or the encrypted reasoning itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Seal {
    /// Who can read it: API, host and model. To anybody else it does not travel.
    pub issuer: String,
    /// As the API gave it; only its own wire knows what it means.
    pub data: String,
}

/// The result of a tool call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ToolResult {
    /// The call that this answers.
    pub call_id: String,
    /// What the tool said in words; it grows while the tool runs.
    pub text: String,
    /// What it gave beside words, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<ResultContent>>", optional)]
    pub contents: Vec<ResultContent>,
    /// The state of the call: final, or `running`.
    pub state: ToolCallState,
    /// Whether the person left its pictures out after a provider refused them: they are kept, and
    /// not sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(as = "Option<bool>", optional)]
    pub left_out: bool,
}

/// Reasoning that the provider showed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Reasoning {
    /// The text as received.
    pub text: String,
    /// From its first to its last character, in milliseconds; absent while it is written.
    pub duration_ms: Option<u32>,
    /// The provider's mark on it. Without one the reasoning is partial, or the provider wants it
    /// back in the field that it came in, or not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub seal: Option<Seal>,
    /// The field of the answer that it came in, where some servers want that back. To the others,
    /// and as text, it does not travel (rule C20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub field: Option<String>,
}

/// A file that the person sent along, or one that a model made, such as an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// The file's name without its folder.
    pub name: String,
    /// The media type that the person's system gave it, such as `text/plain`, by its name mostly.
    pub media_type: String,
    /// The file: its text, or its bytes in base64 where `base64` says so.
    #[ts(type = "string")]
    pub text: SharedText,
    /// Whether the file is not text.
    #[serde(default)]
    pub base64: bool,
    /// Whether the person left it out after a provider refused it: it is kept, and not sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(as = "Option<bool>", optional)]
    pub left_out: bool,
    /// Of a file that a model made: whether it was stopped before it was whole. What is here is the
    /// last that the provider showed of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(as = "Option<bool>", optional)]
    pub cut_off: bool,
    /// Of a file that a model made: the provider's mark on it, which goes back with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub seal: Option<Seal>,
}

impl Attachment {
    /// A file of text as part of what a person says; `None` for any other file.
    #[must_use]
    pub fn quoted(&self) -> Option<String> {
        (!self.base64).then(|| {
            let mut quoted = String::new();
            self.quote(&mut quoted);
            quoted
        })
    }

    /// Adds a file of text to what a person says, in one copy.
    pub(crate) fn quote(&self, said: &mut String) {
        let Self { name, text, .. } = self;
        said.reserve(text.len() + 2 * name.len() + 64);
        *said += &format!("[Attached file: {name}]\n");
        *said += text;
        *said += &format!("\n[End of file: {name}]");
    }

    /// The media type that its bytes are of, or else the one that it was given. Providers refuse
    /// a file whose name says otherwise.
    #[must_use]
    pub fn media_type(&self) -> &str {
        let known = self.base64.then(|| media::type_of_base64(&self.text));
        known.flatten().unwrap_or(&self.media_type)
    }

    /// A file that is not text, as a URL that holds it (RFC 2397).
    #[must_use]
    pub fn data_url(&self) -> DataUrl {
        DataUrl {
            media_type: self.media_type.clone(),
            text: self.text.clone(),
        }
    }
}

/// A file as a URL that holds it. It is written where it is wanted and never made in memory.
#[derive(Clone, Debug)]
pub struct DataUrl {
    media_type: String,
    text: SharedText,
}

impl fmt::Display for DataUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "data:{};base64,{}", self.media_type, self.text)
    }
}

impl Serialize for DataUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One piece of a message, in the order of its arrival.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Part {
    /// Text.
    Text {
        /// The text as received.
        text: String,
    },
    /// Reasoning.
    Reasoning(Reasoning),
    /// A tool call.
    ToolCall(ToolCall),
    /// A tool's result.
    ToolResult(ToolResult),
    /// An attachment.
    Attachment(Attachment),
    /// The sources of the text before.
    Citations {
        /// In the order in which the provider named them.
        citations: Vec<Citation>,
    },
    /// What a tool of the provider's own did.
    ServerTool(ServerTool),
}

impl Part {
    /// Whether it is a provider's mark alone, such as that on reasoning that it does not show: there
    /// is nothing to see.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        match self {
            Self::Reasoning(reasoning) => reasoning.text.is_empty() && reasoning.seal.is_some(),
            Self::ServerTool(tool) => tool.input.is_empty(),
            Self::Text { .. }
            | Self::ToolCall(_)
            | Self::ToolResult(_)
            | Self::Attachment(_)
            | Self::Citations { .. } => false,
        }
    }

    /// The file, where it is one.
    #[must_use]
    pub fn attachment(&self) -> Option<&Attachment> {
        match self {
            Self::Attachment(file) => Some(file),
            Self::Text { .. }
            | Self::Reasoning(_)
            | Self::ToolCall(_)
            | Self::ToolResult(_)
            | Self::Citations { .. }
            | Self::ServerTool(_) => None,
        }
    }

    /// The text that grows while the part is received: for a tool call its arguments.
    #[must_use]
    pub fn body(&self) -> &str {
        match self {
            Self::Text { text } => text,
            Self::Reasoning(reasoning) => &reasoning.text,
            Self::ToolCall(call) => &call.arguments,
            Self::ToolResult(result) => &result.text,
            Self::Attachment(attachment) => &attachment.text,
            Self::Citations { .. } => "",
            Self::ServerTool(tool) => &tool.input,
        }
    }

    /// Whether its body is text that the model wrote.
    #[must_use]
    pub fn is_written(&self) -> bool {
        match self {
            Self::Text { .. } | Self::Reasoning(_) | Self::ToolCall(_) => true,
            Self::ToolResult(_)
            | Self::Attachment(_)
            | Self::Citations { .. }
            | Self::ServerTool(_) => false,
        }
    }

    /// About how many bytes it has: its text, and what stands beside words.
    #[must_use]
    pub fn size(&self) -> usize {
        let beside = match self {
            Self::ToolResult(result) => result.contents.iter().map(ResultContent::size).sum(),
            Self::Citations { citations } => citations.iter().map(Citation::size).sum(),
            Self::ServerTool(tool) => tool.seal.as_ref().map_or(0, |seal| seal.data.len()),
            Self::Text { .. } | Self::Reasoning(_) | Self::ToolCall(_) | Self::Attachment(_) => 0,
        };
        self.body().len() + beside
    }

    /// The text that grows while the part is received; `None` for what is whole, such as a file.
    pub fn body_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Text { text } => Some(text),
            Self::Reasoning(reasoning) => Some(&mut reasoning.text),
            Self::ToolCall(call) => Some(&mut call.arguments),
            Self::ToolResult(result) => Some(&mut result.text),
            Self::ServerTool(tool) => Some(&mut tool.input),
            Self::Attachment(_) | Self::Citations { .. } => None,
        }
    }

    /// The same part with another body.
    #[must_use]
    pub fn with_body(mut self, body: String) -> Self {
        match &mut self {
            Self::Text { text } => *text = body,
            Self::Reasoning(reasoning) => reasoning.text = body,
            Self::ToolCall(call) => call.arguments = body,
            Self::ToolResult(result) => result.text = body,
            Self::Attachment(file) => file.text = body.into(),
            Self::Citations { .. } => {}
            Self::ServerTool(tool) => tool.input = body,
        }
        self
    }
}
