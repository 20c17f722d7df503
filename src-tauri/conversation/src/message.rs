//! Messages made of parts: what a conversation consists of, on disk, on the wire and on screen.

use crate::{
    Attachment, ConversationId, Filing, MessageId, Part, ProviderError, Receipt, RequestRecord,
    TurnId, Usage,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use ts_rs::TS;

/// Milliseconds since the Unix epoch.
pub type Millis = i64;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Instructions that stand before the conversation.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// What has become of a message (rule C10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum MessageState {
    /// Its turn is running.
    Streaming,
    /// It ended by itself.
    Complete,
    /// The stream broke off.
    Incomplete,
    /// Somebody, or the end of the app, stopped it.
    Interrupted,
}

/// Why a turn ended early (rule C11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The person pressed Stop.
    User,
    /// The window was closed.
    WindowClosed,
    /// Nobody watched the turn for the time that the settings allow.
    ViewerGone,
    /// The app was quit.
    AppQuit,
    /// Another turn took this one's place.
    Replaced,
    /// A time limit ran out.
    Deadline,
    /// The app, or the task of the turn, died.
    Crash,
    /// The provider failed or broke the stream off.
    ProviderError,
    /// The answer grew beyond the limit for one answer.
    AnswerLimit,
}

/// A model of a provider, written `ID/MODEL`. The provider's id has no slash; the model's may.
#[derive(Clone, Debug, PartialEq, Eq, Hash, TS)]
#[ts(type = "string")]
pub struct ModelRef {
    /// The provider's id in the settings.
    pub provider: String,
    /// The model's name as the provider knows it.
    pub model: String,
}

impl fmt::Display for ModelRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.provider, self.model)
    }
}

impl FromStr for ModelRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some((provider, model)) if !provider.is_empty() && !model.is_empty() => Ok(Self {
                provider: provider.to_owned(),
                model: model.to_owned(),
            }),
            Some(_) | None => Err(format!(
                "\"{text}\" does not name a model: write PROVIDER/MODEL"
            )),
        }
    }
}

impl Serialize for ModelRef {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ModelRef {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Why the model ended its answer by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum FinishReason {
    /// The answer is whole.
    Stop,
    /// A limit of tokens was reached.
    Length,
    /// The provider paused between uses of its own tools, and goes on when it is asked to.
    Paused,
    /// The model wants tools to be run.
    ToolCalls,
    /// The provider's filter cut the answer.
    ContentFilter,
    /// The provider gave a reason that Tacet does not know, or none.
    Other,
}

/// One message. Messages form a tree by `parent_id`; a retry or an edit makes a sibling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The conversation that it belongs to.
    pub conversation_id: ConversationId,
    /// The message before it; absent for the first.
    pub parent_id: Option<MessageId>,
    /// The turn that wrote it: the user's message and the answer carry the same.
    pub turn_id: Option<TurnId>,
    /// Who speaks.
    pub role: Role,
    /// What has become of it.
    pub state: MessageState,
    /// Why it ended early; absent for a complete one.
    pub cause: Option<Cause>,
    /// The model that wrote it, or that the user's message was sent to.
    pub model: Option<ModelRef>,
    /// Its parts in order.
    pub parts: Vec<Part>,
    /// Why the model ended by itself.
    pub finish_reason: Option<FinishReason>,
    /// What it cost, and how that is known; absent where no request was made. Of several steps it
    /// is the sum.
    pub usage: Option<Usage>,
    /// What the requests took that failed and were made again before it, in their order
    /// (rule C23). These figures are not part of `usage`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<Usage>>", optional)]
    pub failed_attempts: Vec<Usage>,
    /// Its requests in their order, those that failed among them, where it consists of several steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<RequestRecord>>", optional)]
    pub requests: Vec<RequestRecord>,
    /// What stopping did; present for a stopped turn.
    pub receipt: Option<Receipt>,
    /// What went wrong, where something did.
    pub error: Option<ProviderError>,
    /// When it was made.
    #[ts(type = "number")]
    pub created_at: Millis,
    /// When it ended; absent while it is streaming.
    #[ts(type = "number | null")]
    pub ended_at: Option<Millis>,
}

impl Message {
    /// What a person says, as the first message of a conversation of its own.
    #[must_use]
    pub fn from_user(text: impl Into<String>) -> Self {
        let now = crate::now();
        Self {
            id: MessageId::new(),
            conversation_id: ConversationId::new(),
            parent_id: None,
            turn_id: None,
            role: Role::User,
            state: MessageState::Complete,
            cause: None,
            model: None,
            parts: vec![Part::Text { text: text.into() }],
            finish_reason: None,
            usage: None,
            failed_attempts: Vec::new(),
            requests: Vec::new(),
            receipt: None,
            error: None,
            created_at: now,
            ended_at: Some(now),
        }
    }

    /// What stands before a conversation: it is told to the model and is no part of the tree.
    #[must_use]
    pub fn instructions(text: impl Into<String>) -> Self {
        Self {
            role: Role::System,
            ..Self::from_user(text)
        }
    }

    /// Its requests in their order, those that failed among them, also where it is of one step.
    #[must_use]
    pub fn all_requests(&self) -> Vec<RequestRecord> {
        if self.requests.is_empty() {
            let last = self.usage.as_ref().map(|usage| (usage, self.finish_reason));
            RequestRecord::of_step(0, &self.failed_attempts, last)
        } else {
            self.requests.clone()
        }
    }

    /// Takes the requests that it consists of, and makes its sums of them. Those of one step are
    /// said by the sums alone.
    pub fn set_requests(&mut self, requests: Vec<RequestRecord>) {
        self.failed_attempts = RequestRecord::failed(&requests);
        self.usage = RequestRecord::total(&requests);
        let steps = requests.iter().any(|request| request.step > 0);
        self.requests = if steps { requests } else { Vec::new() };
    }

    /// The text of all text parts, joined.
    #[must_use]
    pub fn text(&self) -> String {
        text_of(&self.parts)
    }

    /// What its author says: the texts, files of text among them, as paragraphs.
    #[must_use]
    pub fn said(&self) -> String {
        let (mut said, mut apart) = (String::new(), "");
        for part in &self.parts {
            match part {
                Part::Text { text } => said.extend([apart, text]),
                Part::Attachment(file) if !file.base64 => {
                    said += apart;
                    file.quote(&mut said);
                }
                Part::Attachment(_)
                | Part::Citations { .. }
                | Part::ServerTool(_)
                | Part::Reasoning(_)
                | Part::ToolCall(_)
                | Part::ToolResult(_) => continue,
            }
            apart = "\n\n";
        }
        said
    }

    /// The files that are not text, which [`said`](Self::said) leaves out.
    pub fn files(&self) -> impl Iterator<Item = &Attachment> {
        self.parts.iter().filter_map(|part| match part {
            Part::Attachment(attachment) if attachment.base64 => Some(attachment),
            Part::Attachment(_)
            | Part::Citations { .. }
            | Part::ServerTool(_)
            | Part::Text { .. }
            | Part::Reasoning(_)
            | Part::ToolCall(_)
            | Part::ToolResult(_) => None,
        })
    }

    /// All files that went with it, in their order.
    #[must_use]
    pub fn attachments(&self) -> Vec<Attachment> {
        let files = self.parts.iter().filter_map(Part::attachment);
        files.cloned().collect()
    }

    /// Whether it is an answer that ended early, in the middle of its text, so that a model can
    /// go on with it.
    #[must_use]
    pub fn can_be_continued(&self) -> bool {
        self.begun().is_some()
    }

    /// What a model can go on with: the parts up to the text that was cut off. A provider's mark
    /// after it, with nothing to see, belongs to the answer as it was, and so do its sources.
    #[must_use]
    pub fn begun(&self) -> Option<&[Part]> {
        let early = match self.state {
            MessageState::Interrupted | MessageState::Incomplete => true,
            MessageState::Complete => self.finish_reason == Some(FinishReason::Length),
            MessageState::Streaming => false,
        };
        let is_said = |part: &Part| !part.is_hidden() && !matches!(part, Part::Citations { .. });
        let last = self.parts.iter().rposition(is_said)?;
        let in_text = matches!(&self.parts[last], Part::Text { text } if !text.trim().is_empty());
        (self.role == Role::Assistant && early && in_text).then(|| &self.parts[..=last])
    }
}

/// The text of all text parts, joined.
#[must_use]
pub fn text_of(parts: &[Part]) -> String {
    parts
        .iter()
        .filter_map(|part| match part {
            Part::Text { text } => Some(text.as_str()),
            Part::Reasoning(_)
            | Part::ToolCall(_)
            | Part::ToolResult(_)
            | Part::Attachment(_)
            | Part::Citations { .. }
            | Part::ServerTool(_) => None,
        })
        .collect()
}

/// A conversation as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Its title: by default the first words of its first message.
    pub title: String,
    /// When it was made.
    #[ts(type = "number")]
    pub created_at: Millis,
    /// When a message was last added.
    #[ts(type = "number")]
    pub updated_at: Millis,
    /// The leaf of the branch that was shown last; absent for an empty conversation.
    pub head: Option<MessageId>,
    /// How the person keeps it.
    #[serde(flatten)]
    pub filing: Filing,
}
