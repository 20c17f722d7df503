//! The requests of Anthropic Messages: the same history always gives the same bytes, and each of
//! the rules of the API is kept.

use crate::answers::{call, file, message, result, said, stopped_answer_by, text, text_file};
use crate::recordings::{ANTHROPIC, answered, asked_again};
use serde_json::{Value, json};
use tacet_core::history::{GO_ON, NO_RESULT};
use tacet_core::{
    Goal, Message, ModelRequest, Parameters, Part, Reasoning, Role, Seal, ToolCallState,
};
use tacet_test_support::server::Dialect;

const MODEL: &str = "claude-opus-4-6";

/// The issuer of what this model seals at Anthropic's address.
const ISSUER: &str = "anthropic api.anthropic.com claude-opus-4-6";

fn body(request: &ModelRequest) -> String {
    String::from_utf8(ANTHROPIC.provider.body(request)).unwrap()
}

/// The messages of the request that answers this history.
fn messages(history: &[Message]) -> Value {
    ANTHROPIC.judge(history).unwrap();
    let body: Value = serde_json::from_str(&body(&ModelRequest::new(MODEL, history))).unwrap();
    body["messages"].clone()
}

fn thinking(text: &str, issuer: &str, data: &str) -> Part {
    Part::Reasoning(Reasoning {
        text: text.to_owned(),
        duration_ms: None,
        field: None,
        seal: Some(Seal {
            issuer: issuer.to_owned(),
            data: data.to_owned(),
        }),
    })
}

#[test]
fn c19_the_request_is_these_bytes() {
    let history = [
        said(Role::System, "Be brief."),
        said(Role::User, "Hi \"you\""),
    ];
    let mut request = ModelRequest::new(MODEL, history);
    request.parameters = Parameters {
        temperature: Some(1.5),
        max_output_tokens: Some(64),
        seed: Some(7),
        effort: None,
        result_bytes: None,
    };
    assert_eq!(
        body(&request),
        concat!(
            r#"{"model":"claude-opus-4-6","max_tokens":64,"system":"Be brief.","messages":["#,
            r#"{"role":"user","content":[{"type":"text","text":"Hi \"you\""}]}],"#,
            r#""stream":true,"temperature":1.0}"#
        )
    );
}

#[test]
fn a_limit_is_always_named_and_never_beyond_the_models_own() {
    let limits = [
        ("claude-3-haiku-20240307", 4_096),
        ("claude-3-5-haiku-latest", 8_192),
        ("claude-3-7-sonnet-latest", 32_000),
        ("anthropic/claude-opus-4-1", 32_000),
        ("deepseek-chat", 8_192),
    ];
    for (model, limit) in limits {
        let request = ModelRequest::new(model, [said(Role::User, "Hi")]);
        let body: Value = serde_json::from_str(&body(&request)).unwrap();
        assert_eq!(body["max_tokens"], limit, "{model}");
    }
}

#[test]
fn c20_results_open_the_users_message_before_its_text() {
    let history = answered(vec![
        text("I save."),
        call("a", r#"{"b": 1, "a": 2.50}"#),
        call("b", "{}"),
        result("b", "no", ToolCallState::Failed),
    ]);
    assert_eq!(
        messages(&history),
        json!([
            {"role": "user", "content": [{"type": "text", "text": "one"}]},
            {"role": "assistant", "content": [
                {"type": "text", "text": "I save."},
                {"type": "tool_use", "id": "a", "name": "save", "input": {"b": 1, "a": 2.5}},
                {"type": "tool_use", "id": "b", "name": "save", "input": {}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "a", "content": NO_RESULT},
                {"type": "tool_result", "tool_use_id": "b", "content": "no", "is_error": true},
                {"type": "text", "text": "two"},
            ]},
        ])
    );
}

#[test]
fn c20_each_step_of_a_turn_is_a_message_of_its_own() {
    let history = answered(vec![
        call("a", "{}"),
        result("a", "1", ToolCallState::Succeeded),
        text("It is 1."),
    ]);
    let messages = messages(&history);
    let roles: Vec<&str> = messages
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["user", "assistant", "user", "assistant", "user"]);
}

#[test]
fn c20_arguments_that_were_cut_off_travel_as_a_string_in_an_object() {
    let raw = r#"{"path":"a"#;
    let messages = messages(&answered(vec![call("a", raw)]));
    assert_eq!(
        messages[1]["content"][0]["input"],
        json!({ "INVALID_JSON": raw })
    );
}

#[test]
fn c20_ids_of_other_providers_get_the_shape_that_is_taken_here() {
    let messages = messages(&answered(vec![call("fc:1/é", "{}")]));
    assert_eq!(messages[1]["content"][0]["id"], "fc_1__");
    assert_eq!(messages[2]["content"][0]["tool_use_id"], "fc_1__");
}

#[test]
fn c20_text_of_nothing_but_space_does_not_travel() {
    let messages = messages(&answered(vec![text("\n\n"), call("a", "{}"), text("said")]));
    let kinds: Vec<&Value> = messages[1]["content"]
        .as_array()
        .unwrap()
        .iter()
        .map(|block| &block["type"])
        .collect();
    assert_eq!(kinds, ["tool_use", "text"]);
}

#[test]
fn c20_thinking_goes_back_as_it_was_sealed_and_to_its_own_model_only() {
    let whole = stopped_answer_by(ANTHROPIC.decoder(), ANTHROPIC.stream("thinking"));
    let blocks = &messages(&asked_again(whole.clone()))[1]["content"];
    assert_eq!(
        *blocks,
        json!([
            {"type": "thinking", "thinking": "Two and two…", "signature": "EqQBCgIYAhIM1gbcDa9GJwZA2b3h"},
            {"type": "redacted_thinking", "data": "EmwKAhgBEgy3va3pzix"},
            {"type": "text", "text": "Four."},
        ])
    );
    let other = ModelRequest::new("claude-sonnet-4-6", asked_again(whole));
    assert!(!body(&other).contains("signature"));
}

#[test]
fn c20_signed_thinking_of_a_stopped_turn_stays_before_the_call_that_was_cut_off() {
    let bytes = ANTHROPIC.stream("thinking-tool");
    let cut = bytes.windows(5).position(|five| five == b"lines").unwrap();
    let end = cut + bytes[cut..].iter().position(|byte| *byte == b'\n').unwrap() + 2;
    for received in [cut, end] {
        let stopped = stopped_answer_by(ANTHROPIC.decoder(), &bytes[..received]);
        let messages = messages(&asked_again(stopped));
        let blocks = &messages[1]["content"];
        assert_eq!(blocks[0]["signature"], "EqQBCgIYAhIMsignature==");
        assert_eq!(blocks[1]["name"], "list_files");
        assert_eq!(blocks[2]["name"], "read_file");
    }
}

#[test]
fn c20_a_seal_that_cannot_be_read_stays_on_disk() {
    let parts = vec![thinking("Hm", ISSUER, "not ours"), text("said")];
    let blocks = &messages(&answered(parts))[1]["content"];
    assert_eq!(*blocks, json!([{"type": "text", "text": "said"}]));
}

#[test]
fn an_answer_is_gone_on_with_as_the_model_allows_it() {
    let stopped = stopped_answer_by(ANTHROPIC.decoder(), &ANTHROPIC.stream("tools")[..900]);
    assert_eq!(stopped.parts, [text("I look at both.\n\n")]);
    let last = |model: &str| {
        let mut request = ModelRequest::new(model, [said(Role::User, "one"), stopped.clone()]);
        request.goal = Goal::Continue;
        let body: Value = serde_json::from_str(&body(&request)).unwrap();
        Dialect::Anthropic.validate(&body).unwrap();
        body["messages"].as_array().unwrap().last().unwrap().clone()
    };
    let prefill =
        json!({"role": "assistant", "content": [{"type": "text", "text": "I look at both."}]});
    assert_eq!(last("claude-sonnet-4-5"), prefill);
    assert_eq!(last("claude-3-5-haiku-latest"), prefill);
    let asked = json!({"role": "user", "content": [{"type": "text", "text": GO_ON}]});
    assert_eq!(last(MODEL), asked);
}

#[test]
fn files_travel_as_what_they_are() {
    let parts = vec![
        file("a.png", "image/png", "aW1n"),
        file("a.pdf", "application/pdf", "cGRm"),
        text_file("a.txt", "hello"),
        file("a.zip", "application/zip", "emlw"),
        text("Look."),
    ];
    assert_eq!(
        messages(&[message(Role::User, parts)])[0]["content"],
        json!([
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aW1n"}},
            {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "cGRm"}, "title": "a.pdf"},
            {"type": "text", "text": "[Attached file: a.txt]\nhello\n[End of file: a.txt]"},
            {"type": "text", "text": "[The user attached the file a.zip, which this model cannot read.]"},
            {"type": "text", "text": "Look."},
        ])
    );
}
