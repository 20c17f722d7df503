//! Which models reason without showing all of it: what they bill is more than what they send.
//!
//! After the providers' documentation of 2026, for requests as Tacet makes them, which ask neither
//! for summaries nor for thoughts: OpenAI's guide "Reasoning models" (reasoning is not sent),
//! Anthropic's "Extended thinking" (Claude thinks unasked from 5 on, and omits the text), Gemini's
//! "Thinking" (from 2.5 on, and sent only with `includeThoughts`), xAI's "Reasoning" (sent by
//! grok-3-mini alone). Models with open weights send what they write.

/// Models by how their names begin, the first that fits.
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

/// Whether a model may reason without showing all of it; `None` where its name says nothing.
/// Routers and clouds put vendors and regions before the name.
pub(super) fn may_be(model: &str) -> Option<bool> {
    let model = model.to_ascii_lowercase();
    let starts = model.match_indices(['/', '.', ':']).map(|(at, _)| at + 1);
    let names = std::iter::once(0).chain(starts).map(|at| &model[at..]);
    let mut known = names.filter_map(|name| {
        let fits = |(starts, _): &&(&[&str], bool)| starts.iter().any(|one| name.starts_with(one));
        KNOWN.iter().find(fits)
    });
    known.next().map(|(_, hidden)| *hidden)
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
            assert_eq!(may_be(model), expected, "{model}");
        }
    }
}
