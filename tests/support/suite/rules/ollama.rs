use super::{with, without};
use serde_json::{Value, json};
use tacet_test_support::server::Dialect;

fn refused(request: &Value, words: &str) {
    super::refused(Dialect::Ollama, request, words);
}

/// A history with everything that the API takes back.
fn whole() -> Value {
    json!({
        "model": "llama3.2", "stream": true, "options": {"temperature": 0.5},
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Read it.", "images": ["AAAA"]},
            {"role": "assistant", "content": "", "thinking": "Hm.", "tool_calls": [
                {"function": {"name": "read", "arguments": {"path": "a"}}},
            ]},
            {"role": "tool", "tool_name": "read", "content": "A"},
            {"role": "user", "content": "Thanks."},
        ],
    })
}

#[test]
fn a_history_with_calls_and_images_is_valid() {
    assert_eq!(Dialect::Ollama.validate(&whole()), Ok(()));
}

#[test]
fn arguments_are_an_object() {
    let arguments = "/messages/2/tool_calls/0/function/arguments";
    refused(
        &with(&whole(), arguments, json!("{\"path\":\"a\"}")),
        "json: cannot unmarshal string into Go struct field ChatRequest.messages.tool_calls.function.arguments of type api.ToolCallFunctionArguments",
    );
}

#[test]
fn content_is_text_and_images_are_plain_base64() {
    refused(
        &with(&whole(), "/messages/4/content", json!([{"type": "text"}])),
        "json: cannot unmarshal array into Go struct field ChatRequest.messages.content of type string",
    );
    let image = "/messages/1/images/0";
    let words = "illegal base64 data";
    refused(
        &with(&whole(), image, json!("data:image/png;base64,AAAA")),
        words,
    );
    refused(
        &with(&whole(), "/messages/1/images", json!("AAAA")),
        "cannot unmarshal string into Go struct field ChatRequest.messages.images",
    );
}

#[test]
fn a_request_names_its_model_and_known_roles() {
    refused(&without(&whole(), "/model"), "model is required");
    refused(
        &with(&whole(), "/messages/0/role", json!("developer")),
        "invalid role: developer, must be one of",
    );
    refused(
        &with(&whole(), "/options", json!("warm")),
        "cannot unmarshal string into Go struct field ChatRequest.options",
    );
}
