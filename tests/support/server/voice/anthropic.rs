//! Anthropic Messages: content blocks that are opened, grown and closed one after the other, with
//! the prompt's count at the start and a cumulative one at the end.
//!
//! Shapes follow <https://docs.claude.com/en/docs/build-with-claude/streaming>.

use super::super::say::{Finish, PROMPT_TOKENS, Say, Tokens};
use super::{Asked, Voice, event};
use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    Text,
    Thinking,
    ToolUse,
}

#[derive(Debug)]
pub(super) struct AnthropicVoice {
    asked: Asked,
    open: Option<Block>,
    /// How many blocks were opened so far.
    blocks: usize,
    reported: Option<Tokens>,
}

impl AnthropicVoice {
    pub(super) fn new(asked: Asked) -> Self {
        Self {
            asked,
            open: None,
            blocks: 0,
            reported: None,
        }
    }

    /// The index of the block that is open, or was last.
    fn index(&self) -> usize {
        self.blocks.saturating_sub(1)
    }

    fn close(&mut self) -> Vec<u8> {
        match self.open.take() {
            Some(_) => event(&json!({"type": "content_block_stop", "index": self.index()})),
            None => Vec::new(),
        }
    }

    /// Closes the block before, and opens this one.
    fn begin(&mut self, block: Block, content: &Value) -> Vec<u8> {
        let mut bytes = self.close();
        self.open = Some(block);
        self.blocks += 1;
        bytes.extend(event(&json!({
            "type": "content_block_start",
            "index": self.index(),
            "content_block": content,
        })));
        bytes
    }

    /// Makes sure that such a block is open.
    fn within(&mut self, block: Block, content: &Value) -> Vec<u8> {
        if self.open == Some(block) {
            return Vec::new();
        }
        self.begin(block, content)
    }

    fn delta(&self, delta: Value) -> Vec<u8> {
        event(&json!({"type": "content_block_delta", "index": self.index(), "delta": delta}))
    }

    fn thinking(&mut self) -> Vec<u8> {
        let content = json!({"type": "thinking", "thinking": "", "signature": ""});
        self.within(Block::Thinking, &content)
    }

    fn message_delta(stop_reason: Option<&str>, tokens: Tokens) -> Vec<u8> {
        event(&json!({
            "type": "message_delta",
            "delta": {"stop_reason": stop_reason, "stop_sequence": null},
            "usage": usage(tokens),
        }))
    }
}

impl Voice for AnthropicVoice {
    fn open(&mut self, tokens: Option<Tokens>) -> Vec<u8> {
        let prompt = tokens.unwrap_or(Tokens::new(PROMPT_TOKENS, 1));
        // The count of the answer is a placeholder here, whatever it will be.
        let tokens = Tokens {
            output: 1,
            ..prompt
        };
        self.reported = Some(tokens);
        let mut usage = usage(tokens);
        usage["service_tier"] = json!("standard");
        let mut bytes = event(&json!({
            "type": "message_start",
            "message": {
                "id": self.asked.answer_id,
                "type": "message",
                "role": "assistant",
                "model": self.asked.model,
                "content": [],
                "stop_reason": null,
                "stop_sequence": null,
                "usage": usage,
            },
        }));
        bytes.extend(event(&json!({"type": "ping"})));
        bytes
    }

    fn say(&mut self, say: &Say) -> Vec<u8> {
        match say {
            Say::Text(text) => {
                let mut bytes = self.within(Block::Text, &json!({"type": "text", "text": ""}));
                bytes.extend(self.delta(json!({"type": "text_delta", "text": text})));
                bytes
            }
            Say::Reasoning(text) => {
                let mut bytes = self.thinking();
                bytes.extend(self.delta(json!({"type": "thinking_delta", "thinking": text})));
                bytes
            }
            Say::ReasoningSeal(seal) => {
                let mut bytes = self.thinking();
                bytes.extend(self.delta(json!({"type": "signature_delta", "signature": seal})));
                bytes.extend(self.close());
                bytes
            }
            Say::ToolStart { id, name } => self.begin(
                Block::ToolUse,
                &json!({"type": "tool_use", "id": id, "name": name, "input": {}}),
            ),
            Say::ToolArguments(piece) => {
                self.delta(json!({"type": "input_json_delta", "partial_json": piece}))
            }
            Say::Usage(tokens) if self.reported == Some(*tokens) => Vec::new(),
            Say::Usage(tokens) => {
                self.reported = Some(*tokens);
                Self::message_delta(None, *tokens)
            }
        }
    }

    fn finish(&mut self, finish: Finish, tokens: Tokens) -> Vec<Vec<u8>> {
        let reason = match finish {
            Finish::Stop => "end_turn",
            Finish::Length => "max_tokens",
            Finish::ToolCalls => "tool_use",
            Finish::ContentFilter => "refusal",
        };
        vec![
            self.close(),
            Self::message_delta(Some(reason), tokens),
            event(&json!({"type": "message_stop"})),
        ]
    }

    fn error(&mut self, message: &str) -> Vec<u8> {
        event(&json!({"type": "error", "error": {"type": "overloaded_error", "message": message}}))
    }
}

/// `usage`: what came from the cache is counted beside `input_tokens`, thinking within
/// `output_tokens`.
fn usage(tokens: Tokens) -> Value {
    let mut usage = json!({
        "input_tokens": tokens.input - tokens.cached.unwrap_or(0),
        "output_tokens": tokens.output,
    });
    if let Some(cached) = tokens.cached {
        usage["cache_creation_input_tokens"] = json!(0);
        usage["cache_read_input_tokens"] = json!(cached);
    }
    if let Some(reasoning) = tokens.reasoning {
        usage["output_tokens_details"] = json!({"thinking_tokens": reasoning});
    }
    usage
}
