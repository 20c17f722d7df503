//! Jan's threads: `messages.jsonl` with a message a line, beside `thread.json`.

use super::{Files, list, moment, role, text, text_part};
use crate::report::Report;
use crate::source::{Node, Source};
use serde_json::Value;
use tacet_conversation::{Part, Role};

/// Reads one line: a conversation of one message, to be joined with those before it.
pub(super) fn read(value: &Value, files: &dyn Files, report: &mut Report) -> Option<Source> {
    let thread = files.thread().unwrap_or(&Value::Null);
    let id = text(value, &["thread_id"]);
    let created_at = moment(value.get("created_at"));
    let role = role(value);
    let assistant = list(thread, "assistants").first();
    let model = assistant.map_or("", |assistant| text(assistant, &["model", "id"]));
    let is_person = role == Role::User;
    Some(Source {
        app: "jan",
        id: id.to_owned(),
        title: text(thread, &["title"]).to_owned(),
        created_at: moment(thread.get("created"))
            .or(created_at)
            .unwrap_or_default(),
        updated_at: moment(thread.get("updated")).unwrap_or_default(),
        head: None,
        is_line: true,
        nodes: vec![Node {
            id: text(value, &["id"]).to_owned(),
            parent: None,
            role,
            parts: parts(value, report),
            model: (!is_person && !model.is_empty()).then(|| model.to_owned()),
            created_at,
        }],
    })
}

fn parts(message: &Value, report: &mut Report) -> Vec<Part> {
    let mut parts = Vec::new();
    for piece in list(message, "content") {
        match text(piece, &["type"]) {
            "text" => parts.extend(text_part(text(piece, &["text", "value"]))),
            other => report.problem(&format!("pieces of a message of the kind \"{other}\""), 1),
        }
    }
    parts
}
