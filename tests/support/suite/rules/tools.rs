use super::{refused, with, without};
use crate::dialects::question;
use serde_json::{Value, json};
use tacet_test_support::server::Dialect;

/// A valid tool, and where its name and its schema stand.
fn offering(dialect: Dialect) -> (Value, &'static str, &'static str) {
    let schema = json!({"type": "object", "properties": {"q": {"type": "string"}}});
    let (tool, function, parameters) = match dialect {
        Dialect::OpenaiChat | Dialect::Ollama => (
            json!({"type": "function", "function": {"name": "search", "parameters": schema}}),
            "/tools/0/function/name",
            "/tools/0/function/parameters",
        ),
        Dialect::GeminiInteractions => (
            json!({"type": "function", "name": "search", "parameters": schema}),
            "/tools/0/name",
            "/tools/0/parameters",
        ),
        Dialect::OpenaiResponses => (
            json!({"type": "function", "name": "search", "parameters": schema, "strict": false}),
            "/tools/0/name",
            "/tools/0/parameters",
        ),
        Dialect::Anthropic => (
            json!({"name": "search", "input_schema": schema}),
            "/tools/0/name",
            "/tools/0/input_schema",
        ),
        Dialect::Gemini => (
            json!({"functionDeclarations": [{"name": "search", "parametersJsonSchema": schema}]}),
            "/tools/0/functionDeclarations/0/name",
            "/tools/0/functionDeclarations/0/parametersJsonSchema",
        ),
    };
    let mut request = question(dialect);
    request["tools"] = json!([tool]);
    (request, function, parameters)
}

#[test]
fn tools_are_judged_by_their_names_their_schemas_and_their_fields() {
    for dialect in Dialect::ALL {
        let (request, name, schema) = offering(dialect);
        assert_eq!(dialect.validate(&request), Ok(()), "{dialect}");
        refused(dialect, &with(&request, "/tools", json!([])), "too short");
        for bad in ["", "files.read", &"x".repeat(65)] {
            refused(
                dialect,
                &with(&request, name, json!(bad)),
                "does not match pattern",
            );
        }
        refused(
            dialect,
            &without(&request, name),
            "Missing required parameter",
        );
        let text = json!({"type": "string"});
        refused(dialect, &with(&request, schema, text), "Invalid schema");
        let bare = json!({"type": "object"});
        refused(dialect, &with(&request, schema, bare), "missing properties");
        let alternatives = json!({"type": "object", "properties": {}, "anyOf": []});
        let alternatives = with(&request, schema, alternatives);
        match dialect {
            Dialect::OpenaiChat | Dialect::OpenaiResponses | Dialect::Anthropic => {
                refused(dialect, &alternatives, "at the top level");
            }
            Dialect::Gemini | Dialect::GeminiInteractions | Dialect::Ollama => {
                assert_eq!(dialect.validate(&alternatives), Ok(()), "{dialect}");
            }
        }
        let twice = json!([request["tools"][0], request["tools"][0]]);
        refused(dialect, &with(&request, "/tools", twice), "must be unique");
        let unknown = format!("{}/colour", name.trim_end_matches("/name"));
        refused(
            dialect,
            &with(&request, &unknown, json!(1)),
            "Unknown parameter",
        );
    }
}

#[test]
fn names_that_only_one_api_refuses_are_judged_there() {
    let (request, name, _) = offering(Dialect::Gemini);
    refused(
        Dialect::Gemini,
        &with(&request, name, json!("3d")),
        "Must start with a letter or an underscore",
    );
    let (request, _, schema) = offering(Dialect::Anthropic);
    let inner = json!({"type": "object", "properties": {"x y": {}}});
    for properties in [
        json!({"$filter": {}}),
        json!({"a": inner}),
        json!({"a": {"type": "array", "items": inner}}),
    ] {
        let odd = json!({"type": "object", "properties": properties});
        let odd = with(&request, schema, odd);
        refused(Dialect::Anthropic, &odd, "Property keys should match");
    }
}

/// The beginning of a PNG.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUg==";

/// A conversation in which a tool has given a picture, and where the picture stands.
fn pictured(dialect: Dialect) -> Option<(Value, &'static str)> {
    let url = format!("data:image/png;base64,{PNG}");
    Some(match dialect {
        // Words alone.
        Dialect::Ollama => return None,
        Dialect::OpenaiChat => (
            json!({"model": "m", "messages": [
                {"role": "user", "content": "Look."},
                {"role": "assistant", "content": null, "tool_calls": [
                    {"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}]},
                {"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": "Ice."}]},
            ]}),
            "/messages/2/content/0",
        ),
        Dialect::OpenaiResponses => (
            json!({"model": "m", "store": false, "input": [
                {"role": "user", "content": "Look."},
                {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c", "output": [
                    {"type": "input_image", "image_url": url, "detail": "auto"}]},
            ]}),
            "/input/2/output/0/image_url",
        ),
        Dialect::Anthropic => (
            json!({"model": "m", "max_tokens": 100, "messages": [
                {"role": "user", "content": "Look."},
                {"role": "assistant", "content": [
                    {"type": "tool_use", "id": "c", "name": "look", "input": {}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": [
                    {"type": "image", "source":
                        {"type": "base64", "media_type": "image/png", "data": PNG}}]}]},
            ]}),
            "/messages/2/content/0/content/0/source/data",
        ),
        Dialect::GeminiInteractions => (
            json!({"model": "m", "input": [
                {"type": "user_input", "content": [{"type": "text", "text": "Look."}]},
                {"type": "function_call", "id": "c", "name": "look", "arguments": {}},
                {"type": "function_result", "call_id": "c", "result": [
                    {"type": "image", "mime_type": "image/png", "data": PNG}]},
            ]}),
            "/input/2/result/0/data",
        ),
        Dialect::Gemini => (
            json!({"contents": [
                {"role": "user", "parts": [{"text": "Look."}]},
                {"role": "model", "parts": [{"functionCall": {"name": "look", "args": {}}}]},
                {"role": "user", "parts": [{"functionResponse": {
                    "name": "look", "response": {}, "parts": [
                        {"inlineData": {"mimeType": "image/png", "data": PNG}}]}}]},
            ]}),
            "/contents/2/parts/0/functionResponse/parts/0/inlineData/data",
        ),
    })
}

#[test]
fn pictures_of_results_are_judged_where_they_may_stand_and_by_their_bytes() {
    for dialect in Dialect::ALL {
        let Some((request, place)) = pictured(dialect) else {
            continue;
        };
        match dialect {
            Dialect::OpenaiChat => {
                assert_eq!(dialect.validate(&request), Ok(()));
                let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,QQ=="}});
                refused(
                    dialect,
                    &with(&request, place, image),
                    "Supported values are: 'text'",
                );
            }
            Dialect::Gemini => {
                // Which model is asked stands in the address.
                refused(dialect, &request, "not supported by this model");
            }
            Dialect::GeminiInteractions => {
                assert_eq!(dialect.validate(&request), Ok(()));
                let broken = with(&request, place, json!("QQ"));
                refused(dialect, &broken, "Base64 decoding failed");
            }
            Dialect::OpenaiResponses => {
                assert_eq!(dialect.validate(&request), Ok(()));
                let broken = json!("data:image/png;base64,QQ");
                refused(dialect, &with(&request, place, broken), "image_url");
            }
            Dialect::Anthropic => {
                assert_eq!(dialect.validate(&request), Ok(()));
                refused(
                    dialect,
                    &with(&request, place, json!("QQ")),
                    "Invalid base64",
                );
                // The beginning of a JPEG.
                refused(
                    dialect,
                    &with(&request, place, json!("/9j/4A==")),
                    "does not match",
                );
            }
            Dialect::Ollama => {}
        }
    }
}
