//! The request of OpenAI Chat Completions, from a repaired history to bytes that are always the
//! same for the same history.

use super::LIMITS;
use super::calls::UnknownFields;
use super::demand::REASONING_CONTENT;
use crate::body::Body;
use crate::effort::chat::Field;
use crate::history::{Block, Listed, Step, Writer, sealed_list, steps};
use crate::{Parameters, ToolList, WireApi};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tacet_conversation::{Attachment, DataUrl, Message, Part, Role, ToolCall};

/// What differs between servers that speak this wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Dialect {
    /// Ask for the usage in the last chunk. A few servers refuse the field.
    pub include_usage: bool,
    /// With that, ask for the usage so far in each chunk (vLLM, SGLang).
    pub running_usage: bool,
    /// Ask for the counts so far in each chunk (llama.cpp).
    pub timings: bool,
    /// Ask how far the prompt is read (llama.cpp). A server that writes then also notices a
    /// hang-up then.
    pub progress: bool,
    /// The limit of tokens is called `max_completion_tokens`.
    pub completion_limit: bool,
    /// Send reasoning back in `reasoning_content`: a server that wants it refuses a call of a tool
    /// without.
    pub reasoning_content: bool,
    /// Have the router search the web (OpenRouter's guide "Web search").
    pub searches: bool,
    /// Ask for images beside words, which the model makes only then (OpenRouter).
    pub images: bool,
}

/// How this wire writes messages.
pub(super) struct Messages(pub(super) Dialect);

impl Writer for Messages {
    fn way(&self) -> (WireApi, bool) {
        (WireApi::OpenaiChat, self.0.reasoning_content)
    }

    fn write(&self, history: &[Message]) -> Block {
        let written = history.iter().flat_map(|message| messages(message, self.0));
        Block::of(&written.collect::<Vec<_>>())
    }
}

/// The body of a request, around a history that is written. It was repaired for this wire: each call
/// has its result, in order, and each message says something.
pub(super) fn body(
    model: &str,
    list: &Listed,
    tools: &ToolList,
    parameters: &Parameters,
    dialect: Dialect,
    effort: Option<Field>,
) -> Body {
    let limit = parameters.max_output_tokens;
    let rest = Rest {
        tools: tools.written(WireApi::OpenaiChat, |tool| tool.as_function(LIMITS)),
        stream: true,
        stream_options: dialect.include_usage.then_some(StreamOptions {
            include_usage: true,
            continuous_usage_stats: dialect.running_usage,
        }),
        timings_per_token: dialect.timings,
        return_progress: dialect.progress,
        temperature: parameters.temperature,
        max_tokens: limit.filter(|_| !dialect.completion_limit),
        max_completion_tokens: limit.filter(|_| dialect.completion_limit),
        seed: parameters.seed,
        plugins: dialect.searches.then_some([Plugin { id: "web" }]),
        modalities: dialect.images.then_some(["image", "text"]),
        effort: effort.into_iter().collect(),
    };
    Body::around(&Model { model }, "messages", list, &rest)
}

/// What stands before the messages.
#[derive(Serialize)]
struct Model<'a> {
    model: &'a str,
}

/// What stands after them.
#[derive(Serialize)]
struct Rest<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tools: &'a [Box<RawValue>],
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    timings_per_token: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    return_progress: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plugins: Option<[Plugin; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modalities: Option<[&'static str; 2]>,
    /// The field that says how much to reason, by its name at this server.
    #[serde(flatten)]
    effort: BTreeMap<&'static str, Value>,
}

/// What the router does around its models.
#[derive(Serialize)]
struct Plugin {
    id: &'static str,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    continuous_usage_stats: bool,
}

#[derive(Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
enum WireMessage {
    System {
        content: String,
    },
    User {
        content: Content,
    },
    Assistant {
        /// `null` beside tool calls or images without text.
        content: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reasoning_content: Option<String>,
        /// As the server gave them.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        reasoning_details: Vec<Value>,
        /// Those that the model made, in OpenRouter's form.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        images: Vec<ContentPart>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<WireCall>,
    },
    Tool {
        tool_call_id: String,
        content: String,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<ContentPart>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ContentPart {
    Text { text: String },
    ImageUrl { image_url: ImageUrl },
    File { file: File },
}

#[derive(Serialize)]
struct ImageUrl {
    url: DataUrl,
}

#[derive(Serialize)]
struct File {
    filename: String,
    file_data: DataUrl,
}

#[derive(Serialize)]
struct WireCall {
    id: String,
    r#type: &'static str,
    function: WireFunction,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

#[derive(Serialize)]
struct WireFunction {
    name: String,
    arguments: String,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

fn messages(message: &Message, dialect: Dialect) -> Vec<WireMessage> {
    match message.role {
        Role::System => vec![WireMessage::System {
            content: message.said(),
        }],
        Role::User => vec![WireMessage::User {
            content: content(message),
        }],
        Role::Assistant => answer(&message.parts, dialect),
    }
}

fn answer(parts: &[Part], dialect: Dialect) -> Vec<WireMessage> {
    let mut messages = Vec::new();
    for step in steps(parts) {
        let images = images(&step);
        if !step.text.is_empty() || !step.calls.is_empty() || !images.is_empty() {
            messages.push(WireMessage::Assistant {
                reasoning_content: reasoning(&step, dialect),
                reasoning_details: details(&step),
                content: (!step.text.is_empty()).then_some(step.text),
                images,
                tool_calls: step.calls.iter().copied().map(call).collect(),
            });
        }
        messages.extend(step.results.into_iter().map(|result| WireMessage::Tool {
            tool_call_id: result.call_id.clone(),
            content: result.text.clone(),
        }));
    }
    messages
}

fn images(step: &Step<'_>) -> Vec<ContentPart> {
    let images = step.said.iter().filter_map(|part| match part {
        Part::Attachment(file) => Some(content_file(file)),
        Part::Text { .. }
        | Part::Reasoning(_)
        | Part::ToolCall(_)
        | Part::ToolResult(_)
        | Part::Citations { .. }
        | Part::ServerTool(_) => None,
    });
    images.collect()
}

/// What stands for the reasoning of a call that has none, where a server wants some: what came from
/// another, or was cut off. An empty text counts as none there.
const NO_REASONING: &str = " ";

/// The reasoning in the field that it came in; the repair has left out what does not go back.
fn reasoning(step: &Step<'_>, dialect: Dialect) -> Option<String> {
    let texts = step.said.iter().filter_map(|part| match part {
        Part::Reasoning(reasoning) if reasoning.field.as_deref() == Some(REASONING_CONTENT) => {
            Some(reasoning.text.as_str())
        }
        Part::Reasoning(_)
        | Part::Text { .. }
        | Part::ToolCall(_)
        | Part::ToolResult(_)
        | Part::Attachment(_)
        | Part::Citations { .. }
        | Part::ServerTool(_) => None,
    });
    let texts: Vec<&str> = texts.collect();
    let text = texts.join("\n\n");
    if !dialect.reasoning_content {
        None
    } else if text.is_empty() {
        (!step.calls.is_empty()).then(|| NO_REASONING.to_owned())
    } else {
        Some(text)
    }
}

fn details(step: &Step<'_>) -> Vec<Value> {
    let seals = step.said.iter().filter_map(|part| match part {
        Part::Reasoning(reasoning) => reasoning.seal.as_ref(),
        Part::Text { .. }
        | Part::ToolCall(_)
        | Part::ToolResult(_)
        | Part::Attachment(_)
        | Part::Citations { .. }
        | Part::ServerTool(_) => None,
    });
    seals.flat_map(|seal| sealed_list(Some(seal))).collect()
}

fn call(call: &ToolCall) -> WireCall {
    let seal = call.seal.as_ref();
    let unknown = seal.and_then(|seal| serde_json::from_str::<UnknownFields>(&seal.data).ok());
    let unknown = unknown.unwrap_or_default();
    WireCall {
        id: call.call_id.clone(),
        r#type: "function",
        function: WireFunction {
            name: call.name.clone(),
            arguments: call.arguments.clone(),
            unknown: unknown.function,
        },
        unknown: unknown.call,
    }
}

/// What a person says: one string wherever that is enough, since every server takes a string, and
/// not every one an array.
fn content(message: &Message) -> Content {
    let files: Vec<ContentPart> = message.files().map(content_file).collect();
    let text = message.said();
    if files.is_empty() {
        return Content::Text(text);
    }
    let text = (!text.is_empty()).then_some(ContentPart::Text { text });
    Content::Parts(files.into_iter().chain(text).collect())
}

/// An image by a data URL, and a PDF file by the `file` part (OpenAI's reference, "Create chat
/// completion", content parts).
fn content_file(attachment: &Attachment) -> ContentPart {
    let url = attachment.data_url();
    if attachment.media_type.starts_with("image/") {
        ContentPart::ImageUrl {
            image_url: ImageUrl { url },
        }
    } else {
        ContentPart::File {
            file: File {
                filename: attachment.name.clone(),
                file_data: url,
            },
        }
    }
}
