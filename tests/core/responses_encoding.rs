//! The requests of OpenAI Responses: always the same bytes, and valid after every kind of stop.

use crate::answers::{call, file, message, said, stopped_answer_by, text};
use crate::history_repair::any_answer;
use crate::recordings::{answered, asked_again};
use crate::responses_decoding::{ISSUER, decoder, stream};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;
use tacet_core::history::repair;
use tacet_core::{
    Endpoint, Message, ModelRequest, Parameters, Part, Provider, Reasoning, Remote, Role, Seal,
    WireApi,
};
use tacet_test_support::server::Dialect;

/// Its model `m` is the one whose reasoning [`ISSUER`] seals.
static PROVIDER: LazyLock<Remote> = LazyLock::new(|| {
    let endpoint = Endpoint::new("http://127.0.0.1", None);
    Remote::new(WireApi::OpenaiResponses, &endpoint).unwrap()
});

/// The request that answers this history.
fn body(history: &[Message]) -> Value {
    let request = ModelRequest::new("m", history);
    serde_json::from_slice(&PROVIDER.body(&request)).unwrap()
}

/// The input items of that request.
fn input(history: &[Message]) -> Vec<Value> {
    body(history)["input"].as_array().unwrap().clone()
}

fn judge(history: &[Message]) -> Result<(), String> {
    Dialect::OpenaiResponses.validate(&body(history))
}

fn kinds(input: &[Value]) -> Vec<&str> {
    input
        .iter()
        .map(|item| item["role"].as_str().or(item["type"].as_str()).unwrap())
        .collect()
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
        said(Role::System, "Be longer."),
    ];
    let request = ModelRequest {
        parameters,
        ..ModelRequest::new("some-model", history)
    };
    assert_eq!(
        String::from_utf8(PROVIDER.body(&request)).unwrap(),
        concat!(
            r#"{"model":"some-model","instructions":"Be brief.","input":["#,
            r#"{"type":"message","role":"user","content":[{"type":"input_text","text":"Hi \"you\""}]},"#,
            r#"{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi.","annotations":[]}]},"#,
            r#"{"type":"message","role":"system","content":[{"type":"input_text","text":"Be longer."}]}],"#,
            r#""stream":true,"store":false,"include":["reasoning.encrypted_content"],"#,
            r#""temperature":0.2,"max_output_tokens":64}"#
        )
    );
}

#[test]
fn an_answer_in_the_background_is_stored() {
    let endpoint = Endpoint {
        background: true,
        ..Endpoint::new("http://127.0.0.1:1/v1", None)
    };
    let provider = Remote::new(WireApi::OpenaiResponses, &endpoint).unwrap();
    let request = ModelRequest::new("m", [said(Role::User, "Hi")]);
    let request: Value = serde_json::from_slice(&provider.body(&request)).unwrap();
    assert_eq!(request["background"], true);
    assert_eq!(request["store"], true);
}

#[test]
fn a_limit_below_what_the_api_takes_is_raised_to_it() {
    let parameters = Parameters {
        max_output_tokens: Some(1),
        ..Parameters::default()
    };
    let request = ModelRequest {
        parameters,
        ..ModelRequest::new("m", [said(Role::User, "Hi")])
    };
    let request: Value = serde_json::from_slice(&PROVIDER.body(&request)).unwrap();
    assert_eq!(request["max_output_tokens"], 16);
}

#[test]
fn images_and_pdf_files_travel_by_data_url() {
    let parts = vec![
        file("a.png", "image/png", "QUJD"),
        file("b.pdf", "application/pdf", "QUJD"),
        file("c.zip", "application/zip", "QUJD"),
        text("Compare."),
    ];
    let history = [message(Role::User, parts)];
    assert_eq!(
        input(&history)[0]["content"],
        json!([
            {"type": "input_image", "image_url": "data:image/png;base64,QUJD", "detail": "auto"},
            {"type": "input_file", "filename": "b.pdf", "file_data": "data:application/pdf;base64,QUJD"},
            {"type": "input_text", "text": "[The user attached the file c.zip, which this model cannot read.]\n\nCompare."},
        ])
    );
    assert_eq!(judge(&history), Ok(()));
}

#[test]
fn an_answer_goes_back_in_its_order_with_its_reasoning_as_it_came() {
    let input = input(&asked_again(stopped_answer_by(decoder(), stream("tools"))));
    assert_eq!(
        kinds(&input),
        [
            "user",
            "reasoning",
            "assistant",
            "function_call",
            "function_call",
            "function_call_output",
            "function_call_output",
            "user",
        ]
    );
    assert_eq!(
        input[1],
        json!({
            "type": "reasoning",
            "id": "rs_68a2",
            "summary": [
                {"type": "summary_text", "text": "**Looking** at both."},
                {"type": "summary_text", "text": "They are independent."},
            ],
            "encrypted_content": "gAAAAABwhole==",
        })
    );
    assert_eq!(input[3]["call_id"], "call_2");
    assert_eq!(input[3]["arguments"], r#"{"city":"Reykjavík"}"#);
    assert_eq!(input[5]["call_id"], "call_2");
}

#[test]
fn c20_reasoning_that_led_to_nothing_stays_on_disk() {
    let bytes = stream("tools");
    let first_message = bytes.windows(8).position(|it| it == b"msg_68a3").unwrap();
    // Just before the message begins, the reasoning is whole and nothing follows it.
    let cut = bytes[..first_message]
        .windows(2)
        .rposition(|two| two == b"\n\n")
        .unwrap();
    let answer = stopped_answer_by(decoder(), &bytes[..cut + 2]);
    assert!(matches!(&answer.parts[..], [Part::Reasoning(reasoning)] if reasoning.seal.is_some()));
    assert_eq!(kinds(&input(&asked_again(answer))), ["user", "user"]);
}

#[test]
fn c20_reasoning_of_another_model_or_server_stays_on_disk() {
    let issuers = [
        "openai-responses 127.0.0.1 other",
        "openai-responses elsewhere m",
        "anthropic 127.0.0.1 m",
    ];
    for issuer in issuers {
        let mut answer = stopped_answer_by(decoder(), stream("tools"));
        for part in &mut answer.parts {
            if let Part::Reasoning(reasoning) = part {
                let seal = reasoning.seal.as_mut().unwrap();
                assert_eq!(seal.issuer, ISSUER);
                issuer.clone_into(&mut seal.issuer);
            }
        }
        let input = input(&asked_again(answer));
        assert!(!kinds(&input).contains(&"reasoning"), "{issuer}");
    }
}

#[test]
fn c20_long_ids_of_other_providers_are_cut_and_stay_apart() {
    let long = "x".repeat(70);
    let calls = vec![call(&long, "{}"); 3];
    assert_eq!(judge(&answered(calls)), Ok(()));
}

/// Answers with reasoning that this wire can send back among their parts.
fn any_sealed_answer() -> impl Strategy<Value = Message> {
    let places = prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..4);
    (any_answer(), places).prop_map(|(mut answer, places)| {
        for (place, ours) in places {
            let place = place.index(answer.parts.len() + 1);
            let issuer = if ours { ISSUER } else { "somebody else" };
            let reasoning = Reasoning {
                text: "Hm.".to_owned(),
                duration_ms: None,
                field: None,
                seal: Some(Seal {
                    issuer: issuer.to_owned(),
                    data: String::new(),
                }),
            };
            answer.parts.insert(place, Part::Reasoning(reasoning));
        }
        answer
    })
}

/// Gives each reasoning an id of its own, as a server does.
fn number(history: &mut [Message]) {
    let reasonings = history
        .iter_mut()
        .flat_map(|message| &mut message.parts)
        .filter_map(|part| match part {
            Part::Reasoning(reasoning) => reasoning.seal.as_mut(),
            _ => None,
        });
    for (number, seal) in reasonings.enumerate() {
        let id = format!("rs_{number}");
        let item = json!({"type": "reasoning", "id": id, "summary": [], "encrypted_content": "x"});
        seal.data = item.to_string();
    }
}

proptest! {
    #[test]
    fn c19_any_history_becomes_valid_and_repairing_twice_changes_nothing(
        answers in prop::collection::vec(any_sealed_answer(), 0..5),
    ) {
        let mut history = vec![said(Role::User, "first")];
        for answer in answers {
            history.push(answer);
            history.push(said(Role::User, "next"));
        }
        number(&mut history);
        prop_assert_eq!(judge(&history), Ok(()));
        let rules = PROVIDER.rules("m");
        let once = repair(&history, &rules);
        prop_assert_eq!(&repair(&once, &rules), &once);
        prop_assert_eq!(body(&history), body(&once));
    }
}
