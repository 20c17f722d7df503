//! The requests of Gemini: the same history always gives the same bytes, and each of the rules of
//! the API is kept.

use crate::answers::{call, file, message, result, said, stopped_answer_by, text, text_file};
use crate::recordings::{ANTHROPIC, GEMINI, answered, asked_again};
use serde_json::{Value, json};
use tacet_core::history::NO_RESULT;
use tacet_core::{Message, ModelRequest, Parameters, Role, ToolCallState};

const GEMINI_3: &str = "gemini-3-pro-preview";
const GEMINI_2: &str = "gemini-2.5-flash";

fn body(request: &ModelRequest) -> String {
    String::from_utf8(GEMINI.provider.body(request)).unwrap()
}

/// The contents of the request that answers this history.
fn contents(model: &str, history: &[Message]) -> Value {
    GEMINI.judge(history).unwrap();
    let body: Value = serde_json::from_str(&body(&ModelRequest::new(model, history))).unwrap();
    body["contents"].clone()
}

#[test]
fn c19_the_request_is_these_bytes() {
    let history = [
        said(Role::System, "Be brief."),
        said(Role::User, "Hi \"you\""),
    ];
    let mut request = ModelRequest::new(GEMINI_2, history.clone());
    request.parameters = Parameters {
        temperature: Some(0.2),
        max_output_tokens: Some(64),
        seed: Some(7),
        effort: None,
        result_bytes: None,
    };
    assert_eq!(
        body(&request),
        concat!(
            r#"{"systemInstruction":{"parts":[{"text":"Be brief."}]},"#,
            r#""contents":[{"role":"user","parts":[{"text":"Hi \"you\""}]}],"#,
            r#""generationConfig":{"temperature":0.2,"maxOutputTokens":64,"seed":7,"#,
            r#""thinkingConfig":{"includeThoughts":true}}}"#
        )
    );
    let plain = body(&ModelRequest::new("gemini-2.0-flash", &history[1..]));
    let expected = r#"{"contents":[{"role":"user","parts":[{"text":"Hi \"you\""}]}]}"#;
    assert_eq!(plain, expected, "what is not asked for is not sent");
}

#[test]
fn c20_there_are_as_many_responses_as_calls_in_the_next_content() {
    let history = answered(vec![
        text("I save."),
        call("a", r#"{"x": 1}"#),
        call("b", "{}"),
        result("b", "done", ToolCallState::Succeeded),
        text("Saved."),
    ]);
    let response =
        |text: &str| json!({"functionResponse": {"name": "save", "response": {"result": text}}});
    assert_eq!(
        contents(GEMINI_2, &history),
        json!([
            {"role": "user", "parts": [{"text": "one"}]},
            {"role": "model", "parts": [
                {"text": "I save."},
                {"functionCall": {"name": "save", "args": {"x": 1}}},
                {"functionCall": {"name": "save", "args": {}}},
            ]},
            {"role": "user", "parts": [response(NO_RESULT), response("done")]},
            {"role": "model", "parts": [{"text": "Saved."}]},
            {"role": "user", "parts": [{"text": "two"}]},
        ])
    );
}

#[test]
fn a_call_of_another_provider_gets_the_documented_dummy_where_a_signature_is_demanded() {
    let history = answered(vec![call("a", "{}"), call("b", "{}")]);
    let signed = contents(GEMINI_3, &history);
    let parts = &signed[1]["parts"];
    assert_eq!(
        parts[0]["thoughtSignature"],
        "skip_thought_signature_validator"
    );
    assert_eq!(parts[0]["functionCall"]["id"], "a");
    assert_eq!(parts[1]["thoughtSignature"], Value::Null);
    assert_eq!(signed[2]["parts"][1]["functionResponse"]["id"], "b");
    let latest = contents("models/gemini-flash-latest", &history);
    assert_eq!(latest[1], signed[1]);
    assert_eq!(
        contents(GEMINI_2, &history)[1]["parts"][0]["thoughtSignature"],
        Value::Null
    );
    assert_eq!(
        contents("gemma-3-27b-it", &history),
        contents(GEMINI_2, &history)
    );
}

#[test]
fn signatures_go_back_in_the_parts_that_they_came_in() {
    let calls = stopped_answer_by(GEMINI.decoder(), GEMINI.stream("calls"));
    let parts = contents(GEMINI_3, &asked_again(calls))[1]["parts"].clone();
    assert_eq!(
        parts,
        json!([
            {"text": "I look at both."},
            {
                "functionCall": {"id": "k3h2x9ab", "name": "get_weather", "args": {"city": "Reykjavík"}},
                "thoughtSignature": "EiYKJGUyNDgzMGE3",
            },
            {"functionCall": {"id": "p0o9i8uy", "name": "get_time", "args": {"zone": "Atlantic/Reykjavik"}}},
        ])
    );
    let thought = stopped_answer_by(GEMINI.decoder(), GEMINI.stream("signed-thought"));
    let history = asked_again(thought);
    assert_eq!(
        contents(GEMINI_3, &history)[1]["parts"],
        json!([
            {"text": "Hm.", "thought": true, "thoughtSignature": "c2lnbmVkdGhvdWdodA=="},
            {"text": "Yes"},
            {"text": "", "thoughtSignature": "c2lnbmVkdGV4dA=="},
            {"text": ", indeed."},
        ])
    );
    // What one model has sealed is not for another.
    assert_eq!(
        contents(GEMINI_2, &history)[1]["parts"],
        json!([{"text": "Yes, indeed."}])
    );
}

#[test]
fn c20_thoughts_without_a_signature_and_those_of_others_stay_on_disk() {
    let bytes = GEMINI.stream("thoughts");
    let cut = bytes.windows(2).position(|two| two == b"Fo").unwrap();
    let stopped = stopped_answer_by(GEMINI.decoder(), &bytes[..cut]);
    let contents = |history: &[Message]| contents(GEMINI_3, history);
    assert_eq!(contents(&asked_again(stopped)).as_array().unwrap().len(), 1);
    let foreign = stopped_answer_by(ANTHROPIC.decoder(), ANTHROPIC.stream("thinking"));
    let contents = contents(&asked_again(foreign));
    assert_eq!(contents[1]["parts"], json!([{"text": "Four."}]));
}

#[test]
fn files_travel_as_what_they_are() {
    let parts = vec![
        file("a.png", "image/png", "aW1n"),
        file("a.pdf", "application/pdf", "cGRm"),
        text_file("a.txt", "hello"),
        text("Look."),
    ];
    assert_eq!(
        contents(GEMINI_3, &[message(Role::User, parts)])[0]["parts"],
        json!([
            {"inlineData": {"mimeType": "image/png", "data": "aW1n"}},
            {"inlineData": {"mimeType": "application/pdf", "data": "cGRm"}},
            {"text": "[Attached file: a.txt]\nhello\n[End of file: a.txt]"},
            {"text": "Look."},
        ])
    );
}

#[test]
fn c27_code_that_ran_at_the_server_goes_back_in_the_parts_that_it_came_in() {
    let stopped = stopped_answer_by(GEMINI.decoder(), GEMINI.stream("code"));
    let history = [
        said(Role::User, "one"),
        message(Role::Assistant, stopped.parts),
        said(Role::User, "two"),
    ];
    let sent = contents(GEMINI_3, &history);
    let parts = &sent[1]["parts"];
    assert_eq!(parts[1]["executableCode"]["code"], "print(6*7)\n");
    assert_eq!(parts[1]["thoughtSignature"], "Y29kZQ==");
    assert_eq!(parts[2]["codeExecutionResult"]["output"], "42\n");
    // Another model does not get it.
    let other = contents(GEMINI_2, &history).to_string();
    assert!(!other.contains("executableCode"), "{other}");
}
