use super::{with, without};
use serde_json::{Value, json};
use tacet_test_support::server::{Dialect, Rules};

fn refused(request: &Value, words: &str) {
    super::refused(Dialect::Gemini, request, words);
}

/// A history with everything that the API takes back.
fn whole() -> Value {
    json!({
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [
                {"text": "Read both."},
                {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
            ]},
            {"role": "model", "parts": [
                {"text": "I look."},
                {"functionCall": {"name": "read", "args": {"path": "a"}}, "thoughtSignature": "c2VhbA=="},
                {"functionCall": {"name": "read", "args": {}}},
            ]},
            {"role": "user", "parts": [
                {"functionResponse": {"name": "read", "response": {"result": "A"}}},
                {"functionResponse": {"name": "read", "response": {"result": "B"}}},
            ]},
            {"role": "model", "parts": [{"text": "Done."}, {"text": "", "thoughtSignature": "c2VhbA=="}]},
            {"role": "user", "parts": [{"text": "Thanks."}]},
        ],
    })
}

#[test]
fn a_history_with_signed_and_answered_calls_is_valid() {
    assert_eq!(Dialect::Gemini.validate(&whole()), Ok(()));
    let rules = Rules::default();
    let checked = rules.check(Dialect::Gemini, "gemini-3-pro-preview", &whole());
    assert_eq!(checked, Ok(()));
}

#[test]
fn there_are_as_many_results_as_calls() {
    let words = "number of function response parts is equal to the number of function call parts";
    refused(&without(&whole(), "/contents/2/parts/1"), words);
    refused(&without(&whole(), "/contents/2"), words);
    let mut at_the_end = whole();
    at_the_end["contents"].as_array_mut().unwrap().truncate(2);
    refused(&at_the_end, words);
}

#[test]
fn calls_follow_the_user_and_results_follow_calls() {
    let mut doubled = whole();
    let text = json!({"role": "model", "parts": [{"text": "Let me see."}]});
    doubled["contents"].as_array_mut().unwrap().insert(1, text);
    refused(
        &doubled,
        "function call turn comes immediately after a user turn",
    );
    refused(
        &without(&whole(), "/contents/1"),
        "function response turn comes immediately after a function call turn",
    );
}

#[test]
fn the_first_call_of_a_turn_is_signed_for_the_models_that_want_it() {
    let unsigned = without(&whole(), "/contents/1/parts/1/thoughtSignature");
    assert_eq!(Dialect::Gemini.validate(&unsigned), Ok(()));
    let rules = Rules::default();
    let error = rules.check(Dialect::Gemini, "gemini-3-pro-preview", &unsigned);
    let words = "missing a thought_signature in functionCall parts";
    let error = error.unwrap_err();
    assert!(error.contains(words), "{error}");
    assert!(error.contains("`default_api:read` , position 2"), "{error}");
}

#[test]
fn roles_are_user_and_model_and_keep_to_their_parts() {
    let words = "Please use a valid role: user, model.";
    refused(
        &with(&whole(), "/contents/3/role", json!("assistant")),
        words,
    );
    refused(&with(&whole(), "/contents/1/role", json!("user")), words);
    refused(&with(&whole(), "/contents/2/role", json!("model")), words);
}

#[test]
fn nothing_travels_empty() {
    refused(&json!({}), "contents is not specified");
    refused(&json!({"contents": []}), "contents is not specified");
    let words = "must not be empty";
    refused(&with(&whole(), "/contents/3/parts", json!([])), words);
    refused(
        &with(&whole(), "/contents/4/parts/0/text", json!("")),
        words,
    );
    refused(
        &with(&whole(), "/systemInstruction/parts", json!([])),
        words,
    );
    refused(
        &with(&whole(), "/contents/4/parts/0", json!({})),
        "required oneof field 'data' must have one initialized field",
    );
    refused(
        &with(
            &whole(),
            "/contents/2/parts/0/functionResponse/name",
            json!(""),
        ),
        "Name cannot be empty",
    );
}

#[test]
fn arguments_and_results_are_objects() {
    let words = "(type.googleapis.com/google.protobuf.Struct)";
    let arguments = "/contents/1/parts/1/functionCall/args";
    refused(&with(&whole(), arguments, json!("{\"path\":")), words);
    let result = "/contents/2/parts/0/functionResponse/response";
    refused(&with(&whole(), result, json!("A")), words);
}

#[test]
fn a_request_opens_with_the_user_and_does_not_end_with_the_model() {
    refused(
        &without(&whole(), "/contents/4"),
        "end with a user role or a function response",
    );
    let answer = json!({"role": "model", "parts": [{"text": "A"}]});
    let question = json!({"role": "user", "parts": [{"text": "Q"}]});
    refused(
        &json!({"contents": [answer, question]}),
        "First content should be with role 'user', got model",
    );
    let result_last = {
        let mut request = whole();
        request["contents"].as_array_mut().unwrap().truncate(3);
        request
    };
    assert_eq!(Dialect::Gemini.validate(&result_last), Ok(()));
}

#[test]
fn after_a_result_the_model_speaks_before_the_user_does() {
    refused(
        &without(&whole(), "/contents/3"),
        "alternate between user and model",
    );
}

#[test]
fn fields_are_those_of_the_published_types() {
    refused(
        &with(&whole(), "/contents/1/parts/1/functionCall/index", json!(0)),
        "Unknown parameter: 'contents[1].parts[1].functionCall.index'",
    );
    refused(
        &with(&whole(), "/messages", json!([])),
        "Unknown parameter: 'request.messages'",
    );
}
