//! The recorded streams of each API, written after its public documentation, with what a test needs
//! to decode them and to judge the request after them.

use crate::answers::{self, Recorded, message, named, recorded, said, stopped_answer_by};
use crate::{interactions_decoding, ollama_decoding, responses_decoding};
use std::sync::LazyLock;
use tacet_core::provider::decode::Decoder;
use tacet_core::{Endpoint, Message, ModelRequest, Part, Remote, Role, WireApi};
use tacet_test_support::server::{Dialect, Rules};

/// An API at an address, its models, and what they have said.
#[derive(Debug)]
pub struct Recordings {
    pub dialect: Dialect,
    /// Made once: reading the system's certificates takes longer than any answer.
    pub provider: Remote,
    /// The first one gave the answers; each is asked.
    pub models: &'static [&'static str],
    pub streams: &'static [Recorded],
}

/// Each API. What is entered here is part of every property of all wires.
pub fn wires() -> [&'static Recordings; 6] {
    [
        &CHAT,
        &RESPONSES,
        &ANTHROPIC,
        &GEMINI,
        &INTERACTIONS,
        &OLLAMA,
    ]
}

pub static CHAT: LazyLock<Recordings> = LazyLock::new(|| Recordings {
    dialect: Dialect::OpenaiChat,
    provider: at(WireApi::OpenaiChat, "http://127.0.0.1:1/v1"),
    models: &["gated-model"],
    streams: answers::STREAMS,
});

static RESPONSES: LazyLock<Recordings> = LazyLock::new(|| Recordings {
    dialect: Dialect::OpenaiResponses,
    provider: at(WireApi::OpenaiResponses, "http://127.0.0.1:1/v1"),
    models: &["gated-model"],
    streams: responses_decoding::STREAMS,
});

pub static OLLAMA: LazyLock<Recordings> = LazyLock::new(|| Recordings {
    dialect: Dialect::Ollama,
    provider: at(WireApi::Ollama, "http://127.0.0.1:1"),
    models: &["gated-model"],
    streams: ollama_decoding::STREAMS,
});

pub static ANTHROPIC: LazyLock<Recordings> = LazyLock::new(|| Recordings {
    dialect: Dialect::Anthropic,
    provider: at(WireApi::Anthropic, "http://api.anthropic.com"),
    models: &["claude-opus-4-6", "claude-3-5-haiku-latest"],
    streams: ANTHROPIC_STREAMS,
});

pub static GEMINI: LazyLock<Recordings> = LazyLock::new(|| Recordings {
    dialect: Dialect::Gemini,
    provider: at(
        WireApi::Gemini,
        "http://generativelanguage.googleapis.com/v1beta",
    ),
    models: &["gemini-3-pro-preview", "gemini-2.5-flash"],
    streams: GEMINI_STREAMS,
});

pub static INTERACTIONS: LazyLock<Recordings> = LazyLock::new(|| Recordings {
    dialect: Dialect::GeminiInteractions,
    provider: at(
        WireApi::GeminiInteractions,
        "http://generativelanguage.googleapis.com/v1beta",
    ),
    models: &["gemini-3-pro-preview", "gemini-2.5-flash"],
    streams: interactions_decoding::STREAMS,
});

fn at(api: WireApi, base_url: &str) -> Remote {
    Remote::new(api, &Endpoint::new(base_url, None)).unwrap()
}

const ANTHROPIC_STREAMS: &[Recorded] = recorded!(
    "streams/anthropic/",
    ".sse",
    [
        "text",
        "thinking",
        "tools",
        "thinking-tool",
        "hidden-thinking",
        "running-usage",
        "refusal",
        "search",
        "paused",
        "compaction",
        "listing",
        "filtered",
        "error",
        "unknown-kinds",
        "gateway"
    ]
);

const GEMINI_STREAMS: &[Recorded] = recorded!(
    "streams/gemini/",
    ".sse",
    [
        "text",
        "thoughts",
        "calls",
        "calls-without-ids",
        "signed-thought",
        "images",
        "code",
        "search",
        "safety",
        "blocked",
        "malformed-call",
        "error",
        "unknown-kinds",
        "server-tools"
    ]
);

impl Recordings {
    pub fn decoder(&self) -> Decoder {
        self.provider.decoder(self.models[0])
    }

    pub fn stream(&self, name: &str) -> &'static [u8] {
        named(self.streams, name)
    }

    /// The answers that are on disk when a stream was stopped, of any length: each once.
    pub fn stopped_answers(&self, bytes: &[u8]) -> Vec<Message> {
        let mut answers: Vec<Message> = Vec::new();
        for cut in 0..=bytes.len() {
            let mut answer = stopped_answer_by(self.decoder(), &bytes[..cut]);
            if let Some(last) = answers.last() {
                answer.id = last.id;
                answer.conversation_id = last.conversation_id;
            }
            if answers.last() != Some(&answer) {
                answers.push(answer);
            }
        }
        answers
    }

    /// The request that answers this history, by the first model.
    pub fn body(&self, history: &[Message]) -> Vec<u8> {
        self.provider
            .body(&ModelRequest::new(self.models[0], history))
    }

    /// Judges the request that answers this history, for each model.
    pub fn judge(&self, history: &[Message]) -> Result<(), String> {
        self.models.iter().try_for_each(|model| {
            let request = ModelRequest::new(*model, history);
            let body = serde_json::from_slice(&self.provider.body(&request)).unwrap();
            let rules = Rules::default();
            rules
                .check(self.dialect, model, &body)
                .map_err(|refusal| format!("{model}: {refusal}\n{body}"))
        })
    }
}

/// An answer, and what the person says next.
pub fn asked_again(answer: Message) -> Vec<Message> {
    vec![said(Role::User, "one"), answer, said(Role::User, "two")]
}

/// The same for an answer of these parts that ended by itself.
pub fn answered(parts: Vec<Part>) -> Vec<Message> {
    asked_again(message(Role::Assistant, parts))
}
