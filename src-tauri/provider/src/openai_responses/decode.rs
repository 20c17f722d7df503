//! The answer of OpenAI Responses, from bytes to model events, without a socket.
//!
//! After OpenAI's reference ("Streaming events" of Responses). The usage comes with the last
//! event only. An end without one of `response.completed`, `response.incomplete` and
//! `response.failed` is an error (rule C12).

use super::items::Items;
use crate::ModelEvent;
use crate::decode::{Decoder, End, Grammar, cancelled, counts, gap, measured, text};
use crate::refusal;
use serde_json::Value;
use tacet_conversation::{FinishReason, Usage};

/// A decoder of one answer. What it seals can be read by `issuer` alone.
#[must_use]
pub fn decoder(issuer: String) -> Decoder {
    Decoder::new(Responses {
        items: Items::new(issuer),
        answer_id: String::new(),
        position: None,
        known: None,
    })
}

/// What was received of one answer.
#[derive(Debug)]
struct Responses {
    items: Items,
    answer_id: String,
    /// The number of the last event.
    position: Option<u64>,
    /// The number of the last event of the connection before, while nothing came over this one.
    known: Option<u64>,
}

impl Grammar for Responses {
    fn object(&mut self, value: &Value, events: &mut Vec<ModelEvent>) -> Option<End> {
        match self.count(value) {
            Counted::New => {}
            Counted::Known => return None,
            Counted::AfterGap => return Some(End::Failed(gap())),
        }
        // An answer in one piece is what the last event of a stream carries.
        let response = match value["object"].as_str() {
            Some("response") => value,
            Some(_) | None => &value["response"],
        };
        if let (true, Some(id)) = (self.answer_id.is_empty(), response["id"].as_str()) {
            id.clone_into(&mut self.answer_id);
        }
        let kind = text(&value["type"]);
        let text = text(&value["delta"]);
        match kind {
            "response.output_item.added" => self.items.added(value, &value["item"], events),
            "response.output_item.done" => self.items.done(value, &value["item"], events),
            "response.output_text.delta" => self.items.text(value, text, events),
            "response.refusal.delta" => self.items.refusal(value, text, events),
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                self.items.reasoning(value, text, events);
            }
            "response.function_call_arguments.delta" => self.items.arguments(value, text, events),
            "response.output_text.annotation.added" => {
                self.items.cite(&value["annotation"], events);
            }
            "response.image_generation_call.partial_image" => self.items.sketch(value, events),
            "error" => return Some(End::Failed(refusal::from_frame(value))),
            "" if refusal::is_error(value) => {
                return Some(End::Failed(refusal::from_frame(value)));
            }
            // Events that say again, as a whole, what came in pieces; and those of the server's
            // own tools, which are not asked for.
            _ => {}
        }
        self.end(kind, response, events)
    }

    fn settle(&mut self, _events: &mut Vec<ModelEvent>) {}

    fn finish(&self) -> Option<FinishReason> {
        // The event that says why is the last one.
        None
    }

    fn answer_id(&self) -> Option<&str> {
        Some(self.answer_id.as_str()).filter(|id| !id.is_empty())
    }

    fn position(&self) -> Option<String> {
        self.position.map(|number| number.to_string())
    }

    fn pick_up(&mut self) {
        self.known = self.position;
    }
}

/// What the number of an event says.
enum Counted {
    New,
    /// It came over the connection before.
    Known,
    /// Others are missing before it.
    AfterGap,
}

impl Responses {
    /// Takes the number of an event. Servers that number all alike are believed as long as the
    /// connection holds.
    fn count(&mut self, event: &Value) -> Counted {
        let Some(number) = event["sequence_number"].as_u64() else {
            return Counted::New;
        };
        match self.known {
            Some(known) if number <= known => return Counted::Known,
            Some(known) if number > known + 1 => return Counted::AfterGap,
            Some(_) | None => self.known = None,
        }
        self.position = Some(number);
        Counted::New
    }

    /// The end, where this is the event that says it, or an answer in one piece.
    fn end(&mut self, kind: &str, response: &Value, events: &mut Vec<ModelEvent>) -> Option<End> {
        let status = match kind {
            "" => response["status"].as_str()?,
            kind => kind.strip_prefix("response.")?,
        };
        if !matches!(status, "completed" | "incomplete" | "failed" | "cancelled") {
            return None;
        }
        for (index, item) in response["output"]
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
        {
            let place = serde_json::json!({ "output_index": index });
            self.items.done(&place, item, events);
        }
        events.extend(usage(&response["usage"]).map(ModelEvent::Usage));
        let reason = match status {
            "completed" => self.items.finish(),
            "incomplete" => match response["incomplete_details"]["reason"].as_str() {
                Some("max_output_tokens" | "max_messages") => FinishReason::Length,
                Some("content_filter") => FinishReason::ContentFilter,
                Some(reason) => {
                    events.push(ModelEvent::Explained(refusal::by_unknown(reason)));
                    FinishReason::Other
                }
                None => FinishReason::Other,
            },
            "cancelled" => return Some(End::Failed(cancelled())),
            _ => return Some(End::Failed(refusal::from_frame(&response["error"]))),
        };
        events.push(ModelEvent::Finished(reason));
        Some(End::Finished)
    }
}

/// The final figures.
pub(super) fn usage(value: &Value) -> Option<Usage> {
    measured(Usage {
        input_tokens: value["input_tokens"].as_u64(),
        cached_input_tokens: value["input_tokens_details"]["cached_tokens"].as_u64(),
        output_tokens: value["output_tokens"].as_u64(),
        reasoning_tokens: value["output_tokens_details"]["reasoning_tokens"].as_u64(),
        ..counts(true)
    })
}
