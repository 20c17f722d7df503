//! ChatGPT's archive, `conversations.json` or its shards: a tree of nodes, of which several make up
//! one answer. After what public readers of it document; its maker publishes no schema.

use super::{Files, at, attachment, list, moment, text, text_part};
use crate::report::Report;
use crate::source::{Node, Source};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};
use tacet_conversation::{
    Millis, Part, Reasoning, ResultContent, Role, ToolCall, ToolCallState, ToolResult, media,
};

const MISSING_FILES: &str = "files that are not in the archive; their names were kept";

/// What stands before an asset's id, in the pointers of the years.
const POINTERS: [&str; 2] = ["file-service://", "sediment://"];

pub(super) fn read(value: &Value, files: &mut dyn Files, report: &mut Report) -> Option<Source> {
    let mapping = value.get("mapping")?.as_object()?;
    let id = [text(value, &["conversation_id"]), text(value, &["id"])];
    let id = id.into_iter().find(|id| !id.is_empty());
    let created_at = moment(value.get("create_time")).unwrap_or_default();
    let mut source = Source {
        app: "chatgpt",
        // Old archives have none.
        id: id.map_or_else(
            || format!("{created_at} {}", text(value, &["title"])),
            str::to_owned,
        ),
        title: text(value, &["title"]).to_owned(),
        created_at,
        updated_at: moment(value.get("update_time")).unwrap_or_default(),
        head: None,
        is_line: false,
        nodes: Vec::with_capacity(mapping.len()),
    };
    let answers = Answers::of(mapping);
    let head = text(value, &["current_node"]);
    source.head = Some(answers.first_of(head).to_owned());
    let mut places: HashMap<String, usize> = HashMap::new();
    for id in &answers.order {
        let Some(entry) = mapping.get(*id) else {
            continue;
        };
        let first = answers.first_of(id);
        let mut parts = Vec::new();
        let message = entry.get("message").filter(|message| is_shown(message));
        let known = places.get(first).copied();
        let before = known.map_or(&[][..], |at| source.nodes[at].parts.as_slice());
        if let Some(message) = message {
            read_message(message, id, before, &mut parts, files, report);
        }
        let model = message.map(|message| text(message, &["metadata", "model_slug"]).to_owned());
        match known {
            Some(at) => {
                let node = &mut source.nodes[at];
                node.parts.append(&mut parts);
                node.model = node.model.take().filter(|it| !it.is_empty()).or(model);
                node.created_at = node.created_at.or_else(|| message.and_then(made_at));
            }
            None => {
                places.insert(first.to_owned(), source.nodes.len());
                source.nodes.push(Node {
                    id: first.to_owned(),
                    parent: answers.parent_of(entry),
                    role: message.map_or(Role::Assistant, role),
                    parts,
                    model,
                    created_at: message.and_then(made_at),
                });
            }
        }
    }
    Some(source)
}

fn made_at(message: &Value) -> Option<Millis> {
    moment(message.get("create_time"))
}

fn role(message: &Value) -> Role {
    match text(message, &["author", "role"]) {
        "user" => Role::User,
        _ => Role::Assistant,
    }
}

/// Whether the app shows it: instructions and what it looked up for itself are hidden.
fn is_shown(message: &Value) -> bool {
    let hidden = at(
        message,
        &["metadata", "is_visually_hidden_from_conversation"],
    );
    let weight = message.get("weight").and_then(Value::as_f64);
    text(message, &["author", "role"]) != "system"
        && hidden.and_then(Value::as_bool) != Some(true)
        && weight != Some(0.0)
        && !matches!(
            text(message, &["content", "content_type"]),
            "user_editable_context" | "model_editable_context"
        )
}

/// Which nodes belong to one answer: a model's text, its calls and what tools said, one after the
/// other, up to where they branch.
struct Answers<'a> {
    /// All ids, each after its parent.
    order: Vec<&'a str>,
    /// The first node of the answer of each that is not the first itself.
    first: HashMap<&'a str, &'a str>,
}

impl<'a> Answers<'a> {
    fn of(mapping: &'a Map<String, Value>) -> Self {
        let parent = |id: &str| text(&mapping[id], &["parent"]);
        let mut children: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut next = Vec::new();
        for id in mapping.keys() {
            if mapping.contains_key(parent(id)) {
                children.entry(parent(id)).or_default().push(id);
            } else {
                next.push(id.as_str());
            }
        }
        // Siblings stand in the order of the parent's list.
        for (id, below) in &mut children {
            let listed: Vec<&str> = list(&mapping[*id], "children")
                .iter()
                .filter_map(Value::as_str)
                .collect();
            below.sort_by_key(|child| listed.iter().position(|other| other == child));
        }
        next.reverse();
        let (mut order, mut first) = (Vec::new(), HashMap::new());
        let mut seen = HashSet::new();
        while let Some(id) = next.pop() {
            if !seen.insert(id) {
                continue;
            }
            order.push(id);
            let below = children.get(id).map(Vec::as_slice).unwrap_or_default();
            let is_answer = |id: &str| is_of_answer(&mapping[id]);
            if let [only] = below
                && is_answer(id)
                && is_answer(only)
            {
                let begin = first.get(id).copied().unwrap_or(id);
                first.insert(*only, begin);
            }
            next.extend(below.iter().rev());
        }
        Self { order, first }
    }

    fn first_of<'b>(&'b self, id: &'b str) -> &'b str {
        self.first.get(id).copied().unwrap_or(id)
    }

    fn parent_of(&self, entry: &Value) -> Option<String> {
        let parent = text(entry, &["parent"]);
        (!parent.is_empty()).then(|| self.first_of(parent).to_owned())
    }
}

fn is_of_answer(entry: &Value) -> bool {
    entry
        .get("message")
        .is_some_and(|message| matches!(text(message, &["author", "role"]), "assistant" | "tool"))
}

/// `before` is what the answer has so far.
fn read_message(
    message: &Value,
    id: &str,
    before: &[Part],
    parts: &mut Vec<Part>,
    files: &mut dyn Files,
    report: &mut Report,
) {
    let recipient = text(message, &["recipient"]);
    let tool = text(message, &["author", "name"]);
    let is_tool = text(message, &["author", "role"]) == "tool";
    let (said, found) = read_content(message, files, report);
    if is_tool {
        add_result(id, tool, before, said, found, parts);
        return;
    }
    let kind = text(message, &["content", "content_type"]);
    if kind == "thoughts" {
        parts.extend((!said.is_empty()).then_some(Part::Reasoning(Reasoning {
            text: said,
            ..Reasoning::default()
        })));
    } else if kind == "reasoning_recap" {
        // How long it thought, in words.
    } else if !matches!(recipient, "" | "all") {
        parts.push(call(id, recipient, said));
    } else {
        parts.extend(text_part(&said));
        parts.extend(found.into_iter().map(Asset::into_part));
        add_attachments(message, parts, files, report);
    }
}

fn call(id: &str, tool: &str, arguments: String) -> Part {
    Part::ToolCall(ToolCall {
        call_id: id.to_owned(),
        name: tool.to_owned(),
        arguments,
        state: ToolCallState::Succeeded,
        seal: None,
    })
}

/// What a tool said, for the call before it that has no result yet.
fn add_result(
    id: &str,
    tool: &str,
    before: &[Part],
    said: String,
    found: Vec<Asset>,
    parts: &mut Vec<Part>,
) {
    let contents: Vec<ResultContent> = found.into_iter().map(Asset::into_content).collect();
    if said.trim().is_empty() && contents.is_empty() {
        return;
    }
    let answered = |id: &str| {
        let mut results = before.iter();
        results.any(|part| matches!(part, Part::ToolResult(result) if result.call_id == id))
    };
    let open = before.iter().rev().find_map(|part| match part {
        Part::ToolCall(call) if !answered(&call.call_id) => Some(call.call_id.clone()),
        Part::ToolCall(_)
        | Part::Text { .. }
        | Part::Reasoning(_)
        | Part::ToolResult(_)
        | Part::Attachment(_)
        | Part::Citations { .. }
        | Part::ServerTool(_) => None,
    });
    let call_id = open.unwrap_or_else(|| {
        let name = if tool.is_empty() { "tool" } else { tool };
        parts.push(call(id, name, "{}".to_owned()));
        id.to_owned()
    });
    parts.push(Part::ToolResult(ToolResult {
        call_id,
        text: said,
        contents,
        left_out: false,
        state: ToolCallState::Succeeded,
    }));
}

/// A file that is in the archive, told by its content: many are called `.dat`.
struct Asset {
    name: String,
    bytes: Vec<u8>,
}

impl Asset {
    fn media_type(&self) -> &'static str {
        media::type_of(&self.bytes).unwrap_or("application/octet-stream")
    }

    /// As part of a person's message.
    fn into_part(self) -> Part {
        attachment(&self.name, self.media_type(), self.bytes)
    }

    /// As part of a tool's result.
    fn into_content(self) -> ResultContent {
        let media_type = self.media_type().to_owned();
        let data = BASE64_STANDARD.encode(&self.bytes).into();
        if media_type.starts_with("image/") {
            ResultContent::Image { media_type, data }
        } else {
            ResultContent::Resource {
                uri: self.name,
                media_type: Some(media_type),
                text: None,
                data: Some(data),
            }
        }
    }
}

/// The words of a message, and the files in them.
fn read_content(
    message: &Value,
    files: &mut dyn Files,
    report: &mut Report,
) -> (String, Vec<Asset>) {
    let Some(content) = message.get("content") else {
        return (String::new(), Vec::new());
    };
    let mut words: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for thought in list(content, "thoughts") {
        let texts = [text(thought, &["summary"]), text(thought, &["content"])];
        words.extend(
            texts
                .into_iter()
                .filter(|it| !it.is_empty())
                .map(str::to_owned),
        );
    }
    for part in list(content, "parts") {
        match part {
            Value::String(text) if !text.is_empty() => words.push(text.clone()),
            Value::Object(_) => read_part(part, &mut words, &mut found, files, report),
            _ => {}
        }
    }
    for name in ["text", "result", "title", "url"] {
        let text = text(content, &[name]);
        if !text.is_empty() {
            words.push(text.to_owned());
        }
    }
    (words.join("\n\n"), found)
}

fn read_part(
    part: &Value,
    words: &mut Vec<String>,
    found: &mut Vec<Asset>,
    files: &mut dyn Files,
    report: &mut Report,
) {
    // Speech has its words beside it.
    let text = text(part, &["text"]);
    if !text.is_empty() {
        words.push(text.to_owned());
    }
    let nested = ["audio_asset_pointer", "video_container_asset_pointer"];
    let pointers = nested.iter().filter_map(|name| part.get(*name));
    for part in std::iter::once(part).chain(pointers) {
        let pointer = part
            .get("asset_pointer")
            .or(part.as_str().map(|_| part))
            .and_then(Value::as_str);
        if let Some(pointer) = pointer {
            match asset(pointer, files) {
                Some(asset) => found.push(asset),
                None => {
                    report.problem(MISSING_FILES, 1);
                    words.push(format!("[{pointer}]"));
                }
            }
        }
    }
}

/// The file that a pointer leads to.
fn asset(pointer: &str, files: &mut dyn Files) -> Option<Asset> {
    let id = POINTERS
        .iter()
        .find_map(|scheme| pointer.strip_prefix(scheme))?;
    // `HASH#FILE#PAGE`: a page of a document.
    let mut ids = vec![id];
    if let Some((_, file)) = id.split_once('#') {
        ids = vec![file];
        ids.extend(file.split_once('#').map(|(file, _)| file));
    }
    let (name, bytes) = ids.into_iter().find_map(|id| files.find(id))?;
    Some(Asset { name, bytes })
}

/// Files that the person sent along and that are not pointed at.
fn add_attachments(
    message: &Value,
    parts: &mut Vec<Part>,
    files: &mut dyn Files,
    report: &mut Report,
) {
    let Some(metadata) = message.get("metadata") else {
        return;
    };
    let pointed = message
        .get("content")
        .map(Value::to_string)
        .unwrap_or_default();
    for file in list(metadata, "attachments") {
        let (id, name) = (text(file, &["id"]), text(file, &["name"]));
        if id.is_empty() || pointed.contains(id) {
            continue;
        }
        let media_type = text(file, &["mime_type"]);
        match files.find(id) {
            Some((_, bytes)) => parts.push(attachment(name, media_type, bytes)),
            None => {
                report.problem(MISSING_FILES, 1);
                parts.extend(text_part(&format!("[{name}]")));
            }
        }
    }
}
