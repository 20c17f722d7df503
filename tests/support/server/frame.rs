//! The frames of a Chat Completions stream as data, so that a test names what the model says and
//! not how it is spelled.
//!
//! Shapes follow the `chat.completion.chunk` object of OpenAI's public API reference.

use serde_json::{Value, json};

/// The id of every answer in Chat Completions.
pub(super) const CHAT_ANSWER: &str = "chatcmpl-gated";

/// The name under which a server sends reasoning; both are in use among compatible servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasoningField {
    /// `delta.reasoning_content`, as DeepSeek, llama.cpp and vLLM send it.
    ReasoningContent,
    /// `delta.reasoning`, as OpenRouter and Ollama send it.
    Reasoning,
}

/// One piece of a streamed tool call; servers differ in what they repeat and what they omit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolDelta {
    /// Position among parallel calls; some servers leave it out.
    pub index: Option<usize>,
    /// The call's id; usually in its first piece only.
    pub id: Option<String>,
    /// The function's name; usually in its first piece only.
    pub name: Option<String>,
    /// The next piece of the arguments' JSON text.
    pub arguments: String,
}

/// One server-sent event of a Chat Completions stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// The opening delta that only names the role.
    Role,
    /// A piece of the answer's text.
    Text(String),
    /// A piece of reasoning, under the given name.
    Reasoning(ReasoningField, String),
    /// A piece of a refusal.
    Refusal(String),
    /// One piece of one tool call.
    Tool(ToolDelta),
    /// The empty delta that carries a `finish_reason` such as `stop` or `tool_calls`.
    Finish(String),
    /// The chunk without choices that reports prompt and completion tokens.
    Usage(u64, u64),
    /// A comment line, which carries nothing and keeps a proxy awake.
    Comment(String),
    /// An error object after the status line said 200.
    Error(String),
    /// Any other JSON value, sent as one data line.
    Data(Value),
    /// The `[DONE]` sentinel.
    Done,
}

impl Frame {
    /// A piece of text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The frame's bytes, blank line included, as the given model's server sends them.
    pub fn encode(&self, model: &str) -> Vec<u8> {
        let data = match self {
            Self::Role => delta(model, json!({"role": "assistant", "content": ""})),
            Self::Text(text) => delta(model, json!({"content": text})),
            Self::Reasoning(ReasoningField::ReasoningContent, text) => {
                delta(model, json!({"reasoning_content": text}))
            }
            Self::Reasoning(ReasoningField::Reasoning, text) => {
                delta(model, json!({"reasoning": text}))
            }
            Self::Refusal(text) => delta(model, json!({"refusal": text})),
            Self::Tool(tool) => delta(model, json!({"tool_calls": [tool_call(tool)]})),
            Self::Finish(reason) => chunk(
                model,
                json!([{"index": 0, "delta": {}, "finish_reason": reason}]),
            ),
            Self::Usage(prompt, completion) => {
                let mut value = chunk(model, json!([]));
                value["usage"] = json!({
                    "prompt_tokens": prompt,
                    "completion_tokens": completion,
                    "total_tokens": prompt + completion,
                });
                value
            }
            Self::Comment(text) => return format!(": {text}\n\n").into_bytes(),
            Self::Error(message) => {
                json!({"error": {"message": message, "type": "server_error", "code": null}})
            }
            Self::Data(value) => value.clone(),
            Self::Done => return b"data: [DONE]\n\n".to_vec(),
        };
        format!("data: {data}\n\n").into_bytes()
    }
}

fn tool_call(tool: &ToolDelta) -> Value {
    let mut call = json!({"function": {"arguments": tool.arguments}});
    if let Some(index) = tool.index {
        call["index"] = json!(index);
    }
    if let Some(id) = &tool.id {
        call["id"] = json!(id);
        call["type"] = json!("function");
    }
    if let Some(name) = &tool.name {
        call["function"]["name"] = json!(name);
    }
    call
}

fn delta(model: &str, delta: Value) -> Value {
    chunk(
        model,
        json!([{"index": 0, "delta": delta, "finish_reason": null}]),
    )
}

/// A `chat.completion.chunk` with these choices.
pub(super) fn chunk(model: &str, choices: Value) -> Value {
    json!({
        "id": CHAT_ANSWER,
        "object": "chat.completion.chunk",
        "created": 1_767_225_600,
        "model": model,
        "choices": choices,
    })
}
