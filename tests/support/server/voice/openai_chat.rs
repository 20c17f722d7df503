//! Chat Completions: deltas in `choices`, then the finish reason, the usage and `[DONE]`.

use super::super::frame::{Frame, ReasoningField, ToolDelta, chunk};
use super::super::say::{Finish, Say, Tokens};
use super::{Asked, Voice, data};
use serde_json::{Value, json};

#[derive(Debug)]
pub(super) struct ChatVoice {
    model: String,
    calls: usize,
}

impl ChatVoice {
    pub(super) fn new(asked: Asked) -> Self {
        Self {
            model: asked.model,
            calls: 0,
        }
    }

    fn frame(&self, frame: &Frame) -> Vec<u8> {
        frame.encode(&self.model)
    }

    fn usage_chunk(&self, choices: Value, tokens: Tokens) -> Vec<u8> {
        let mut value = chunk(&self.model, choices);
        value["usage"] = usage(tokens);
        data(&value)
    }
}

impl Voice for ChatVoice {
    fn open(&mut self, _tokens: Option<Tokens>) -> Vec<u8> {
        self.frame(&Frame::Role)
    }

    fn say(&mut self, say: &Say) -> Vec<u8> {
        let frame = match say {
            Say::Text(text) => Frame::text(text),
            Say::Reasoning(text) => {
                Frame::Reasoning(ReasoningField::ReasoningContent, text.clone())
            }
            Say::ReasoningSeal(_) => return Vec::new(),
            Say::ToolStart { id, name } => {
                self.calls += 1;
                Frame::Tool(ToolDelta {
                    index: Some(self.calls - 1),
                    id: Some(id.clone()),
                    name: Some(name.clone()),
                    arguments: String::new(),
                })
            }
            Say::ToolArguments(piece) => Frame::Tool(ToolDelta {
                index: Some(self.calls.saturating_sub(1)),
                arguments: piece.clone(),
                ..ToolDelta::default()
            }),
            // As vLLM does for `continuous_usage_stats`.
            Say::Usage(tokens) => {
                let choices = json!([{"index": 0, "delta": {}, "finish_reason": null}]);
                return self.usage_chunk(choices, *tokens);
            }
        };
        self.frame(&frame)
    }

    fn finish(&mut self, finish: Finish, tokens: Tokens) -> Vec<Vec<u8>> {
        let reason = match finish {
            Finish::Stop => "stop",
            Finish::Length => "length",
            Finish::ToolCalls => "tool_calls",
            Finish::ContentFilter => "content_filter",
        };
        vec![
            self.frame(&Frame::Finish(reason.to_owned())),
            self.usage_chunk(json!([]), tokens),
            self.frame(&Frame::Done),
        ]
    }

    fn error(&mut self, message: &str) -> Vec<u8> {
        self.frame(&Frame::Error(message.to_owned()))
    }
}

/// `usage` of the `chat.completion.chunk` object in OpenAI's API reference.
fn usage(tokens: Tokens) -> Value {
    let mut usage = json!({
        "prompt_tokens": tokens.input,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.input + tokens.output,
    });
    if let Some(cached) = tokens.cached {
        usage["prompt_tokens_details"] = json!({"cached_tokens": cached});
    }
    if let Some(reasoning) = tokens.reasoning {
        usage["completion_tokens_details"] = json!({"reasoning_tokens": reasoning});
    }
    usage
}
