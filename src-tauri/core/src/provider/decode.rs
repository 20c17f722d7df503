//! An answer from bytes to model events, without a socket: the part that all wires share.
//!
//! Framing and the ends of a stream are the same everywhere; what a frame means is the wire's
//! grammar.

use super::{lines, refusal, sse};
use crate::{ErrorCategory, FinishReason, ModelEvent, ProviderError, Usage, UsageSource};
use serde_json::Value;
use std::fmt;

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

    /// Takes in what is no JSON object. `None` means that it is not part of the API.
    fn sentinel(&mut self, _data: &str, _events: &mut Vec<ModelEvent>) -> Option<End> {
        None
    }

    /// Gives out what was received and not said yet, when nothing more will come.
    fn settle(&mut self, events: &mut Vec<ModelEvent>);

    /// Why the model ended, once the server has said so, though its last frame is missing.
    fn finish(&self) -> Option<FinishReason>;

    /// The server's id of the answer, once it is known.
    fn answer_id(&self) -> Option<&str>;
}

#[derive(Debug)]
enum Framing {
    Events(sse::Decoder),
    Lines(lines::Decoder),
}

impl Framing {
    /// Takes the next bytes in and adds the frames that they complete to `frames`; those before
    /// an oversized one are there.
    fn push(&mut self, bytes: &[u8], frames: &mut Vec<sse::Event>) -> Result<(), sse::Oversized> {
        match self {
            Self::Events(decoder) => decoder.push(bytes, frames),
            Self::Lines(decoder) => {
                let mut lines = Vec::new();
                let pushed = decoder.push(bytes, &mut lines);
                frames.extend(lines.into_iter().map(nameless));
                pushed
            }
        }
    }
}

/// A line as an event, which has no name there.
fn nameless(data: String) -> sse::Event {
    let name = String::new();
    sse::Event { name, data }
}

/// Decodes one answer.
#[derive(Debug)]
pub struct Decoder {
    framing: Framing,
    grammar: Box<dyn Grammar>,
    ended: bool,
}

impl Decoder {
    /// A decoder of an event stream.
    pub(crate) fn of_events(grammar: impl Grammar + 'static) -> Self {
        Self::with(Framing::Events(sse::Decoder::default()), grammar)
    }

    /// A decoder of JSON lines.
    pub(crate) fn of_lines(grammar: impl Grammar + 'static) -> Self {
        Self::with(Framing::Lines(lines::Decoder::default()), grammar)
    }

    fn with(framing: Framing, grammar: impl Grammar + 'static) -> Self {
        Self {
            framing,
            grammar: Box::new(grammar),
            ended: false,
        }
    }

    /// Whether the answer is a sequence of JSON lines, whatever its media type says.
    pub(crate) fn reads_lines(&self) -> bool {
        match self.framing {
            Framing::Lines(_) => true,
            Framing::Events(_) => false,
        }
    }

    /// The server's id of the answer, once it is known.
    #[must_use]
    pub fn answer_id(&self) -> Option<&str> {
        self.grammar.answer_id()
    }

    /// Takes the next bytes in.
    pub fn push(&mut self, bytes: &[u8]) -> Decoded {
        let mut decoded = Decoded::default();
        if self.ended {
            return decoded;
        }
        let mut frames = Vec::new();
        let pushed = self.framing.push(bytes, &mut frames);
        decoded.end = frames
            .iter()
            .find_map(|frame| read(&mut *self.grammar, frame, &mut decoded.events));
        if let (Err(oversized), None) = (pushed, &decoded.end) {
            let message = format!("The server's answer cannot be read: {oversized}. {KEPT}");
            decoded.end = Some(End::Failed(ProviderError::new(
                ErrorCategory::Protocol,
                message,
            )));
        }
        self.finish(&mut decoded);
        decoded
    }

    fn finish(&mut self, decoded: &mut Decoded) {
        if let Some(End::Failed(_)) = decoded.end {
            self.grammar.settle(&mut decoded.events);
        }
        self.ended = decoded.end.is_some();
    }

    /// The body is over, because it ended or because its connection failed with `failure`.
    pub fn close(&mut self, failure: Option<ProviderError>) -> Decoded {
        let mut decoded = Decoded::default();
        if self.ended {
            return decoded;
        }
        // The last line of JSON lines may lack its line feed; an event must have its blank line.
        let last = match &mut self.framing {
            Framing::Lines(decoder) => decoder.rest(),
            Framing::Events(_) => None,
        };
        if let Some(data) = last.filter(|_| failure.is_none()) {
            decoded.end = read(&mut *self.grammar, &nameless(data), &mut decoded.events);
        }
        self.finish(&mut decoded);
        if self.ended {
            return decoded;
        }
        decoded.events.append(&mut self.drain());
        let finished = matches!(decoded.events.last(), Some(ModelEvent::Finished(_)));
        decoded.end = Some(if finished {
            End::Finished
        } else {
            End::Failed(failure.unwrap_or_else(|| {
                ProviderError::new(
                    ErrorCategory::Network,
                    "The connection ended before the answer was finished. What arrived is kept; \
                     send again to get a whole answer.",
                )
            }))
        });
        decoded
    }

    /// Gives out what is known and was not said yet, and ends: for a Stop (rules C04, C07).
    pub fn drain(&mut self) -> Vec<ModelEvent> {
        let mut events = Vec::new();
        if !std::mem::replace(&mut self.ended, true) {
            self.grammar.settle(&mut events);
            events.extend(self.grammar.finish().map(ModelEvent::Finished));
        }
        events
    }

    /// An answer in one piece, from a server that does not stream. No end means that it is none.
    pub fn whole(&mut self, body: &[u8]) -> Decoded {
        let mut decoded = Decoded::default();
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            return decoded;
        };
        decoded.end = self.grammar.object(&value, &mut decoded.events);
        if decoded.end.is_none() && self.grammar.finish().is_some() {
            decoded.events.extend(self.drain());
            decoded.end = Some(End::Finished);
        }
        decoded
    }
}

const KEPT: &str = "What arrived before is kept.";

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

fn read(
    grammar: &mut dyn Grammar,
    frame: &sse::Event,
    events: &mut Vec<ModelEvent>,
) -> Option<End> {
    let data = frame.data.trim();
    let value = serde_json::from_str::<Value>(data);
    match value {
        // Some servers name an error's event and send its object alone.
        Ok(value) if frame.name == "error" => Some(End::Failed(refusal::from_frame(&value))),
        Ok(value) if value.is_object() => grammar.object(&value, events),
        _ if data.is_empty() => None,
        Ok(_) | Err(_) if frame.name == "error" => {
            let words = Value::String(data.to_owned());
            Some(End::Failed(refusal::from_frame(&words)))
        }
        Ok(_) | Err(_) => Some(grammar.sentinel(data, events).unwrap_or_else(|| {
            let mut error = ProviderError::new(
                ErrorCategory::Protocol,
                format!("The server sent something that is not part of an answer. {KEPT}"),
            );
            error.provider_text = Some(refusal::shorten(data));
            End::Failed(error)
        })),
    }
}
