//! The six APIs that the gated server speaks, told apart by the path of a request.

use super::rules::Rules;
use serde_json::Value;
use std::fmt;

/// An API for language models, as its provider documents it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// OpenAI's Chat Completions, which many other servers speak as well.
    OpenaiChat,
    /// OpenAI's Responses.
    OpenaiResponses,
    /// Anthropic's Messages.
    Anthropic,
    /// Google's Gemini API.
    Gemini,
    /// Google's Interactions API.
    GeminiInteractions,
    /// Ollama's own API.
    Ollama,
}

impl Dialect {
    /// All of them, for a test that holds for each.
    pub const ALL: [Self; 6] = [
        Self::OpenaiChat,
        Self::OpenaiResponses,
        Self::Anthropic,
        Self::Gemini,
        Self::GeminiInteractions,
        Self::Ollama,
    ];

    /// What follows the host in the base URL as the provider's documentation writes it: `/v1`,
    /// `/v1beta` or nothing.
    pub fn base_path(self) -> &'static str {
        match self {
            Self::OpenaiChat | Self::OpenaiResponses => "/v1",
            Self::Anthropic | Self::Ollama => "",
            Self::Gemini | Self::GeminiInteractions => "/v1beta",
        }
    }

    /// The path, from the root, to which a client posts to have `model` answer in a stream.
    pub fn answer_path(self, model: &str) -> String {
        match self {
            Self::OpenaiChat => "/v1/chat/completions".to_owned(),
            Self::OpenaiResponses => "/v1/responses".to_owned(),
            Self::Anthropic => "/v1/messages".to_owned(),
            Self::Gemini => format!("/v1beta/models/{model}:streamGenerateContent?alt=sse"),
            Self::GeminiInteractions => "/v1beta/interactions".to_owned(),
            Self::Ollama => "/api/chat".to_owned(),
        }
    }

    /// The part of a path below which it keeps answers that go on without their connection; none where
    /// it keeps none.
    pub(super) fn stored_under(self) -> Option<&'static str> {
        match self {
            Self::OpenaiResponses => Some("/responses/"),
            Self::GeminiInteractions => Some("/interactions/"),
            Self::OpenaiChat | Self::Anthropic | Self::Gemini | Self::Ollama => None,
        }
    }

    /// The path, from the root, of the list of models.
    pub fn models_path(self) -> &'static str {
        match self {
            Self::OpenaiChat | Self::OpenaiResponses | Self::Anthropic => "/v1/models",
            Self::Gemini | Self::GeminiInteractions => "/v1beta/models",
            Self::Ollama => "/api/tags",
        }
    }

    /// The word for it in `settings.json`, as in `"api": "openai-chat"`.
    pub fn api(self) -> &'static str {
        match self {
            Self::OpenaiChat => "openai-chat",
            Self::OpenaiResponses => "openai-responses",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::GeminiInteractions => "gemini-interactions",
            Self::Ollama => "ollama",
        }
    }

    /// The media type of a streamed answer.
    pub fn stream_type(self) -> &'static str {
        match self {
            Self::OpenaiChat
            | Self::OpenaiResponses
            | Self::Anthropic
            | Self::Gemini
            | Self::GeminiInteractions => "text/event-stream",
            Self::Ollama => "application/x-ndjson",
        }
    }

    /// Which API a request for an answer at `path` (query included) belongs to.
    pub fn asked_at(path: &str) -> Option<Self> {
        let path = without_query(path);
        if path.ends_with("/chat/completions") {
            Some(Self::OpenaiChat)
        } else if path.ends_with("/responses") {
            Some(Self::OpenaiResponses)
        } else if path.ends_with("/messages") {
            Some(Self::Anthropic)
        } else if path.ends_with(":streamGenerateContent") || path.ends_with(":generateContent") {
            Some(Self::Gemini)
        } else if path.ends_with("/interactions") {
            Some(Self::GeminiInteractions)
        } else if path.ends_with("/api/chat") {
            Some(Self::Ollama)
        } else {
            None
        }
    }

    /// Judges the JSON of a request for an answer as strictly as the provider does, by the usual
    /// [`Rules`]. For Gemini, whose path names the model, the body's `model` counts where it is
    /// there; [`Rules::check`] takes the name from the caller.
    ///
    /// # Errors
    /// The first rule that is broken, in the provider's words.
    pub fn validate(self, request: &Value) -> Result<(), String> {
        let model = request["model"].as_str().unwrap_or_default();
        Rules::default().check(self, model, request)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.api())
    }
}

/// The path alone.
pub(super) fn without_query(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}
