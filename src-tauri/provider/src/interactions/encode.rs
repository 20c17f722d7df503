//! The request of Gemini's Interactions, from a repaired history to bytes that are always the same for
//! the same history.
//!
//! The whole conversation travels as steps with each request: what the server keeps of an answer does
//! not end where a Stop has ended it. In the foreground it keeps nothing; an answer in the background
//! must be stored ("Background execution").

use super::LIMITS;
use crate::body::Body;
use crate::history::{Block, Listed, NO_RESULT, Step, Writer, instructions, sealed_list, steps};
use crate::tool_list::Offered;
use crate::{HostedTool, Parameters, ToolDefinition, ToolList, WireApi};
use serde::Serialize;
use serde_json::{Value, json};
use tacet_conversation::{Attachment, Message, Part, Reasoning, Role, ToolCallState, ToolResult};

/// How a model is asked to think.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Thinking {
    /// How much.
    pub(super) level: Option<&'static str>,
    /// Whether summaries of it are wanted, which the API sends only then.
    pub(super) summaries: bool,
}

/// How this wire writes messages, as steps.
pub(super) struct Steps;

impl Writer for Steps {
    fn way(&self) -> (WireApi, bool) {
        (WireApi::GeminiInteractions, true)
    }

    fn above(&self, history: &[Message]) -> Vec<String> {
        instructions(history)
    }

    fn write(&self, history: &[Message]) -> Block {
        Block::of(&history.iter().flat_map(input).collect::<Vec<_>>())
    }
}

/// What a request says. The history was repaired for this wire: each call has its result, in order, and
/// only what this provider sealed is sealed.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) model: &'a str,
    pub(super) list: &'a Listed,
    pub(super) tools: &'a ToolList,
    pub(super) parameters: &'a Parameters,
    pub(super) thinking: Thinking,
    pub(super) background: bool,
    pub(super) hosted: &'a [HostedTool],
}

/// The body of a request as JSON.
pub(super) fn body(asked: &Asked<'_>) -> Body {
    let head = Head {
        model: (asked.model.strip_prefix("models/")).unwrap_or(asked.model),
        system_instruction: asked.list.above.join("\n\n"),
    };
    let rest = Rest {
        tools: toolbox(asked.tools, asked.hosted),
        generation_config: Config {
            temperature: asked.parameters.temperature,
            max_output_tokens: asked.parameters.max_output_tokens,
            seed: asked.parameters.seed,
            thinking_level: asked.thinking.level,
            thinking_summaries: asked.thinking.summaries.then_some("auto"),
        },
        stream: true,
        store: asked.background,
        background: asked.background,
    };
    Body::around(&head, "input", asked.list, &rest)
}

/// What stands before the steps.
#[derive(Serialize)]
struct Head<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "String::is_empty")]
    system_instruction: String,
}

/// What stands after them.
#[derive(Serialize)]
struct Rest<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Offered<'a>>,
    #[serde(skip_serializing_if = "Config::is_empty")]
    generation_config: Config,
    stream: bool,
    store: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    background: bool,
}

#[derive(Default, PartialEq, Serialize)]
struct Config {
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_level: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_summaries: Option<&'static str>,
}

impl Config {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Functions, or else its own search, which models before Gemini 3 take alone.
fn toolbox<'a>(tools: &'a ToolList, hosted: &[HostedTool]) -> Vec<Offered<'a>> {
    let searches = tools.is_empty() && hosted.contains(&HostedTool::WebSearch);
    let search = searches.then(|| json!({ "type": "google_search" }));
    tools.offered(WireApi::GeminiInteractions, declared, search)
}

fn declared(tool: &ToolDefinition) -> Value {
    json!({
        "type": "function",
        "name": tool.name(),
        "description": tool.description(),
        "parameters": LIMITS.schema(tool.input_schema()),
    })
}

fn input(message: &Message) -> Vec<Value> {
    match message.role {
        Role::System => Vec::new(),
        Role::User => {
            let content: Vec<Value> = message.parts.iter().filter_map(asked).collect();
            (!content.is_empty())
                .then(|| json!({ "type": "user_input", "content": content }))
                .into_iter()
                .collect()
        }
        Role::Assistant => steps(&message.parts).iter().flat_map(answer).collect(),
    }
}

/// What the model said, in its order, and then what its tools said.
fn answer(step: &Step<'_>) -> Vec<Value> {
    let mut answer: Vec<Value> = Vec::new();
    for part in &step.said {
        match part {
            Part::Text { text } if text.is_empty() => {}
            Part::Text { text } => put(&mut answer, json!({ "type": "text", "text": text })),
            Part::Attachment(made) => put(&mut answer, file(made)),
            Part::Reasoning(reasoning) => answer.extend(thought(reasoning)),
            Part::ToolCall(call) => {
                let mut said = json!({
                    "type": "function_call",
                    "id": call.call_id,
                    "name": call.name,
                    "arguments": call.input(),
                });
                if let Some(seal) = &call.seal {
                    said["signature"] = json!(seal.data);
                }
                answer.push(said);
            }
            Part::ServerTool(tool) => answer.extend(sealed_list(tool.seal.as_ref())),
            Part::ToolResult(_) | Part::Citations { .. } => {}
        }
    }
    let answered = step.calls.iter().zip(&step.results);
    answer.extend(answered.map(|(call, result)| {
        let mut said = json!({
            "type": "function_result",
            "call_id": call.call_id,
            "name": call.name,
            "result": told(result),
        });
        if result.state == ToolCallState::Failed && result.text != NO_RESULT {
            said["is_error"] = json!(true);
        }
        said
    }));
    answer
}

/// Adds to what the model said last, or begins that.
fn put(answer: &mut Vec<Value>, content: Value) {
    if let Some(last) = answer.last_mut()
        && last["type"] == "model_output"
        && let Some(list) = last["content"].as_array_mut()
    {
        list.push(content);
        return;
    }
    answer.push(json!({ "type": "model_output", "content": [content] }));
}

/// What a tool said: words, or a list where there are pictures.
fn told(result: &ToolResult) -> Value {
    let pictures = result.contents.iter().filter_map(|content| {
        let (mime_type, data) = content.image()?;
        Some(json!({ "type": "image", "mime_type": mime_type, "data": data }))
    });
    let pictures: Vec<Value> = pictures.collect();
    if pictures.is_empty() {
        return json!(result.text);
    }
    let words = (!result.text.is_empty()).then(|| json!({ "type": "text", "text": result.text }));
    words.into_iter().chain(pictures).collect()
}

fn thought(reasoning: &Reasoning) -> Option<Value> {
    let seal = reasoning.seal.as_ref()?;
    let mut said = json!({ "type": "thought", "signature": seal.data });
    if !reasoning.text.is_empty() {
        said["summary"] = json!([{ "type": "text", "text": reasoning.text }]);
    }
    Some(said)
}

fn asked(part: &Part) -> Option<Value> {
    match part {
        Part::Text { text } => Some(json!({ "type": "text", "text": text })),
        Part::Attachment(attachment) => Some(file(attachment)),
        Part::Reasoning(_)
        | Part::ToolCall(_)
        | Part::ToolResult(_)
        | Part::Citations { .. }
        | Part::ServerTool(_) => None,
    }
}

fn file(attachment: &Attachment) -> Value {
    if let Some(text) = attachment.quoted() {
        return json!({ "type": "text", "text": text });
    }
    let is_image = attachment.media_type.starts_with("image/");
    json!({
        "type": if is_image { "image" } else { "document" },
        "mime_type": attachment.media_type,
        "data": attachment.text,
    })
}
