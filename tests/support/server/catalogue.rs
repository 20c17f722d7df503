//! The models that the server offers, in the shape that each API lists them in.

use super::dialect::Dialect;
use serde_json::{Value, json};

const CREATED: u64 = 1_767_225_600;
const CREATED_AT: &str = "2026-01-01T00:00:00Z";

/// One model on offer.
#[derive(Debug, Clone)]
pub(super) struct Model {
    name: String,
    /// What a test adds to or replaces in the model's entry.
    fields: Value,
}

impl Model {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            fields: json!({}),
        }
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    /// Merges these fields into the entry, objects key by key.
    pub(super) fn describe(&mut self, fields: &Value) {
        merge(&mut self.fields, fields);
    }

    fn entry(&self, dialect: Dialect) -> Value {
        let name = &self.name;
        let mut entry = match dialect {
            Dialect::OpenaiChat | Dialect::OpenaiResponses => json!({
                "id": name, "object": "model", "created": CREATED, "owned_by": "tacet",
            }),
            Dialect::Anthropic => json!({
                "type": "model",
                "id": name,
                "display_name": name,
                "created_at": CREATED_AT,
                "lifecycle": "active",
                "max_input_tokens": 200_000,
                "max_tokens": 64_000,
            }),
            Dialect::Gemini => json!({
                "name": format!("models/{name}"),
                "version": "001",
                "displayName": name,
                "inputTokenLimit": 1_048_576,
                "outputTokenLimit": 65_536,
                "supportedGenerationMethods": ["generateContent", "countTokens"],
            }),
            // Ollama describes a model in its answer to `/api/show`, not in the list.
            Dialect::Ollama => {
                return json!({
                    "name": name,
                    "model": name,
                    "modified_at": CREATED_AT,
                    "size": 4_661_224_676_u64,
                    "digest": "365c0bd3c000a25d28ddbf732fe1c6add414de7275464c4e4d1c3b5fcb5d8ad1",
                    "details": details(),
                });
            }
        };
        merge(&mut entry, &self.fields);
        entry
    }

    /// Ollama's answer to `POST /api/show`.
    pub(super) fn shown(&self) -> Value {
        let mut shown = json!({
            "modelfile": "",
            "template": "{{ .Prompt }}",
            "details": details(),
            "model_info": {"general.architecture": "llama", "llama.context_length": 8192},
            "capabilities": ["completion"],
            "modified_at": CREATED_AT,
        });
        merge(&mut shown, &self.fields);
        shown
    }
}

/// The whole list, as one page.
pub(super) fn list(dialect: Dialect, models: &[Model]) -> Value {
    let entries: Vec<Value> = models.iter().map(|model| model.entry(dialect)).collect();
    match dialect {
        Dialect::OpenaiChat | Dialect::OpenaiResponses => {
            json!({"object": "list", "data": entries})
        }
        Dialect::Anthropic => json!({
            "first_id": models.first().map(|model| &model.name),
            "last_id": models.last().map(|model| &model.name),
            "has_more": false,
            "data": entries,
        }),
        Dialect::Gemini | Dialect::Ollama => json!({"models": entries}),
    }
}

fn details() -> Value {
    json!({
        "parent_model": "",
        "format": "gguf",
        "family": "llama",
        "families": ["llama"],
        "parameter_size": "8.0B",
        "quantization_level": "Q4_K_M",
    })
}

fn merge(into: &mut Value, fields: &Value) {
    match (into, fields) {
        (Value::Object(into), Value::Object(fields)) => {
            for (name, field) in fields {
                merge(into.entry(name).or_insert(Value::Null), field);
            }
        }
        (into, fields) => *into = fields.clone(),
    }
}
