//! The request of OpenAI Chat Completions, from a repaired history to bytes that are always the
//! same for the same history.

use crate::history::steps;
use crate::{Attachment, Message, Parameters, Part, Role, ToolCall};
use serde::Serialize;

/// What differs between servers that speak this wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Ask for the usage in the last chunk. A few servers refuse the field.
    pub include_usage: bool,
    /// The limit of tokens is called `max_completion_tokens`.
    pub completion_limit: bool,
}

/// The body of a request as JSON. `history` was repaired for this wire: each call has its
/// result, in order, and each message says something.
#[must_use]
pub fn encode(
    model: &str,
    history: &[Message],
    parameters: &Parameters,
    dialect: Dialect,
) -> Vec<u8> {
    let limit = parameters.max_output_tokens;
    let request = Request {
        model,
        messages: history.iter().flat_map(messages).collect(),
        stream: true,
        stream_options: dialect.include_usage.then_some(StreamOptions {
            include_usage: true,
        }),
        temperature: parameters.temperature,
        max_tokens: limit.filter(|_| !dialect.completion_limit),
        max_completion_tokens: limit.filter(|_| dialect.completion_limit),
        seed: parameters.seed,
    };
    // Neither maps with keys that are not strings nor a writer that fails: this has no error.
    serde_json::to_vec(&request).unwrap_or_default()
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    messages: Vec<WireMessage>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u32>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
enum WireMessage {
    System {
        content: String,
    },
    User {
        content: String,
    },
    Assistant {
        /// `null` beside tool calls without text.
        content: Option<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<WireCall>,
    },
    Tool {
        tool_call_id: String,
        content: String,
    },
}

#[derive(Serialize)]
struct WireCall {
    id: String,
    r#type: &'static str,
    function: WireFunction,
}

#[derive(Serialize)]
struct WireFunction {
    name: String,
    arguments: String,
}

fn messages(message: &Message) -> Vec<WireMessage> {
    match message.role {
        Role::System => vec![WireMessage::System {
            content: said(&message.parts),
        }],
        Role::User => vec![WireMessage::User {
            content: said(&message.parts),
        }],
        Role::Assistant => answer(&message.parts),
    }
}

fn answer(parts: &[Part]) -> Vec<WireMessage> {
    let mut messages = Vec::new();
    for step in steps(parts) {
        if !step.text.is_empty() || !step.calls.is_empty() {
            messages.push(WireMessage::Assistant {
                content: (!step.text.is_empty()).then_some(step.text),
                tool_calls: step.calls.into_iter().map(call).collect(),
            });
        }
        messages.extend(step.results.into_iter().map(|result| WireMessage::Tool {
            tool_call_id: result.call_id.clone(),
            content: result.text.clone(),
        }));
    }
    messages
}

fn call(call: &ToolCall) -> WireCall {
    WireCall {
        id: call.call_id.clone(),
        r#type: "function",
        function: WireFunction {
            name: call.name.clone(),
            arguments: call.arguments.clone(),
        },
    }
}

/// What a person says, as one string: every server takes a string, and not every one an array.
fn said(parts: &[Part]) -> String {
    let texts: Vec<String> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Text { text } => Some(text.clone()),
            Part::Attachment(attachment) => Some(attached(attachment)),
            Part::Reasoning(_) | Part::ToolCall(_) | Part::ToolResult(_) => None,
        })
        .collect();
    texts.join("\n\n")
}

fn attached(attachment: &Attachment) -> String {
    let Attachment { name, text, .. } = attachment;
    format!("[Attached file: {name}]\n{text}\n[End of file: {name}]")
}
