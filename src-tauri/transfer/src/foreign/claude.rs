//! Claude's archive: messages in their order, or a tree where they name what they answer. The text of
//! pasted documents is in `attachments[].extracted_content`.

use super::{list, moment, text, text_file, text_part};
use crate::report::Report;
use crate::source::{Node, Source};
use serde_json::Value;
use tacet_conversation::{Part, Reasoning, Role, ToolCall, ToolCallState, ToolResult};

/// What the first messages of some archives name as what they answer.
const ROOT: &str = "00000000-0000-4000-8000-000000000000";

pub(super) fn read(value: &Value, report: &mut Report) -> Option<Source> {
    let messages = value.get("chat_messages")?.as_array()?;
    let mut source = Source {
        app: "claude",
        id: text(value, &["uuid"]).to_owned(),
        title: text(value, &["name"]).to_owned(),
        created_at: moment(value.get("created_at")).unwrap_or_default(),
        updated_at: moment(value.get("updated_at")).unwrap_or_default(),
        head: Some(text(value, &["current_leaf_message_uuid"]).to_owned()),
        is_line: false,
        nodes: Vec::with_capacity(messages.len()),
    };
    let mut before: Option<String> = None;
    for (number, message) in messages.iter().enumerate() {
        let id = match text(message, &["uuid"]) {
            "" => number.to_string(),
            id => id.to_owned(),
        };
        let parent = match text(message, &["parent_message_uuid"]) {
            "" => before,
            ROOT => None,
            parent => Some(parent.to_owned()),
        };
        let is_person = text(message, &["sender"]) == "human";
        source.nodes.push(Node {
            id: id.clone(),
            parent,
            role: if is_person {
                Role::User
            } else {
                Role::Assistant
            },
            parts: parts(message, report),
            model: (!is_person).then(|| match text(value, &["model"]) {
                "" => "claude".to_owned(),
                model => model.to_owned(),
            }),
            created_at: moment(message.get("created_at")),
        });
        before = Some(id);
    }
    Some(source)
}

fn parts(message: &Value, report: &mut Report) -> Vec<Part> {
    let mut parts = Vec::new();
    for block in list(message, "content") {
        match text(block, &["type"]) {
            "text" => parts.extend(text_part(text(block, &["text"]))),
            "thinking" => parts.push(Part::Reasoning(Reasoning {
                text: text(block, &["thinking"]).to_owned(),
                ..Reasoning::default()
            })),
            "tool_use" => parts.push(Part::ToolCall(ToolCall {
                call_id: text(block, &["id"]).to_owned(),
                name: text(block, &["name"]).to_owned(),
                arguments: block.get("input").map(Value::to_string).unwrap_or_default(),
                state: ToolCallState::Succeeded,
                seal: None,
            })),
            "tool_result" => add_result(block, &mut parts),
            "token_budget" | "flag" => {}
            other => report.problem(&format!("pieces of a message of the kind \"{other}\""), 1),
        }
    }
    if parts.is_empty() {
        parts.extend(text_part(text(message, &["text"])));
    }
    for file in list(message, "attachments") {
        let name = text(file, &["file_name"]);
        let name = if name.is_empty() {
            "Pasted text.txt"
        } else {
            name
        };
        parts.push(text_file(name, text(file, &["extracted_content"])));
    }
    let files = list(message, "files");
    report.problem(
        "files whose content is not in the archive; their names were kept",
        files.len() as u64,
    );
    for file in files {
        parts.extend(text_part(&format!("[{}]", text(file, &["file_name"]))));
    }
    parts
}

fn add_result(block: &Value, parts: &mut Vec<Part>) {
    let said = match block.get("content") {
        Some(Value::String(said)) => said.clone(),
        Some(Value::Array(pieces)) => {
            let texts = pieces.iter().map(|piece| text(piece, &["text"]));
            texts
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join("\n\n")
        }
        _ => String::new(),
    };
    let failed = block.get("is_error").and_then(Value::as_bool) == Some(true);
    let state = if failed {
        ToolCallState::Failed
    } else {
        ToolCallState::Succeeded
    };
    let id = text(block, &["tool_use_id"]);
    // Some archives leave the ids out: then it belongs to the call right before it.
    let before = parts.iter_mut().rev().find_map(|part| match part {
        Part::ToolCall(call) if id.is_empty() || call.call_id == id => Some(call),
        Part::ToolCall(_)
        | Part::Text { .. }
        | Part::Reasoning(_)
        | Part::ToolResult(_)
        | Part::Attachment(_)
        | Part::Citations { .. }
        | Part::ServerTool(_) => None,
    });
    let Some(call) = before else {
        parts.extend(text_part(&said));
        return;
    };
    call.state = state;
    let call_id = call.call_id.clone();
    parts.push(Part::ToolResult(ToolResult {
        call_id,
        text: said,
        contents: Vec::new(),
        left_out: false,
        state,
    }));
}
