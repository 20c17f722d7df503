//! What a request asks of the server, told from its method, path and headers.

use super::dialect::{Dialect, without_query};
use super::request::Request;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    /// That the model answers.
    Answer(Dialect),
    /// The list of models.
    Models(Dialect),
    /// What Ollama knows of one model.
    ShowModel,
    /// Ollama's version.
    Version,
    /// That the answer of this id stops on the server.
    Cancel(Dialect, String),
    /// More of an answer whose connection broke.
    PickUp(Dialect),
    /// Something that only a test can answer, in the API that it most likely belongs to.
    Other(Dialect),
}

impl Route {
    pub(super) fn of(request: &Request) -> Self {
        let path = without_query(&request.path);
        // Gemini has a stable `/v1` as well, where only the header of its key tells it apart.
        let is_gemini = path.contains("/v1beta/") || request.header("x-goog-api-key").is_some();
        let is_anthropic = request.header("anthropic-version").is_some();
        match request.method.as_str() {
            "POST" => {
                if let Some(dialect) = Dialect::asked_at(path) {
                    return Self::Answer(dialect);
                }
                if path.ends_with("/api/show") {
                    return Self::ShowModel;
                }
                if let Some((dialect, rest)) = stored(path)
                    && let Some(id) = rest.strip_suffix("/cancel")
                {
                    return Self::Cancel(dialect, id.to_owned());
                }
            }
            "GET" if path.ends_with("/api/tags") => return Self::Models(Dialect::Ollama),
            "GET" if path.ends_with("/api/version") => return Self::Version,
            "GET" if path.ends_with("/models") && is_gemini => {
                return Self::Models(Dialect::Gemini);
            }
            "GET" if path.ends_with("/models") && is_anthropic => {
                return Self::Models(Dialect::Anthropic);
            }
            "GET" => {
                if let Some((dialect, _)) = stored(path) {
                    return Self::PickUp(dialect);
                }
                if path.ends_with("/models") {
                    return Self::Models(Dialect::OpenaiChat);
                }
            }
            _ => {}
        }
        Self::Other(if is_anthropic {
            Dialect::Anthropic
        } else if is_gemini {
            Dialect::Gemini
        } else if path.contains("/api/") {
            Dialect::Ollama
        } else {
            Dialect::OpenaiChat
        })
    }

    /// The API that the request speaks. Where the two of OpenAI share a path, it is Chat.
    pub(super) fn dialect(&self) -> Dialect {
        match self {
            Self::Answer(dialect)
            | Self::Models(dialect)
            | Self::Cancel(dialect, _)
            | Self::PickUp(dialect)
            | Self::Other(dialect) => *dialect,
            Self::ShowModel | Self::Version => Dialect::Ollama,
        }
    }
}

/// The API that keeps the answer which a path names, and the path from the answer's id on.
fn stored(path: &str) -> Option<(Dialect, &str)> {
    Dialect::ALL.into_iter().find_map(|dialect| {
        let (_, rest) = path.split_once(dialect.stored_under()?)?;
        Some((dialect, rest))
    })
}
