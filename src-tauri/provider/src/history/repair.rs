//! The repair itself: a pure function from stored messages to messages that a wire takes.

mod call;
mod file;

use super::binding::agree;
use super::change::{Repair, RepairChange};
use super::note::note;
use super::rules::{ReasoningPlace, Rules};
use super::step::steps;
pub(super) use file::refused_files;
use file::settle_file;
use std::collections::{HashMap, HashSet};
use tacet_conversation::{
    Citation, Message, MessageId, MessageState, Part, Reasoning, Role, Seal, Span, ToolResult,
    utf16_length,
};

/// What stands for a tool's result that never came: neither success nor error (rule C20).
pub const NO_RESULT: &str = "[There is no result of this call.]";

/// What stands for a result without a word, which some servers refuse.
pub const EMPTY_RESULT: &str = "[The result is empty.]";

/// What stands between a tool's result and the user's next message where a wire demands an
/// answer there.
pub const TURN_ENDED: &str = "[This turn ended here.]";

/// A copy of `history` that is valid for a wire with these `rules`. It depends on nothing else,
/// gives itself when repaired again, and leaves what is valid as it is on the wire. An answer
/// that is still being written at the end is not part of it.
#[must_use]
pub fn repair(history: &[Message], rules: &Rules) -> Vec<Message> {
    repair_all(&history.iter().collect::<Vec<_>>(), rules)
}

/// The same of messages that stand in several places.
pub(super) fn repair_all(history: &[&Message], rules: &Rules) -> Vec<Message> {
    Repairing::new(rules).all(history)
}

/// What a repair knows of what it has gone through.
#[derive(Clone, Default)]
pub(super) struct Seen {
    /// The ids of all calls so far.
    ids: HashSet<String>,
    /// The files that a provider refused in this conversation, by message and place.
    pub(super) refused: HashSet<(MessageId, usize)>,
}

/// A repair at work.
pub(super) struct Repairing<'a> {
    rules: &'a Rules,
    seen: Seen,
    /// What it has changed so far.
    pub(super) changes: Vec<Repair>,
}

impl<'a> Repairing<'a> {
    pub(super) fn new(rules: &'a Rules) -> Self {
        Self::after(rules, Seen::default())
    }

    /// A repair that goes on.
    pub(super) fn after(rules: &'a Rules, seen: Seen) -> Self {
        Self {
            rules,
            seen,
            changes: Vec::new(),
        }
    }

    pub(super) fn into_seen(self) -> Seen {
        self.seen
    }

    /// More parts of the last answer, of which `first` stand before them.
    pub(super) fn more(&mut self, answer: &Message, first: usize, parts: &[&Part]) -> Message {
        Message {
            // What is not told here is told with what the person says next.
            parts: self.answer_parts(answer, first, parts, &mut Vec::new()),
            ..without_parts(answer)
        }
    }

    fn changed(&mut self, message_id: MessageId, change: RepairChange) {
        self.changes.push(Repair { message_id, change });
    }

    pub(super) fn all(&mut self, history: &[&Message]) -> Vec<Message> {
        let history = match history.split_last() {
            Some((last, before)) if last.state == MessageState::Streaming => before,
            Some(_) | None => history,
        };
        self.seen.refused = history.iter().flat_map(|one| refused_files(one)).collect();
        let mut repaired = Vec::with_capacity(history.len());
        let mut notes = Vec::new();
        for message in history {
            self.next(message, &mut notes, &mut repaired);
        }
        repaired
    }

    /// Adds a message to the `repaired` ones before it, of which it looks at the last alone. What is to
    /// be told of it with what the person says next is in the `notes` then.
    pub(super) fn next(
        &mut self,
        message: &Message,
        notes: &mut Vec<String>,
        repaired: &mut Vec<Message>,
    ) {
        let id = message.id;
        let mut message = match message.role {
            Role::Assistant => {
                if let Some(text) = note(message) {
                    notes.push(text.clone());
                    self.changed(id, RepairChange::NoteAdded { text });
                }
                let parts: Vec<&Part> = message.parts.iter().collect();
                Message {
                    parts: self.answer_parts(message, 0, &parts, notes),
                    // What was to be said about the end is in the note; said twice it would
                    // not be the same when repaired again.
                    state: MessageState::Complete,
                    cause: None,
                    error: None,
                    ..without_parts(message)
                }
            }
            Role::User => {
                let mut message = message.clone();
                for (place, part) in message.parts.iter_mut().enumerate() {
                    let refused = self.seen.refused.contains(&(id, place));
                    if let Some(change) = settle_file(part, refused, self.rules) {
                        self.changed(id, change);
                    }
                }
                message.parts.retain(is_said);
                let notes = std::mem::take(notes);
                let notes = notes.into_iter().map(|text| Part::Text { text });
                message.parts.splice(0..0, notes);
                message
            }
            Role::System => {
                let mut message = message.clone();
                message.parts.retain(is_said);
                message
            }
        };
        if message.parts.is_empty() {
            self.changed(id, RepairChange::MessageLeftOut);
            return;
        }
        match repaired.last_mut() {
            Some(last) if message.role == Role::User && last.role == Role::User => {
                if self.rules.join_users {
                    last.parts.append(&mut message.parts);
                    self.changed(id, RepairChange::MessagesJoined);
                    return;
                }
            }
            Some(last) if message.role == Role::User && self.rules.answer_after_tools => {
                if matches!(last.parts.last(), Some(Part::ToolResult(_))) {
                    let text = TURN_ENDED.to_owned();
                    let change = RepairChange::EndAdded { text: text.clone() };
                    last.parts.push(Part::Text { text });
                    self.changed(last.id, change);
                }
            }
            Some(_) | None => {}
        }
        repaired.push(message);
    }

    /// The parts of an answer as a wire can take them: in each step what the model said, and
    /// then one result for each call in the same order.
    /// What is not told there, `notes` tell with what the person says next. Before these parts of the
    /// message stand `first` others.
    fn answer_parts(
        &mut self,
        message: &Message,
        first: usize,
        parts: &[&Part],
        notes: &mut Vec<String>,
    ) -> Vec<Part> {
        let places = parts.iter().enumerate();
        let results = places.filter_map(|(place, part)| match part {
            Part::ToolResult(result) => Some((first + place, result)),
            Part::Text { .. }
            | Part::Reasoning(_)
            | Part::ToolCall(_)
            | Part::Attachment(_)
            | Part::Citations { .. }
            | Part::ServerTool(_) => None,
        });
        let mut results: Vec<(usize, &ToolResult)> = results.collect();
        let mut repaired = Vec::new();
        // Where the text before begins in the one that it was joined to.
        let mut joined_at = 0;
        for step in steps(parts.iter().copied()) {
            let mut answers = Vec::new();
            for (place, part) in step.said.iter().enumerate() {
                match part {
                    Part::Text { text }
                        if text.trim().is_empty() && step.text.trim().is_empty() => {}
                    // What an orphan result, or reasoning that stays, stood between is one text.
                    Part::Text { text } => match repaired.last_mut() {
                        Some(Part::Text { text: before }) => {
                            joined_at = utf16_length(before);
                            before.push_str(text);
                        }
                        Some(_) | None => {
                            joined_at = 0;
                            repaired.push(Part::Text { text: text.clone() });
                        }
                    },
                    Part::Reasoning(reasoning) => {
                        let may_stand = match self.rules.reasoning {
                            ReasoningPlace::Leads => self.say_something(&step.said[place + 1..]),
                            ReasoningPlace::Beside => self.say_something(&step.said),
                            ReasoningPlace::Anywhere => true,
                        };
                        if may_stand && self.travels(reasoning) {
                            repaired.push(Part::Reasoning(reasoning.clone()));
                        } else if message.state != MessageState::Complete
                            || reasoning.seal.is_some()
                        {
                            self.changed(message.id, RepairChange::ReasoningLeftOut);
                        }
                    }
                    Part::ToolCall(call) => {
                        let found = results
                            .iter()
                            .position(|(_, result)| result.call_id == call.call_id)
                            .map(|place| results.remove(place));
                        let (call, result) = self.call(message.id, call, found);
                        repaired.push(Part::ToolCall(call));
                        answers.push(Part::ToolResult(result));
                    }
                    Part::Attachment(file) if self.is_sent(file) => {
                        repaired.push(Part::Attachment(self.made(file)));
                    }
                    Part::Attachment(file) => {
                        let name = file.name.clone();
                        notes.push(format!(
                            "[Your previous answer had the file {name}, which is not sent along.]"
                        ));
                        self.changed(message.id, RepairChange::FileReplaced { name });
                    }
                    Part::Citations { citations } => {
                        let ours = citations
                            .iter()
                            .filter(|it| is_ours(it.seal.as_ref(), self.rules));
                        let citations: Vec<Citation> =
                            ours.map(|it| moved(it, joined_at)).collect();
                        if !citations.is_empty()
                            && matches!(repaired.last(), Some(Part::Text { .. }))
                        {
                            repaired.push(Part::Citations { citations });
                        }
                    }
                    Part::ServerTool(tool) if is_ours(tool.seal.as_ref(), self.rules) => {
                        repaired.push(Part::ServerTool(tool.clone()));
                    }
                    Part::ServerTool(tool) => {
                        let tool = tool.name.clone();
                        self.changed(message.id, RepairChange::ServerToolLeftOut { tool });
                    }
                    Part::ToolResult(_) => {}
                }
            }
            repaired.append(&mut answers);
        }
        for (_, orphan) in results {
            let call_id = orphan.call_id.clone();
            self.changed(message.id, RepairChange::ResultLeftOut { call_id });
        }
        repaired
    }

    /// Whether there is something among these parts that reasoning leads to.
    fn say_something(&self, parts: &[&Part]) -> bool {
        parts.iter().any(|part| match part {
            Part::Text { text } => !text.trim().is_empty(),
            Part::ToolCall(_) => true,
            Part::Attachment(file) => self.is_sent(file),
            Part::ServerTool(tool) => is_ours(tool.seal.as_ref(), self.rules),
            Part::Reasoning(_) | Part::ToolResult(_) | Part::Citations { .. } => false,
        })
    }

    /// Whether reasoning is the server's own, or is what it demands back.
    fn travels(&self, reasoning: &Reasoning) -> bool {
        match &reasoning.seal {
            seal @ Some(_) => is_ours(seal.as_ref(), self.rules),
            None => {
                let field = reasoning.field.as_deref();
                field.is_some() && field == self.rules.reasoning_field
            }
        }
    }
}

/// Whether each call among these parts has its result there, and each result its call.
pub(super) fn is_answered(parts: &[&Part]) -> bool {
    let mut open = HashMap::<&str, i64>::new();
    for part in parts {
        match part {
            Part::ToolCall(call) => *open.entry(&call.call_id).or_default() += 1,
            Part::ToolResult(result) => *open.entry(&result.call_id).or_default() -= 1,
            Part::Text { .. }
            | Part::Reasoning(_)
            | Part::Attachment(_)
            | Part::Citations { .. }
            | Part::ServerTool(_) => {}
        }
    }
    open.values().all(|count| *count == 0)
}

/// A copy of a message without its parts, which may be long.
fn without_parts(message: &Message) -> Message {
    Message {
        parts: Vec::new(),
        id: message.id,
        conversation_id: message.conversation_id,
        parent_id: message.parent_id,
        turn_id: message.turn_id,
        role: message.role,
        state: message.state,
        cause: message.cause,
        model: message.model.clone(),
        finish_reason: message.finish_reason,
        usage: message.usage.clone(),
        failed_attempts: message.failed_attempts.clone(),
        requests: message.requests.clone(),
        receipt: message.receipt.clone(),
        error: message.error.clone(),
        created_at: message.created_at,
        ended_at: message.ended_at,
    }
}

/// Whether a part of a user's message says something.
fn is_said(part: &Part) -> bool {
    match part {
        Part::Text { text } => !text.trim().is_empty(),
        Part::Attachment(_) => true,
        Part::Reasoning(_)
        | Part::ToolCall(_)
        | Part::ToolResult(_)
        | Part::Citations { .. }
        | Part::ServerTool(_) => false,
    }
}

/// A source of a text that now begins so far into another.
fn moved(citation: &Citation, by: usize) -> Citation {
    let span = citation.span.map(|Span { from, to }| Span {
        from: from + by,
        to: to + by,
    });
    Citation {
        span,
        ..citation.clone()
    }
}

fn is_ours(seal: Option<&Seal>, rules: &Rules) -> bool {
    matches!((seal, &rules.issuer), (Some(seal), Some(issuer)) if agree(&seal.issuer, issuer))
}
