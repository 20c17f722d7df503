//! Which models reason without showing all of it: what they bill is more than what they send.
//!
//! After the providers' documentation of 2026: what OpenAI ("Reasoning models"), Anthropic
//! ("Thinking", from Claude 4 on) and Google ("Gemini thinking", from 2.5 on) send on request are
//! summaries, and billed is what was thought; xAI ("Reasoning") sends what grok-3-mini thinks alone.
//! Claude thinks unasked from 5 on. Models with open weights send what they write.

use crate::effort::{by_name, claude};
use tacet_conversation::Effort;

/// Models by how their names begin, the first that fits, where nobody has asked them to reason.
const KNOWN: &[(&[&str], bool)] = &[
    (&["gpt-3.5", "gpt-4", "chatgpt-4o", "gpt-oss"], false),
    (&["gpt-", "o1", "o3", "o4", "codex", "computer-use"], true),
    (
        &[
            "claude-2",
            "claude-instant",
            "claude-3",
            "claude-opus-4",
            "claude-sonnet-4",
            "claude-haiku-4",
        ],
        false,
    ),
    (&["claude"], true),
    (&["gemini-1", "gemini-2.0", "gemma"], false),
    (&["gemini"], true),
    (&["grok-2", "grok-3"], false),
    (&["grok"], true),
];

/// Whether a model that is asked to reason so much may do so without showing all of it; `None` where
/// its name says nothing.
pub(super) fn may_be(model: &str, effort: Option<Effort>) -> Option<bool> {
    let asked = effort.is_some_and(|effort| effort != Effort::Off);
    if asked && claude::summarizes(model) {
        return Some(true);
    }
    by_name(model, |name| {
        let fits = |(starts, _): &&(&[&str], bool)| starts.iter().any(|one| name.starts_with(one));
        KNOWN.iter().find(fits).map(|(_, hidden)| *hidden)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c23_models_that_reason_unseen_are_known_by_their_names_also_behind_routers() {
        for (model, expected) in [
            ("gpt-4o-2024-08-06", Some(false)),
            ("gpt-4.1-mini", Some(false)),
            ("openai/gpt-5-mini", Some(true)),
            ("o3-pro", Some(true)),
            ("gpt-oss-120b", Some(false)),
            ("Claude-Sonnet-4-5", Some(false)),
            ("us.anthropic.claude-3-7-sonnet-v1:0", Some(false)),
            ("anthropic/claude-opus-5", Some(true)),
            ("models/gemini-2.5-pro", Some(true)),
            ("gemini-2.0-flash", Some(false)),
            ("x-ai/grok-4", Some(true)),
            ("deepseek-reasoner", None),
            ("my-deployment", None),
            ("", None),
        ] {
            assert_eq!(may_be(model, None), expected, "{model}");
        }
        let asked = |model| may_be(model, Some(Effort::High));
        assert_eq!(asked("claude-sonnet-4-5"), Some(true));
        assert_eq!(asked("claude-3-5-haiku"), Some(false));
        assert_eq!(may_be("claude-opus-4-6", Some(Effort::Off)), Some(false));
    }
}
