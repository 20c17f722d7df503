//! Gemini: each event is a `GenerateContentResponse` with the parts that are new and the usage so
//! far; nothing but the end of the body says that it is over.
//!
//! Shapes follow <https://ai.google.dev/api/generate-content>.

use super::super::say::{Finish, PROMPT_TOKENS, Say, Tokens};
use super::gathered::GatheredCall;
use super::{Asked, Voice, data};
use serde_json::{Value, json};

#[derive(Debug)]
pub(super) struct GeminiVoice {
    asked: Asked,
    tokens: Tokens,
    seal: Option<String>,
    call: Option<GatheredCall>,
}

impl GeminiVoice {
    pub(super) fn new(asked: Asked) -> Self {
        Self {
            asked,
            tokens: Tokens::new(PROMPT_TOKENS, 0),
            seal: None,
            call: None,
        }
    }

    /// A response with these parts, and with whatever else its candidate has.
    fn response(&self, parts: Vec<Value>, finish_reason: Option<&str>) -> Vec<u8> {
        let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
        if let Some(reason) = finish_reason {
            candidate["finishReason"] = json!(reason);
        }
        data(&json!({
            "candidates": [candidate],
            "usageMetadata": usage(self.tokens),
            "modelVersion": self.asked.model,
            "responseId": self.asked.answer_id,
        }))
    }

    /// The part of the call that is complete now, if there is one.
    fn gathered(&mut self) -> Option<Value> {
        let call = self.call.take()?;
        let mut function = json!({"name": call.name, "args": call.object()});
        // Models before Gemini 3 give their calls no id.
        if self.asked.model.contains("gemini-3") {
            function["id"] = json!(call.id);
        }
        Some(sealed(json!({"functionCall": function}), call.seal))
    }
}

/// The part with the seal of the reasoning before it.
fn sealed(mut part: Value, seal: Option<String>) -> Value {
    if let Some(seal) = seal {
        part["thoughtSignature"] = json!(seal);
    }
    part
}

impl Voice for GeminiVoice {
    fn open(&mut self, tokens: Option<Tokens>) -> Vec<u8> {
        self.tokens = tokens.unwrap_or(self.tokens);
        Vec::new()
    }

    fn say(&mut self, say: &Say) -> Vec<u8> {
        let mut parts = Vec::new();
        match say {
            Say::ToolArguments(piece) => {
                if let Some(call) = &mut self.call {
                    call.arguments.push_str(piece);
                }
                return Vec::new();
            }
            Say::Text(text) => {
                parts.extend(self.gathered());
                parts.push(sealed(json!({"text": text}), self.seal.take()));
            }
            Say::Reasoning(text) => {
                parts.extend(self.gathered());
                parts.push(json!({"text": text, "thought": true}));
            }
            Say::ReasoningSeal(seal) => {
                parts.extend(self.gathered());
                self.seal = Some(seal.clone());
            }
            Say::ToolStart { id, name } => {
                parts.extend(self.gathered());
                self.call = Some(GatheredCall {
                    id: id.clone(),
                    name: name.clone(),
                    seal: self.seal.take(),
                    arguments: String::new(),
                });
            }
            Say::Usage(tokens) => {
                self.tokens = *tokens;
                parts.extend(self.gathered());
                if parts.is_empty() {
                    return data(&json!({
                        "usageMetadata": usage(self.tokens),
                        "modelVersion": self.asked.model,
                        "responseId": self.asked.answer_id,
                    }));
                }
            }
        }
        if parts.is_empty() {
            return Vec::new();
        }
        self.response(parts, None)
    }

    fn finish(&mut self, finish: Finish, tokens: Tokens) -> Vec<Vec<u8>> {
        self.tokens = tokens;
        let reason = match finish {
            Finish::Stop | Finish::ToolCalls => "STOP",
            Finish::Length => "MAX_TOKENS",
            Finish::ContentFilter => "SAFETY",
        };
        let mut parts: Vec<Value> = self.gathered().into_iter().collect();
        if parts.is_empty() || self.seal.is_some() {
            parts.push(sealed(json!({"text": ""}), self.seal.take()));
        }
        vec![self.response(parts, Some(reason))]
    }

    fn error(&mut self, message: &str) -> Vec<u8> {
        data(&json!({"error": {"code": 503, "message": message, "status": "UNAVAILABLE"}}))
    }
}

/// `usageMetadata`: thoughts are counted beside the candidates, the cache within the prompt.
fn usage(tokens: Tokens) -> Value {
    let mut usage = json!({
        "promptTokenCount": tokens.input,
        "totalTokenCount": tokens.input + tokens.output,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": tokens.input}],
    });
    let said = tokens.output.saturating_sub(tokens.reasoning.unwrap_or(0));
    if said > 0 {
        usage["candidatesTokenCount"] = json!(said);
    }
    if let Some(reasoning) = tokens.reasoning {
        usage["thoughtsTokenCount"] = json!(reasoning);
    }
    if let Some(cached) = tokens.cached {
        usage["cachedContentTokenCount"] = json!(cached);
    }
    usage
}
