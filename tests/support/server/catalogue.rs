//! The models that the server offers, in the shape that each API lists them in.

use super::dialect::Dialect;
use super::request::Request;
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
            Dialect::Gemini | Dialect::GeminiInteractions => json!({
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

/// The list, or the page of it that is asked for where the API has pages.
pub(super) fn list(dialect: Dialect, models: &[Model], request: &Request) -> Value {
    let (models, goes_on) = page(dialect, models, request);
    let entries: Vec<Value> = models.iter().map(|model| model.entry(dialect)).collect();
    match dialect {
        Dialect::OpenaiChat | Dialect::OpenaiResponses => {
            json!({"object": "list", "data": entries})
        }
        Dialect::Anthropic => json!({
            "first_id": models.first().map(|model| &model.name),
            "last_id": models.last().map(|model| &model.name),
            "has_more": goes_on,
            "data": entries,
        }),
        Dialect::Gemini | Dialect::GeminiInteractions => {
            let mut list = json!({"models": entries});
            if let (true, Some(last)) = (goes_on, models.last()) {
                list["nextPageToken"] = token(last).into();
            }
            list
        }
        Dialect::Ollama => json!({"models": entries}),
    }
}

/// The models of the page that is asked for, and whether there are more. The sizes are those of
/// the APIs' references: 20 at Anthropic and 50 at Gemini where nothing is said, 1,000 at most.
fn page<'a>(dialect: Dialect, models: &'a [Model], request: &Request) -> (&'a [Model], bool) {
    let (size, default, mark) = match dialect {
        Dialect::Anthropic => ("limit", 20, "after_id"),
        Dialect::Gemini | Dialect::GeminiInteractions => ("pageSize", 50, "pageToken"),
        Dialect::OpenaiChat | Dialect::OpenaiResponses | Dialect::Ollama => return (models, false),
    };
    let size = request.parameter(size).and_then(|size| size.parse().ok());
    let size = size.unwrap_or(default).min(1_000);
    let start = request.parameter(mark).map_or(0, |mark| {
        let before = models
            .iter()
            .position(|model| model.name == mark || token(model) == mark);
        before.map_or(models.len(), |before| before + 1)
    });
    let rest = &models[start..];
    (&rest[..rest.len().min(size)], rest.len() > size)
}

/// Names the page after this model, with characters that a query must not hold as they are.
fn token(last: &Model) -> String {
    format!("after&{}==", last.name)
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
