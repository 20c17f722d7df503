//! How much a model is asked to reason, and what of that each model knows: data, by the names of
//! models, after the providers' documentation of 2026.

pub(crate) mod chat;
pub(crate) mod claude;
pub(crate) mod gemini;
pub(crate) mod ollama;
pub(crate) mod openai;

use super::Ability;
use reqwest::Url;
use tacet_conversation::Effort;
use tacet_settings::Api;

/// An effort, and the word that an API has for it.
pub(super) type Level = (Effort, &'static str);

/// What a person can set of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controls {
    /// How much it can be asked to reason, from the least to the most; none where it does not
    /// reason, or always does as much.
    pub efforts: Vec<Effort>,
    /// Whether it takes a temperature.
    pub temperature: bool,
}

/// What is offered of a model of which nothing is known. Where the server refuses it, it is left
/// out and remembered.
const USUAL: &[Effort] = &[Effort::Off, Effort::Low, Effort::Medium, Effort::High];

impl Controls {
    /// Those of a model that is asked by `api` at `address`, where its server says that it can do
    /// `abilities`.
    #[must_use]
    pub fn of(api: Api, address: Option<&str>, model: &str, abilities: Option<&[Ability]>) -> Self {
        let known = match api {
            Api::Embedded => Some(Vec::new()),
            Api::Anthropic => claude::efforts(model),
            Api::Gemini => gemini::efforts(model),
            Api::GeminiInteractions => gemini::level_efforts(model),
            Api::OpenaiResponses => openai::efforts(model),
            Api::Ollama => None,
            Api::OpenaiChat => {
                let url = address.and_then(|address| Url::parse(address).ok());
                chat::efforts(url.as_ref(), model)
            }
        };
        // Some list what a model can do, and their own names of models say more.
        let lists = matches!(api, Api::OpenaiChat | Api::Ollama);
        let silent = lists && abilities.is_some_and(|known| !known.contains(&Ability::Reasoning));
        let efforts = match known {
            _ if silent => Vec::new(),
            Some(known) => known,
            None => USUAL.to_vec(),
        };
        Self {
            efforts,
            temperature: takes_temperature(model),
        }
    }
}

/// Whether a model takes another temperature than its own. OpenAI's models that reason do not
/// (OpenAI's guide "Reasoning models"), nor does Claude from 4.7 on ("What's new in Claude Opus
/// 4.7").
pub(super) fn takes_temperature(model: &str) -> bool {
    let claude = claude::Generation::of(model).is_none_or(|it| it.takes_temperature());
    claude && openai::takes_temperature(model)
}

/// The level that is nearest to what is wanted: the most that is not above it, or else the least.
pub(super) fn nearest(levels: &[Level], wanted: Effort) -> Option<&'static str> {
    let below = levels.iter().rfind(|(effort, _)| *effort <= wanted);
    // Who wants any reasoning does not want none.
    let kept = below.filter(|(effort, _)| *effort != Effort::Off || wanted == Effort::Off);
    kept.or_else(|| levels.iter().find(|(effort, _)| *effort != Effort::Off))
        .map(|(_, word)| *word)
}

/// What `found` says of the first of a model's names that it knows: routers and clouds put vendors
/// and regions before the name.
pub(crate) fn by_name<T>(model: &str, found: impl Fn(&str) -> Option<T>) -> Option<T> {
    let model = model.to_ascii_lowercase();
    let starts = model.match_indices(['/', '.', ':']).map(|(at, _)| at + 1);
    let mut names = std::iter::once(0).chain(starts).map(|at| &model[at..]);
    names.find_map(found)
}

fn efforts_of(levels: &[Level]) -> Vec<Effort> {
    levels.iter().map(|(effort, _)| *effort).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Effort::{High, Low, Medium, Most, Off};

    fn offered(api: Api, model: &str) -> Vec<Effort> {
        Controls::of(api, None, model, None).efforts
    }

    #[test]
    fn a_dial_has_what_its_model_has() {
        for (api, model, expected) in [
            (Api::Anthropic, "claude-3-5-haiku-latest", &[][..]),
            (
                Api::Anthropic,
                "claude-sonnet-4-5-20250929",
                &[Off, Low, Medium, High, Most],
            ),
            (
                Api::Anthropic,
                "anthropic.claude-opus-4-6-v1",
                &[Off, Low, Medium, High, Most],
            ),
            (
                Api::Anthropic,
                "claude-haiku-5-5",
                &[Off, Low, Medium, High, Most],
            ),
            (
                Api::Anthropic,
                "claude-opus-5-5",
                &[Low, Medium, High, Most],
            ),
            (
                Api::Anthropic,
                "claude-fable-5-1",
                &[Low, Medium, High, Most],
            ),
            (Api::OpenaiResponses, "gpt-4o", &[]),
            (Api::OpenaiResponses, "o3-mini", &[Low, Medium, High]),
            (Api::OpenaiResponses, "gpt-5-mini", &[Low, Medium, High]),
            (Api::OpenaiResponses, "gpt-5.1", &[Off, Low, Medium, High]),
            (
                Api::OpenaiResponses,
                "gpt-5.4-2026-03-05",
                &[Off, Low, Medium, High, Most],
            ),
            (Api::OpenaiResponses, "gpt-5-chat-latest", &[]),
            (Api::OpenaiResponses, "my-deployment", USUAL),
            (Api::Gemini, "gemini-2.0-flash", &[]),
            (Api::Gemini, "gemini-2.5-pro", &[Low, Medium, High, Most]),
            (
                Api::Gemini,
                "models/gemini-2.5-flash",
                &[Off, Low, Medium, High, Most],
            ),
            (Api::Gemini, "gemini-3-pro-preview", &[Low, High]),
            (Api::Gemini, "gemini-3-flash", &[Low, Medium, High]),
            (Api::GeminiInteractions, "gemini-2.0-flash", &[]),
            (
                Api::GeminiInteractions,
                "gemini-2.5-pro",
                &[Low, Medium, High],
            ),
            (Api::GeminiInteractions, "gemini-3-pro", &[Low, High]),
            (Api::OpenaiChat, "openai/gpt-4o", &[]),
            (Api::OpenaiChat, "qwen3", USUAL),
            (Api::Ollama, "gemma3", USUAL),
            (Api::Embedded, "smollm2", &[]),
        ] {
            assert_eq!(offered(api, model), expected, "{model}");
        }
    }

    #[test]
    fn a_server_that_says_that_a_model_does_not_reason_is_believed() {
        let can = [Ability::Tools];
        let plain = Controls::of(Api::Ollama, None, "gemma3", Some(&can));
        assert_eq!(plain.efforts, []);
        let can = [Ability::Tools, Ability::Reasoning];
        let reasons = Controls::of(Api::Ollama, None, "qwen3", Some(&can));
        assert_eq!(reasons.efforts, USUAL);
    }

    #[test]
    fn models_that_forbid_a_temperature_are_known() {
        for (model, expected) in [
            ("claude-opus-5-5", false),
            ("claude-opus-4-7", false),
            ("claude-sonnet-4-6", true),
            ("openai/gpt-5", false),
            ("o3", false),
            ("gpt-4.1", true),
            ("gpt-oss-120b", true),
            ("gemini-3-pro", true),
            ("my-deployment", true),
        ] {
            assert_eq!(takes_temperature(model), expected, "{model}");
        }
    }

    #[test]
    fn an_effort_that_a_model_has_not_becomes_the_nearest_that_it_has() {
        let levels: &[Level] = &[(Low, "low"), (High, "high")];
        let words = [Off, Low, Medium, High, Most].map(|wanted| nearest(levels, wanted));
        let expected = ["low", "low", "low", "high", "high"].map(Some);
        assert_eq!(words, expected);
        let levels: &[Level] = &[(Off, "none"), (Medium, "medium")];
        let words = [Off, Low, Most].map(|wanted| nearest(levels, wanted));
        assert_eq!(words, [Some("none"), Some("medium"), Some("medium")]);
        assert_eq!(nearest(&[], High), None);
    }
}
