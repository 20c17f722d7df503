//! The APIs that Tacet speaks over HTTP, and the wire of each: the one place that names them all.

use super::http::{ApiConventions, Http};
use super::wire::Wire;
use super::{Endpoint, anthropic, gemini, interactions, ollama, openai_chat, openai_responses};
use std::sync::Arc;
use tacet_settings::Api;

/// The APIs that Tacet speaks over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireApi {
    /// OpenAI Chat Completions, which most servers speak.
    OpenaiChat,
    /// OpenAI Responses.
    OpenaiResponses,
    /// Ollama's `/api/chat`.
    Ollama,
    /// Anthropic Messages.
    Anthropic,
    /// Gemini's `streamGenerateContent`.
    Gemini,
    /// Gemini's Interactions.
    GeminiInteractions,
}

impl WireApi {
    /// All of them, each at the place that it has as a number.
    pub const ALL: [Self; 6] = [
        Self::OpenaiChat,
        Self::OpenaiResponses,
        Self::Ollama,
        Self::Anthropic,
        Self::Gemini,
        Self::GeminiInteractions,
    ];

    /// The wire to a server of this API; none for the model inside the app.
    #[must_use]
    pub fn of(api: Api) -> Option<Self> {
        match api {
            Api::OpenaiChat => Some(Self::OpenaiChat),
            Api::OpenaiResponses => Some(Self::OpenaiResponses),
            Api::Anthropic => Some(Self::Anthropic),
            Api::Gemini => Some(Self::Gemini),
            Api::GeminiInteractions => Some(Self::GeminiInteractions),
            Api::Ollama => Some(Self::Ollama),
            Api::Embedded => None,
        }
    }

    pub(super) fn conventions(self) -> &'static ApiConventions {
        match self {
            Self::OpenaiChat => &openai_chat::CONVENTIONS,
            Self::OpenaiResponses => &openai_responses::CONVENTIONS,
            Self::Ollama => &ollama::CONVENTIONS,
            Self::Anthropic => &anthropic::CONVENTIONS,
            Self::Gemini => &gemini::CONVENTIONS,
            Self::GeminiInteractions => &interactions::CONVENTIONS,
        }
    }

    pub(super) fn connect(self, endpoint: &Endpoint, http: Http) -> Arc<dyn Wire> {
        match self {
            Self::OpenaiChat => Arc::new(openai_chat::OpenAiChat::new(endpoint, http)),
            Self::OpenaiResponses => {
                Arc::new(openai_responses::OpenAiResponses::new(endpoint, http))
            }
            Self::Ollama => Arc::new(ollama::Ollama::new(http)),
            Self::Anthropic => Arc::new(anthropic::Anthropic::new(endpoint, http)),
            Self::Gemini => Arc::new(gemini::Gemini::new(endpoint, http)),
            Self::GeminiInteractions => Arc::new(interactions::Interactions::new(endpoint, http)),
        }
    }
}
