//! OpenAI's reasoning: `reasoning` of Responses and `reasoning_effort` of Chat Completions (OpenAI's
//! guide "Reasoning models", and the pages of its models).

use super::{Level, by_name, efforts_of, nearest};
use tacet_conversation::Effort;

const NONE: Level = (Effort::Off, "none");
const LOW: Level = (Effort::Low, "low");
const MEDIUM: Level = (Effort::Medium, "medium");
const HIGH: Level = (Effort::High, "high");
const MOST: Level = (Effort::Most, "xhigh");

/// What servers of others call them, of which nothing is known.
pub(super) const USUAL: &[Level] = &[NONE, LOW, MEDIUM, HIGH, MOST];

/// Models by how their names begin, the first that fits.
const KNOWN: &[(&str, &[Level])] = &[
    ("gpt-3.5", &[]),
    ("gpt-4", &[]),
    ("chatgpt-", &[]),
    ("gpt-oss", &[LOW, MEDIUM, HIGH]),
    ("gpt-5-chat", &[]),
    ("gpt-5-pro", &[HIGH]),
    ("gpt-5.1-codex-max", &[NONE, LOW, MEDIUM, HIGH, MOST]),
    ("gpt-5.1-chat", &[]),
    ("gpt-5.1", &[NONE, LOW, MEDIUM, HIGH]),
    ("gpt-5.2-chat", &[]),
    ("gpt-5.2-pro", &[MEDIUM, HIGH, MOST]),
    ("gpt-5.4-pro", &[MEDIUM, HIGH, MOST]),
    ("gpt-5.", &[NONE, LOW, MEDIUM, HIGH, MOST]),
    ("gpt-5", &[LOW, MEDIUM, HIGH]),
    ("gpt-", &[NONE, LOW, MEDIUM, HIGH, MOST]),
    ("o1-mini", &[]),
    ("o1-preview", &[]),
    ("o1", &[LOW, MEDIUM, HIGH]),
    ("o3", &[LOW, MEDIUM, HIGH]),
    ("o4", &[LOW, MEDIUM, HIGH]),
];

fn levels(model: &str) -> Option<&'static [Level]> {
    by_name(model, |name| {
        let fits = |(start, _): &&(&str, _)| name.starts_with(start);
        KNOWN.iter().find(fits).map(|(_, levels)| *levels)
    })
}

/// What a model can be asked; `None` where it is not known.
pub(super) fn efforts(model: &str) -> Option<Vec<Effort>> {
    levels(model).map(efforts_of)
}

/// The word for an effort, where the model has one.
pub(crate) fn word(model: &str, effort: Option<Effort>) -> Option<&'static str> {
    nearest(levels(model).unwrap_or(USUAL), effort?)
}

/// Whether a model reasons; `None` where that is not known.
pub(crate) fn reasons(model: &str) -> Option<bool> {
    levels(model).map(|levels| !levels.is_empty())
}

/// Those with open weights do, as all that do not reason.
pub(super) fn takes_temperature(model: &str) -> bool {
    let open = by_name(model, |name| name.starts_with("gpt-oss").then_some(()));
    open.is_some() || reasons(model) != Some(true)
}
