//! LibreChat's export of a conversation: a list of messages, or a tree of them.

use super::{at, list, moment, text, text_part};
use crate::report::Report;
use crate::source::{Node, Source};
use serde_json::Value;
use tacet_conversation::{Part, Reasoning, Role, ToolCall, ToolCallState, ToolResult};

/// What the first message names as what it answers.
const ROOT: &str = "00000000-0000-0000-0000-000000000000";

pub(super) fn read(value: &Value, report: &mut Report) -> Option<Source> {
    let mut source = Source {
        app: "librechat",
        id: text(value, &["conversationId"]).to_owned(),
        title: text(value, &["title"]).to_owned(),
        created_at: moment(value.get("createdAt")).unwrap_or_default(),
        updated_at: moment(value.get("updatedAt")).unwrap_or_default(),
        head: None,
        is_line: false,
        nodes: Vec::new(),
    };
    let mut next: Vec<(&Value, Option<&str>)> = Vec::new();
    for name in ["messagesTree", "messages"] {
        next.extend(
            list(value, name)
                .iter()
                .rev()
                .map(|message| (message, None)),
        );
        if !next.is_empty() {
            break;
        }
    }
    let model = text(value, &["options", "model"]);
    while let Some((message, above)) = next.pop() {
        let id = text(message, &["messageId"]);
        let parent = match text(message, &["parentMessageId"]) {
            "" | ROOT => above,
            parent => Some(parent),
        };
        let is_person = message.get("isCreatedByUser").and_then(Value::as_bool) == Some(true);
        let own = text(message, &["model"]);
        let model = if own.is_empty() { model } else { own };
        source.nodes.push(Node {
            id: id.to_owned(),
            parent: parent.map(str::to_owned),
            role: if is_person {
                Role::User
            } else {
                Role::Assistant
            },
            parts: parts(message, report),
            model: (!is_person && !model.is_empty()).then(|| model.to_owned()),
            created_at: moment(message.get("createdAt")),
        });
        let below = list(message, "children").iter().rev();
        next.extend(below.map(|child| (child, Some(id))));
    }
    source.head = source.nodes.last().map(|last| last.id.clone());
    Some(source)
}

fn parts(message: &Value, report: &mut Report) -> Vec<Part> {
    let mut parts = Vec::new();
    for piece in list(message, "content") {
        match text(piece, &["type"]) {
            "text" => {
                let plain = text(piece, &["text"]);
                let nested = text(piece, &["text", "value"]);
                parts.extend(text_part(if plain.is_empty() { nested } else { plain }));
            }
            "think" => parts.push(Part::Reasoning(Reasoning {
                text: text(piece, &["think"]).to_owned(),
                ..Reasoning::default()
            })),
            "tool_call" => add_call(piece.get("tool_call").unwrap_or(piece), &mut parts),
            other => report.problem(&format!("pieces of a message of the kind \"{other}\""), 1),
        }
    }
    if parts.is_empty() {
        parts.extend(text_part(text(message, &["text"])));
    }
    parts
}

fn add_call(call: &Value, parts: &mut Vec<Part>) {
    let call_id = text(call, &["id"]).to_owned();
    let arguments = match at(call, &["args"]) {
        Some(Value::String(arguments)) => arguments.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    parts.push(Part::ToolCall(ToolCall {
        call_id: call_id.clone(),
        name: text(call, &["name"]).to_owned(),
        arguments,
        state: ToolCallState::Succeeded,
        seal: None,
    }));
    let output = text(call, &["output"]);
    if !output.is_empty() {
        parts.push(Part::ToolResult(ToolResult {
            call_id,
            text: output.to_owned(),
            contents: Vec::new(),
            left_out: false,
            state: ToolCallState::Succeeded,
        }));
    }
}
