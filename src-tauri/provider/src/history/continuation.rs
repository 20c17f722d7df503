//! The end of a request that asks a model to continue its own answer.

use super::repair::repair_all;
use super::rules::{Continuation, Rules};
use crate::{Goal, ModelRequest, SoFar};
use tacet_conversation::{Message, MessageState, Part, Role};

/// What asks a model to go on; fixed, since a changed one would cost the provider's prompt cache.
pub const GO_ON: &str = "[Your last message was cut off. Go on with it: write only what comes \
    next, beginning at the very character where it stopped, with a space first if a new word \
    begins there. Do not repeat anything, do not open a code block again that is still open, and \
    do not comment on this.]";

/// The history of a request as a wire with these `rules` takes it: its instructions, then all
/// messages, repaired, and with an end that fits the request's goal.
#[must_use]
pub fn prepare(request: &ModelRequest, rules: &Rules) -> Vec<Message> {
    prepare_by(request, &rules.clone().of(request))
}

/// The same by the rules of the very request.
pub(super) fn prepare_by(request: &ModelRequest, rules: &Rules) -> Vec<Message> {
    with_instructions(&request.instructions, messages(request, rules))
}

/// Messages behind the instructions, where there are any.
pub(super) fn with_instructions(instructions: &str, messages: Vec<Message>) -> Vec<Message> {
    if instructions.trim().is_empty() {
        return messages;
    }
    let instructions = Message::instructions(instructions);
    std::iter::once(instructions).chain(messages).collect()
}

fn messages(request: &ModelRequest, rules: &Rules) -> Vec<Message> {
    let so_far = request.so_far.as_ref().map(SoFar::message);
    let mut messages: Vec<&Message> = request.history.iter().chain(&so_far).collect();
    let continued = match (request.goal, messages.last()) {
        (Goal::Continue, Some(last)) if last.role == Role::Assistant => Message {
            // How it ended must not be told to a model that is to go on as if it had not.
            state: MessageState::Complete,
            cause: None,
            parts: last.begun().unwrap_or(&last.parts).to_vec(),
            ..Message::clone(last)
        },
        (Goal::Answer | Goal::Continue, _) => return repair_all(&messages, rules),
    };
    messages.pop();
    messages.push(&continued);
    let mut repaired = repair_all(&messages, rules);
    match rules.continuation {
        Continuation::Ask => repaired.push(Message {
            role: Role::User,
            parts: vec![Part::Text {
                text: GO_ON.to_owned(),
            }],
            ..continued.clone()
        }),
        Continuation::Prefill => {}
        Continuation::TrimmedPrefill => {
            if let Some(Part::Text { text }) =
                repaired.last_mut().and_then(|last| last.parts.last_mut())
            {
                text.truncate(text.trim_end().len());
            }
        }
    }
    repaired
}
