//! The request of Anthropic Messages, from a repaired history to bytes that are always the same
//! for the same history.

mod cited;

use super::server_tools::is_call;
use super::{LIMITS, SealedBlock};
use crate::body::Body;
use crate::effort::claude::Thinking;
use crate::history::{Block as Written, Listed, NO_RESULT, Writer, instructions, steps};
use crate::tool_list::Offered;
use crate::{HostedTool, Parameters, ToolDefinition, ToolList, WireApi};
use serde::Serialize;
use serde_json::{Value, json};
use tacet_conversation::{
    Attachment, Message, Part, Reasoning, Role, ServerTool, SharedText, ToolCall, ToolCallState,
    ToolResult,
};

/// How this wire writes messages, as turns.
pub(super) struct Turns;

impl Writer for Turns {
    fn way(&self) -> (WireApi, bool) {
        (WireApi::Anthropic, true)
    }

    /// Instructions stand above the messages, wherever they were given.
    fn above(&self, history: &[Message]) -> Vec<String> {
        instructions(history)
    }

    fn write(&self, history: &[Message]) -> Written {
        let turns = turns(history);
        Written {
            may_think: may_think(&turns),
            container: container(history),
            ..Written::of(&turns)
        }
    }
}

/// The body of a request as JSON, around a history that was repaired for this wire: the roles
/// alternate, each call has its result, in order, and only what this provider sealed is sealed.
pub(super) fn body(
    model: &str,
    list: &Listed,
    tools: &ToolList,
    parameters: &Parameters,
    thinking: Thinking,
    hosted: &[HostedTool],
) -> Body {
    let system = list.above.join("\n\n");
    let head = Head {
        model,
        max_tokens: most(model, parameters),
        system: (!system.is_empty()).then_some(system),
    };
    let thinks = thinking
        .thinking
        .filter(|wanted| !has_budget(Some(wanted)) || list.may_think);
    // With a budget the model has a temperature of its own.
    let warm = parameters
        .temperature
        .filter(|_| !has_budget(thinks.as_ref()));
    let rest = Rest {
        thinking: thinks,
        output_config: thinking.output_config,
        tools: tools.offered(WireApi::Anthropic, tool, hosted_tools(hosted)),
        container: list.container.as_deref(),
        stream: true,
        // The scale ends at 1 here; elsewhere it goes to 2.
        temperature: warm.map(|heat| heat.min(1.0)),
    };
    Body::around(&head, "messages", list, &rest)
}

/// How many tokens an answer may have.
pub(super) fn most(model: &str, parameters: &Parameters) -> u32 {
    let limit = parameters.max_output_tokens;
    limit.unwrap_or_else(|| output_limit(model))
}

fn has_budget(thinking: Option<&Value>) -> bool {
    thinking.is_some_and(|thinking| thinking["type"] == "enabled")
}

/// A model with a budget refuses to go on with an answer that did not begin with thinking: with one
/// that stands last, and with one whose tools have just answered (Anthropic's "Extended thinking",
/// "Extended thinking with tool use").
fn may_think(turns: &[Turn]) -> bool {
    match turns {
        [.., last] if last.role == Speaker::Assistant => false,
        [.., before, last] => {
            let goes_on = matches!(last.content.first(), Some(Block::ToolResult { .. }));
            let began = before.content.first();
            let thought = matches!(
                began,
                Some(Block::Thinking { .. } | Block::RedactedThinking { .. })
            );
            !goes_on || thought
        }
        [_] | [] => true,
    }
}

/// How long an answer may get where nobody has said so, since the API wants to be told: the most
/// that the model can write (Anthropic's "Models overview", "Max output"), but not above what all
/// of its generation can. A gateway's models are unknown, and the smaller ones refuse more.
fn output_limit(model: &str) -> u32 {
    const LIMITS: &[(&str, u32)] = &[
        ("claude-3-opus", 4_096),
        ("claude-3-sonnet", 4_096),
        ("claude-3-haiku", 4_096),
        ("claude-3-5-", 8_192),
        ("claude-", 32_000),
    ];
    let known = LIMITS.iter().find(|(name, _)| model.contains(name));
    known.map_or(8_192, |(_, limit)| *limit)
}

/// What stands before the messages.
#[derive(Serialize)]
struct Head<'a> {
    model: &'a str,
    max_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<String>,
}

/// What stands after them.
#[derive(Serialize)]
struct Rest<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Offered<'a>>,
    /// Where the server's own tools ran before in this turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<&'a str>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
}

/// A tool of the client's own (Anthropic's reference, "Create a Message", `tools`).
fn tool(tool: &ToolDefinition) -> Value {
    json!({
        "name": tool.name(),
        "description": tool.description(),
        "input_schema": LIMITS.schema(tool.input_schema()),
    })
}

/// The server's own tools (Anthropic's "Web search tool").
fn hosted_tools(hosted: &[HostedTool]) -> impl Iterator<Item = Value> {
    hosted.iter().filter_map(|tool| match tool {
        HostedTool::WebSearch => {
            Some(json!({ "type": "web_search_20250305", "name": "web_search" }))
        }
        HostedTool::ImageGeneration => None,
    })
}

/// Where the server's own tools ran, for a further request of the same turn: later it may be gone
/// there.
fn container(history: &[Message]) -> Option<String> {
    let last = history.last().filter(|last| last.role == Role::Assistant)?;
    let seals = last.parts.iter().rev().filter_map(|part| match part {
        Part::ServerTool(tool) => tool.seal.as_ref(),
        Part::Text { .. }
        | Part::Reasoning(_)
        | Part::ToolCall(_)
        | Part::ToolResult(_)
        | Part::Attachment(_)
        | Part::Citations { .. } => None,
    });
    let mut containers = seals.filter_map(|seal| match serde_json::from_str(&seal.data).ok()? {
        SealedBlock::Container { id } => Some(id),
        SealedBlock::Thinking { .. }
        | SealedBlock::RedactedThinking { .. }
        | SealedBlock::Blocks { .. } => None,
    });
    containers.next()
}

#[derive(Serialize)]
struct Turn {
    role: Speaker,
    content: Vec<Block>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Speaker {
    User,
    Assistant,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    Text {
        text: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        citations: Vec<Value>,
    },
    Thinking {
        thinking: String,
        signature: String,
    },
    RedactedThinking {
        data: String,
    },
    ToolUse {
        id: String,
        name: String,
        input: Value,
    },
    ToolResult {
        tool_use_id: String,
        content: Said,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
    Image {
        source: Source,
    },
    Document {
        source: Source,
        title: String,
    },
    /// As the server gave it.
    #[serde(untagged)]
    Verbatim(Value),
}

impl Block {
    fn text(text: String) -> Self {
        Self::Text {
            text,
            citations: Vec::new(),
        }
    }
}

/// What a tool said: words, or blocks where there are pictures.
#[derive(Serialize)]
#[serde(untagged)]
enum Said {
    Words(String),
    Blocks(Vec<Block>),
}

#[derive(Serialize)]
struct Source {
    r#type: &'static str,
    media_type: String,
    data: SharedText,
}

/// The roles alternate: results open the user's turn that follows the calls.
fn turns(history: &[Message]) -> Vec<Turn> {
    let mut turns = Vec::new();
    for (place, message) in history.iter().enumerate() {
        let is_last = place + 1 == history.len();
        match message.role {
            Role::System => {}
            Role::User => {
                let parts: Vec<&Part> = message.parts.iter().collect();
                speak(&mut turns, Speaker::User, blocks(&parts));
            }
            Role::Assistant => {
                for step in steps(&message.parts) {
                    let mut said = blocks(&step.said);
                    if !is_last {
                        drop_open_call(&mut said);
                    }
                    speak(&mut turns, Speaker::Assistant, said);
                    let results = step.results.into_iter().map(result);
                    speak(&mut turns, Speaker::User, results.collect());
                }
            }
        }
    }
    turns
}

fn speak(turns: &mut Vec<Turn>, role: Speaker, mut content: Vec<Block>) {
    match turns.last_mut() {
        _ if content.is_empty() => {}
        Some(last) if last.role == role => last.content.append(&mut content),
        Some(_) | None => turns.push(Turn { role, content }),
    }
}

fn blocks(parts: &[&Part]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (place, part) in parts.iter().enumerate() {
        match part {
            Part::Text { text } => match parts.get(place + 1) {
                Some(Part::Citations { citations }) => {
                    blocks.extend(cited::blocks(text, citations))
                }
                // Blocks of nothing but white space are refused.
                Some(_) | None if text.trim().is_empty() => {}
                Some(_) | None => blocks.push(Block::text(text.clone())),
            },
            Part::Reasoning(reasoning) => blocks.extend(thinking(reasoning)),
            Part::ToolCall(call) => blocks.push(tool_use(call)),
            Part::ServerTool(tool) => blocks.extend(server_tool(tool)),
            // They stand with their text.
            Part::Citations { .. } => {}
            Part::ToolResult(_) => {}
            Part::Attachment(attachment) => blocks.push(file(attachment)),
        }
    }
    blocks
}

/// A call of a server's own tool that has no result is taken back only where the server goes on with it;
/// before the person's next words it stays here, and so does the thinking that led to it.
fn drop_open_call(said: &mut Vec<Block>) {
    let is_open = matches!(said.last(), Some(Block::Verbatim(block)) if is_call(block));
    if is_open {
        said.pop();
        let thinks = |block: &Block| {
            matches!(
                block,
                Block::Thinking { .. } | Block::RedactedThinking { .. }
            )
        };
        while said.last().is_some_and(thinks) {
            said.pop();
        }
    }
}

/// What the server's own tools were asked and gave.
fn server_tool(tool: &ServerTool) -> Vec<Block> {
    let data = tool.seal.as_ref().map_or("", |seal| &seal.data);
    match serde_json::from_str(data) {
        Ok(SealedBlock::Blocks { blocks }) => blocks.into_iter().map(Block::Verbatim).collect(),
        Ok(
            SealedBlock::Thinking { .. }
            | SealedBlock::RedactedThinking { .. }
            | SealedBlock::Container { .. },
        )
        | Err(_) => Vec::new(),
    }
}

fn thinking(reasoning: &Reasoning) -> Option<Block> {
    let seal = reasoning.seal.as_ref()?;
    match serde_json::from_str(&seal.data).ok()? {
        SealedBlock::Thinking { signature } => Some(Block::Thinking {
            thinking: reasoning.text.clone(),
            signature,
        }),
        SealedBlock::RedactedThinking { data } => Some(Block::RedactedThinking { data }),
        SealedBlock::Blocks { .. } | SealedBlock::Container { .. } => None,
    }
}

fn tool_use(call: &ToolCall) -> Block {
    Block::ToolUse {
        id: call.call_id.clone(),
        name: call.name.clone(),
        input: call.input(),
    }
}

fn result(result: &ToolResult) -> Block {
    Block::ToolResult {
        tool_use_id: result.call_id.clone(),
        content: said(result),
        // What stands for a missing result is neither success nor error.
        is_error: result.state == ToolCallState::Failed && result.text != NO_RESULT,
    }
}

fn said(result: &ToolResult) -> Said {
    let pictures = result.contents.iter().filter_map(|content| {
        let (media_type, data) = content.image()?;
        Some(Block::Image {
            source: Source {
                r#type: "base64",
                media_type: media_type.to_owned(),
                data: data.clone(),
            },
        })
    });
    let pictures: Vec<Block> = pictures.collect();
    let text = result.text.clone();
    if pictures.is_empty() {
        return Said::Words(text);
    }
    // Blocks of nothing but white space are refused.
    let words = (!text.trim().is_empty()).then(|| Block::text(text));
    Said::Blocks(words.into_iter().chain(pictures).collect())
}

fn file(attachment: &Attachment) -> Block {
    if let Some(text) = attachment.quoted() {
        return Block::text(text);
    }
    let source = Source {
        r#type: "base64",
        media_type: attachment.media_type.clone(),
        data: attachment.text.clone(),
    };
    if attachment.media_type.starts_with("image/") {
        Block::Image { source }
    } else {
        Block::Document {
            source,
            title: attachment.name.clone(),
        }
    }
}
