//! How to speak to a provider, as the settings name it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How to speak to a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Api {
    /// OpenAI Chat Completions, which most servers speak.
    OpenaiChat,
    /// OpenAI Responses.
    OpenaiResponses,
    /// Anthropic Messages.
    Anthropic,
    /// Gemini, `streamGenerateContent`.
    Gemini,
    /// Gemini Interactions.
    GeminiInteractions,
    /// Ollama, `/api/chat`.
    Ollama,
    /// The model inside the app.
    Embedded,
}

impl Api {
    /// The address that a provider of this API has when its settings name none, after the
    /// official documentation of each. Chat Completions is spoken by so many servers that none
    /// of them is meant by itself.
    #[must_use]
    pub fn official_address(self) -> Option<&'static str> {
        match self {
            Self::OpenaiResponses => Some("https://api.openai.com/v1"),
            Self::Anthropic => Some("https://api.anthropic.com"),
            Self::Gemini | Self::GeminiInteractions => {
                Some("https://generativelanguage.googleapis.com/v1beta")
            }
            Self::Ollama => Some("http://127.0.0.1:11434"),
            Self::OpenaiChat | Self::Embedded => None,
        }
    }

    /// Whether providers of this API count the tokens of a text for nothing.
    #[must_use]
    pub fn counts_tokens(self) -> bool {
        match self {
            Self::OpenaiResponses | Self::Anthropic | Self::Gemini | Self::GeminiInteractions => {
                true
            }
            Self::OpenaiChat | Self::Ollama | Self::Embedded => false,
        }
    }

    /// Whether providers of this API can go on with an answer in the background, where Stop cancels it.
    #[must_use]
    pub fn has_background(self) -> bool {
        match self {
            Self::OpenaiResponses | Self::GeminiInteractions => true,
            Self::OpenaiChat | Self::Anthropic | Self::Gemini | Self::Ollama | Self::Embedded => {
                false
            }
        }
    }

    /// Whether a provider of this API cannot be reached without a `base_url`.
    #[must_use]
    pub fn needs_address(self) -> bool {
        match self {
            Self::OpenaiChat => true,
            Self::OpenaiResponses
            | Self::Anthropic
            | Self::Gemini
            | Self::GeminiInteractions
            | Self::Ollama
            | Self::Embedded => false,
        }
    }
}
