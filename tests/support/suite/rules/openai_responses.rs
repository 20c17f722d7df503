use super::{with, without};
use serde_json::{Value, json};
use tacet_test_support::server::Dialect;

fn refused(request: &Value, words: &str) {
    super::refused(Dialect::OpenaiResponses, request, words);
}

/// A history with everything that the API takes back.
fn whole() -> Value {
    json!({
        "model": "gpt-5", "store": false, "include": ["reasoning.encrypted_content"],
        "tools": [{"type": "function", "name": "read", "parameters": {"type": "object", "properties": {}}, "strict": false}],
        "input": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [
                {"type": "input_text", "text": "Read both."},
                {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "auto"},
            ]},
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "c2VhbA=="},
            {"type": "function_call", "id": "fc_1", "call_id": "a", "name": "read", "arguments": "{}"},
            {"type": "function_call", "call_id": "b", "name": "read", "arguments": "{\"p\":1}"},
            {"type": "function_call_output", "call_id": "b", "output": "B"},
            {"type": "function_call_output", "call_id": "a", "output": [{"type": "input_text", "text": "A"}]},
            {"type": "message", "id": "msg_1", "role": "assistant", "phase": "final_answer", "content": [{"type": "output_text", "text": "Done.", "annotations": []}]},
            {"role": "user", "content": "Thanks."},
        ],
    })
}

#[test]
fn a_history_with_sealed_reasoning_and_answered_calls_is_valid() {
    assert_eq!(Dialect::OpenaiResponses.validate(&whole()), Ok(()));
    let short = json!({"model": "gpt-5", "input": "Hello?"});
    assert_eq!(Dialect::OpenaiResponses.validate(&short), Ok(()));
}

#[test]
fn every_call_has_its_output_and_every_output_its_call() {
    refused(
        &without(&whole(), "/input/6"),
        "No tool output found for function call a.",
    );
    refused(
        &without(&whole(), "/input/4"),
        "No tool call found for function call output with call_id b.",
    );
    let twice = with(&whole(), "/input/5/call_id", json!("a"));
    refused(
        &twice,
        "No tool call found for function call output with call_id a",
    );
    refused(
        &with(&whole(), "/input/4/call_id", json!("a")),
        "Duplicate function call with call_id a",
    );
}

#[test]
fn reasoning_is_followed_by_its_item_and_sealed_where_nothing_is_stored() {
    let words = "'rs_1' of type 'reasoning' was provided without its required following item";
    let mut alone = without(&whole(), "/input/3");
    for _ in 0..4 {
        alone = without(&alone, "/input/3");
    }
    refused(&alone, words);
    refused(&without(&alone, "/input/3"), words);
    let unsealed = without(&whole(), "/input/2/encrypted_content");
    refused(
        &unsealed,
        "Items are not persisted when `store` is set to false",
    );
    let stored = without(&unsealed, "/store");
    assert_eq!(Dialect::OpenaiResponses.validate(&stored), Ok(()));
    refused(
        &without(&whole(), "/input/2/summary"),
        "Missing required parameter: 'input[2].summary'",
    );
}

#[test]
fn arguments_travel_as_the_json_text_of_an_object() {
    for arguments in [json!({}), json!("{\"p\":"), json!("[]"), json!(null)] {
        refused(
            &with(&whole(), "/input/3/arguments", arguments),
            "expected a JSON string of an object",
        );
    }
}

#[test]
fn the_type_of_content_follows_the_role() {
    refused(
        &with(&whole(), "/input/1/content/0/type", json!("output_text")),
        "Invalid value: 'output_text'. Supported values are: 'input_text'",
    );
    refused(
        &with(&whole(), "/input/7/content/0/type", json!("input_text")),
        "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'",
    );
    refused(
        &with(&whole(), "/input/7/role", json!("tool")),
        "Invalid value: 'tool'. Supported values are: 'assistant'",
    );
}

#[test]
fn ids_are_replayed_under_their_prefix_and_once() {
    for (item, prefix) in [(2, "rs"), (3, "fc"), (7, "msg")] {
        refused(
            &with(&whole(), &format!("/input/{item}/id"), json!("other")),
            &format!("Expected an ID that begins with '{prefix}'"),
        );
    }
    let mut twice = whole();
    let again = twice["input"][7].clone();
    twice["input"].as_array_mut().unwrap().push(again);
    refused(&twice, "Duplicate item found with id msg_1");
}

#[test]
fn nothing_travels_empty() {
    let words = "non-empty content";
    refused(&with(&whole(), "/input/8/content", json!("")), words);
    refused(&with(&whole(), "/input/8/content", json!([])), words);
    refused(&with(&whole(), "/input", json!("")), words);
    refused(&with(&whole(), "/input", json!([])), "empty array");
    refused(
        &with(&whole(), "/input/7/content/0/text", json!("")),
        "'input[7].content[0].text'",
    );
}

#[test]
fn the_parameters_of_chat_completions_are_foreign() {
    refused(
        &with(&whole(), "/messages", json!([])),
        "this parameter has moved to 'input'",
    );
    refused(
        &with(&whole(), "/max_tokens", json!(100)),
        "this parameter has moved to 'max_output_tokens'",
    );
    let options = json!({"include_usage": true});
    refused(
        &with(&whole(), "/stream_options", options),
        "Unknown parameter: 'stream_options.include_usage'",
    );
    let nested = json!({"type": "function", "function": {"name": "read"}});
    refused(
        &with(&whole(), "/tools/0", nested),
        "Missing required parameter: 'tools[0].name'",
    );
    refused(
        &with(&whole(), "/max_output_tokens", json!(1)),
        "Expected a value >= 16",
    );
    refused(
        &with(&whole(), "/background", json!(true)),
        "Background mode requires 'store'",
    );
}

#[test]
fn fields_are_those_of_the_published_types() {
    refused(
        &without(&whole(), "/input/7/content/0/annotations"),
        "Missing required parameter: 'input[7].content[0].annotations'",
    );
    refused(
        &without(&whole(), "/input/1/content/1/detail"),
        "Missing required parameter: 'input[1].content[1].detail'",
    );
    refused(
        &with(&whole(), "/input/3/extra_content", json!({})),
        "Unknown parameter: 'input[3].extra_content'",
    );
    refused(
        &with(&whole(), "/input/7/phase", json!("summary")),
        "Supported values are: 'commentary', 'final_answer'",
    );
    refused(
        &with(&whole(), "/seed", json!(7)),
        "Unknown parameter: 'request.seed'",
    );
}
