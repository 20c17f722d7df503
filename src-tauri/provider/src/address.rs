//! An address as people paste it, and where requests go from it.
//!
//! Each API's documentation has its own idea of an address, and its examples show whole ones:
//! people paste those. What an API adds itself is taken off again, so that each way to write an
//! address leads to the same place.

use super::WireApi;
use super::host;
use super::preset::PRESETS;
use reqwest::Url;

/// The paths that an API has below its address, the longest first.
fn tails(api: WireApi) -> &'static [&'static str] {
    match api {
        WireApi::OpenaiChat | WireApi::OpenaiResponses => {
            &["/chat/completions", "/completions", "/responses", "/models"]
        }
        WireApi::Anthropic => &[
            "/v1/messages/count_tokens",
            "/v1/messages",
            "/v1/models",
            "/messages",
            "/v1",
        ],
        WireApi::Gemini => &["/openai/chat/completions", "/openai", "/interactions"],
        WireApi::GeminiInteractions => &["/interactions", "/openai/chat/completions", "/openai"],
        WireApi::Ollama => &[
            "/api/chat",
            "/api/generate",
            "/api/tags",
            "/api/show",
            "/api/version",
            "/api",
            "/v1/chat/completions",
            "/v1/models",
            "/v1",
        ],
    }
}

/// The address that everything of this API is below, from any way to write it; `None` where it is
/// not the address of a server.
pub(crate) fn base(api: WireApi, written: &str) -> Option<Url> {
    let mut url = Url::parse(written.trim())
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())?;
    url.set_fragment(None);
    let mut path = url.path().trim_end_matches('/').to_owned();
    if let WireApi::Gemini | WireApi::GeminiInteractions = api {
        for folder in ["/models", "/tunedModels"] {
            let within = format!("{path}/");
            if let Some(at) = within.find(&format!("{folder}/")) {
                path.truncate(at);
            }
        }
        leave_out(&mut url, "alt");
    }
    let tail = tails(api).iter().find(|tail| path.ends_with(**tail));
    if let Some(tail) = tail {
        path.truncate(path.len() - tail.len());
    }
    let path = path.trim_end_matches('/');
    url.set_path(&completed(api, &url, path));
    Some(url)
}

/// The path of a service whose address is known, where only its beginning was written; and the
/// version of Gemini, without which no server has it.
fn completed(api: WireApi, url: &Url, path: &str) -> String {
    let is_openai = |api| matches!(api, WireApi::OpenaiChat | WireApi::OpenaiResponses);
    let known = PRESETS.iter().filter(|preset| {
        let wire = WireApi::of(preset.api);
        wire == Some(api) || is_openai(api) && wire.is_some_and(is_openai)
    });
    let known = known
        .filter_map(|preset| Url::parse(preset.base_url).ok())
        .filter(|known| !host::is_this_computer(known))
        .find(|known| known.host_str() == url.host_str() && known.path().starts_with(path));
    match (known, api) {
        (Some(known), _) => known.path().to_owned(),
        (None, WireApi::Gemini | WireApi::GeminiInteractions) if path.is_empty() => {
            "/v1beta".to_owned()
        }
        (
            None,
            WireApi::OpenaiChat
            | WireApi::OpenaiResponses
            | WireApi::Anthropic
            | WireApi::Gemini
            | WireApi::GeminiInteractions
            | WireApi::Ollama,
        ) => path.to_owned(),
    }
}

fn leave_out(url: &mut Url, name: &str) {
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(given, _)| given != name)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    if kept.is_empty() {
        url.set_query(None);
    } else {
        url.query_pairs_mut().clear().extend_pairs(kept);
    }
}

/// A path below a base, which keeps its own query (Azure's version).
pub(crate) fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let whole = format!("{}/{path}", url.path().trim_end_matches('/'));
    url.set_path(&whole);
    if !query.is_empty() {
        let both = match url.query() {
            Some(own) => format!("{own}&{query}"),
            None => query.to_owned(),
        };
        url.set_query(Some(&both));
    }
    url
}

/// Where a question to `model` goes from an address as it was written; `None` where that is none.
#[must_use]
pub fn asked_at(api: WireApi, written: &str, model: &str) -> Option<String> {
    let base = base(api, written)?;
    let path = match api {
        WireApi::OpenaiChat => "chat/completions".to_owned(),
        WireApi::OpenaiResponses => "responses".to_owned(),
        WireApi::Anthropic => "v1/messages".to_owned(),
        WireApi::Gemini => format!("models/{model}:streamGenerateContent?alt=sse"),
        WireApi::GeminiInteractions => "interactions".to_owned(),
        WireApi::Ollama => "api/chat".to_owned(),
    };
    Some(below(&base, &path).into())
}

/// Other ways in which the same server may have its address, the likeliest first: worth a try
/// where nothing answers.
#[must_use]
pub fn alternatives(api: WireApi, written: &str) -> Vec<String> {
    let Some(base) = base(api, written) else {
        return Vec::new();
    };
    let path = base.path().trim_end_matches('/').to_owned();
    let paths: Vec<String> = match api {
        WireApi::OpenaiChat | WireApi::OpenaiResponses => match path.strip_suffix("/v1") {
            Some(without) => vec![without.to_owned()],
            None if path.is_empty() => ["/v1", "/api/v1", "/api", "/openai/v1"]
                .map(str::to_owned)
                .to_vec(),
            None => vec![format!("{path}/v1")],
        },
        WireApi::Gemini | WireApi::GeminiInteractions if !path.ends_with("/v1beta") => {
            vec![format!("{path}/v1beta")]
        }
        WireApi::Gemini | WireApi::GeminiInteractions | WireApi::Anthropic | WireApi::Ollama => {
            Vec::new()
        }
    };
    let at = |path: String| {
        let mut url = base.clone();
        url.set_path(&path);
        String::from(url).trim_end_matches('/').to_owned()
    };
    paths.into_iter().map(at).collect()
}

/// Whether an address is this computer's own, however it is written.
#[must_use]
pub fn is_this_computer(written: &str) -> bool {
    Url::parse(written.trim()).is_ok_and(|url| host::is_this_computer(&url))
}

/// Whether what is sent to an address can be read on its way: `http` to another machine.
#[must_use]
pub fn is_in_clear(written: &str) -> bool {
    let url = Url::parse(written.trim());
    url.is_ok_and(|url| url.scheme() == "http" && !host::is_this_computer(&url))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use WireApi::{Anthropic, Gemini, Ollama, OpenaiChat, OpenaiResponses};

    #[test]
    fn an_address_is_the_same_however_it_was_pasted() {
        let cases: &[(WireApi, &str, &[&str])] = &[
            (
                OpenaiChat,
                "http://host:8080/v1",
                &[
                    "http://host:8080/v1",
                    " http://host:8080/v1/ ",
                    "http://host:8080/v1/chat/completions",
                    "http://host:8080/v1/chat/completions/",
                    "http://host:8080/v1/models",
                    "http://host:8080/v1#start",
                ],
            ),
            (
                OpenaiResponses,
                "https://api.openai.com/v1",
                &[
                    "https://api.openai.com",
                    "https://api.openai.com/",
                    "https://api.openai.com/v1/responses",
                    "https://api.openai.com/v1/chat/completions",
                ],
            ),
            (
                OpenaiChat,
                "https://openrouter.ai/api/v1",
                &["https://openrouter.ai", "https://openrouter.ai/api"],
            ),
            (
                OpenaiChat,
                "https://mine.openai.azure.com/openai/deployments/d?api-version=2",
                &[
                    "https://mine.openai.azure.com/openai/deployments/d/chat/completions?api-version=2",
                ],
            ),
            (
                Anthropic,
                "https://api.anthropic.com/",
                &[
                    "https://api.anthropic.com",
                    "https://api.anthropic.com/v1",
                    "https://api.anthropic.com/v1/",
                    "https://api.anthropic.com/v1/messages",
                ],
            ),
            (
                Anthropic,
                "https://gate.example/anthropic",
                &["https://gate.example/anthropic/v1/messages/"],
            ),
            (
                Gemini,
                "https://generativelanguage.googleapis.com/v1beta",
                &[
                    "https://generativelanguage.googleapis.com",
                    "https://generativelanguage.googleapis.com/v1beta/models",
                    "https://generativelanguage.googleapis.com/v1beta/models/g:streamGenerateContent?alt=sse",
                    "https://generativelanguage.googleapis.com/v1beta/openai/",
                ],
            ),
            (
                Gemini,
                "http://host/v1",
                &["http://host/v1/models/g:generateContent"],
            ),
            (
                Ollama,
                "http://127.0.0.1:11434/",
                &[
                    "http://127.0.0.1:11434",
                    "http://127.0.0.1:11434/api",
                    "http://127.0.0.1:11434/api/chat",
                    "http://127.0.0.1:11434/v1/",
                ],
            ),
        ];
        for (api, expected, written) in cases {
            for written in *written {
                let base = base(*api, written).unwrap();
                assert_eq!(base.as_str(), *expected, "{written}");
            }
        }
        for none in ["", "localhost:8080", "ftp://host/v1", "http://", "v1"] {
            assert_eq!(base(OpenaiChat, none), None, "{none}");
        }
    }

    #[test]
    fn where_nothing_answers_the_other_form_of_the_address_is_tried() {
        let of = |api, written| alternatives(api, written);
        assert_eq!(of(OpenaiChat, "http://host:1234")[0], "http://host:1234/v1");
        assert_eq!(of(OpenaiChat, "http://host/v1"), ["http://host"]);
        assert_eq!(of(OpenaiChat, "http://host/a/"), ["http://host/a/v1"]);
        assert_eq!(of(Gemini, "http://host/v1"), ["http://host/v1/v1beta"]);
        assert_eq!(of(Ollama, "http://host"), [""; 0]);
    }

    #[test]
    fn only_http_to_another_machine_is_in_clear() {
        for clear in ["http://192.168.1.5:11434", "http://models.example/v1"] {
            assert!(is_in_clear(clear), "{clear}");
        }
        for safe in [
            "https://models.example",
            "http://0.0.0.0:1",
            "http://localhost/v1",
            "",
        ] {
            assert!(!is_in_clear(safe), "{safe}");
        }
    }
}
