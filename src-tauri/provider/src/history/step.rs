//! Steps: the model requests that one answer consists of. The wires know a step as an assistant
//! message and the results of its tool calls; on disk a turn is one list of parts.

use serde_json::Value;
use tacet_conversation::{Message, Part, Role, Seal, ToolCall, ToolResult};

/// What one model request gave, and what its tools said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step<'a> {
    /// What the model said, in order: text, reasoning and calls.
    pub said: Vec<&'a Part>,
    /// The texts, joined.
    pub text: String,
    /// The tool calls in order.
    pub calls: Vec<&'a ToolCall>,
    /// The results in order.
    pub results: Vec<&'a ToolResult>,
}

/// Splits an answer's parts: tools run when their request has ended, so whatever follows a
/// result belongs to the next step.
#[must_use]
pub fn steps<'a>(parts: impl IntoIterator<Item = &'a Part>) -> Vec<Step<'a>> {
    let mut steps = Vec::<Step<'_>>::new();
    for part in parts {
        let goes_on = match (part, steps.last()) {
            (_, None) => false,
            (Part::ToolResult(_), Some(_)) => true,
            (_, Some(step)) => step.results.is_empty(),
        };
        if !goes_on {
            steps.push(Step::default());
        }
        let Some(step) = steps.last_mut() else {
            continue;
        };
        if !matches!(part, Part::ToolResult(_)) {
            step.said.push(part);
        }
        match part {
            Part::Text { text } => step.text.push_str(text),
            Part::ToolCall(call) => step.calls.push(call),
            Part::ToolResult(result) => step.results.push(result),
            Part::Reasoning(_)
            | Part::Attachment(_)
            | Part::Citations { .. }
            | Part::ServerTool(_) => {}
        }
    }
    steps
}

/// What instructions say, wherever in a history they were given.
pub(crate) fn instructions(history: &[Message]) -> Vec<String> {
    let instructions = history
        .iter()
        .filter(|message| message.role == Role::System);
    instructions.map(Message::said).collect()
}

/// The list that a seal holds, as its server gave it; empty where it holds something else.
pub(crate) fn sealed_list(seal: Option<&Seal>) -> Vec<Value> {
    let list = seal.and_then(|seal| serde_json::from_str(&seal.data).ok());
    list.unwrap_or_default()
}
