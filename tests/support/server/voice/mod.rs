//! How each API spells an answer: a voice turns what a model says into the bytes of one exchange,
//! and remembers what the API wants repeated or closed later.

mod anthropic;
mod gathered;
mod gemini;
mod interactions;
mod ollama;
mod openai_chat;
mod openai_responses;

use super::dialect::Dialect;
use super::frame::CHAT_ANSWER;
use super::request::Request;
use super::say::{Finish, Say, Tokens};
use anthropic::AnthropicVoice;
use gemini::GeminiVoice;
use interactions::InteractionsVoice;
pub(super) use interactions::interaction;
use ollama::OllamaVoice;
use openai_chat::ChatVoice;
use openai_responses::ResponsesVoice;
pub(super) use openai_responses::response;
use serde_json::Value;
use std::fmt;

/// One answer in one API. The caller opens it once, before anything else.
trait Voice: fmt::Debug + Send + Sync {
    /// What the server sends before the model has said anything; `tokens` where the prompt's count
    /// is known by then.
    fn open(&mut self, tokens: Option<Tokens>) -> Vec<u8>;

    /// What follows from saying this; empty where the API has nothing for it, or not yet.
    fn say(&mut self, say: &Say) -> Vec<u8>;

    /// The end of the answer, one entry for each event; some may be empty.
    fn finish(&mut self, finish: Finish, tokens: Tokens) -> Vec<Vec<u8>>;

    /// The API's error event in a stream that began with 200.
    fn error(&mut self, message: &str) -> Vec<u8>;

    /// The API's way to end an answer as failed, where that is another than the error event.
    fn failed(&mut self, message: &str) -> Vec<u8> {
        self.error(message)
    }
}

/// What a voice needs to know of the request that it answers.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The model as the request names it.
    pub model: String,
    /// The answer's id where the API gives it one.
    pub answer_id: String,
    /// The request's body, or null.
    pub body: Value,
}

impl Asked {
    /// What `request` asks; `tag` tells its answer from the others of the server.
    pub(super) fn of(request: &Request, tag: &str) -> Self {
        let answer_id = match request.dialect() {
            // Its frames are written without knowing of the exchange, so all have the same.
            Dialect::OpenaiChat => CHAT_ANSWER.to_owned(),
            Dialect::OpenaiResponses => format!("resp_gated{tag}"),
            Dialect::Anthropic => format!("msg_gated{tag}"),
            Dialect::GeminiInteractions => format!("v1_gated{tag}"),
            Dialect::Gemini | Dialect::Ollama => format!("gated{tag}"),
        };
        Self {
            model: request.model(),
            answer_id,
            body: serde_json::from_slice(&request.body).unwrap_or_default(),
        }
    }
}

/// A voice together with whether it has been opened.
#[derive(Debug)]
pub(super) struct Speaker {
    voice: Box<dyn Voice>,
    is_opened: bool,
}

impl Speaker {
    pub(super) fn new(dialect: Dialect, asked: Asked) -> Self {
        Self {
            voice: voice(dialect, asked),
            is_opened: false,
        }
    }

    /// Takes it that the opening was sent by other means.
    pub(super) fn skip_opening(&mut self) {
        self.is_opened = true;
    }

    /// The opening, unless it was given already.
    pub(super) fn open(&mut self, tokens: Option<Tokens>) -> Vec<u8> {
        if self.is_opened {
            return Vec::new();
        }
        self.is_opened = true;
        self.voice.open(tokens)
    }

    pub(super) fn say(&mut self, say: &Say) -> Vec<u8> {
        let prompt = match say {
            Say::Usage(tokens) => Some(*tokens),
            Say::Text(_)
            | Say::Reasoning(_)
            | Say::ReasoningSeal(_)
            | Say::ToolStart { .. }
            | Say::ToolArguments(_) => None,
        };
        let mut bytes = self.open(prompt);
        bytes.extend(self.voice.say(say));
        bytes
    }

    /// The end, one entry for each event.
    pub(super) fn finish(&mut self, finish: Finish, tokens: Tokens) -> Vec<Vec<u8>> {
        let mut events = vec![self.open(Some(tokens))];
        events.extend(self.voice.finish(finish, tokens));
        events.retain(|event| !event.is_empty());
        events
    }

    pub(super) fn error(&mut self, message: &str) -> Vec<u8> {
        let mut bytes = self.open(None);
        bytes.extend(self.voice.error(message));
        bytes
    }

    pub(super) fn failed(&mut self, message: &str) -> Vec<u8> {
        let mut bytes = self.open(None);
        bytes.extend(self.voice.failed(message));
        bytes
    }
}

/// A voice that has said nothing yet.
fn voice(dialect: Dialect, asked: Asked) -> Box<dyn Voice> {
    match dialect {
        Dialect::OpenaiChat => Box::new(ChatVoice::new(asked)),
        Dialect::OpenaiResponses => Box::new(ResponsesVoice::new(asked)),
        Dialect::Anthropic => Box::new(AnthropicVoice::new(asked)),
        Dialect::Gemini => Box::new(GeminiVoice::new(asked)),
        Dialect::GeminiInteractions => Box::new(InteractionsVoice::new(asked)),
        Dialect::Ollama => Box::new(OllamaVoice::new(asked)),
    }
}

/// One server-sent event without a name.
fn data(value: &Value) -> Vec<u8> {
    format!("data: {value}\n\n").into_bytes()
}

/// One server-sent event whose name is the data's `type`, as OpenAI and Anthropic have it, or its
/// `event_type`, as Google does.
fn event(value: &Value) -> Vec<u8> {
    let names = [&value["type"], &value["event_type"]];
    let name = names
        .iter()
        .find_map(|name| name.as_str())
        .unwrap_or_default();
    format!("event: {name}\ndata: {value}\n\n").into_bytes()
}
