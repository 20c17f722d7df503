//! The steps of the server's own tools, which go back as they came: a call, and then its result.

use crate::decode::{Waiting, text};
use serde_json::Value;
use tacet_conversation::{Seal, ServerTool};

/// The calls whose results have not come, as steps.
#[derive(Debug, Default)]
pub(super) struct ServerTools {
    waiting: Waiting,
}

/// Whether a step is of a tool that runs at the server.
pub(super) fn is_one(step: &Value) -> bool {
    is_call(step) || is_result(step)
}

fn is_call(step: &Value) -> bool {
    let kind = text(&step["type"]);
    kind.ends_with("_call") && kind != "function_call"
}

fn is_result(step: &Value) -> bool {
    let kind = text(&step["type"]);
    kind.ends_with("_result") && kind != "function_result"
}

/// Adds what a piece says to the step: a field that grew, or one that was not known before.
pub(super) fn grow(step: &mut Value, delta: &Value) {
    for (name, new) in delta.as_object().into_iter().flatten() {
        match (&mut step[name.as_str()], new) {
            (_, Value::Null) => {}
            (Value::String(text), Value::String(more)) if name != "type" => text.push_str(more),
            (Value::Array(list), Value::Array(more)) => list.extend(more.iter().cloned()),
            (place, new) => *place = new.clone(),
        }
    }
}

impl ServerTools {
    /// A step is whole: what comes of it is said with the result. One that belongs to no call would be
    /// refused, and is passed over.
    pub(super) fn ended(&mut self, step: &Value, issuer: &str) -> Option<ServerTool> {
        if is_call(step) {
            self.waiting.called(step.clone());
            return None;
        }
        let id = &step["call_id"];
        let call = self.waiting.answered(|call| call["id"] == *id)?;
        let ended = shown(&call);
        let data = Value::Array(vec![call, step.clone()]).to_string();
        let issuer = issuer.to_owned();
        Some(ServerTool {
            seal: Some(Seal { issuer, data }),
            ..ended
        })
    }

    /// The calls whose results do not come any more. They are shown, and do not go back.
    pub(super) fn rest(&mut self) -> Vec<ServerTool> {
        self.waiting.rest().iter().map(shown).collect()
    }
}

fn shown(call: &Value) -> ServerTool {
    ServerTool {
        name: text(&call["type"]).trim_end_matches("_call").to_owned(),
        input: asked(&call["arguments"]),
        seal: None,
    }
}

/// What a tool was asked, for people.
fn asked(arguments: &Value) -> String {
    let lists = ["queries", "urls"].map(|name| &arguments[name]);
    let listed: Vec<&str> = lists
        .into_iter()
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    match listed.is_empty() {
        true => ["code", "query"]
            .map(|name| text(&arguments[name]))
            .into_iter()
            .find(|asked| !asked.is_empty())
            .unwrap_or_default()
            .to_owned(),
        false => listed.join(", "),
    }
}
