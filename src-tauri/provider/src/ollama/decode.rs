//! The answer of Ollama's `/api/chat`, from bytes to model events, without a socket.
//!
//! After Ollama's reference ("Generate a chat message"): one JSON object a line, tool calls
//! whole, and the counts on the line that says `done`. An end without that line is an error
//! (rule C12).

use crate::ModelEvent;
use crate::decode::{Decoder, End, Grammar, call_id, counts, enter, measured, text};
use crate::refusal;
use serde_json::Value;
use tacet_conversation::{FinishReason, Phase, Usage};

/// A decoder of one answer.
#[must_use]
pub fn decoder() -> Decoder {
    Decoder::new(Chat::default())
}

/// Why an answer is done. `load` and `unload` answer a request without messages; older servers say
/// nothing.
const KNOWN: &[&str] = &["stop", "length", "load", "unload", ""];

/// What was received of one answer.
#[derive(Debug, Default)]
struct Chat {
    calls: usize,
    phase: Option<Phase>,
}

impl Grammar for Chat {
    fn object(&mut self, value: &Value, events: &mut Vec<ModelEvent>) -> Option<End> {
        let message = &value["message"];
        let thinking = text(&message["thinking"]);
        if !thinking.is_empty() {
            enter(&mut self.phase, Phase::Reasoning, events);
            events.push(ModelEvent::Reasoning(thinking.to_owned()));
        }
        let content = text(&message["content"]);
        if !content.is_empty() {
            enter(&mut self.phase, Phase::Text, events);
            events.push(ModelEvent::Text(content.to_owned()));
        }
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            self.call(call, events);
        }
        if refusal::is_error(value) {
            return Some(End::Failed(refusal::from_frame(value)));
        }
        (value["done"] == true).then(|| {
            events.extend(usage(value).map(ModelEvent::Usage));
            let reason = text(&value["done_reason"]);
            if !KNOWN.contains(&reason) {
                events.push(ModelEvent::Explained(refusal::by_unknown(reason)));
            }
            events.push(ModelEvent::Finished(self.finish_reason(value)));
            End::Finished
        })
    }

    fn settle(&mut self, _events: &mut Vec<ModelEvent>) {}

    fn finish(&self) -> Option<FinishReason> {
        // The line that says why is the last one.
        None
    }

    fn answer_id(&self) -> Option<&str> {
        None
    }
}

impl Chat {
    /// A call comes whole. Older servers give no ids.
    fn call(&mut self, call: &Value, events: &mut Vec<ModelEvent>) {
        let index = self.calls;
        self.calls += 1;
        enter(&mut self.phase, Phase::ToolArguments, events);
        let function = &call["function"];
        events.push(ModelEvent::ToolCallStarted {
            index,
            call_id: call_id(text(&call["id"]), "", index),
            name: text(&function["name"]).to_owned(),
        });
        let text = match &function["arguments"] {
            Value::Null => return,
            Value::String(text) if text.is_empty() => return,
            Value::String(text) => text.clone(),
            object => object.to_string(),
        };
        events.push(ModelEvent::ToolCallArguments { index, text });
    }

    fn finish_reason(&self, value: &Value) -> FinishReason {
        match value["done_reason"].as_str() {
            Some("stop") | None if self.calls > 0 => FinishReason::ToolCalls,
            Some("stop") => FinishReason::Stop,
            Some("length") => FinishReason::Length,
            Some(_) | None => FinishReason::Other,
        }
    }
}

/// The final figures. A prompt that the server had in its cache may have no count.
fn usage(value: &Value) -> Option<Usage> {
    measured(Usage {
        input_tokens: value["prompt_eval_count"].as_u64(),
        output_tokens: value["eval_count"].as_u64(),
        ..counts(true)
    })
}
