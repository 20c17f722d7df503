//! Tools of a provider's own, which run there and not here.

use crate::Api;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A tool of a provider's own. It runs there, and the provider bills for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum HostedTool {
    /// The model searches the web, and names its sources.
    WebSearch,
    /// The model makes images.
    ImageGeneration,
}

impl HostedTool {
    /// Whether providers of this API have it.
    #[must_use]
    pub fn is_offered_by(self, api: Api) -> bool {
        match (self, api) {
            (
                Self::WebSearch,
                Api::OpenaiChat
                | Api::OpenaiResponses
                | Api::Anthropic
                | Api::Gemini
                | Api::GeminiInteractions,
            )
            | (Self::ImageGeneration, Api::OpenaiResponses) => true,
            (Self::WebSearch, Api::Ollama | Api::Embedded)
            | (
                Self::ImageGeneration,
                Api::OpenaiChat
                | Api::Anthropic
                | Api::Gemini
                | Api::GeminiInteractions
                | Api::Ollama
                | Api::Embedded,
            ) => false,
        }
    }

    /// Its name in the settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::WebSearch => "web-search",
            Self::ImageGeneration => "image-generation",
        }
    }
}
