//! From the stored history to what a chat template takes.

use crate::protocol::{Speaker, Utterance};
use tacet_conversation::Role;
use tacet_provider::{
    ModelRequest,
    history::{Continuation, Rules, prepare},
};

/// Many chat templates refuse two user messages in a row.
pub const RULES: Rules = Rules {
    join_users: true,
    continuation: Continuation::Prefill,
    ..Rules::COMMON
};

/// The conversation's texts, oldest first. What these templates have no place for (reasoning,
/// tools) stays behind.
pub fn utterances(request: &ModelRequest) -> Vec<Utterance> {
    let mut utterances = Vec::<Utterance>::new();
    for message in prepare(request, &RULES) {
        let role = match message.role {
            Role::System => Speaker::System,
            Role::User => Speaker::User,
            Role::Assistant => Speaker::Assistant,
        };
        let content = message.said();
        if content.is_empty() {
            continue;
        }
        match utterances.last_mut() {
            // What stood between was an answer of nothing but tools.
            Some(last) if last.role == Speaker::User && role == Speaker::User => {
                last.content += "\n\n";
                last.content += &content;
            }
            Some(_) | None => utterances.push(Utterance { role, content }),
        }
    }
    utterances
}
