//! The repair itself: a pure function from stored messages to messages that a wire takes.

use super::note::note;
use super::step::steps;
use crate::{Message, MessageState, Part, Role, ToolCall, ToolResult};
use std::collections::HashSet;

/// What stands for a tool's result that never came: neither success nor error (rule C20).
pub const NO_RESULT: &str = "[There is no result of this call.]";

/// What stands for a result without a word, which some servers refuse.
pub const EMPTY_RESULT: &str = "[The result is empty.]";

/// What stands between a tool's result and the user's next message where a wire demands an
/// answer there.
pub const TURN_ENDED: &str = "[This turn ended here.]";

/// What a wire demands beyond what all demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// User messages that follow each other are made one: the roles must alternate.
    pub join_users: bool,
    /// No user message may directly follow a tool's result.
    pub answer_after_tools: bool,
}

/// A copy of `history` that is valid for a wire with these `rules`. It depends on nothing else,
/// gives itself when repaired again, and leaves what is valid as it is on the wire. An answer
/// that is still being written at the end is not part of it.
#[must_use]
pub fn repair(history: &[Message], rules: &Rules) -> Vec<Message> {
    let history = match history.split_last() {
        Some((last, before)) if last.state == MessageState::Streaming => before,
        Some(_) | None => history,
    };
    let mut repaired = Vec::<Message>::with_capacity(history.len());
    let mut ids = HashSet::new();
    let mut notes = Vec::new();
    for message in history {
        let mut message = message.clone();
        match message.role {
            Role::Assistant => {
                notes.extend(note(&message));
                message.parts = answer_parts(&message.parts, &mut ids);
                // What was to be said about the end is in the note; said twice it would not be
                // the same when repaired again.
                message.state = MessageState::Complete;
                message.cause = None;
            }
            Role::User => {
                message.parts.retain(is_said);
                let notes = std::mem::take(&mut notes);
                let notes = notes.into_iter().map(|text| Part::Text { text });
                message.parts.splice(0..0, notes);
            }
            Role::System => message.parts.retain(is_said),
        }
        if message.parts.is_empty() {
            continue;
        }
        match repaired.last_mut() {
            Some(last) if message.role == Role::User && last.role == Role::User => {
                if rules.join_users {
                    last.parts.append(&mut message.parts);
                    continue;
                }
            }
            Some(last) if message.role == Role::User && rules.answer_after_tools => {
                if matches!(last.parts.last(), Some(Part::ToolResult(_))) {
                    let text = TURN_ENDED.to_owned();
                    last.parts.push(Part::Text { text });
                }
            }
            Some(_) | None => {}
        }
        repaired.push(message);
    }
    repaired
}

/// Whether a part of a user's message says something.
fn is_said(part: &Part) -> bool {
    match part {
        Part::Text { text } => !text.trim().is_empty(),
        Part::Attachment(_) => true,
        Part::Reasoning(_) | Part::ToolCall(_) | Part::ToolResult(_) => false,
    }
}

/// The parts of an answer as a wire can take them: in each step its text, its calls, and then
/// one result for each call in the same order. `ids` are those of all calls so far.
fn answer_parts(parts: &[Part], ids: &mut HashSet<String>) -> Vec<Part> {
    let mut results: Vec<&ToolResult> = steps(parts)
        .into_iter()
        .flat_map(|step| step.results)
        .collect();
    let mut repaired = Vec::new();
    for step in steps(parts) {
        if !step.text.trim().is_empty() {
            // What an orphan result stood between is one text.
            match repaired.last_mut() {
                Some(Part::Text { text }) => text.push_str(&step.text),
                Some(_) | None => repaired.push(Part::Text { text: step.text }),
            }
        }
        let mut answers = Vec::new();
        for call in step.calls {
            let id = unique(&call.call_id, ids);
            let found = results
                .iter()
                .position(|result| result.call_id == call.call_id)
                .map(|place| results.remove(place));
            let text = match found {
                None => NO_RESULT,
                Some(result) if result.text.is_empty() => EMPTY_RESULT,
                Some(result) => &result.text,
            };
            answers.push(Part::ToolResult(ToolResult {
                call_id: id.clone(),
                text: text.to_owned(),
                state: found.map_or(call.state, |result| result.state),
            }));
            repaired.push(Part::ToolCall(ToolCall {
                call_id: id,
                name: function_name(&call.name),
                arguments: arguments(&call.arguments),
                state: call.state,
            }));
        }
        repaired.append(&mut answers);
    }
    repaired
}

/// An id that no call before has: servers that number their calls begin anew in each answer.
fn unique(id: &str, ids: &mut HashSet<String>) -> String {
    let base = if id.is_empty() { "call" } else { id };
    let mut unique = base.to_owned();
    let mut number = 2_u32;
    while !ids.insert(unique.clone()) {
        unique = format!("{base}_{number}");
        number += 1;
    }
    unique
}

/// A function's name as wires take it: 1 to 64 of `a-z`, `A-Z`, `0-9`, `_` and `-` (OpenAI's
/// reference, "Function object"). A model that makes names up does not keep to that.
fn function_name(name: &str) -> String {
    let name: String = name
        .chars()
        .take(64)
        .map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => character,
            _ => '_',
        })
        .collect();
    if name.is_empty() {
        "unnamed".to_owned()
    } else {
        name
    }
}

/// Arguments as a JSON object. A call without parameters may come without a character; what is
/// not a whole object was cut off, and travels as a string inside one (rule C20).
fn arguments(raw: &str) -> String {
    if raw.trim().is_empty() {
        return "{}".to_owned();
    }
    match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(raw) {
        Ok(_) => raw.to_owned(),
        Err(_) => serde_json::json!({ "INVALID_JSON": raw }).to_string(),
    }
}
