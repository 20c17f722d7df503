//! The repair itself: a pure function from stored messages to messages that a wire takes.

use super::continuation::Continuation;
use super::note::note;
use super::step::steps;
use crate::{Message, MessageState, Part, Role, Seal, ToolCall, ToolResult};
use std::collections::HashSet;

/// What stands for a tool's result that never came: neither success nor error (rule C20).
pub const NO_RESULT: &str = "[There is no result of this call.]";

/// What stands for a result without a word, which some servers refuse.
pub const EMPTY_RESULT: &str = "[The result is empty.]";

/// What stands between a tool's result and the user's next message where a wire demands an
/// answer there.
pub const TURN_ENDED: &str = "[This turn ended here.]";

/// What a wire demands beyond what all demand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// User messages that follow each other are made one: the roles must alternate.
    pub join_users: bool,
    /// No user message may directly follow a tool's result.
    pub answer_after_tools: bool,
    /// Whose seals can be sent back: sealed reasoning and sealed calls of this issuer travel as
    /// they are. All other reasoning stays on disk, and all other calls lose their seal.
    pub issuer: Option<String>,
    /// Reasoning only travels before what it led to.
    pub reasoning_leads: bool,
    /// What the id of a call may look like.
    pub call_ids: CallIds,
    /// Images travel.
    pub images: bool,
    /// PDF files travel.
    pub documents: bool,
    /// How an answer that ended early is gone on with.
    pub continuation: Continuation,
}

/// What the id of a call may look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallIds {
    /// Any text that is not empty.
    Any,
    /// Letters, digits, `_` and `-` (Anthropic's reference, "tool_use").
    Plain,
    /// Nine letters and digits (Mistral's API refuses others).
    Nine,
}

impl Rules {
    /// What all wires demand, and nothing else.
    pub const COMMON: Self = Self {
        join_users: false,
        answer_after_tools: false,
        issuer: None,
        reasoning_leads: true,
        call_ids: CallIds::Any,
        images: false,
        documents: false,
        continuation: Continuation::Ask,
    };
}

impl Default for Rules {
    fn default() -> Self {
        Self::COMMON
    }
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
                message.parts = answer_parts(&message.parts, &mut ids, rules);
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
                message
                    .parts
                    .iter_mut()
                    .for_each(|part| replace_unsendable(part, rules));
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

/// The parts of an answer as a wire can take them: in each step what the model said, and then
/// one result for each call in the same order. `ids` are those of all calls so far.
fn answer_parts(parts: &[Part], ids: &mut HashSet<String>, rules: &Rules) -> Vec<Part> {
    let mut results: Vec<&ToolResult> = steps(parts)
        .into_iter()
        .flat_map(|step| step.results)
        .collect();
    let mut repaired = Vec::new();
    for step in steps(parts) {
        let mut answers = Vec::new();
        for (place, part) in step.said.iter().enumerate() {
            match part {
                Part::Text { text } if text.trim().is_empty() && step.text.trim().is_empty() => {}
                // What an orphan result, or reasoning that stays, stood between is one text.
                Part::Text { text } => match repaired.last_mut() {
                    Some(Part::Text { text: before }) => before.push_str(text),
                    Some(_) | None => repaired.push(Part::Text { text: text.clone() }),
                },
                Part::Reasoning(reasoning) => {
                    let leads = step.said[place + 1..].iter().any(|part| leads_to(part));
                    if is_ours(reasoning.seal.as_ref(), rules) && (leads || !rules.reasoning_leads)
                    {
                        repaired.push(Part::Reasoning(reasoning.clone()));
                    }
                }
                Part::ToolCall(call) => {
                    let id = unique(&call.call_id, rules.call_ids, ids);
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
                        seal: call.seal.clone().filter(|seal| is_ours(Some(seal), rules)),
                    }));
                }
                Part::ToolResult(_) | Part::Attachment(_) => {}
            }
        }
        repaired.append(&mut answers);
    }
    repaired
}

/// Whether reasoning before this part led to it.
fn leads_to(part: &Part) -> bool {
    match part {
        Part::Text { text } => !text.trim().is_empty(),
        Part::ToolCall(_) => true,
        Part::Reasoning(_) | Part::ToolResult(_) | Part::Attachment(_) => false,
    }
}

fn is_ours(seal: Option<&Seal>, rules: &Rules) -> bool {
    matches!((seal, &rules.issuer), (Some(seal), Some(issuer)) if seal.issuer == *issuer)
}

/// Puts words in the place of a file that this wire has no way to send.
fn replace_unsendable(part: &mut Part, rules: &Rules) {
    let Part::Attachment(attachment) = part else {
        return;
    };
    let sendable = match attachment.media_type.as_str() {
        _ if !attachment.base64 => true,
        "application/pdf" => rules.documents,
        media_type => media_type.starts_with("image/") && rules.images,
    };
    if !sendable {
        let text = format!(
            "[The user attached the file {}, which this model cannot read.]",
            attachment.name
        );
        *part = Part::Text { text };
    }
}

/// An id that no call before has: servers that number their calls begin anew in each answer.
fn unique(id: &str, shape: CallIds, ids: &mut HashSet<String>) -> String {
    let base = match shape {
        CallIds::Any if id.is_empty() => "call".to_owned(),
        CallIds::Any => id.to_owned(),
        CallIds::Plain => plain_name(id, "call"),
        CallIds::Nine => {
            let fits = id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if fits { id.to_owned() } else { nine(id, 0) }
        }
    };
    let mut unique = base.clone();
    let mut number = 2_u32;
    while !ids.insert(unique.clone()) {
        unique = match shape {
            CallIds::Any | CallIds::Plain => format!("{base}_{number}"),
            CallIds::Nine => nine(id, number),
        };
        number += 1;
    }
    unique
}

/// Nine characters that follow from the id alone (FNV-1a, as base 36).
fn nine(id: &str, number: u32) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in id.bytes().chain(number.to_le_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let mut text = String::new();
    for _ in 0..9 {
        // Below 36, so it is a digit of that base.
        text.extend(char::from_digit((hash % 36) as u32, 36));
        hash /= 36;
    }
    text
}

/// A function's name as wires take it: 1 to 64 of `a-z`, `A-Z`, `0-9`, `_` and `-` (OpenAI's
/// reference, "Function object"). A model that makes names up does not keep to that.
fn function_name(name: &str) -> String {
    plain_name(name, "unnamed")
}

fn plain_name(name: &str, otherwise: &str) -> String {
    let name: String = name
        .chars()
        .take(64)
        .map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => character,
            _ => '_',
        })
        .collect();
    if name.is_empty() {
        otherwise.to_owned()
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
