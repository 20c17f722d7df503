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
