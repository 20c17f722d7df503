//! What a provider said, in whichever form, and what kind of failure it is.

use super::shorten;
use serde_json::Value;
use std::time::Duration;
use tacet_conversation::ErrorCategory;

/// What a provider said.
pub(super) struct Words {
    pub(super) text: String,
    /// Its code, type and status, and Google's reasons: for the category.
    pub(super) code: String,
    pub(super) retry_after_ms: Option<u64>,
}

/// A status that passes by itself: the server's own limits and those of the proxies before it
/// (RFC 9110, section 15; 520 to 524 are Cloudflare's, 529 is Anthropic's).
fn passes(status: u16) -> bool {
    matches!(status, 408 | 500 | 502..=504 | 520..=524 | 529)
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

/// How servers say that the conversation has more tokens than the model takes.
const TOO_LONG: &[&str] = &[
    "context length",
    "context_length",
    "context size",
    "context window",
    "context limit",
    "input token count",
    "maximum context",
    "prompt is too long",
    "prompt too long",
];

/// How servers speak of a path that they do not have, in the form of their errors: OpenAI, Groq,
/// LM Studio, llama.cpp, Azure.
const UNKNOWN_PATH: &[&str] = &[
    "invalid url",
    "unknown request url",
    "unknown_url",
    "unexpected endpoint",
    "file not found",
    "resource not found",
    "page not found",
    "no route",
    "route not found",
    "path not found",
    "unknown path",
];

/// How servers say that they have no such model: OpenAI, Anthropic, Gemini, Ollama, OpenRouter,
/// LiteLLM, Azure.
const UNKNOWN_MODEL: &[&str] = &[
    "model_not_found",
    "model_not_available",
    "deploymentnotfound",
    "no endpoints found for",
    "not a valid model",
    "invalid model",
    "unknown model",
    "no such model",
];

/// How servers speak of a file that they cannot read: OpenAI, Anthropic, Gemini, OpenRouter,
/// llama.cpp, DeepSeek.
const FILE: &[&str] = &[
    "image",
    "picture",
    "pdf",
    "mime type",
    "mime_type",
    "media type",
    "media_type",
    "multimodal",
    "mmproj",
    "base64",
    "attachment",
    "input_file",
];

impl Words {
    pub(super) fn plain(text: String) -> Self {
        Self {
            text,
            code: String::new(),
            retry_after_ms: None,
        }
    }

    pub(super) fn of(value: &Value) -> Self {
        if let Some([one]) = value.as_array().map(Vec::as_slice) {
            return Self::of(one);
        }
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

    /// Whether asking again soon may help. No credit is not a matter of waiting, unless the
    /// provider says for how long: Google has the same words for a limit by the minute.
    pub(super) fn is_retryable(&self, category: ErrorCategory) -> bool {
        match category {
            ErrorCategory::Overloaded => true,
            ErrorCategory::RateLimit => {
                self.retry_after_ms.is_some()
                    || !self.says(&["insufficient_quota", "billing", "credit"])
            }
            ErrorCategory::Authentication
            | ErrorCategory::PromptTooLong
            | ErrorCategory::RequestTooLarge
            | ErrorCategory::BadRequest
            | ErrorCategory::UnknownModel
            | ErrorCategory::WrongAddress
            | ErrorCategory::File
            | ErrorCategory::ContentFilter
            | ErrorCategory::Unknown
            | ErrorCategory::Network
            | ErrorCategory::Protocol
            | ErrorCategory::AnswerTooLong
            | ErrorCategory::Engine
            | ErrorCategory::Storage => false,
        }
    }

    pub(super) fn kept(&self) -> Option<String> {
        let text = shorten(&self.text);
        (!text.is_empty()).then_some(text)
    }

    /// Whether the words are of a path that the server does not have.
    pub(super) fn name_path(&self) -> bool {
        let text = self.text.trim().trim_end_matches('.');
        // Anthropic says no more of one; an unknown model is named.
        text.eq_ignore_ascii_case("not found") || self.says(UNKNOWN_PATH)
    }

    fn says(&self, words: &[&str]) -> bool {
        let text = self.text.to_lowercase();
        let code = self.code.to_lowercase();
        words
            .iter()
            .any(|word| text.contains(word) || code.contains(word))
    }

    fn names_model(&self, status: Option<u16>) -> bool {
        self.says(UNKNOWN_MODEL)
            || status == Some(404) && self.says(&["model", "deployment"])
            || self.says(&["model"]) && self.says(&["does not exist", "not found"])
    }

    /// The status decides, except where words are more exact: a conversation that is too long,
    /// a file that cannot be read and a filter all come as 400.
    pub(super) fn category(&self, status: Option<u16>) -> ErrorCategory {
        let text = self.text.to_lowercase();
        let code = self.code.to_lowercase();
        let too_long = self.says(TOO_LONG);
        match status {
            // Some say so of a model that the key may not use.
            Some(_) if code.contains("model_not_found") => return ErrorCategory::UnknownModel,
            Some(401 | 403) if !code.contains("moderation") => {
                return ErrorCategory::Authentication;
            }
            Some(402 | 429) => return ErrorCategory::RateLimit,
            // Google calls a wrong key an invalid argument, and Anthropic an empty account an
            // invalid request.
            Some(400) if code.contains("api_key_invalid") => return ErrorCategory::Authentication,
            Some(400) if text.contains("credit balance") => return ErrorCategory::RateLimit,
            // llama.cpp's server once said 500 for a prompt beyond its context.
            Some(_) | None if too_long => return ErrorCategory::PromptTooLong,
            Some(_) | None if code.contains("request_too_large") => {
                return ErrorCategory::RequestTooLarge;
            }
            // Most servers and all proxies mean the bytes; Groq means the tokens.
            Some(413) if text.contains("token") => return ErrorCategory::PromptTooLong,
            Some(413) => return ErrorCategory::RequestTooLarge,
            Some(400 | 404 | 415 | 422 | 500) if self.says(FILE) => return ErrorCategory::File,
            Some(400..500) | None if self.names_model(status) => {
                return ErrorCategory::UnknownModel;
            }
            Some(status) if passes(status) => return ErrorCategory::Overloaded,
            Some(_) | None => {}
        }
        if self.says(&[
            "content_filter",
            "content_policy",
            "content filtering",
            "moderation",
            // Google's.
            "content_blocked",
            "prohibited_content",
            "prohibited content",
            "safety filter",
            "safety settings",
        ]) {
            ErrorCategory::ContentFilter
        } else if let Some(400..500) = status {
            ErrorCategory::BadRequest
        } else {
            self.category_by_words()
        }
    }

    /// For an error without a status: most of those that come in a stream.
    fn category_by_words(&self) -> ErrorCategory {
        if self.says(&["rate_limit", "rate limit", "exhausted", "quota", "billing"]) {
            ErrorCategory::RateLimit
        } else if self.says(&["api_key", "api key", "authenticat", "permission"]) {
            ErrorCategory::Authentication
        } else if self.says(&[
            "overload",
            "unavailable",
            "capacity",
            "busy",
            "server_error",
            "internal_error",
            "internal server error",
            "api_error",
            "timeout",
            "timed out",
            "deadline",
        ]) {
            ErrorCategory::Overloaded
        } else if self.says(FILE) {
            ErrorCategory::File
        } else if self.says(&[
            "invalid_argument",
            "invalid_request",
            "bad_request",
            "not_found",
        ]) {
            ErrorCategory::BadRequest
        } else {
            ErrorCategory::Unknown
        }
    }
}
