//! A public list of prices that the person names: read when they say so, and kept as a table.
//!
//! It is a table of Tacet's own form, or LiteLLM's list (`model_prices_and_context_window.json`),
//! which many hands keep.

use super::table::{Host, Model, Table};
use crate::AGENT;
use reqwest::{Client, Url, redirect};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use time::OffsetDateTime;

/// The longest list that is read, in bytes: LiteLLM's has 2 MB.
const LONGEST: usize = 32 * 1024 * 1024;
/// How long fetching one may take.
const FETCH_LIMIT: Duration = Duration::from_secs(60);
/// The most models that are kept.
const MODELS: usize = 50_000;

/// The hosts of LiteLLM's providers. DeepSeek, whose prices change with the time of day, is left
/// out.
const HOSTS: &[(&str, &str)] = &[
    ("anthropic", "api.anthropic.com"),
    ("azure", "openai.azure.com"),
    ("cerebras", "api.cerebras.ai"),
    ("cohere_chat", "api.cohere.com"),
    ("dashscope", "dashscope-intl.aliyuncs.com"),
    ("deepinfra", "api.deepinfra.com"),
    ("fireworks_ai", "api.fireworks.ai"),
    ("gemini", "generativelanguage.googleapis.com"),
    ("groq", "api.groq.com"),
    ("mistral", "api.mistral.ai"),
    ("moonshot", "api.moonshot.ai"),
    ("novita", "api.novita.ai"),
    ("nvidia_nim", "integrate.api.nvidia.com"),
    ("openai", "api.openai.com"),
    ("openrouter", "openrouter.ai"),
    ("perplexity", "api.perplexity.ai"),
    ("together_ai", "api.together.xyz"),
    ("vertex_ai-language-models", "aiplatform.googleapis.com"),
    ("xai", "api.x.ai"),
    ("zai", "api.z.ai"),
];

/// Where a list is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListSource {
    /// An `https` address.
    Web(Url),
    /// A file, by its whole path.
    File(PathBuf),
}

impl ListSource {
    /// What a person named: an `https` address, or the whole path of a file.
    ///
    /// # Errors
    /// What to write instead.
    pub fn of(written: &str) -> Result<Self, String> {
        let written = written.trim();
        let path = Path::new(written);
        if path.is_absolute() {
            return Ok(Self::File(path.to_owned()));
        }
        match Url::parse(written) {
            Ok(url) if url.scheme() == "https" && url.has_host() => Ok(Self::Web(url)),
            Ok(url) if url.scheme() == "file" => {
                let path = url.to_file_path();
                path.map(Self::File).map_err(|()| REFUSED.to_owned())
            }
            Ok(_) | Err(_) => Err(REFUSED.to_owned()),
        }
    }

    /// The text of the list.
    ///
    /// # Errors
    /// Why it could not be read, without an end.
    pub(super) async fn read(&self) -> Result<String, String> {
        let bytes = match self {
            Self::Web(url) => fetch(url).await?,
            Self::File(path) => {
                let path = path.clone();
                let reading = tokio::task::spawn_blocking(move || read(&path));
                reading.await.map_err(|error| error.to_string())??
            }
        };
        String::from_utf8(bytes).map_err(|_| "it is no text".to_owned())
    }
}

const REFUSED: &str =
    "This is no list of prices. Write an https:// address, or the whole path of a file.";

fn too_long() -> String {
    format!("it is longer than {} MB", LONGEST / (1024 * 1024))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    use std::io::Read;
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let most = u64::try_from(LONGEST).unwrap_or(u64::MAX).saturating_add(1);
    let read = file.take(most).read_to_end(&mut bytes);
    read.map_err(|error| error.to_string())?;
    if bytes.len() > LONGEST {
        return Err(too_long());
    }
    Ok(bytes)
}

/// Over `https` alone, to its end as well.
async fn fetch(url: &Url) -> Result<Vec<u8>, String> {
    let safe = redirect::Policy::custom(|attempt| {
        if attempt.url().scheme() != "https" {
            attempt.error("it leads to an address that is not encrypted")
        } else if attempt.previous().len() > 5 {
            attempt.error("it leads on and on")
        } else {
            attempt.follow()
        }
    });
    let client = Client::builder()
        .user_agent(AGENT)
        .timeout(FETCH_LIMIT)
        .redirect(safe)
        .build()
        .map_err(|error| error.to_string())?;
    let failed = |error: reqwest::Error| {
        let mut reason: &dyn std::error::Error = &error;
        while let Some(deeper) = reason.source() {
            reason = deeper;
        }
        reason.to_string()
    };
    let mut response = client.get(url.clone()).send().await.map_err(failed)?;
    if !response.status().is_success() {
        return Err(format!("its server answered {}", response.status()));
    }
    let mut bytes = Vec::new();
    while let Some(more) = response.chunk().await.map_err(failed)? {
        if bytes.len() + more.len() > LONGEST {
            return Err(too_long());
        }
        bytes.extend_from_slice(&more);
    }
    Ok(bytes)
}

/// The table that a list says, whichever form it has.
///
/// # Errors
/// What is wrong with it, without an end.
pub(super) fn table(text: &str) -> Result<Table, String> {
    let whole: Map<String, Value> = serde_json::from_str(text)
        .map_err(|error| format!("it is no JSON object with prices ({error})"))?;
    let table = if whole.contains_key("hosts") {
        Table::parse(text)?
    } else {
        of_litellm(&whole)
    };
    match table.count() {
        0 => Err("it has no price of a model that Tacet could ask".to_owned()),
        count if count > MODELS => Err(format!(
            "it has {count} models, and at most {MODELS} are kept"
        )),
        _ => Ok(table),
    }
}

fn of_litellm(list: &Map<String, Value>) -> Table {
    let mut hosts: BTreeMap<&str, Vec<Model>> = BTreeMap::new();
    for (name, entry) in list {
        let provider = entry["litellm_provider"].as_str().unwrap_or_default();
        let host = HOSTS.iter().find(|(known, _)| *known == provider);
        if let (Some((_, host)), Some(model)) = (host, model(name, provider, entry)) {
            hosts.entry(host).or_default().push(model);
        }
    }
    let hosts = hosts.into_iter().map(|(host, models)| Host {
        host: host.to_owned(),
        models,
    });
    Table {
        // The list has no date: it says what holds when it is read.
        date: OffsetDateTime::now_utc().date().to_string(),
        hosts: hosts.collect(),
    }
}

/// A chat model with a plain price; `None` for all else, since no figure is better than a wrong one.
fn model(name: &str, provider: &str, entry: &Value) -> Option<Model> {
    if !matches!(entry["mode"].as_str(), Some("chat" | "responses")) {
        return None;
    }
    let price = |field: &str| {
        let price = 1e6 * entry[field].as_f64()?;
        // What the factor leaves behind the sixth digit is of the factor.
        let price = (price * 1e6).round() / 1e6;
        (price.is_finite() && price >= 0.0).then_some(price)
    };
    let (input, output) = (
        price("input_cost_per_token")?,
        price("output_cost_per_token")?,
    );
    if input == 0.0 && output == 0.0 {
        return None;
    }
    if price("output_cost_per_reasoning_token").is_some_and(|reasoning| reasoning != output) {
        return None;
    }
    let name = name.strip_prefix(&format!("{provider}/")).unwrap_or(name);
    Some(Model {
        model: name.to_owned(),
        input,
        cached_input: price("cache_read_input_token_cost"),
        output,
        up_to_input_tokens: entry.as_object()?.keys().filter_map(|key| tier(key)).min(),
        until: None,
    })
}

/// Up to how many tokens the plain price holds, where a field has another for longer requests
/// (`input_cost_per_token_above_200k_tokens`).
fn tier(field: &str) -> Option<u64> {
    let thousands = field.strip_prefix("input_cost_per_token_above_")?;
    let thousands = thousands.strip_suffix("k_tokens")?;
    Some(1000 * thousands.parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const LITELLM: &str = r#"{
        "sample_spec": {"litellm_provider": "one of https://…", "mode": "one of: chat", "input_cost_per_token": 0},
        "gpt-9": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2.5e-06,
            "cache_read_input_token_cost": 2.5e-07, "output_cost_per_token": 1.1e-05},
        "gemini/gemini-9": {"litellm_provider": "gemini", "mode": "chat", "input_cost_per_token": 1.25e-06,
            "output_cost_per_token": 1e-05, "input_cost_per_token_above_200k_tokens": 2.5e-06},
        "odd": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-06,
            "output_cost_per_token": 1e-06, "output_cost_per_reasoning_token": 3e-06},
        "free": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 0, "output_cost_per_token": 0},
        "draws": {"litellm_provider": "openai", "mode": "image_generation", "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06},
        "elsewhere/m": {"litellm_provider": "elsewhere", "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06}
    }"#;

    #[test]
    fn of_the_public_list_the_chat_models_with_plain_prices_are_taken() {
        let table = table(LITELLM).unwrap();
        let written = serde_json::to_value(&table).unwrap();
        let today = OffsetDateTime::now_utc().date().to_string();
        let expected = serde_json::json!({"date": today, "hosts": [
            {"host": "api.openai.com", "models": [
                {"model": "gpt-9", "input": 2.5, "cached_input": 0.25, "output": 11.0}]},
            {"host": "generativelanguage.googleapis.com", "models": [
                {"model": "gemini-9", "input": 1.25, "output": 10.0, "up_to_input_tokens": 200_000}]},
        ]});
        assert_eq!(written, expected);
        // What is kept is read again as it is.
        assert!(Table::parse(&written.to_string()).is_ok());
    }

    #[test]
    fn what_is_no_list_of_prices_is_refused_with_the_reason() {
        for (text, reason) in [
            ("oops", "no JSON object"),
            ("[]", "no JSON object"),
            ("{}", "no price"),
            (r#"{"date": "soon", "hosts": []}"#, "a date as"),
            (r#"{"date": "2026-01-31", "hosts": []}"#, "no price"),
        ] {
            let error = table(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn a_list_is_at_an_https_address_or_in_a_file_by_its_whole_path() {
        for good in [
            "https://example.org/prices.json",
            "/tmp/prices.json",
            "file:///tmp/p.json",
        ] {
            assert!(ListSource::of(good).is_ok(), "{good}");
        }
        for bad in [
            "http://example.org/prices.json",
            "prices.json",
            "",
            "ftp://example.org/p",
        ] {
            assert!(ListSource::of(bad).is_err(), "{bad}");
        }
    }
}
