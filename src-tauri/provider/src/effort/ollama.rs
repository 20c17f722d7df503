//! Ollama's `think`: a switch, or a level for models that know levels (Ollama's "Thinking").

use super::{Level, by_name, nearest};
use serde_json::{Value, json};
use tacet_conversation::Effort;

const LEVELS: &[Level] = &[
    (Effort::Low, "low"),
    (Effort::Medium, "medium"),
    (Effort::High, "high"),
];

/// What a request says of thinking; nothing where nothing is wanted.
pub(crate) fn think(model: &str, effort: Option<Effort>) -> Option<Value> {
    let effort = effort?;
    match by_name(model, |name| name.starts_with("gpt-oss").then_some(())) {
        Some(()) => nearest(LEVELS, effort).map(|word| json!(word)),
        None => Some(json!(effort != Effort::Off)),
    }
}
