//! What each API takes of tools and of what they give, as data in one table.
//!
//! Names have one limit that holds everywhere (`history/name.rs`), so that a tool keeps its name
//! when the model of a conversation is changed.

use crate::WireApi;
use crate::history::WEB_IMAGES;
use serde_json::{Map, Value};

/// What one API takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ToolLimits {
    /// The keywords that it refuses at the top of a schema, with the whole request.
    pub(crate) refused_at_top: &'static [&'static str],
    /// Whether a property's name is letters, digits, `_`, `.` and `-`, at most 64 of them.
    pub(crate) plain_properties: bool,
    /// The media types of images that it takes inside of a result; none where it takes words alone.
    pub(crate) result_images: &'static [&'static str],
    /// The largest of these, in characters of base64.
    pub(crate) image_size: usize,
}

/// Words alone.
const WORDS: &[&str] = &[];

const OPENAI: ToolLimits = ToolLimits {
    // "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top
    // level" (its own words).
    refused_at_top: &["oneOf", "anyOf", "allOf", "enum", "not"],
    plain_properties: false,
    // The content of a tool's message is text ("Create chat completion", tool message).
    result_images: WORDS,
    image_size: 0,
};

/// The table.
pub(crate) const fn limits(api: WireApi) -> ToolLimits {
    match api {
        WireApi::OpenaiChat => OPENAI,
        WireApi::OpenaiResponses => ToolLimits {
            // `function_call_output` takes `input_image` ("Create a model response"); 20 MB was
            // the limit of one file.
            result_images: WEB_IMAGES,
            image_size: 20 * 1024 * 1024,
            ..OPENAI
        },
        WireApi::Anthropic => ToolLimits {
            // "input_schema does not support oneOf, allOf, or anyOf at the top level" and "Property
            // keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'" (its own words).
            refused_at_top: &["oneOf", "anyOf", "allOf"],
            plain_properties: true,
            // "image exceeds 5 MB maximum" (its own words), of the base64.
            result_images: WEB_IMAGES,
            image_size: 5 * 1024 * 1024,
        },
        WireApi::Gemini | WireApi::GeminiInteractions => ToolLimits {
            refused_at_top: &[],
            plain_properties: false,
            // "Multimodal function responses", from Gemini 3 on. A whole request has 20 MB.
            result_images: &["image/png", "image/jpeg", "image/webp"],
            image_size: 10 * 1024 * 1024,
        },
        WireApi::Ollama => ToolLimits {
            refused_at_top: &[],
            plain_properties: false,
            result_images: WORDS,
            image_size: 0,
        },
    }
}

impl ToolLimits {
    /// A tool's schema as this API takes it. It may say less than the tool's own, which the
    /// arguments are held against all the same.
    pub(crate) fn schema(&self, schema: &Map<String, Value>) -> Map<String, Value> {
        let mut schema = schema.clone();
        let mut refused = Vec::new();
        schema.retain(|keyword, value| {
            let stays = !self.refused_at_top.contains(&keyword.as_str());
            if !stays {
                refused.push(std::mem::take(value));
            }
            stays
        });
        for alternative in refused.iter().filter_map(Value::as_array).flatten() {
            take_properties(&mut schema, alternative);
        }
        if self.plain_properties {
            keep_plain_properties(&mut schema);
        }
        schema
    }
}

/// What an alternative may have, the whole may have. What it must have, the whole need not.
fn take_properties(schema: &mut Map<String, Value>, alternative: &Value) {
    let Some(more) = alternative.get("properties").and_then(Value::as_object) else {
        return;
    };
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for (name, property) in more {
            properties.entry(name).or_insert_with(|| property.clone());
        }
    }
}

/// Leaves out what has a name that is refused, at every depth.
fn keep_plain_properties(schema: &mut Map<String, Value>) {
    let is_plain = |name: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        (1..=64).contains(&name.len()) && name.bytes().all(plain)
    };
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.retain(|name, _| is_plain(name));
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.retain(|name| name.as_str().is_none_or(is_plain));
    }
    for (name, value) in schema.iter_mut() {
        // What is an example or a default is no schema.
        if matches!(name.as_str(), "default" | "const" | "enum" | "examples") {
            continue;
        }
        match value {
            Value::Object(inner)
                if matches!(name.as_str(), "properties" | "$defs" | "definitions") =>
            {
                for inner in inner.values_mut().filter_map(Value::as_object_mut) {
                    keep_plain_properties(inner);
                }
            }
            Value::Object(inner) => keep_plain_properties(inner),
            Value::Array(list) => {
                for inner in list.iter_mut().filter_map(Value::as_object_mut) {
                    keep_plain_properties(inner);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn schema(api: WireApi, schema: Value) -> Value {
        Value::Object(limits(api).schema(schema.as_object().unwrap()))
    }

    #[test]
    fn what_is_refused_at_the_top_gives_its_properties_to_the_whole() {
        let whole = json!({
            "type": "object",
            "properties": {"a": {"type": "string"}},
            "required": ["a"],
            "anyOf": [
                {"properties": {"b": {"type": "number"}}, "required": ["b"]},
                {"properties": {"a": {"type": "null"}}},
            ],
            "not": {"required": ["c"]},
        });
        let expected = json!({
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "number"}},
            "required": ["a"],
        });
        assert_eq!(schema(WireApi::OpenaiChat, whole.clone()), expected);
        assert_eq!(schema(WireApi::OpenaiResponses, whole.clone()), expected);
        assert!(schema(WireApi::Anthropic, whole.clone())["anyOf"].is_null());
        assert_eq!(schema(WireApi::Gemini, whole.clone()), whole);
        assert_eq!(schema(WireApi::Ollama, whole.clone()), whole);
    }

    #[test]
    fn what_is_taken_stays_as_it_is() {
        let inside = json!({
            "type": "object",
            "properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                           "not": {"enum": [1]}},
            "$defs": {"b": {"oneOf": []}},
        });
        for api in [
            WireApi::OpenaiChat,
            WireApi::OpenaiResponses,
            WireApi::Anthropic,
            WireApi::Gemini,
            WireApi::Ollama,
        ] {
            assert_eq!(schema(api, inside.clone()), inside, "{api:?}");
        }
    }

    #[test]
    fn a_property_whose_name_is_refused_is_left_out_at_every_depth() {
        let odd = json!({
            "type": "object",
            "properties": {
                "$filter": {"type": "string"},
                "a.b-c_d": {"type": "array", "items": {
                    "type": "object", "properties": {"x y": {}, "ok": {}}, "required": ["x y", "ok"],
                }},
                "default": {"type": "object", "default": {"properties": {"x y": 1}}},
            },
            "required": ["$filter", "a.b-c_d"],
        });
        let kept = schema(WireApi::Anthropic, odd.clone());
        let expected = json!({
            "type": "object",
            "properties": {
                "a.b-c_d": {"type": "array", "items": {
                    "type": "object", "properties": {"ok": {}}, "required": ["ok"],
                }},
                "default": {"type": "object", "default": {"properties": {"x y": 1}}},
            },
            "required": ["a.b-c_d"],
        });
        assert_eq!(kept, expected);
        assert_eq!(schema(WireApi::OpenaiChat, odd.clone()), odd);
    }
}
