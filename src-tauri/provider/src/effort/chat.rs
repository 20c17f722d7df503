//! What servers that speak Chat Completions call it: `reasoning_effort` as OpenAI does, `reasoning`
//! at OpenRouter ("Reasoning tokens"), and `thinking` where it is a switch (DeepSeek's "Thinking
//! mode", Moonshot's "Use Kimi thinking models", Z.ai's "Thinking mode").

use super::super::host::is_within;
use super::{by_name, efforts_of, openai};
use reqwest::Url;
use serde_json::{Value, json};
use tacet_conversation::Effort;

/// The field that says it, and what it says.
pub(crate) type Field = (&'static str, Value);

/// Hosts where thinking is a switch.
const SWITCHES: &[&str] = &[
    "api.deepseek.com",
    "moonshot.ai",
    "moonshot.cn",
    "z.ai",
    "bigmodel.cn",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Effort,
    OpenRouter,
    Switch,
}

fn manner(url: Option<&Url>) -> Manner {
    let host = url.and_then(Url::host_str).unwrap_or_default();
    if is_within(host, "openrouter.ai") {
        Manner::OpenRouter
    } else if SWITCHES.iter().any(|domain| is_within(host, domain)) {
        Manner::Switch
    } else {
        Manner::Effort
    }
}

/// What a model can be asked at an address; `None` where it is not known.
pub(super) fn efforts(url: Option<&Url>, model: &str) -> Option<Vec<Effort>> {
    // What reasons and cannot be told how much.
    let fixed = by_name(model, |name| {
        ["deepseek-reasoner", "kimi-thinking"]
            .iter()
            .any(|fixed| name.starts_with(fixed))
            .then(Vec::new)
    });
    fixed.or_else(|| match manner(url) {
        Manner::Switch => Some(vec![Effort::Off, Effort::High]),
        // It brings what it is asked to the model's own levels.
        Manner::OpenRouter if openai::reasons(model) != Some(false) => {
            Some(efforts_of(openai::USUAL))
        }
        Manner::OpenRouter | Manner::Effort => openai::efforts(model)
            .or_else(|| super::claude::efforts(model))
            .or_else(|| super::gemini::efforts(model)),
    })
}

/// What a request says; nothing where nothing is wanted.
pub(crate) fn field(url: &Url, model: &str, effort: Option<Effort>) -> Option<Field> {
    let wanted = effort?;
    if efforts(Some(url), model).is_some_and(|known| known.is_empty()) {
        return None;
    }
    Some(match manner(Some(url)) {
        Manner::Effort => ("reasoning_effort", json!(openai::word(model, effort)?)),
        Manner::OpenRouter if wanted == Effort::Off => ("reasoning", json!({ "enabled": false })),
        Manner::OpenRouter => {
            let word = super::nearest(openai::USUAL, wanted)?;
            ("reasoning", json!({ "effort": word }))
        }
        Manner::Switch => {
            let kind = if wanted == Effort::Off {
                "disabled"
            } else {
                "enabled"
            };
            ("thinking", json!({ "type": kind }))
        }
    })
}
