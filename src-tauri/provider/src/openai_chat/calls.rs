//! Which tool call a delta belongs to: servers differ in what they repeat and what they omit.

use crate::ModelEvent;
use crate::decode::{call_id, text};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tacet_conversation::Seal;

/// The fields of a call that are not known here, which go back to the server that sent them: such
/// as the signature that Google's address of this API puts into `extra_content`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct UnknownFields {
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(super) call: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(super) function: Map<String, Value>,
}

impl UnknownFields {
    /// Takes in what a delta has of them; says whether there was something new.
    fn take(&mut self, delta: &Value) -> bool {
        let before = self.clone();
        let add = |known: &mut Map<String, Value>, value: &Value, names: &[&str]| {
            let fields = value.as_object().into_iter().flatten();
            for (name, value) in fields {
                if !names.contains(&name.as_str()) && !value.is_null() {
                    known.insert(name.clone(), value.clone());
                }
            }
        };
        add(&mut self.call, delta, &["index", "id", "type", "function"]);
        add(
            &mut self.function,
            &delta["function"],
            &["name", "arguments"],
        );
        *self != before
    }
}

/// One call of the answer.
#[derive(Debug)]
struct Call {
    /// The server's index; some servers send none, some the same for all.
    wire_index: Option<u64>,
    /// The server's id; empty where it has sent none.
    wire_id: String,
    name: String,
    /// Whether the start was told. It waits for the name, which may come after the id.
    started: bool,
    unknown: UnknownFields,
    /// Something of that was not told yet.
    is_unsealed: bool,
}

/// The calls of one answer, in the order of their first deltas.
#[derive(Debug)]
pub(super) struct Calls {
    /// Who can read what the server's own fields say.
    issuer: String,
    calls: Vec<Call>,
}

impl Calls {
    pub(super) fn new(issuer: String) -> Self {
        let calls = Vec::new();
        Self { issuer, calls }
    }

    /// Takes one entry of `tool_calls` in. `answer_id` is the server's id of the answer, from
    /// which ids are made up that the server omits.
    pub(super) fn apply(&mut self, delta: &Value, answer_id: &str, events: &mut Vec<ModelEvent>) {
        let wire_index = delta["index"].as_u64();
        let wire_id = text(&delta["id"]);
        let function = &delta["function"];
        let name = text(&function["name"]);
        let arguments = match &function["arguments"] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            // Some servers send the object itself instead of its text.
            other => other.to_string(),
        };

        let index = self.find(wire_index, wire_id, name).unwrap_or_else(|| {
            self.calls.push(Call {
                wire_index,
                wire_id: wire_id.to_owned(),
                name: String::new(),
                started: false,
                unknown: UnknownFields::default(),
                is_unsealed: false,
            });
            self.calls.len() - 1
        });
        let call = &mut self.calls[index];
        if call.name.is_empty() {
            name.clone_into(&mut call.name);
        }
        if call.wire_id.is_empty() {
            wire_id.clone_into(&mut call.wire_id);
        }
        let known = !call.name.is_empty() || !arguments.is_empty();
        if known && !call.started {
            events.push(call.start(index, answer_id));
        }
        if !arguments.is_empty() {
            events.push(ModelEvent::ToolCallArguments {
                index,
                text: arguments,
            });
        }
        call.is_unsealed |= call.unknown.take(delta);
        events.extend(call.seal(index, &self.issuer));
    }

    /// Starts the calls whose name never came, so that nothing received is lost (rule C04).
    pub(super) fn settle(&mut self, answer_id: &str, events: &mut Vec<ModelEvent>) {
        for (index, call) in self.calls.iter_mut().enumerate() {
            if !call.started {
                events.push(call.start(index, answer_id));
                events.extend(call.seal(index, &self.issuer));
            }
        }
    }

    fn find(&self, wire_index: Option<u64>, wire_id: &str, name: &str) -> Option<usize> {
        let last = |matches: &dyn Fn(&Call) -> bool| self.calls.iter().rposition(matches);
        match (wire_index, wire_id) {
            (Some(index), "") => last(&|call| call.wire_index == Some(index)),
            // A new id at a known index is a new call, unless the call there has no id yet.
            (Some(index), id) => {
                let here = |call: &Call| call.wire_index == Some(index);
                last(&|call| here(call) && call.wire_id == id)
                    .or_else(|| last(&here).filter(|&found| self.calls[found].wire_id.is_empty()))
            }
            (None, "") if name.is_empty() => self.calls.len().checked_sub(1),
            (None, "") => None,
            (None, id) => last(&|call| call.wire_id == id),
        }
    }
}

impl Call {
    fn start(&mut self, index: usize, answer_id: &str) -> ModelEvent {
        self.started = true;
        ModelEvent::ToolCallStarted {
            index,
            call_id: call_id(&self.wire_id, answer_id, index),
            name: self.name.clone(),
        }
    }

    fn seal(&mut self, index: usize, issuer: &str) -> Option<ModelEvent> {
        if !self.started || !std::mem::take(&mut self.is_unsealed) {
            return None;
        }
        // Maps with keys of text alone go into it, so there is no error.
        let data = serde_json::to_string(&self.unknown).unwrap_or_default();
        let issuer = issuer.to_owned();
        let seal = Seal { issuer, data };
        Some(ModelEvent::ToolCallSealed { index, seal })
    }
}
