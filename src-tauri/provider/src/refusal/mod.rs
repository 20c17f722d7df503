//! What a server says no with: its status and its words, sorted into what a person can do.

mod file;
mod words;

pub(crate) use file::with_files;

use reqwest::header::HeaderMap;
use serde_json::Value;
use std::time::SystemTime;
use tacet_conversation::{ErrorCategory, ProviderError};
use words::Words;

/// The most bytes of a provider's words that are kept.
const WORDS_LIMIT: usize = 2048;

/// Whether a frame, or the body of a response, is an error. Besides OpenAI's `error` there is
/// `{"object": "error"}` (vLLM, Mistral), and a list of one (Google's copy of OpenAI's API).
pub(crate) fn is_error(value: &Value) -> bool {
    match value.get("error") {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Object(_)) => true,
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_)) | None => {
            value["object"] == "error"
                || matches!(value.as_array().map(Vec::as_slice), Some([one]) if is_error(one))
        }
    }
}

/// An error that came after status 200, in the stream.
pub(crate) fn from_frame(value: &Value) -> ProviderError {
    let words = Words::of(value);
    let mut codes = words.code.split(' ');
    let status = codes.find_map(|code| code.parse().ok().filter(|code| *code >= 400));
    let category = if words.name_path() {
        ErrorCategory::WrongAddress
    } else {
        words.category(status)
    };
    ProviderError {
        category,
        message: if category == ErrorCategory::WrongAddress {
            "The server does not know the path that was asked. Check the address in the settings: \
             many servers want /v1 at its end."
                .to_owned()
        } else if category.is_about_request() {
            advice(category).to_owned()
        } else {
            format!("The provider broke the answer off: {}", advice(category))
        },
        provider_text: words.kept(),
        status,
        retry_after_ms: words.retry_after_ms,
        retryable: words.is_retryable(category),
        files: Vec::new(),
    }
}

/// A response with a status other than 200. `body` is its beginning, and `example` how an address
/// of this API is written. An error in the API's own form proves that the address is right,
/// whatever the status; that of a server or a proxy that knows nothing of the API does not.
pub(crate) fn from_response(status: u16, body: &[u8], model: &str, example: &str) -> ProviderError {
    let value = serde_json::from_slice::<Value>(body).ok();
    let in_its_form = value.as_ref().is_some_and(is_error);
    let words = match &value {
        Some(value) => Words::of(value),
        None => Words::plain(page_text(&String::from_utf8_lossy(body))),
    };
    let elsewhere = (300..400).contains(&status);
    let unknown_path = matches!(status, 404 | 405) && (!in_its_form || words.name_path());
    let category = if elsewhere || unknown_path {
        ErrorCategory::WrongAddress
    } else {
        words.category(Some(status))
    };
    let message = if elsewhere {
        format!(
            "The server sends elsewhere ({status}), and Tacet does not take the key there. Put \
             the final address into the settings."
        )
    } else if unknown_path {
        format!(
            "Nothing answers at this address ({status}). Check the address in the settings; it \
             is written like {example}."
        )
    } else if category == ErrorCategory::UnknownModel && !model.is_empty() {
        format!("The provider does not know the model \"{model}\". Choose another model.")
    } else {
        format!("{} ({status})", advice(category))
    };
    ProviderError {
        category,
        message,
        provider_text: words.kept(),
        status: Some(status),
        retry_after_ms: words.retry_after_ms,
        retryable: status != 402 && words.is_retryable(category),
        files: Vec::new(),
    }
}

/// Why a provider's filter ended an answer: what it calls that kind, and its words; either may be
/// empty.
pub(crate) fn by_filter(kind: &str, words: &str) -> ProviderError {
    let said = [kind, words].into_iter().filter(|it| !it.is_empty());
    let said = said.collect::<Vec<_>>().join(": ");
    ProviderError {
        provider_text: Some(shorten(&said)).filter(|text| !text.is_empty()),
        ..ProviderError::new(
            ErrorCategory::ContentFilter,
            "The provider's filter ended this answer. Change your message, or choose another model.",
        )
    }
}

/// An end for a reason that is not known here, in the provider's word for it.
pub(crate) fn by_unknown(reason: &str) -> ProviderError {
    ProviderError {
        provider_text: Some(shorten(reason)),
        ..ProviderError::new(
            ErrorCategory::Protocol,
            "The provider ended this answer for a reason that Tacet does not know. What arrived is \
             kept; it may not be whole.",
        )
    }
}

/// Whether a request is refused for sealed reasoning in it, in the words of Anthropic, OpenAI and
/// Google: it is bound to something else, or cannot be read any more.
pub(crate) fn is_of_seals(status: u16, body: &[u8]) -> bool {
    const WORDS: &[&str] = &[
        "bound to a different",
        "invalid `signature` in `thinking`",
        "invalid `data` in `redacted_thinking`",
        "encrypted content could not be",
        "content could not be decrypted",
        "could not be verified",
        "thought signature is not valid",
        "corrupted thought signature",
    ];
    let text = String::from_utf8_lossy(body).to_lowercase();
    matches!(status, 400 | 422) && WORDS.iter().any(|words| text.contains(words))
}

/// Cuts a text to what is kept of it.
pub(crate) fn shorten(text: &str) -> String {
    let text = text.trim();
    text[..text.floor_char_boundary(WORDS_LIMIT)].to_owned()
}

/// The words of a page without its markup, for servers and proxies that answer with HTML.
pub(crate) fn page_text(text: &str) -> String {
    if !text.trim_start().starts_with('<') {
        return text.to_owned();
    }
    let mut words = String::new();
    let mut inside = false;
    for character in text.chars() {
        match character {
            '<' => inside = true,
            '>' => {
                inside = false;
                words.push(' ');
            }
            _ if !inside => words.push(character),
            _ => {}
        }
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn advice(category: ErrorCategory) -> &'static str {
    match category {
        ErrorCategory::Authentication => {
            "The provider did not accept the key. Check the key in the settings."
        }
        ErrorCategory::RateLimit => {
            "The provider takes no more requests from you now: too many at a time, or no credit \
             left. Wait, or look at your account there."
        }
        ErrorCategory::Overloaded => {
            "The provider cannot answer now. Your message is kept; try again later."
        }
        ErrorCategory::PromptTooLong => {
            "The conversation is longer than this model takes. Choose a model with a larger \
             context, or start a new conversation."
        }
        ErrorCategory::RequestTooLarge => {
            "The server takes no request of this size. Leave a large file out, or start a new \
             conversation."
        }
        ErrorCategory::File => {
            "The provider did not accept a file of this conversation. Leave it out, or choose a \
             model that can read it."
        }
        ErrorCategory::UnknownModel => {
            "The provider does not know this model. Choose another model."
        }
        ErrorCategory::ContentFilter => "The provider's filter refused this conversation.",
        ErrorCategory::Unknown => "It reported an error. Your message is kept.",
        ErrorCategory::BadRequest
        | ErrorCategory::WrongAddress
        | ErrorCategory::Network
        | ErrorCategory::Protocol
        | ErrorCategory::AnswerTooLong
        | ErrorCategory::Engine
        | ErrorCategory::Storage => "The provider did not accept the request.",
    }
}

/// How long the headers of a refusal ask to wait: `retry-after-ms` (OpenAI, Azure), or
/// `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3).
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<u64> {
    let header = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(milliseconds) = header("retry-after-ms").and_then(|text| text.parse::<f64>().ok()) {
        return Some(milliseconds.max(0.0).ceil() as u64);
    }
    let text = header("retry-after")?;
    if let Ok(seconds) = text.parse::<f64>() {
        return Some((seconds.max(0.0) * 1_000.0).ceil() as u64);
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let wait = date.duration_since(now).unwrap_or_default();
    u64::try_from(wait.as_millis()).ok()
}
