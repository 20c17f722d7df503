//! What a server says no with: its status and its words, sorted into what a person can do.

use crate::{ErrorCategory, ProviderError};
use reqwest::header::HeaderMap;
use serde_json::Value;
use std::time::{Duration, SystemTime};

/// The most bytes of a provider's words that are kept.
const WORDS_LIMIT: usize = 2048;

/// Whether a frame, or the body of a response, is an error. Besides OpenAI's `error` there is
/// `{"object": "error"}` (vLLM, Mistral).
pub(crate) fn is_error(value: &Value) -> bool {
    match value.get("error") {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Object(_)) => true,
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_)) | None => {
            value["object"] == "error"
        }
    }
}

/// An error that came after status 200, in the stream.
pub(crate) fn from_frame(value: &Value) -> ProviderError {
    let words = Words::of(value);
    let mut codes = words.code.split(' ');
    let status = codes.find_map(|code| code.parse().ok().filter(|code| *code >= 400));
    let category = words.category(status).unwrap_or(ErrorCategory::Overloaded);
    ProviderError {
        category,
        message: format!(
            "The provider broke the answer off: {} What arrived is kept.",
            advice(category)
        ),
        provider_text: words.kept(),
        status,
        retry_after_ms: words.retry_after_ms,
        passing: words.is_passing(category),
    }
}

/// A response with a status other than 200. `body` is its beginning, and `example` how an address
/// of this API is written.
pub(crate) fn from_response(status: u16, body: &[u8], model: &str, example: &str) -> ProviderError {
    let words = match serde_json::from_slice::<Value>(body) {
        Ok(value) => Words::of(&value),
        Err(_) => Words {
            text: page_text(&String::from_utf8_lossy(body)),
            code: String::new(),
            retry_after_ms: None,
        },
    };
    let category = words
        .category(Some(status))
        .unwrap_or(ErrorCategory::BadRequest);
    let message = if status == 404 && words.names_model() {
        format!("The provider does not know the model \"{model}\". Choose another model.")
    } else if status == 404 {
        format!(
            "Nothing answers at this address (404). Check the address in the settings; it is \
             written like {example}."
        )
    } else if (300..400).contains(&status) {
        format!(
            "The server sends elsewhere ({status}), and Tacet does not take the key there. Put \
             the final address into the settings."
        )
    } else {
        format!("{} ({status})", advice(category))
    };
    ProviderError {
        category,
        message,
        provider_text: words.kept(),
        status: Some(status),
        retry_after_ms: words.retry_after_ms,
        passing: status != 402 && words.is_passing(category),
    }
}

/// Cuts a text to what is kept of it.
pub(crate) fn shorten(text: &str) -> String {
    let text = text.trim();
    let mut end = text.len().min(WORDS_LIMIT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
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
        ErrorCategory::ContentFilter => "The provider's filter refused this conversation.",
        ErrorCategory::BadRequest
        | ErrorCategory::Network
        | ErrorCategory::Protocol
        | ErrorCategory::Engine
        | ErrorCategory::Storage => "The provider did not accept the request.",
    }
}

/// What a provider said.
struct Words {
    text: String,
    /// Its code, type and status, and Google's reasons: for the category.
    code: String,
    retry_after_ms: Option<u64>,
}

/// Google's `RetryInfo` among the details of an error: `{"retryDelay": "17s"}`.
fn retry_delay(error: &Value) -> Option<u64> {
    let details = error["details"].as_array()?;
    let delay = details
        .iter()
        .find_map(|detail| detail["retryDelay"].as_str())?;
    let seconds: f64 = delay.strip_suffix('s')?.parse().ok()?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .and_then(|delay| u64::try_from(delay.as_millis()).ok())
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

impl Words {
    fn of(value: &Value) -> Self {
        let error = value.get("error").filter(|error| !error.is_null());
        let error = error.unwrap_or(value);
        let text = ["message", "detail", "error"]
            .iter()
            .map(|name| &error[name])
            .chain([error])
            .find(|text| !text.is_null())
            .map_or_else(String::new, |text| match text {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
        let details = error["details"].as_array().into_iter().flatten();
        let code = ["code", "type", "status"]
            .iter()
            .map(|name| &error[name])
            .chain(details.map(|detail| &detail["reason"]))
            .filter_map(|code| match code {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
            })
            .collect::<Vec<_>>()
            .join(" ");
        Self {
            text,
            code,
            retry_after_ms: retry_delay(error),
        }
    }

    /// Whether asking again soon may help. No credit is not a matter of waiting.
    fn is_passing(&self, category: ErrorCategory) -> bool {
        match category {
            ErrorCategory::Overloaded => true,
            ErrorCategory::RateLimit => {
                let said = format!("{} {}", self.code, self.text).to_lowercase();
                let never = ["insufficient_quota", "billing", "credit"];
                !never.iter().any(|word| said.contains(word))
            }
            ErrorCategory::Authentication
            | ErrorCategory::PromptTooLong
            | ErrorCategory::BadRequest
            | ErrorCategory::ContentFilter
            | ErrorCategory::Network
            | ErrorCategory::Protocol
            | ErrorCategory::Engine
            | ErrorCategory::Storage => false,
        }
    }

    fn kept(&self) -> Option<String> {
        let text = shorten(&self.text);
        (!text.is_empty()).then_some(text)
    }

    fn names_model(&self) -> bool {
        self.text.to_lowercase().contains("model") || self.code.contains("model")
    }

    /// The status decides, except where words are more exact: a conversation that is too long
    /// and a filter both come as 400.
    fn category(&self, status: Option<u16>) -> Option<ErrorCategory> {
        let text = self.text.to_lowercase();
        let code = self.code.to_lowercase();
        let says = |words: &[&str]| {
            words
                .iter()
                .any(|word| text.contains(word) || code.contains(word))
        };
        let too_long = says(&[
            "context length",
            "context_length",
            "context size",
            "context window",
            "context limit",
            "input token count",
            "maximum context",
            "prompt is too long",
            "prompt too long",
            "request_too_large",
        ]);
        match status {
            Some(413) => return Some(ErrorCategory::PromptTooLong),
            Some(401 | 403) if !code.contains("moderation") => {
                return Some(ErrorCategory::Authentication);
            }
            Some(402 | 429) => return Some(ErrorCategory::RateLimit),
            // Google calls a wrong key an invalid argument, and Anthropic an empty account an
            // invalid request.
            Some(400) if code.contains("api_key_invalid") => {
                return Some(ErrorCategory::Authentication);
            }
            Some(400) if text.contains("credit balance") => return Some(ErrorCategory::RateLimit),
            // llama.cpp's server once said 500 for a prompt beyond its context.
            Some(_) | None if too_long => return Some(ErrorCategory::PromptTooLong),
            Some(408 | 500..) => return Some(ErrorCategory::Overloaded),
            Some(_) | None => {}
        }
        let filtered = [
            "content_filter",
            "content_policy",
            "content filtering",
            "moderation",
        ];
        if says(&filtered) {
            Some(ErrorCategory::ContentFilter)
        } else if status.is_some() {
            Some(ErrorCategory::BadRequest)
        } else if says(&["rate_limit", "rate limit", "exhausted", "quota", "billing"]) {
            Some(ErrorCategory::RateLimit)
        } else if says(&["api_key", "api key", "authenticat", "permission"]) {
            Some(ErrorCategory::Authentication)
        } else if says(&[
            "invalid_argument",
            "invalid_request",
            "bad_request",
            "not_found",
        ]) {
            Some(ErrorCategory::BadRequest)
        } else {
            None
        }
    }
}
