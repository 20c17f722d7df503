//! The requests of Gemini's Interactions: the same history always gives the same bytes, and each of the
//! rules of the API is kept.

use crate::answers::{call, message, result, said, stopped_answer_by, text};
use crate::recordings::{INTERACTIONS, answered};
use serde_json::{Value, json};
use tacet_core::history::NO_RESULT;
use tacet_core::{
    Effort, Endpoint, HostedTool, Message, ModelRequest, Parameters, Remote, Role, ToolCallState,
    WireApi,
};

const GEMINI_3: &str = "gemini-3-pro-preview";
const GEMINI_2: &str = "gemini-2.5-flash";

fn body(request: &ModelRequest) -> String {
    String::from_utf8(INTERACTIONS.provider.body(request)).unwrap()
}

/// The steps of the request that answers this history.
fn steps(model: &str, history: &[Message]) -> Value {
    INTERACTIONS.judge(history).unwrap();
    let body: Value = serde_json::from_str(&body(&ModelRequest::new(model, history))).unwrap();
    body["input"].clone()
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
        effort: Some(Effort::High),
        result_bytes: None,
    };
    assert_eq!(
        body(&request),
        concat!(
            r#"{"model":"gemini-2.5-flash","system_instruction":"Be brief.","#,
            r#""input":[{"type":"user_input","content":[{"type":"text","text":"Hi \"you\""}]}],"#,
            r#""generation_config":{"temperature":0.2,"max_output_tokens":64,"seed":7,"#,
            r#""thinking_level":"high","thinking_summaries":"auto"},"#,
            r#""stream":true,"store":false}"#
        )
    );
    let plain = body(&ModelRequest::new("models/gemini-2.0-flash", &history[1..]));
    let expected = concat!(
        r#"{"model":"gemini-2.0-flash","#,
        r#""input":[{"type":"user_input","content":[{"type":"text","text":"Hi \"you\""}]}],"#,
        r#""stream":true,"store":false}"#
    );
    assert_eq!(plain, expected, "what is not asked for is not sent");
}

#[test]
fn c20_each_call_has_its_result_and_what_follows_is_a_step_of_its_own() {
    let history = answered(vec![
        text("I save."),
        call("a", r#"{"x": 1}"#),
        call("b", "{}"),
        result("b", "done", ToolCallState::Succeeded),
        text("Saved."),
    ]);
    let said = |text: &str| json!([{"type": "text", "text": text}]);
    assert_eq!(
        steps(GEMINI_3, &history),
        json!([
            {"type": "user_input", "content": said("one")},
            {"type": "model_output", "content": said("I save.")},
            {"type": "function_call", "id": "a", "name": "save", "arguments": {"x": 1}},
            {"type": "function_call", "id": "b", "name": "save", "arguments": {}},
            {"type": "function_result", "call_id": "a", "name": "save", "result": NO_RESULT},
            {"type": "function_result", "call_id": "b", "name": "save", "result": "done"},
            {"type": "model_output", "content": said("Saved.")},
            {"type": "user_input", "content": said("two")},
        ])
    );
}

#[test]
fn c27_thoughts_and_the_server_s_own_steps_go_back_as_they_came() {
    for name in ["interleaved", "search", "code"] {
        let stopped = stopped_answer_by(INTERACTIONS.decoder(), INTERACTIONS.stream(name));
        let history = [
            said(Role::User, "one"),
            message(Role::Assistant, stopped.parts),
            said(Role::User, "two"),
        ];
        let sent = steps(GEMINI_3, &history);
        let kinds: Vec<&str> = sent
            .as_array()
            .unwrap()
            .iter()
            .map(|step| step["type"].as_str().unwrap())
            .collect();
        let expected: &[&str] = match name {
            "interleaved" => &[
                "user_input",
                "thought",
                "model_output",
                "thought",
                "model_output",
                "user_input",
            ],
            "search" => &[
                "user_input",
                "thought",
                "google_search_call",
                "google_search_result",
                "model_output",
                "user_input",
            ],
            _ => &[
                "user_input",
                "thought",
                "code_execution_call",
                "code_execution_result",
                "model_output",
                "user_input",
            ],
        };
        assert_eq!(kinds, expected, "{name}");
        assert_eq!(sent[1]["signature"], "EpoGCpcGAXLI2nx/b25l");
        // Another model cannot read them.
        let other = steps(GEMINI_2, &history);
        assert!(!other.to_string().contains("signature"), "{other}");
    }
}

#[test]
fn an_answer_in_the_background_is_stored_and_others_are_not() {
    let endpoint = |background| Endpoint {
        background,
        hosted_tools: vec![HostedTool::WebSearch],
        ..Endpoint::new("http://generativelanguage.googleapis.com/v1beta", None)
    };
    for background in [false, true] {
        let remote = Remote::new(WireApi::GeminiInteractions, &endpoint(background)).unwrap();
        let request = ModelRequest::new(GEMINI_3, [said(Role::User, "one")]);
        let body: Value = serde_json::from_slice(&remote.body(&request)).unwrap();
        assert_eq!(body["store"], background);
        assert_eq!(body["background"] == true, background);
        assert_eq!(body["tools"], json!([{"type": "google_search"}]));
    }
}
