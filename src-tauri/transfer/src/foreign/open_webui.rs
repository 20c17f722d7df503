//! Open WebUI's export: each entry has a `chat`, whose `history` is a tree.

use super::{at, list, moment, role, text, text_file, text_part};
use crate::report::Report;
use crate::source::{Node, Source};
use serde_json::Value;
use tacet_conversation::Part;

pub(super) fn read(value: &Value, report: &mut Report) -> Option<Source> {
    let chat = value.get("chat")?;
    let title = [text(value, &["title"]), text(chat, &["title"])];
    let id = [text(value, &["id"]), text(chat, &["id"])];
    let created_at = moment(value.get("created_at")).or_else(|| moment(chat.get("timestamp")));
    let mut source = Source {
        app: "open-webui",
        id: id.into_iter().find(|id| !id.is_empty())?.to_owned(),
        title: title
            .into_iter()
            .find(|title| !title.is_empty())
            .unwrap_or_default()
            .to_owned(),
        created_at: created_at.unwrap_or_default(),
        updated_at: moment(value.get("updated_at")).unwrap_or_default(),
        head: Some(text(chat, &["history", "currentId"]).to_owned()),
        is_line: false,
        nodes: Vec::new(),
    };
    let tree = at(chat, &["history", "messages"]).and_then(Value::as_object);
    match tree {
        Some(tree) => {
            for (id, message) in tree {
                let parent = text(message, &["parentId"]);
                let parent = (!parent.is_empty()).then(|| parent.to_owned());
                source.nodes.push(node(id.clone(), parent, message, report));
            }
        }
        // Before it had branches.
        None => {
            let mut before = None;
            for (number, message) in list(chat, "messages").iter().enumerate() {
                let id = number.to_string();
                let parent = before.replace(id.clone());
                source.nodes.push(node(id, parent, message, report));
            }
        }
    }
    // The tree is in no order; siblings are in that of their making.
    source.nodes.sort_by_key(|node| node.created_at);
    Some(source)
}

fn node(id: String, parent: Option<String>, message: &Value, report: &mut Report) -> Node {
    let mut parts: Vec<Part> = text_part(text(message, &["content"])).into_iter().collect();
    for file in list(message, "files") {
        let name = text(file, &["name"]);
        let content = text(file, &["file", "data", "content"]);
        if content.is_empty() {
            report.problem("files whose content is not in the export", 1);
            parts.extend(text_part(&format!("[{name}]")));
        } else {
            parts.push(text_file(name, content));
        }
    }
    let model = text(message, &["model"]);
    Node {
        id,
        parent,
        role: role(message),
        parts,
        model: (!model.is_empty()).then(|| model.to_owned()),
        created_at: moment(message.get("timestamp")),
    }
}
