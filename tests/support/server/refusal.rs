//! The ways in which a provider turns a request away, each in its own status, words and shape.
//!
//! Sources: the error pages of the providers' public documentation, and the texts that their
//! servers are known to send where those pages give none.

use super::dialect::Dialect;
use serde_json::{Value, json};

/// Why a request is turned away before there is an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The key is missing or wrong.
    Authentication,
    /// Too many requests; the client is to wait so many seconds. Gemini says so in the body, the
    /// others in `Retry-After`.
    RateLimit {
        /// Seconds.
        retry_after: u64,
    },
    /// The provider has no room at the moment.
    Overloaded,
    /// The prompt is longer than the model's context.
    PromptTooLong,
    /// There is no such model.
    UnknownModel,
    /// The request has a field that the server does not know.
    UnknownField(String),
    /// The request breaks a rule, in these words.
    BadRequest(String),
}

/// A refusal as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spelled {
    pub status: u16,
    pub retry_after: Option<u64>,
    pub body: Value,
}

impl Refusal {
    /// As this API's server says it of a request for `model`.
    pub(super) fn spell(&self, dialect: Dialect, model: &str) -> Spelled {
        let (status, body) = match dialect {
            Dialect::OpenaiChat => self.openai(model, false),
            Dialect::OpenaiResponses => self.openai(model, true),
            Dialect::Anthropic => self.anthropic(model),
            Dialect::Gemini | Dialect::GeminiInteractions => self.gemini(model),
            Dialect::Ollama => self.ollama(model),
        };
        let retry_after = match (self, dialect) {
            (Self::RateLimit { .. }, Dialect::Gemini | Dialect::GeminiInteractions) => None,
            (Self::RateLimit { retry_after }, _) => Some(*retry_after),
            _ => None,
        };
        Spelled {
            status,
            retry_after,
            body,
        }
    }

    fn openai(&self, model: &str, is_responses: bool) -> (u16, Value) {
        let invalid = "invalid_request_error";
        let (status, kind, code, param, message) = match self {
            Self::Authentication => (
                401,
                invalid,
                json!("invalid_api_key"),
                Value::Null,
                "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.".to_owned(),
            ),
            Self::RateLimit { retry_after } => (
                429,
                "requests",
                json!("rate_limit_exceeded"),
                Value::Null,
                format!("Rate limit reached for {model} on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in {retry_after}s."),
            ),
            Self::Overloaded => (
                503,
                "server_error",
                Value::Null,
                Value::Null,
                "The engine is currently overloaded, please try again later".to_owned(),
            ),
            Self::PromptTooLong if is_responses => (
                400,
                invalid,
                json!("context_length_exceeded"),
                json!("input"),
                "Your input exceeds the context window of this model. Please adjust your input and try again.".to_owned(),
            ),
            Self::PromptTooLong => (
                400,
                invalid,
                json!("context_length_exceeded"),
                json!("messages"),
                "This model's maximum context length is 8192 tokens. However, your messages resulted in 9321 tokens. Please reduce the length of the messages.".to_owned(),
            ),
            Self::UnknownModel => (
                404,
                invalid,
                json!("model_not_found"),
                Value::Null,
                format!("The model `{model}` does not exist or you do not have access to it."),
            ),
            Self::UnknownField(name) if is_responses => (
                400,
                invalid,
                json!("unknown_parameter"),
                json!(name),
                format!("Unknown parameter: '{name}'."),
            ),
            Self::UnknownField(name) => (
                400,
                invalid,
                Value::Null,
                Value::Null,
                format!("Unrecognized request argument supplied: {name}"),
            ),
            Self::BadRequest(words) => (400, invalid, Value::Null, Value::Null, words.clone()),
        };
        let error = json!({"message": message, "type": kind, "param": param, "code": code});
        (status, json!({"error": error}))
    }

    fn anthropic(&self, model: &str) -> (u16, Value) {
        let (status, kind, message) = match self {
            Self::Authentication => (401, "authentication_error", "invalid x-api-key".to_owned()),
            Self::RateLimit { .. } => (
                429,
                "rate_limit_error",
                "This request would exceed your organization's rate limit of 50 requests per minute.".to_owned(),
            ),
            Self::Overloaded => (529, "overloaded_error", "Overloaded".to_owned()),
            Self::PromptTooLong => (
                400,
                "invalid_request_error",
                "prompt is too long: 208310 tokens > 200000 maximum".to_owned(),
            ),
            Self::UnknownModel => (404, "not_found_error", format!("model: {model}")),
            Self::UnknownField(name) => (
                400,
                "invalid_request_error",
                format!("{name}: Extra inputs are not permitted"),
            ),
            Self::BadRequest(words) => (400, "invalid_request_error", words.clone()),
        };
        let error = json!({"type": kind, "message": message});
        let body = json!({"type": "error", "error": error, "request_id": "req_gated"});
        (status, body)
    }

    fn gemini(&self, model: &str) -> (u16, Value) {
        let none = || json!([]);
        let (code, status, details, message) = match self {
            // A wrong key is an invalid argument there.
            Self::Authentication => (
                400,
                "INVALID_ARGUMENT",
                json!([{
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "API_KEY_INVALID",
                    "domain": "googleapis.com",
                }]),
                "API key not valid. Please pass a valid API key.".to_owned(),
            ),
            Self::RateLimit { retry_after } => (
                429,
                "RESOURCE_EXHAUSTED",
                json!([{
                    "@type": "type.googleapis.com/google.rpc.RetryInfo",
                    "retryDelay": format!("{retry_after}s"),
                }]),
                "You exceeded your current quota, please check your plan and billing details."
                    .to_owned(),
            ),
            Self::Overloaded => (
                503,
                "UNAVAILABLE",
                none(),
                "The model is overloaded. Please try again later.".to_owned(),
            ),
            Self::PromptTooLong => (
                400,
                "INVALID_ARGUMENT",
                none(),
                "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).".to_owned(),
            ),
            Self::UnknownModel => (
                404,
                "NOT_FOUND",
                none(),
                format!("models/{model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods."),
            ),
            Self::UnknownField(name) => (
                400,
                "INVALID_ARGUMENT",
                none(),
                format!("Invalid JSON payload received. Unknown name \"{name}\": Cannot find field."),
            ),
            Self::BadRequest(words) => (400, "INVALID_ARGUMENT", none(), words.clone()),
        };
        let mut error = json!({"code": code, "message": message, "status": status});
        if details != none() {
            error["details"] = details;
        }
        (code, json!({"error": error}))
    }

    fn ollama(&self, model: &str) -> (u16, Value) {
        let (status, message) = match self {
            Self::Authentication => (401, "unauthorized".to_owned()),
            Self::RateLimit { .. } => (429, "too many requests".to_owned()),
            Self::Overloaded => (
                503,
                "server busy, please try again.  maximum pending requests exceeded".to_owned(),
            ),
            Self::PromptTooLong => (
                400,
                "the input length exceeds the context length".to_owned(),
            ),
            Self::UnknownModel => (404, format!("model '{model}' not found")),
            // Ollama reads past such fields; this is how Go's decoder words it where one does not.
            Self::UnknownField(name) => (400, format!("json: unknown field \"{name}\"")),
            Self::BadRequest(words) => (400, words.clone()),
        };
        (status, json!({"error": message}))
    }
}
