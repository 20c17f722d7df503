//! OpenAI Responses: output items that are added, grown and done one after the other, each event
//! numbered, and the whole `response` object at both ends.
//!
//! Shapes follow <https://platform.openai.com/docs/api-reference/responses-streaming>.

use super::super::say::{Finish, Say, Tokens};
use super::{Asked, Voice, event};
use serde_json::{Map, Value, json};

/// The item that is being written, as it stands.
#[derive(Debug)]
enum Item {
    Message {
        id: String,
        text: String,
    },
    Reasoning {
        id: String,
        text: String,
    },
    Call {
        id: String,
        call_id: String,
        name: String,
        arguments: String,
    },
}

#[derive(Debug)]
pub(super) struct ResponsesVoice {
    asked: Asked,
    sequence: u64,
    open: Option<Item>,
    /// The items that are done.
    output: Vec<Value>,
}

impl ResponsesVoice {
    pub(super) fn new(asked: Asked) -> Self {
        Self {
            asked,
            sequence: 0,
            open: None,
            output: Vec::new(),
        }
    }

    /// An event of this type with these fields and the next number.
    fn event(&mut self, kind: &str, fields: Value) -> Vec<u8> {
        let mut value = json!({"type": kind, "sequence_number": self.sequence});
        self.sequence += 1;
        let fields: Map<String, Value> = fields.as_object().cloned().unwrap_or_default();
        if let Some(object) = value.as_object_mut() {
            object.extend(fields);
        }
        event(&value)
    }

    /// An event about the item that is open now.
    fn item_event(&mut self, kind: &str, id: &str, mut fields: Value) -> Vec<u8> {
        fields["item_id"] = json!(id);
        fields["output_index"] = json!(self.output.len());
        self.event(kind, fields)
    }

    fn added(&mut self, item: &Value) -> Vec<u8> {
        let output_index = self.output.len();
        let fields = json!({"output_index": output_index, "item": item});
        self.event("response.output_item.added", fields)
    }

    fn item_id(&self, prefix: &str) -> String {
        let answer = self.asked.answer_id.trim_start_matches("resp_");
        format!("{prefix}_{answer}_{}", self.output.len())
    }

    /// The `response` object with this status.
    fn response(&self, status: &str, tokens: Option<Tokens>) -> Value {
        response(&self.asked, status, &self.output, tokens)
    }

    /// Ends the item that is open, one entry for each event. A proof of reasoning travels only
    /// where the request includes it.
    fn done(&mut self, status: &str, seal: Option<&str>) -> Vec<Vec<u8>> {
        let Some(item) = self.open.take() else {
            return Vec::new();
        };
        let (mut events, item) = match item {
            Item::Message { id, text } => {
                let part = text_part(&text);
                let message = message(&id, status, vec![part.clone()]);
                let text = json!({"content_index": 0, "text": text, "logprobs": []});
                let part = json!({"content_index": 0, "part": part});
                let events = vec![
                    self.item_event("response.output_text.done", &id, text),
                    self.item_event("response.content_part.done", &id, part),
                ];
                (events, message)
            }
            Item::Reasoning { id, text } => {
                let (summary, events) = if text.is_empty() {
                    (json!([]), Vec::new())
                } else {
                    let part = json!({"type": "summary_text", "text": text});
                    let text = json!({"summary_index": 0, "text": text});
                    let done = json!({"summary_index": 0, "part": part});
                    let events = vec![
                        self.item_event("response.reasoning_summary_text.done", &id, text),
                        self.item_event("response.reasoning_summary_part.done", &id, done),
                    ];
                    (json!([part]), events)
                };
                let mut item = json!({"id": id, "type": "reasoning", "summary": summary});
                if let Some(seal) = seal.filter(|_| self.includes_reasoning()) {
                    item["encrypted_content"] = json!(seal);
                }
                (events, item)
            }
            Item::Call {
                id,
                call_id,
                name,
                arguments,
            } => {
                let item = call(&id, &call_id, &name, &arguments, status);
                let arguments = json!({"name": name, "arguments": arguments});
                let kind = "response.function_call_arguments.done";
                (vec![self.item_event(kind, &id, arguments)], item)
            }
        };
        let fields = json!({"output_index": self.output.len(), "item": item});
        events.push(self.event("response.output_item.done", fields));
        self.output.push(item);
        events
    }

    fn includes_reasoning(&self) -> bool {
        let include = self.asked.body["include"].as_array();
        include.is_some_and(|include| include.contains(&json!("reasoning.encrypted_content")))
    }

    fn begin_message(&mut self) -> Vec<u8> {
        let mut bytes = self.done("completed", None).concat();
        let id = self.item_id("msg");
        bytes.extend(self.added(&message(&id, "in_progress", Vec::new())));
        let part = json!({"content_index": 0, "part": text_part("")});
        bytes.extend(self.item_event("response.content_part.added", &id, part));
        let text = String::new();
        self.open = Some(Item::Message { id, text });
        bytes
    }

    fn begin_reasoning(&mut self) -> Vec<u8> {
        let mut bytes = self.done("completed", None).concat();
        let id = self.item_id("rs");
        bytes.extend(self.added(&json!({"id": id, "type": "reasoning", "summary": []})));
        let text = String::new();
        self.open = Some(Item::Reasoning { id, text });
        bytes
    }

    fn say_text(&mut self, piece: &str) -> Vec<u8> {
        let mut bytes = match self.open {
            Some(Item::Message { .. }) => Vec::new(),
            Some(Item::Reasoning { .. } | Item::Call { .. }) | None => self.begin_message(),
        };
        if let Some(Item::Message { id, text }) = &mut self.open {
            text.push_str(piece);
            let id = id.clone();
            let fields = json!({"content_index": 0, "delta": piece, "logprobs": []});
            bytes.extend(self.item_event("response.output_text.delta", &id, fields));
        }
        bytes
    }

    fn say_reasoning(&mut self, piece: &str) -> Vec<u8> {
        let mut bytes = match self.open {
            Some(Item::Reasoning { .. }) => Vec::new(),
            Some(Item::Message { .. } | Item::Call { .. }) | None => self.begin_reasoning(),
        };
        if let Some(Item::Reasoning { id, text }) = &mut self.open {
            let is_first = text.is_empty();
            text.push_str(piece);
            let id = id.clone();
            if is_first {
                let part = json!({"type": "summary_text", "text": ""});
                let part = json!({"summary_index": 0, "part": part});
                bytes.extend(self.item_event("response.reasoning_summary_part.added", &id, part));
            }
            let fields = json!({"summary_index": 0, "delta": piece});
            bytes.extend(self.item_event("response.reasoning_summary_text.delta", &id, fields));
        }
        bytes
    }

    fn say_seal(&mut self, seal: &str) -> Vec<u8> {
        let mut bytes = match self.open {
            Some(Item::Reasoning { .. }) => Vec::new(),
            Some(Item::Message { .. } | Item::Call { .. }) | None => self.begin_reasoning(),
        };
        bytes.extend(self.done("completed", Some(seal)).concat());
        bytes
    }
}

impl Voice for ResponsesVoice {
    fn open(&mut self, _tokens: Option<Tokens>) -> Vec<u8> {
        let response = json!({"response": self.response("in_progress", None)});
        let mut bytes = self.event("response.created", response.clone());
        bytes.extend(self.event("response.in_progress", response));
        bytes
    }

    fn say(&mut self, say: &Say) -> Vec<u8> {
        match say {
            Say::Text(text) => self.say_text(text),
            Say::Reasoning(text) => self.say_reasoning(text),
            Say::ReasoningSeal(seal) => self.say_seal(seal),
            Say::ToolStart { id: call_id, name } => {
                let mut bytes = self.done("completed", None).concat();
                let id = self.item_id("fc");
                bytes.extend(self.added(&call(&id, call_id, name, "", "in_progress")));
                self.open = Some(Item::Call {
                    id,
                    call_id: call_id.clone(),
                    name: name.clone(),
                    arguments: String::new(),
                });
                bytes
            }
            Say::ToolArguments(piece) => {
                let Some(Item::Call { id, arguments, .. }) = &mut self.open else {
                    return Vec::new();
                };
                arguments.push_str(piece);
                let id = id.clone();
                let kind = "response.function_call_arguments.delta";
                self.item_event(kind, &id, json!({"delta": piece}))
            }
            // The terminal event alone carries counts.
            Say::Usage(_) => Vec::new(),
        }
    }

    fn finish(&mut self, finish: Finish, tokens: Tokens) -> Vec<Vec<u8>> {
        let (status, why) = match finish {
            Finish::Stop | Finish::ToolCalls => ("completed", None),
            Finish::Length => ("incomplete", Some("max_output_tokens")),
            Finish::ContentFilter => ("incomplete", Some("content_filter")),
        };
        let mut events = self.done(status, None);
        let mut response = self.response(status, Some(tokens));
        if let Some(why) = why {
            response["incomplete_details"] = json!({"reason": why});
        }
        let kind = format!("response.{status}");
        events.push(self.event(&kind, json!({"response": response})));
        events
    }

    fn error(&mut self, message: &str) -> Vec<u8> {
        let fields = json!({"code": "server_error", "message": message, "param": null});
        self.event("error", fields)
    }

    fn failed(&mut self, message: &str) -> Vec<u8> {
        let mut response = self.response("failed", None);
        response["error"] = json!({"code": "server_error", "message": message});
        self.event("response.failed", json!({"response": response}))
    }
}

/// The `response` object to this request.
pub(in crate::server) fn response(
    asked: &Asked,
    status: &str,
    output: &[Value],
    tokens: Option<Tokens>,
) -> Value {
    let or = |field: &str, usual: Value| match &asked.body[field] {
        Value::Null => usual,
        given => given.clone(),
    };
    json!({
        "id": asked.answer_id,
        "object": "response",
        "created_at": 1_767_225_600,
        "status": status,
        "background": or("background", json!(false)),
        "error": null,
        "incomplete_details": null,
        "instructions": asked.body["instructions"],
        "max_output_tokens": asked.body["max_output_tokens"],
        "model": asked.model,
        "output": output,
        "parallel_tool_calls": or("parallel_tool_calls", json!(true)),
        "previous_response_id": null,
        "reasoning": or("reasoning", json!({"effort": null, "summary": null})),
        "store": or("store", json!(true)),
        "temperature": or("temperature", json!(1.0)),
        "text": {"format": {"type": "text"}},
        "tool_choice": or("tool_choice", json!("auto")),
        "tools": or("tools", json!([])),
        "top_p": or("top_p", json!(1.0)),
        "truncation": "disabled",
        "usage": tokens.map(usage),
        "user": null,
        "metadata": {},
    })
}

fn usage(tokens: Tokens) -> Value {
    json!({
        "input_tokens": tokens.input,
        "input_tokens_details": {
            "cache_write_tokens": 0,
            "cached_tokens": tokens.cached.unwrap_or(0),
        },
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning.unwrap_or(0)},
        "total_tokens": tokens.input + tokens.output,
    })
}

fn text_part(text: &str) -> Value {
    json!({"type": "output_text", "annotations": [], "logprobs": [], "text": text})
}

fn message(id: &str, status: &str, content: Vec<Value>) -> Value {
    json!({
        "id": id,
        "type": "message",
        "status": status,
        "content": content,
        "role": "assistant",
    })
}

fn call(id: &str, call_id: &str, name: &str, arguments: &str, status: &str) -> Value {
    json!({
        "id": id,
        "type": "function_call",
        "status": status,
        "arguments": arguments,
        "call_id": call_id,
        "name": name,
    })
}
