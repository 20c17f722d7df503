//! The export of llama.cpp's own page: `conv` and its `messages`, a tree below a root.

use super::{list, moment, role, text, text_file, text_part};
use crate::report::Report;
use crate::source::{Node, Source};
use serde_json::Value;
use tacet_conversation::{Part, Reasoning};

pub(super) fn read(value: &Value, report: &mut Report) -> Option<Source> {
    let conversation = value.get("conv")?;
    let messages = value.get("messages")?.as_array()?;
    let updated_at = moment(conversation.get("lastModified")).unwrap_or_default();
    let mut source = Source {
        app: "llama-server",
        id: text(conversation, &["id"]).to_owned(),
        title: text(conversation, &["name"]).to_owned(),
        created_at: 0,
        updated_at,
        head: conversation.get("currNode").map(name),
        is_line: false,
        nodes: Vec::with_capacity(messages.len()),
    };
    for message in messages {
        let parent = message.get("parent").filter(|parent| !parent.is_null());
        let is_root = text(message, &["type"]) == "root";
        let model = text(message, &["model"]);
        source.nodes.push(Node {
            id: message.get("id").map(name).unwrap_or_default(),
            parent: parent.map(name),
            role: role(message),
            parts: if is_root {
                Vec::new()
            } else {
                parts(message, report)
            },
            model: (!model.is_empty()).then(|| model.to_owned()),
            created_at: moment(message.get("timestamp")),
        });
    }
    Some(source)
}

/// Ids are numbers in older exports.
fn name(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

fn parts(message: &Value, report: &mut Report) -> Vec<Part> {
    let mut parts = Vec::new();
    let thoughts = [
        text(message, &["thinking"]),
        text(message, &["reasoningContent"]),
    ];
    if let Some(thought) = thoughts.into_iter().find(|text| !text.is_empty()) {
        parts.push(Part::Reasoning(Reasoning {
            text: thought.to_owned(),
            ..Reasoning::default()
        }));
    }
    parts.extend(text_part(text(message, &["content"])));
    for file in list(message, "extra") {
        let (name, content) = (text(file, &["name"]), text(file, &["content"]));
        if content.is_empty() {
            report.problem(
                "files of a kind that is not understood; their names were kept",
                1,
            );
            parts.extend(text_part(&format!("[{name}]")));
        } else {
            parts.push(text_file(name, content));
        }
    }
    parts
}
