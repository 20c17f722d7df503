//! Ollama: one JSON object a line, the last of which says `done` and carries the counts.
//!
//! Shapes follow <https://docs.ollama.com/api/chat>.

use super::super::say::{Finish, Say, Tokens};
use super::gathered::GatheredCall;
use super::{Asked, Voice};
use serde_json::{Value, json};

const CREATED_AT: &str = "2026-01-01T00:00:00.000000Z";

#[derive(Debug)]
pub(super) struct OllamaVoice {
    model: String,
    calls: usize,
    call: Option<GatheredCall>,
}

impl OllamaVoice {
    pub(super) fn new(asked: Asked) -> Self {
        Self {
            model: asked.model,
            calls: 0,
            call: None,
        }
    }

    fn message(&self, message: Value) -> Vec<u8> {
        line(&json!({
            "model": self.model,
            "created_at": CREATED_AT,
            "message": message,
            "done": false,
        }))
    }

    /// The line of the call that is complete now, if there is one.
    fn gathered(&mut self) -> Vec<u8> {
        let Some(call) = self.call.take() else {
            return Vec::new();
        };
        let function = json!({"index": self.calls, "name": call.name, "arguments": call.object()});
        self.calls += 1;
        let calls = json!([{"id": call.id, "function": function}]);
        self.message(json!({"role": "assistant", "content": "", "tool_calls": calls}))
    }
}

impl Voice for OllamaVoice {
    fn open(&mut self, _tokens: Option<Tokens>) -> Vec<u8> {
        Vec::new()
    }

    fn say(&mut self, say: &Say) -> Vec<u8> {
        if let Say::ToolArguments(piece) = say {
            if let Some(call) = &mut self.call {
                call.arguments.push_str(piece);
            }
            return Vec::new();
        }
        let mut bytes = self.gathered();
        match say {
            Say::Text(text) => {
                bytes.extend(self.message(json!({"role": "assistant", "content": text})));
            }
            Say::Reasoning(text) => bytes.extend(
                self.message(json!({"role": "assistant", "content": "", "thinking": text})),
            ),
            Say::ToolStart { id, name } => {
                self.call = Some(GatheredCall {
                    id: id.clone(),
                    name: name.clone(),
                    seal: None,
                    arguments: String::new(),
                });
            }
            // Counts come with the last line only, and there are no seals.
            Say::ReasoningSeal(_) | Say::Usage(_) | Say::ToolArguments(_) => {}
        }
        bytes
    }

    fn finish(&mut self, finish: Finish, tokens: Tokens) -> Vec<Vec<u8>> {
        let reason = match finish {
            Finish::Stop | Finish::ToolCalls | Finish::ContentFilter => "stop",
            Finish::Length => "length",
        };
        let last = line(&json!({
            "model": self.model,
            "created_at": CREATED_AT,
            "message": {"role": "assistant", "content": ""},
            "done": true,
            "done_reason": reason,
            "total_duration": 5_191_566_416_u64,
            "load_duration": 2_154_458,
            "prompt_eval_count": tokens.input,
            "prompt_eval_duration": 383_809_000,
            "eval_count": tokens.output,
            "eval_duration": 4_799_921_000_u64,
        }));
        vec![self.gathered(), last]
    }

    fn error(&mut self, message: &str) -> Vec<u8> {
        line(&json!({"error": message}))
    }
}

fn line(value: &Value) -> Vec<u8> {
    format!("{value}\n").into_bytes()
}
