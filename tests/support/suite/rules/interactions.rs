use super::{with, without};
use serde_json::{Value, json};
use tacet_test_support::server::Dialect;

fn refused(request: &Value, words: &str) {
    super::refused(Dialect::GeminiInteractions, request, words);
}

/// A history with everything that the API takes back.
fn whole() -> Value {
    json!({
        "model": "gemini-3.5-flash",
        "system_instruction": "Be brief.",
        "stream": true,
        "store": false,
        "generation_config": {
            "temperature": 0.5, "max_output_tokens": 100,
            "thinking_level": "high", "thinking_summaries": "auto",
        },
        "input": [
            {"type": "user_input", "content": [
                {"type": "text", "text": "Read both."},
                {"type": "image", "mime_type": "image/png", "data": "AAAA"},
                {"type": "document", "mime_type": "application/pdf", "data": "AAAA"},
            ]},
            {"type": "thought", "signature": "c2VhbA==", "summary": [{"type": "text", "text": "Hm."}]},
            {"type": "google_search_call", "id": "s", "arguments": {"queries": ["ice"]}},
            {"type": "google_search_result", "call_id": "s", "result": []},
            {"type": "model_output", "content": [{"type": "text", "text": "I look."}]},
            {"type": "function_call", "id": "a", "name": "read", "arguments": {"path": "a"}},
            {"type": "function_call", "id": "b", "name": "read", "arguments": {}},
            {"type": "function_result", "call_id": "a", "name": "read", "result": "A"},
            {"type": "function_result", "call_id": "b", "name": "read", "is_error": true, "result": [
                {"type": "text", "text": "B"}]},
            {"type": "model_output", "content": [{"type": "text", "text": "Done."}]},
            {"type": "user_input", "content": [{"type": "text", "text": "Thanks."}]},
        ],
    })
}

#[test]
fn a_history_with_thoughts_and_answered_calls_is_valid() {
    assert_eq!(Dialect::GeminiInteractions.validate(&whole()), Ok(()));
}

#[test]
fn each_call_has_its_result_and_each_result_its_call() {
    refused(
        &without(&whole(), "/input/8"),
        "must be answered by a function_result",
    );
    let words = "is the id of no function_call before it";
    refused(&with(&whole(), "/input/8/call_id", json!("c")), words);
    refused(&with(&whole(), "/input/6/id", json!("a")), "is used twice");
    refused(
        &with(&whole(), "/input/3/call_id", json!("x")),
        "no such call",
    );
    refused(&without(&whole(), "/input/3"), "has no result");
    let text = json!("{}");
    refused(
        &with(&whole(), "/input/5/arguments", text),
        "expected an object",
    );
}

#[test]
fn the_turns_alternate_and_the_last_one_is_the_persons() {
    refused(&without(&whole(), "/input/0"), "must be a user_input");
    refused(&without(&whole(), "/input/9"), "alternate");
    refused(&without(&whole(), "/input/10"), "the last step");
}

#[test]
fn what_steps_hold_is_held_against_the_published_types() {
    let unknown = with(&whole(), "/input/4/id", json!("x"));
    refused(&unknown, "Unknown parameter");
    refused(
        &with(&whole(), "/input/1/signature", json!("no base64!")),
        "Base64",
    );
    refused(
        &without(&whole(), "/input/1/signature"),
        "Missing required parameter",
    );
    refused(
        &with(&whole(), "/input/4/content", json!([])),
        "must not be empty",
    );
    refused(
        &with(&whole(), "/input/4/content/0/text", json!("")),
        "must not be empty",
    );
    let svg = with(
        &whole(),
        "/input/0/content/1/mime_type",
        json!("image/svg+xml"),
    );
    refused(&svg, "Unsupported MIME type");
    refused(
        &with(&whole(), "/input/4/type", json!("assistant")),
        "unknown step type",
    );
}

#[test]
fn what_is_asked_for_is_held_against_the_published_types() {
    refused(
        &with(&whole(), "/background", json!(true)),
        "requires store=true",
    );
    refused(
        &with(&whole(), "/temperature", json!(1)),
        "Unknown parameter",
    );
    let most = with(&whole(), "/generation_config/thinking_level", json!("most"));
    refused(&most, "Supported values are");
    let budget = with(&whole(), "/generation_config/thinking_budget", json!(1));
    refused(&budget, "Unknown parameter");
    let hot = with(&whole(), "/generation_config/temperature", json!(3));
    refused(&hot, "is not in [0, 2]");
    refused(&without(&whole(), "/model"), "Missing required parameter");
}
