//! Gemini Interactions: steps that start, grow and stop one after the other, each event with a mark,
//! and the interaction at both ends.
//!
//! Shapes follow <https://ai.google.dev/gemini-api/docs/streaming> and the types of `@google/genai`.

use super::super::say::{Finish, PROMPT_TOKENS, Say, Tokens};
use super::{Asked, Voice, event};
use serde_json::{Map, Value, json};

/// What the step that is open is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Output,
    Thought,
    Call,
}

#[derive(Debug)]
pub(super) struct InteractionsVoice {
    asked: Asked,
    /// The number of the next event, which its mark holds.
    events: usize,
    /// The place of the step that is open, or of the next one.
    index: usize,
    open: Option<Step>,
    has_called: bool,
    tokens: Tokens,
}

impl InteractionsVoice {
    pub(super) fn new(asked: Asked) -> Self {
        Self {
            asked,
            events: 0,
            index: 0,
            open: None,
            has_called: false,
            tokens: Tokens::new(PROMPT_TOKENS, 0),
        }
    }

    /// An event of this type with these fields and the next mark.
    fn event(&mut self, kind: &str, fields: Value) -> Vec<u8> {
        let mut value = json!({"event_type": kind, "event_id": format!("evt_{}", self.events)});
        self.events += 1;
        let fields: Map<String, Value> = fields.as_object().cloned().unwrap_or_default();
        if let Some(object) = value.as_object_mut() {
            object.extend(fields);
        }
        event(&value)
    }

    fn stop(&mut self) -> Vec<u8> {
        if self.open.take().is_none() {
            return Vec::new();
        }
        let index = self.index;
        self.index += 1;
        self.event("step.stop", json!({"index": index}))
    }

    /// Has a step of this kind open.
    fn within(&mut self, step: Step) -> Vec<u8> {
        if self.open == Some(step) {
            return Vec::new();
        }
        let kind = match step {
            Step::Output => "model_output",
            Step::Thought | Step::Call => "thought",
        };
        self.start(step, json!({"type": kind}))
    }

    fn start(&mut self, kind: Step, step: Value) -> Vec<u8> {
        let mut bytes = self.stop();
        self.open = Some(kind);
        let index = self.index;
        bytes.extend(self.event("step.start", json!({"index": index, "step": step})));
        bytes
    }

    fn delta(&mut self, delta: Value) -> Vec<u8> {
        let index = self.index;
        self.event("step.delta", json!({"index": index, "delta": delta}))
    }
}

impl Voice for InteractionsVoice {
    fn open(&mut self, tokens: Option<Tokens>) -> Vec<u8> {
        self.tokens = tokens.unwrap_or(self.tokens);
        let created = interaction(&self.asked, "in_progress", &[], None);
        let id = created["id"].clone();
        let mut bytes = self.event("interaction.created", json!({"interaction": created}));
        let update = json!({"interaction_id": id, "status": "in_progress"});
        bytes.extend(self.event("interaction.status_update", update));
        bytes
    }

    fn say(&mut self, say: &Say) -> Vec<u8> {
        match say {
            Say::Text(text) => {
                let mut bytes = self.within(Step::Output);
                bytes.extend(self.delta(json!({"type": "text", "text": text})));
                bytes
            }
            Say::Reasoning(text) => {
                let mut bytes = self.within(Step::Thought);
                let content = json!({"type": "text", "text": text});
                bytes.extend(self.delta(json!({"type": "thought_summary", "content": content})));
                bytes
            }
            Say::ReasoningSeal(seal) => {
                let mut bytes = self.within(Step::Thought);
                bytes.extend(self.delta(json!({"type": "thought_signature", "signature": seal})));
                bytes.extend(self.stop());
                bytes
            }
            Say::ToolStart { id, name } => {
                self.has_called = true;
                let step =
                    json!({"type": "function_call", "id": id, "name": name, "arguments": {}});
                self.start(Step::Call, step)
            }
            Say::ToolArguments(piece) => {
                if self.open != Some(Step::Call) {
                    return Vec::new();
                }
                self.delta(json!({"type": "arguments_delta", "arguments": piece}))
            }
            Say::Usage(tokens) => {
                self.tokens = *tokens;
                let update = json!({
                    "interaction_id": self.asked.answer_id,
                    "status": "in_progress",
                    "usage": usage(*tokens),
                });
                self.event("interaction.status_update", update)
            }
        }
    }

    fn finish(&mut self, finish: Finish, tokens: Tokens) -> Vec<Vec<u8>> {
        let stopped = self.stop();
        let status = match finish {
            Finish::Stop | Finish::ToolCalls if self.has_called => "requires_action",
            Finish::Stop | Finish::ToolCalls => "completed",
            Finish::Length => "incomplete",
            Finish::ContentFilter => "failed",
        };
        let mut ended = interaction(&self.asked, status, &[], Some(tokens));
        if finish == Finish::ContentFilter {
            let words = "The answer was blocked by the safety filter.";
            ended["errors"] = json!([{"code": "content_blocked", "message": words}]);
        }
        let completed = self.event("interaction.completed", json!({"interaction": ended}));
        vec![
            stopped,
            completed,
            b"event: done\ndata: [DONE]\n\n".to_vec(),
        ]
    }

    fn error(&mut self, message: &str) -> Vec<u8> {
        let error = json!({"code": "service_unavailable", "message": message});
        self.event("error", json!({"error": error}))
    }
}

/// The interaction that this request made. Without its input being stored it has no id.
pub(in crate::server) fn interaction(
    asked: &Asked,
    status: &str,
    steps: &[Value],
    tokens: Option<Tokens>,
) -> Value {
    let is_stored = asked.body["store"] != false;
    let mut interaction = json!({
        "id": if is_stored { asked.answer_id.as_str() } else { "" },
        "object": "interaction",
        "model": asked.model,
        "status": status,
        "created": "2026-06-01T10:00:00Z",
        "updated": "2026-06-01T10:00:00Z",
    });
    if !steps.is_empty() {
        interaction["steps"] = json!(steps);
    }
    if let Some(tokens) = tokens {
        interaction["usage"] = usage(tokens);
    }
    interaction
}

/// Thoughts are counted beside what is said, the cache within the prompt.
fn usage(tokens: Tokens) -> Value {
    let thoughts = tokens.reasoning.unwrap_or(0);
    json!({
        "total_tokens": tokens.input + tokens.output,
        "total_input_tokens": tokens.input,
        "input_tokens_by_modality": [{"modality": "text", "tokens": tokens.input}],
        "total_cached_tokens": tokens.cached.unwrap_or(0),
        "total_output_tokens": tokens.output.saturating_sub(thoughts),
        "total_tool_use_tokens": 0,
        "total_thought_tokens": thoughts,
    })
}
