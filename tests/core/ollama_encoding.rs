//! The requests of Ollama's `/api/chat`: always the same bytes, and valid after every kind of
//! stop.

use crate::answers::{file, message, said, stopped_answer_by, text};
use crate::history_repair::any_answer;
use crate::ollama_decoding::stream;
use crate::recordings::{OLLAMA, asked_again};
use proptest::prelude::*;
use serde_json::{Value, json};
use tacet_core::history::{NO_RESULT, repair};
use tacet_core::provider::ollama::decode::decoder;
use tacet_core::{Message, ModelRequest, Parameters, Provider, Role};

/// The messages of the request that answers this history.
fn messages(history: &[Message]) -> Vec<Value> {
    let body: Value = serde_json::from_slice(&OLLAMA.body(history)).unwrap();
    body["messages"].as_array().unwrap().clone()
}

#[test]
fn c19_the_request_is_these_bytes() {
    let parameters = Parameters {
        temperature: Some(0.2),
        max_output_tokens: Some(64),
        seed: Some(7),
        effort: None,
        result_bytes: None,
    };
    let history = [
        said(Role::System, "Be brief."),
        said(Role::User, "Hi \"you\""),
        said(Role::Assistant, "Hi."),
        said(Role::User, "And you?"),
    ];
    let request = ModelRequest {
        parameters,
        ..ModelRequest::new("qwen3:8b", history)
    };
    assert_eq!(
        String::from_utf8(OLLAMA.provider.body(&request)).unwrap(),
        concat!(
            r#"{"model":"qwen3:8b","messages":[{"role":"system","content":"Be brief."},"#,
            r#"{"role":"user","content":"Hi \"you\""},{"role":"assistant","content":"Hi."},"#,
            r#"{"role":"user","content":"And you?"}],"#,
            r#""stream":true,"options":{"num_predict":64,"temperature":0.2,"seed":7}}"#
        )
    );
}

#[test]
fn what_is_not_asked_for_is_not_sent() {
    let request = String::from_utf8(OLLAMA.body(&[said(Role::User, "Hi")])).unwrap();
    assert!(request.ends_with(r#""stream":true}"#), "{request}");
}

#[test]
fn images_travel_in_base64_beside_the_words_and_other_files_do_not() {
    let parts = vec![
        file("a.png", "image/png", "QUJD"),
        file("b.pdf", "application/pdf", "QUJD"),
        text("Compare."),
    ];
    let history = [message(Role::User, parts)];
    assert_eq!(
        messages(&history)[0],
        json!({
            "role": "user",
            "content": "[The user attached the file b.pdf, which this model cannot read.]\n\nCompare.",
            "images": ["QUJD"],
        })
    );
    assert_eq!(OLLAMA.judge(&history), Ok(()));
}

#[test]
fn calls_go_back_with_their_arguments_as_objects_and_results_under_the_tools_name() {
    let messages = messages(&asked_again(stopped_answer_by(
        decoder(),
        stream("thinking-tools"),
    )));
    assert_eq!(
        messages[1],
        json!({
            "role": "assistant",
            "content": "One moment.",
            "tool_calls": [
                {"id": "call_0", "function": {"name": "get_weather", "arguments": {"city": "Reykjavík"}}},
                {"id": "call_x", "function": {"name": "get_time", "arguments": {"zone": "Atlantic/Reykjavik", "hours": 24}}},
            ],
        })
    );
    let result = |name: &str, id: &str| json!({"role": "tool", "content": NO_RESULT, "tool_name": name, "tool_call_id": id});
    assert_eq!(messages[2], result("get_weather", "call_0"));
    assert_eq!(messages[3], result("get_time", "call_x"));
    assert_eq!(messages.len(), 5);
}

proptest! {
    #[test]
    fn c19_any_history_becomes_valid_and_repairing_twice_changes_nothing(
        answers in prop::collection::vec(any_answer(), 0..5),
    ) {
        let mut history = vec![said(Role::User, "first")];
        for answer in answers {
            history.push(answer);
            history.push(said(Role::User, "next"));
        }
        prop_assert_eq!(OLLAMA.judge(&history), Ok(()));
        let rules = OLLAMA.provider.rules(OLLAMA.models[0]);
        let once = repair(&history, &rules);
        prop_assert_eq!(&repair(&once, &rules), &once);
        prop_assert_eq!(OLLAMA.body(&history), OLLAMA.body(&once));
    }
}
