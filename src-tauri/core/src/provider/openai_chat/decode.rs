//! The answer of OpenAI Chat Completions, from bytes to model events, without a socket.
//!
//! After OpenAI's reference ("The chat completion chunk object") and what compatible servers do
//! differently: `reasoning_content` (DeepSeek, vLLM, llama.cpp) or `reasoning` (OpenRouter,
//! Ollama), content as an array of parts (Mistral), usage on every chunk (xAI, vLLM), an error
//! as a frame after status 200 (all of them). A server that gave a `finish_reason` and closes
//! without `[DONE]` has finished: some never send it. Without either, the end is an error
//! (rule C12).

use super::calls::Calls;
use crate::provider::{refusal, sse};
use crate::{ErrorCategory, FinishReason, ModelEvent, Phase, ProviderError, Usage, UsageSource};
use serde_json::Value;

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

/// Decodes one answer.
#[derive(Debug, Default)]
pub struct Decoder {
    frames: sse::Decoder,
    calls: Calls,
    answer_id: String,
    phase: Option<Phase>,
    refused: bool,
    finish: Option<FinishReason>,
    ended: bool,
}

impl Decoder {
    /// Takes the next bytes of an event stream in.
    pub fn push(&mut self, bytes: &[u8]) -> Decoded {
        let mut decoded = Decoded::default();
        if self.ended {
            return decoded;
        }
        let mut frames = Vec::new();
        let framing = self.frames.push(bytes, &mut frames);
        for frame in frames {
            decoded.end = self.frame(&frame, &mut decoded.events);
            if decoded.end.is_some() {
                break;
            }
        }
        if let (Err(oversized), None) = (framing, &decoded.end) {
            let message = format!("The server's answer cannot be read: {oversized}. {KEPT}");
            decoded.end = Some(End::Failed(ProviderError::new(
                ErrorCategory::Protocol,
                message,
            )));
        }
        if let Some(End::Failed(_)) = decoded.end {
            self.calls.settle(&self.answer_id, &mut decoded.events);
        }
        self.ended = decoded.end.is_some();
        decoded
    }

    /// The event stream is over, because it ended or because its connection failed with
    /// `failure`.
    pub fn close(&mut self, failure: Option<ProviderError>) -> Decoded {
        let mut decoded = Decoded::default();
        if self.ended {
            return decoded;
        }
        decoded.events = self.drain();
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
            self.calls.settle(&self.answer_id, &mut events);
            events.extend(self.finish.map(|reason| self.finished(reason)));
        }
        events
    }

    /// A whole `chat.completion` object, from a server that does not stream.
    pub fn whole(&mut self, body: &[u8]) -> Decoded {
        let mut decoded = Decoded::default();
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            return decoded;
        };
        decoded.end = self.object(&value, &mut decoded.events);
        if decoded.end.is_none() && self.finish.is_some() {
            decoded.events.extend(self.drain());
            decoded.end = Some(End::Finished);
        }
        decoded
    }

    fn frame(&mut self, frame: &sse::Event, events: &mut Vec<ModelEvent>) -> Option<End> {
        let data = frame.data.trim();
        if data == "[DONE]" {
            self.calls.settle(&self.answer_id, events);
            events.push(self.finished(self.finish.unwrap_or(FinishReason::Other)));
            return Some(End::Finished);
        }
        let value = serde_json::from_str::<Value>(data);
        if frame.name == "error" {
            let value = value.unwrap_or_else(|_| Value::String(data.to_owned()));
            return Some(End::Failed(refusal::from_frame(&value)));
        }
        match value {
            Ok(value) if value.is_object() => self.object(&value, events),
            _ if data.is_empty() => None,
            Ok(_) | Err(_) => {
                let mut error = ProviderError::new(
                    ErrorCategory::Protocol,
                    format!("The server sent something that is not part of an answer. {KEPT}"),
                );
                error.provider_text = Some(refusal::shorten(data));
                Some(End::Failed(error))
            }
        }
    }

    fn object(&mut self, value: &Value, events: &mut Vec<ModelEvent>) -> Option<End> {
        if let (true, Some(id)) = (self.answer_id.is_empty(), value["id"].as_str()) {
            id.clone_into(&mut self.answer_id);
        }
        let choices = value["choices"].as_array().map_or(&[][..], Vec::as_slice);
        // Only one choice is asked for; a server that sends more does not mix them up.
        let first = choices
            .iter()
            .find(|choice| choice["index"].as_u64().unwrap_or(0) == 0);
        if let Some(choice) = first {
            let delta = choice.get("delta").or_else(|| choice.get("message"));
            self.delta(delta.unwrap_or(&Value::Null), events);
            if let Some(reason) = choice["finish_reason"].as_str().filter(|it| !it.is_empty()) {
                self.finish = Some(finish_reason(reason));
            }
        }
        if let Some(usage) = usage(&value["usage"], self.finish.is_some()) {
            events.push(ModelEvent::Usage(usage));
        }
        refusal::is_error(value).then(|| End::Failed(refusal::from_frame(value)))
    }

    fn delta(&mut self, delta: &Value, events: &mut Vec<ModelEvent>) {
        // Some servers send the same reasoning under both names during a change of theirs.
        let reasoning = ["reasoning_content", "reasoning"]
            .iter()
            .filter_map(|name| delta[name].as_str())
            .find(|text| !text.is_empty());
        if let Some(text) = reasoning {
            self.reasoning(text, events);
        }
        match &delta["content"] {
            Value::String(text) => self.text(text, events),
            Value::Array(parts) => {
                for part in parts {
                    self.content_part(part, events);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
        }
        if let Some(refusal) = delta["refusal"].as_str().filter(|text| !text.is_empty()) {
            self.refused = true;
            self.text(refusal, events);
        }
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let before = events.len();
            self.calls.apply(call, &self.answer_id, events);
            if events.len() > before && self.phase != Some(Phase::ToolArguments) {
                self.phase = Some(Phase::ToolArguments);
                events.insert(before, ModelEvent::Phase(Phase::ToolArguments));
            }
        }
    }

    fn content_part(&mut self, part: &Value, events: &mut Vec<ModelEvent>) {
        match &part["thinking"] {
            Value::String(text) => self.reasoning(text, events),
            Value::Array(inner) => {
                for text in inner.iter().filter_map(|part| part["text"].as_str()) {
                    self.reasoning(text, events);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
        }
        if let Some(text) = part.as_str().or_else(|| part["text"].as_str()) {
            self.text(text, events);
        }
    }

    fn text(&mut self, text: &str, events: &mut Vec<ModelEvent>) {
        if !text.is_empty() {
            self.enter(Phase::Text, events);
            events.push(ModelEvent::Text(text.to_owned()));
        }
    }

    fn reasoning(&mut self, text: &str, events: &mut Vec<ModelEvent>) {
        if !text.is_empty() {
            self.enter(Phase::Reasoning, events);
            events.push(ModelEvent::Reasoning(text.to_owned()));
        }
    }

    fn enter(&mut self, phase: Phase, events: &mut Vec<ModelEvent>) {
        if self.phase != Some(phase) {
            self.phase = Some(phase);
            events.push(ModelEvent::Phase(phase));
        }
    }

    fn finished(&self, reason: FinishReason) -> ModelEvent {
        ModelEvent::Finished(match reason {
            // OpenAI ends a refusal with `stop`.
            FinishReason::Stop | FinishReason::Other if self.refused => FinishReason::ContentFilter,
            FinishReason::Stop
            | FinishReason::Length
            | FinishReason::ToolCalls
            | FinishReason::ContentFilter
            | FinishReason::Other => reason,
        })
    }
}

const KEPT: &str = "What arrived before is kept.";

fn finish_reason(text: &str) -> FinishReason {
    match text {
        "stop" => FinishReason::Stop,
        "length" => FinishReason::Length,
        "tool_calls" | "function_call" => FinishReason::ToolCalls,
        "content_filter" => FinishReason::ContentFilter,
        _ => FinishReason::Other,
    }
}

/// The figures of a chunk. Those that come with or after the finish reason are final; earlier
/// ones are cumulative counts on the way. No prompt takes zero tokens, so a gateway that says
/// zero for everything has not measured.
fn usage(value: &Value, finished: bool) -> Option<Usage> {
    let input_tokens = value["prompt_tokens"].as_u64();
    let output_tokens = value["completion_tokens"].as_u64();
    if input_tokens.unwrap_or(0) == 0 && output_tokens.unwrap_or(0) == 0 {
        return None;
    }
    Some(Usage {
        source: if finished {
            UsageSource::Reported
        } else {
            UsageSource::Running
        },
        method: None,
        input_tokens,
        cached_input_tokens: value["prompt_tokens_details"]["cached_tokens"].as_u64(),
        output_tokens,
        reasoning_tokens: value["completion_tokens_details"]["reasoning_tokens"].as_u64(),
    })
}
