//! The request of OpenAI Responses, from a repaired history to bytes that are always the same for
//! the same history.
//!
//! The whole conversation travels as input items with each request, and nothing is kept at the
//! server (OpenAI's guide "Conversation state"): what the server keeps does not hold the calls of
//! an answer that was stopped (openai-node 2571).

use super::LIMITS;
use crate::body::Body;
use crate::effort;
use crate::history::{Block, Listed, Step, Writer, steps};
use crate::tool_list::Offered;
use crate::{HostedTool, Parameters, ToolDefinition, ToolList, WireApi};
use serde::Serialize;
use serde_json::{Value, json};
use tacet_conversation::{Attachment, Message, Part, Reasoning as ReasoningPart, Role, ToolResult};

/// What differs between servers and settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// Ask for reasoning in the form that can be sent back. Models that do not reason, and some
    /// servers, refuse it.
    pub sealed_reasoning: bool,
    /// Ask for summaries of the reasoning, which the API sends only then.
    pub summary: bool,
    /// Answer in the background, where an answer must be stored (OpenAI's guide "Background
    /// mode").
    pub background: bool,
}

/// The API takes no smaller limit of tokens (OpenAI's reference, "Create a model response").
const LEAST_TOKENS: u32 = 16;

/// How this wire writes messages, as items.
pub(super) struct Items;

impl Writer for Items {
    fn way(&self) -> (WireApi, bool) {
        (WireApi::OpenaiResponses, true)
    }

    /// What stands before the conversation has a field of its own; instructions that come later are
    /// items.
    fn above(&self, history: &[Message]) -> Vec<String> {
        let instructions = &history[..conversation(history)];
        instructions.iter().map(Message::said).collect()
    }

    fn write(&self, history: &[Message]) -> Block {
        let history = &history[conversation(history)..];
        Block::of(&history.iter().flat_map(items).collect::<Vec<_>>())
    }
}

/// Where the conversation begins, behind its instructions.
fn conversation(history: &[Message]) -> usize {
    let first = history
        .iter()
        .position(|message| message.role != Role::System);
    first.unwrap_or(history.len())
}

/// The body of a request, around a history that is written. It was repaired for this wire: each call
/// has its result, in order, and each message says something.
pub(super) fn body(
    model: &str,
    list: &Listed,
    tools: &ToolList,
    parameters: &Parameters,
    dialect: Dialect,
    hosted: &[HostedTool],
) -> Body {
    let limit = parameters.max_output_tokens;
    let head = Head {
        model,
        instructions: list.above.join("\n\n"),
    };
    let rest = Rest {
        tools: tools.offered(WireApi::OpenaiResponses, tool, hosted_tools(hosted)),
        stream: true,
        store: dialect.background,
        background: dialect.background,
        include: if dialect.sealed_reasoning {
            &["reasoning.encrypted_content"]
        } else {
            &[]
        },
        reasoning: Reasoning {
            effort: effort::openai::word(model, parameters.effort),
            summary: dialect.summary.then_some("auto"),
        },
        temperature: parameters.temperature,
        max_output_tokens: limit.map(|limit| limit.max(LEAST_TOKENS)),
    };
    Body::around(&head, "input", list, &rest)
}

/// What stands before the items.
#[derive(Serialize)]
struct Head<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "String::is_empty")]
    instructions: String,
}

/// What stands after them.
#[derive(Serialize)]
struct Rest<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Offered<'a>>,
    stream: bool,
    store: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    background: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    include: &'static [&'static str],
    #[serde(skip_serializing_if = "Reasoning::is_empty")]
    reasoning: Reasoning,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
}

#[derive(Serialize)]
struct Reasoning {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'static str>,
}

impl Reasoning {
    fn is_empty(&self) -> bool {
        self.effort.is_none() && self.summary.is_none()
    }
}

/// A function tool (OpenAI's reference, "Create a model response", `tools`). Strict schemas have rules
/// that those of other people's tools do not keep to.
fn tool(tool: &ToolDefinition) -> Value {
    json!({
        "type": "function",
        "name": tool.name(),
        "description": tool.description(),
        "parameters": LIMITS.schema(tool.input_schema()),
        "strict": false,
    })
}

/// The server's own tools (OpenAI's guides "Web search" and "Image generation"). One sketch of an
/// image is asked for, so that a stop leaves something of it.
fn hosted_tools(hosted: &[HostedTool]) -> impl Iterator<Item = Value> {
    hosted.iter().map(|tool| match tool {
        HostedTool::WebSearch => json!({ "type": "web_search" }),
        HostedTool::ImageGeneration => json!({ "type": "image_generation", "partial_images": 1 }),
    })
}

fn items(message: &Message) -> Vec<Value> {
    match message.role {
        Role::System => {
            let text = message.said();
            let content = vec![json!({"type": "input_text", "text": text})];
            vec![message_item("system", content)]
        }
        Role::User => vec![message_item("user", content(message))],
        Role::Assistant => steps(&message.parts).iter().flat_map(step).collect(),
    }
}

fn message_item(role: &str, content: Vec<Value>) -> Value {
    json!({"type": "message", "role": role, "content": content})
}

/// What the model said, in its order, and then what its tools said.
fn step(step: &Step<'_>) -> Vec<Value> {
    let results = step.results.iter().map(|result| {
        json!({
            "type": "function_call_output",
            "call_id": result.call_id,
            "output": output(result),
        })
    });
    let mut phase = None;
    let said = step
        .said
        .iter()
        .filter_map(|part| answer_item(part, &mut phase));
    said.chain(results).collect()
}

/// What a tool said: words, or a list where there are pictures (OpenAI's reference, "Input item
/// list", function tool call output).
fn output(result: &ToolResult) -> Value {
    let pictures = result.contents.iter().filter_map(|content| {
        let (media_type, data) = content.image()?;
        let url = format!("data:{media_type};base64,{data}");
        Some(json!({"type": "input_image", "image_url": url, "detail": "auto"}))
    });
    let pictures: Vec<Value> = pictures.collect();
    if pictures.is_empty() {
        return json!(result.text);
    }
    let words =
        (!result.text.is_empty()).then(|| json!({"type": "input_text", "text": result.text}));
    words.into_iter().chain(pictures).collect()
}

/// `phase` is what the next message is, as the server said of it.
fn answer_item(part: &Part, phase: &mut Option<Value>) -> Option<Value> {
    match part {
        Part::Text { text } if text.is_empty() => None,
        Part::Text { text } => {
            let content = json!({"type": "output_text", "text": text, "annotations": []});
            let mut item = message_item("assistant", vec![content]);
            if let Some(phase) = phase.take() {
                item["phase"] = phase;
            }
            Some(item)
        }
        Part::Reasoning(reasoning) => {
            let item = sealed(reasoning)?;
            if item["type"] == "message" {
                *phase = Some(item["phase"].clone());
                return None;
            }
            Some(item)
        }
        Part::ToolCall(call) => Some(json!({
            "type": "function_call",
            "call_id": call.call_id,
            "name": call.name,
            "arguments": call.arguments,
        })),
        Part::Attachment(file) => image_item(file),
        Part::ServerTool(tool) => serde_json::from_str(&tool.seal.as_ref()?.data).ok(),
        Part::ToolResult(_) | Part::Citations { .. } => None,
    }
}

/// An image that the model made, in the item that it came in (OpenAI's guide "Image generation").
fn image_item(file: &Attachment) -> Option<Value> {
    let seal = file.seal.as_ref()?;
    let mut item: Value = serde_json::from_str(&seal.data).ok()?;
    item["result"] = json!(file.text);
    Some(item)
}

/// The reasoning item as the server gave it, or what it said of the message that follows.
fn sealed(reasoning: &ReasoningPart) -> Option<Value> {
    let seal = reasoning.seal.as_ref()?;
    serde_json::from_str(&seal.data).ok()
}

fn content(message: &Message) -> Vec<Value> {
    let mut content: Vec<Value> = message.files().map(content_file).collect();
    let text = message.said();
    if !text.is_empty() {
        content.push(json!({"type": "input_text", "text": text}));
    }
    content
}

/// An image or a file by a data URL (OpenAI's reference, "Input item list").
fn content_file(attachment: &Attachment) -> Value {
    let url = attachment.data_url();
    if attachment.media_type.starts_with("image/") {
        json!({"type": "input_image", "image_url": url, "detail": "auto"})
    } else {
        json!({"type": "input_file", "filename": attachment.name, "file_data": url})
    }
}
