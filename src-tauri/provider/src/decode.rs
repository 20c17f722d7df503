//! An answer from bytes to model events, without a socket: the part that all wires share.
//!
//! Framing, the ends of a stream, halves of characters and tags around reasoning are the same
//! everywhere; what a frame means is the wire's grammar.

mod waiting;

pub(crate) use waiting::Waiting;

use super::framing;
use super::surrogates::{self, Joiner};
use super::thinking::Thinking;
use super::{refusal, sse};
use crate::ModelEvent;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::fmt;
use tacet_conversation::{ErrorCategory, FinishReason, Phase, ProviderError, Usage, UsageSource};

/// How an answer ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// By itself; the events hold [`ModelEvent::Finished`].
    Finished,
    /// Not: the error is the stream's last item.
    Failed(ProviderError),
}

/// What one read came to: first the events, then perhaps the end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decoded {
    /// The events in order.
    pub events: Vec<ModelEvent>,
    /// Whether that was all; what the server sends afterwards is ignored.
    pub end: Option<End>,
}

/// What the frames of one API mean, for one answer.
pub(crate) trait Grammar: fmt::Debug + Send {
    /// Takes one object in: a frame's, or that of an answer in one piece.
    fn object(&mut self, value: &Value, events: &mut Vec<ModelEvent>) -> Option<End>;

    /// Gives out what was received and not said yet, when nothing more will come.
    fn settle(&mut self, events: &mut Vec<ModelEvent>);

    /// Why the model ended, once the server has said so, though its last frame is missing.
    fn finish(&self) -> Option<FinishReason>;

    /// What broke the answer off, where the server has said so and its figures may still come.
    fn failure(&self) -> Option<&ProviderError> {
        None
    }

    /// The server's id of the answer, once it is known.
    fn answer_id(&self) -> Option<&str>;

    /// The mark of the last event, where the server marks them.
    fn position(&self) -> Option<String> {
        None
    }

    /// What comes now is read over another connection: from the event after the last one on, or from
    /// an earlier one again.
    fn pick_up(&mut self) {}
}

/// The sentinel that ends an event stream of OpenAI's. Proxies put it after the streams of other
/// APIs as well.
const DONE: &str = "[DONE]";

/// What proxies and servers send as an event, or as its data, so that a connection stays open.
const KEEP_ALIVE: &[&str] = &["ping", "keep-alive", "keepalive", "keep_alive", "heartbeat"];

/// How much of a body that says nothing is kept, for the words of an error.
const BEGINNING_LIMIT: usize = 4 * 1024;

/// A body in which no answer was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stranger<'a> {
    /// What it is.
    pub(crate) what: &'static str,
    /// Its beginning.
    pub(crate) beginning: &'a [u8],
}

/// Decodes one answer.
#[derive(Debug)]
pub struct Decoder {
    framing: framing::Decoder,
    grammar: Box<dyn Grammar>,
    joiner: Joiner,
    thinking: Thinking,
    ended: bool,
    /// The beginning of the body, until something was found in it.
    beginning: Option<Vec<u8>>,
    /// Whether a whole frame was read.
    framed: bool,
}

impl Decoder {
    pub(crate) fn new(grammar: impl Grammar + 'static) -> Self {
        Self {
            framing: framing::Decoder::default(),
            grammar: Box::new(grammar),
            joiner: Joiner::default(),
            thinking: Thinking::default(),
            ended: false,
            beginning: Some(Vec::new()),
            framed: false,
        }
    }

    /// The server's id of the answer, once it is known.
    #[must_use]
    pub fn answer_id(&self) -> Option<&str> {
        self.grammar.answer_id()
    }

    /// Whether the answer has failed and only its figures are waited for.
    pub(crate) fn is_failing(&self) -> bool {
        self.grammar.failure().is_some()
    }

    /// Takes the answer for reasoning up to a closing tag.
    pub(crate) fn assume_reasoning(&mut self) {
        self.thinking.assume();
    }

    /// Whether the server leaves the tag out that opens reasoning, once that has shown.
    pub(crate) fn leaves_tag_out(&self) -> Option<bool> {
        self.thinking.is_unopened()
    }

    /// What the body is, where nothing that belongs to an answer was found in it so far.
    pub(crate) fn stranger(&self) -> Option<Stranger<'_>> {
        let beginning = self.beginning.as_deref().filter(|_| !self.is_failing())?;
        let text = beginning.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(beginning);
        let what = match text.trim_ascii_start().first()? {
            b'<' => "a web page",
            b'{' | b'[' if self.framed => "JSON that is no answer",
            // An event stream, or JSON that broke off.
            b'{' | b'[' | b':' => return None,
            _ if self.framed || is_event_line(text) => return None,
            _ => "text that is no answer",
        };
        Some(Stranger { what, beginning })
    }

    /// The mark of the last event, where the server marks them.
    pub(crate) fn position(&self) -> Option<String> {
        self.grammar.position()
    }

    /// The connection broke off, and the answer may be read on over another one: what was not whole
    /// is dropped, since it comes once more.
    pub(crate) fn break_off(&mut self) -> Decoded {
        let mut decoded = Decoded::default();
        if !self.ended {
            decoded.end = self.read_rest(&mut decoded.events);
            self.framing = framing::Decoder::default();
            self.grammar.pick_up();
            self.conclude(&mut decoded);
        }
        decoded
    }

    /// Takes the next bytes in.
    pub fn push(&mut self, bytes: &[u8]) -> Decoded {
        let mut decoded = Decoded::default();
        if self.ended {
            return decoded;
        }
        if let Some(beginning) = &mut self.beginning {
            let room = BEGINNING_LIMIT.saturating_sub(beginning.len());
            beginning.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
        let mut frames = Vec::new();
        let pushed = self.framing.push(bytes, &mut frames);
        self.framed |= !frames.is_empty();
        decoded.end = frames
            .iter()
            .find_map(|frame| self.read(frame, &mut decoded.events));
        if let (Err(oversized), None) = (pushed, &decoded.end) {
            let message = format!("The server's answer cannot be read: {oversized}.");
            decoded.end = Some(protocol(message));
        }
        self.conclude(&mut decoded);
        decoded
    }

    /// The body is over, because it ended or because its connection failed with `failure`.
    pub fn close(&mut self, failure: Option<ProviderError>) -> Decoded {
        let mut decoded = Decoded::default();
        if self.ended {
            return decoded;
        }
        decoded.end = self.read_rest(&mut decoded.events);
        if decoded.end.is_none() {
            let end = self.end_or(&mut decoded.events, || {
                failure.unwrap_or_else(|| {
                    ProviderError::new(
                        ErrorCategory::Network,
                        "The connection ended before the answer was finished. Send again to get a \
                         whole answer.",
                    )
                })
            });
            decoded.end = Some(end);
        }
        self.conclude(&mut decoded);
        decoded
    }

    /// Gives out what is known and was not said yet, for a Stop after which the stream is read on.
    pub fn pending(&mut self) -> Vec<ModelEvent> {
        let mut events = Vec::new();
        if !self.ended {
            self.grammar.settle(&mut events);
            events.extend(self.grammar.finish().map(ModelEvent::Finished));
            self.joiner.join(&mut events);
            self.thinking.sort(&mut events);
            self.joiner.end(&mut events);
            self.thinking.end(&mut events);
        }
        events
    }

    /// Gives out what is known and was not said yet, and ends: for a Stop (rules C04, C07).
    pub fn drain(&mut self) -> Vec<ModelEvent> {
        let mut decoded = Decoded::default();
        if self.ended {
            return decoded.events;
        }
        decoded.end = self.read_rest(&mut decoded.events);
        if decoded.end.is_none() {
            self.grammar.settle(&mut decoded.events);
            let finish = self.grammar.finish().map(ModelEvent::Finished);
            decoded.end = finish.is_some().then_some(End::Finished);
            decoded.events.extend(finish);
        }
        self.conclude(&mut decoded);
        if !self.ended {
            self.ended = true;
            self.joiner.end(&mut decoded.events);
            self.thinking.end(&mut decoded.events);
        }
        decoded.events
    }

    /// Reads the last event, where it is whole and lacks its blank line alone.
    fn read_rest(&mut self, events: &mut Vec<ModelEvent>) -> Option<End> {
        let frame = self.framing.rest()?;
        if frame.name == "error" {
            return self.read(&frame, events);
        }
        if is_whole(&frame.data) {
            return self.read(&frame, events);
        }
        // Events whose blank lines are missing are joined by the standard.
        let lines = frame.data.lines().take_while(|line| is_whole(line));
        lines
            .map(|line| sse::Event {
                name: frame.name.clone(),
                data: line.to_owned(),
            })
            .find_map(|frame| self.read(&frame, events))
    }

    /// Passes on what was decoded, and ends where the answer ends.
    fn conclude(&mut self, decoded: &mut Decoded) {
        if let Some(End::Failed(error)) = &mut decoded.end {
            if let Some(words) = &mut error.provider_text {
                *words = surrogates::plain(words);
            }
            self.grammar.settle(&mut decoded.events);
            // What the model has ended is whole, whatever comes after.
            if let Some(reason) = self.grammar.finish() {
                decoded.events.push(ModelEvent::Finished(reason));
                decoded.end = Some(End::Finished);
            }
        }
        self.joiner.join(&mut decoded.events);
        self.thinking.sort(&mut decoded.events);
        if decoded.end.is_some() {
            self.ended = true;
            self.joiner.end(&mut decoded.events);
            self.thinking.end(&mut decoded.events);
        }
        if !decoded.events.is_empty() || self.grammar.answer_id().is_some() {
            self.beginning = None;
        }
    }

    /// The end that was told, or else a failure.
    fn end_or(
        &mut self,
        events: &mut Vec<ModelEvent>,
        failure: impl FnOnce() -> ProviderError,
    ) -> End {
        self.grammar.settle(events);
        match (self.grammar.finish(), self.grammar.failure()) {
            (Some(reason), _) => {
                events.push(ModelEvent::Finished(reason));
                End::Finished
            }
            (None, Some(error)) => End::Failed(error.clone()),
            (None, None) => End::Failed(failure()),
        }
    }

    fn read(&mut self, frame: &sse::Event, events: &mut Vec<ModelEvent>) -> Option<End> {
        let data = frame.data.trim();
        let is_error = frame.name == "error";
        match self.parse(data) {
            // Some servers name an error's event and send its object alone.
            Some(value) if is_error => Some(End::Failed(refusal::from_frame(&value))),
            Some(value) => self.value(&value, events),
            None if data.is_empty() => None,
            None if is_error => {
                let words = Value::String(data.to_owned());
                Some(End::Failed(refusal::from_frame(&words)))
            }
            None if data == DONE => Some(self.done(events)),
            None if says_nothing(&frame.name, data) => None,
            // Again events whose blank lines are missing.
            None if data.contains('\n') => data.lines().find_map(|line| {
                let (name, data) = (frame.name.clone(), line.to_owned());
                self.read(&sse::Event { name, data }, events)
            }),
            None => self.strange(data),
        }
    }

    /// JSON, in which halves of characters may stand alone.
    fn parse(&mut self, text: &str) -> Option<Value> {
        serde_json::from_str(text).ok().or_else(|| {
            let replaced = surrogates::replaced(text)?;
            self.joiner.activate();
            serde_json::from_str(&replaced).ok()
        })
    }

    fn value(&mut self, value: &Value, events: &mut Vec<ModelEvent>) -> Option<End> {
        match value {
            Value::Object(_) => self.grammar.object(value, events),
            // Google lists the pieces of an answer, and an error alone, where no events were asked
            // for.
            Value::Array(values) => values.iter().find_map(|value| self.value(value, events)),
            Value::Null | Value::Bool(_) | Value::Number(_) => None,
            Value::String(text) if text == DONE => Some(self.done(events)),
            Value::String(text) if says_nothing("", text) => None,
            Value::String(text) => self.strange(text),
        }
    }

    fn done(&mut self, events: &mut Vec<ModelEvent>) -> End {
        self.end_or(events, || {
            ProviderError::new(
                ErrorCategory::Protocol,
                "The server ended the answer without saying that it is finished. Send again to get \
                 a whole answer.",
            )
        })
    }

    /// What belongs to no answer breaks it off, unless it had ended already.
    fn strange(&self, data: &str) -> Option<End> {
        if self.grammar.finish().is_some() || self.grammar.failure().is_some() {
            return None;
        }
        let message = "The server sent something that is not part of an answer.";
        let mut error = ProviderError::new(ErrorCategory::Protocol, message);
        error.provider_text = Some(refusal::shorten(data));
        Some(End::Failed(error))
    }
}

fn protocol(message: String) -> End {
    End::Failed(ProviderError::new(ErrorCategory::Protocol, message))
}

/// Whether the data of an event was not cut off.
fn is_whole(data: &str) -> bool {
    let data = data.trim();
    let sound = |json: &str| serde_json::from_str::<IgnoredAny>(json).is_ok();
    data == DONE || sound(data) || surrogates::replaced(data).is_some_and(|json| sound(&json))
}

/// Whether an event, or its data, only keeps a connection open.
fn says_nothing(name: &str, data: &str) -> bool {
    let is_one = |text: &str| KEEP_ALIVE.contains(&text.to_ascii_lowercase().as_str());
    data.is_empty() || is_one(name) || is_one(data)
}

/// Whether a text begins with a line of an event stream.
fn is_event_line(text: &[u8]) -> bool {
    let fields: [&[u8]; 4] = [b"data", b"event", b"id", b"retry"];
    let text = text.trim_ascii_start();
    fields.iter().any(|field| {
        let rest = text.strip_prefix(*field);
        rest.is_some_and(|rest| matches!(rest.first(), None | Some(b':' | b'\r' | b'\n')))
    })
}

/// The text of a field; empty where it is none.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The id of a call: as `given`, or made up from what was received where the server gives none.
/// The same bytes always give the same ids, and the repair of the history tells those of several
/// answers apart.
pub(crate) fn call_id(given: &str, answer_id: &str, index: usize) -> String {
    match (given, answer_id) {
        ("", "") => format!("call_{index}"),
        ("", answer_id) => format!("{answer_id}_call_{index}"),
        (given, _) => given.to_owned(),
    }
}

/// The server's counts, to be filled in: of the whole answer, or cumulative ones on the way.
pub(crate) fn counts(is_final: bool) -> Usage {
    Usage {
        source: if is_final {
            UsageSource::Reported
        } else {
            UsageSource::Running
        },
        ..Usage::unknown()
    }
}

/// No prompt takes zero tokens, so a server that says zero for everything has not measured.
pub(crate) fn measured(usage: Usage) -> Option<Usage> {
    let nothing = usage.input_tokens.unwrap_or(0) == 0 && usage.output_tokens.unwrap_or(0) == 0;
    (!nothing).then_some(usage)
}

/// The sum of those counts that the server says.
pub(crate) fn sum(value: &Value, names: [&str; 2]) -> Option<u64> {
    let said = names.into_iter().filter_map(|name| value[name].as_u64());
    said.reduce(u64::saturating_add)
}

/// Says what the request does, where that is not what it did.
pub(crate) fn enter(now: &mut Option<Phase>, phase: Phase, events: &mut Vec<ModelEvent>) {
    if now.replace(phase) != Some(phase) {
        events.push(ModelEvent::Phase(phase));
    }
}

/// An answer that was picked up again, and of which something is missing.
pub(crate) fn gap() -> ProviderError {
    ProviderError::new(
        ErrorCategory::Protocol,
        "The connection broke, and the server left a part of the answer out when it was picked up \
         again. Send again to get a whole answer.",
    )
}

/// An answer that somebody has ended at the server.
pub(crate) fn cancelled() -> ProviderError {
    ProviderError::new(
        ErrorCategory::Overloaded,
        "The answer was cancelled at the provider. Send again to get a whole answer.",
    )
}
