//! Gemini's thinking: `thinkingConfig` (Google's "Gemini thinking").

use super::{Level, by_name, efforts_of, nearest};
use serde_json::{Value, json};
use tacet_conversation::Effort;

/// How a model is asked to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// It cannot.
    None,
    /// With a budget of tokens, from the least but for none, which not all take, to the most.
    Budget { off: bool, least: u32, most: u32 },
    /// At one of these levels.
    Levels(&'static [Level]),
}

const LEVELS: &[Level] = &[
    (Effort::Low, "low"),
    (Effort::Medium, "medium"),
    (Effort::High, "high"),
];
/// Those of Gemini 3 Pro.
const FIRST_PRO: &[Level] = &[(Effort::Low, "low"), (Effort::High, "high")];
const BUDGETS: &[Level] = &[
    (Effort::Off, "off"),
    (Effort::Low, "low"),
    (Effort::Medium, "medium"),
    (Effort::High, "high"),
    (Effort::Most, "most"),
];

/// `None` for what is not known.
fn manner(model: &str) -> Option<Manner> {
    by_name(model, |name| {
        if name.starts_with("gemma") {
            return Some(Manner::None);
        }
        let version = name.strip_prefix("gemini-")?;
        let budget = |off, least, most| Manner::Budget { off, least, most };
        Some(match version {
            _ if ["image", "tts", "audio", "embedding", "robotics"]
                .iter()
                .any(|kind| version.contains(kind)) =>
            {
                Manner::None
            }
            _ if version.starts_with('1') || version.starts_with("2.0") => Manner::None,
            _ if version.starts_with("2.5-pro") => budget(false, 128, 32_768),
            _ if version.starts_with("2.5-flash-lite") => budget(true, 512, 24_576),
            _ if version.starts_with("2.") => budget(true, 1, 24_576),
            _ if version.starts_with("3-pro") => Manner::Levels(FIRST_PRO),
            _ => Manner::Levels(LEVELS),
        })
    })
}

/// What a model can be asked; `None` where it is not known.
pub(super) fn efforts(model: &str) -> Option<Vec<Effort>> {
    Some(match manner(model)? {
        Manner::None => Vec::new(),
        Manner::Budget { off: true, .. } => efforts_of(BUDGETS),
        Manner::Budget { off: false, .. } => efforts_of(&BUDGETS[1..]),
        Manner::Levels(levels) => efforts_of(levels),
    })
}

/// What a model can be asked through the Interactions, which know levels alone.
pub(super) fn level_efforts(model: &str) -> Option<Vec<Effort>> {
    Some(match manner(model)? {
        Manner::None => Vec::new(),
        Manner::Budget { .. } => efforts_of(LEVELS),
        Manner::Levels(levels) => efforts_of(levels),
    })
}

/// What a request of the Interactions says of thinking: whether anything, and the word for how much
/// (Google's "Thinking", `thinking_level`).
pub(crate) fn level(model: &str, effort: Option<Effort>) -> Option<Option<&'static str>> {
    let levels = match (manner(model), effort) {
        (Some(Manner::None), _) | (None, None) => return None,
        (Some(Manner::Levels(levels)), _) => levels,
        (Some(Manner::Budget { .. }) | None, _) => LEVELS,
    };
    Some(effort.and_then(|effort| nearest(levels, effort)))
}

/// What a request says of thinking: how much, and that it is to be shown.
pub(crate) fn thinking(model: &str, effort: Option<Effort>) -> Option<Value> {
    let level = |levels, effort| {
        let word = nearest(levels, effort);
        word.map(|word| json!({ "includeThoughts": true, "thinkingLevel": word }))
    };
    match (manner(model), effort) {
        (Some(Manner::None), _) | (None, None) => None,
        (Some(Manner::Budget { .. } | Manner::Levels(_)), None) => {
            Some(json!({ "includeThoughts": true }))
        }
        (Some(Manner::Levels(levels)), Some(effort)) => level(levels, effort),
        (None, Some(effort)) => level(LEVELS, effort),
        (Some(Manner::Budget { off: true, .. }), Some(Effort::Off)) => {
            Some(json!({ "thinkingBudget": 0 }))
        }
        (Some(Manner::Budget { least, most, .. }), Some(effort)) => {
            let tokens = match effort {
                Effort::Off => least,
                Effort::Low => 2_048,
                Effort::Medium => 8_192,
                Effort::High => 16_384,
                Effort::Most => most,
            };
            let tokens = tokens.clamp(least, most);
            Some(json!({ "includeThoughts": true, "thinkingBudget": tokens }))
        }
    }
}
