//! What belongs to a conversation beside its messages: it is sent with each request of it, at the
//! place that the API has for it (rule C27), as it stood when the turn began.

use crate::answers::{message, said, text};
use crate::recordings::wires;
use crate::turn_desk::{Desk, follow_up, question};
use serde_json::{Value, json};
use tacet_core::{
    ConversationSettings, Message, ModelRequest, Parameters, Role, StartError, StartTurn,
};
use tacet_test_support::server::{Dialect, Rules};

const INSTRUCTIONS: &str = "Answer as a geologist.\nBriefly.";

fn settings() -> ConversationSettings {
    ConversationSettings {
        instructions: INSTRUCTIONS.to_owned(),
        temperature: Some(0.25),
        max_output_tokens: Some(2_048),
        ..ConversationSettings::of_model("gated/gated-model".parse().unwrap())
    }
}

/// The instructions at the place where the API wants them, with a request's messages beside it.
fn place(dialect: Dialect, body: &Value) -> (&Value, &Value) {
    match dialect {
        Dialect::OpenaiChat | Dialect::Ollama => {
            assert_eq!(body["messages"][0]["role"], "system");
            (&body["messages"][0]["content"], &body["messages"])
        }
        Dialect::OpenaiResponses => (&body["instructions"], &body["input"]),
        Dialect::Anthropic => (&body["system"], &body["messages"]),
        Dialect::Gemini => (
            &body["systemInstruction"]["parts"][0]["text"],
            &body["contents"],
        ),
        Dialect::GeminiInteractions => (&body["system_instruction"], &body["input"]),
    }
}

/// The temperature and the limit of a request.
fn sampling(dialect: Dialect, body: &Value) -> (&Value, &Value) {
    match dialect {
        Dialect::OpenaiChat | Dialect::Anthropic => (&body["temperature"], &body["max_tokens"]),
        Dialect::OpenaiResponses => (&body["temperature"], &body["max_output_tokens"]),
        Dialect::Gemini => {
            let config = &body["generationConfig"];
            (&config["temperature"], &config["maxOutputTokens"])
        }
        Dialect::GeminiInteractions => {
            let config = &body["generation_config"];
            (&config["temperature"], &config["max_output_tokens"])
        }
        Dialect::Ollama => {
            let options = &body["options"];
            (&options["temperature"], &options["num_predict"])
        }
    }
}

#[test]
fn c27_instructions_stand_first_in_each_apis_own_place_and_stay_the_same_while_it_grows() {
    let first = vec![said(Role::User, "one")];
    let more = [
        said(Role::User, "one"),
        message(Role::Assistant, vec![text("two")]),
        said(Role::User, "three"),
    ];
    for wire in wires() {
        for model in wire.models {
            let body = |history: &[Message]| {
                let request = ModelRequest::new(*model, history).with_instructions(INSTRUCTIONS);
                let bytes = wire.provider.body(&request);
                assert_eq!(wire.provider.body(&request), bytes, "{}", wire.dialect);
                let body: Value = serde_json::from_slice(&bytes).unwrap();
                let judged = Rules::default().check(wire.dialect, model, &body);
                assert_eq!(judged, Ok(()), "{}: {body}", wire.dialect);
                body
            };
            let (short, long) = (body(&first), body(&more));
            let (before, messages) = place(wire.dialect, &short);
            assert_eq!(*before, INSTRUCTIONS, "{}", wire.dialect);
            assert_eq!(place(wire.dialect, &long).0, before, "{}", wire.dialect);
            // Nowhere else.
            let said = messages.to_string().matches("geologist").count();
            let among = usize::from(matches!(
                wire.dialect,
                Dialect::OpenaiChat | Dialect::Ollama
            ));
            assert_eq!(said, among, "{}", wire.dialect);
        }
    }
}

#[test]
fn blank_instructions_are_none_on_each_wire() {
    let history = [said(Role::User, "one")];
    for wire in wires() {
        let model = wire.models[0];
        let plain = ModelRequest::new(model, &history[..]);
        let blank = plain.clone().with_instructions(" \n");
        let expected = wire.provider.body(&plain);
        assert_eq!(wire.provider.body(&blank), expected, "{}", wire.dialect);
    }
}

#[test]
fn a_temperature_and_a_limit_are_sent_as_each_api_calls_them() {
    let history = [said(Role::User, "one")];
    for wire in wires() {
        let model = wire.models[0];
        let request = ModelRequest {
            parameters: Parameters {
                temperature: Some(0.25),
                max_output_tokens: Some(2_048),
                ..Parameters::default()
            },
            ..ModelRequest::new(model, &history[..])
        };
        let body: Value = serde_json::from_slice(&wire.provider.body(&request)).unwrap();
        let expected = (&json!(0.25), &json!(2_048));
        assert_eq!(sampling(wire.dialect, &body), expected, "{}", wire.dialect);
    }
}

#[tokio::test]
async fn a_turn_sends_what_its_conversation_says_when_it_begins() {
    let desk = Desk::open().await;
    let request = StartTurn {
        settings: Some(settings()),
        ..question("What is a moraine?")
    };
    let (turn, conversation) = (request.turn_id, request.conversation_id);
    desk.start(request).await;
    let watch = desk.watch(turn).await;
    let mut exchange = desk.server.next_request().await;
    let body = exchange.request.json();
    assert_eq!(body["messages"][0]["content"], INSTRUCTIONS);
    let expected = (&json!(0.25), &json!(2_048));
    assert_eq!(sampling(Dialect::OpenaiChat, &body), expected);
    exchange.send_text_delta("Rubble.").await;
    exchange.complete(9, 3).await;
    watch.end().await;
    let kept = desk.store.conversation_settings(conversation).await;
    assert_eq!(kept.unwrap(), Some(settings()));

    // A turn that brings none sends those that are kept, as they are by then.
    let changed = ConversationSettings {
        instructions: "Answer in Latin.".to_owned(),
        temperature: None,
        ..settings()
    };
    let set = desk.store.set_conversation_settings(conversation, changed);
    assert!(set.await.unwrap());
    let answer = desk.answer(turn).await;
    let next = follow_up(conversation, answer.id, "And an esker?");
    let turn = next.turn_id;
    desk.start(next).await;
    let watch = desk.watch(turn).await;
    let mut exchange = desk.server.next_request().await;
    let body = exchange.request.json();
    assert_eq!(body["messages"][0]["content"], "Answer in Latin.");
    let expected = (&Value::Null, &json!(2_048));
    assert_eq!(sampling(Dialect::OpenaiChat, &body), expected);
    exchange.send_text_delta("Dorsum.").await;
    exchange.complete(9, 3).await;
    watch.end().await;
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn settings_that_cannot_be_used_start_nothing_and_change_nothing() {
    let desk = Desk::open().await;
    let request = StartTurn {
        settings: Some(ConversationSettings {
            temperature: Some(7.0),
            ..settings()
        }),
        ..question("What is a moraine?")
    };
    let conversation = request.conversation_id;
    let refused = desk.try_start(request).await.unwrap_err();
    assert!(matches!(refused, StartError::Settings(_)), "{refused}");
    let words = refused.to_string();
    assert!(words.contains("from 0 to 2"), "{words}");
    assert!(words.ends_with("Nothing was sent."), "{words}");
    assert_eq!(desk.store.conversation(conversation).await.unwrap(), None);
    assert_eq!(desk.server.requests(), 0);
}

#[tokio::test]
async fn a_conversation_that_says_nothing_asks_from_then_on_the_model_that_it_asked_first() {
    let desk = Desk::open().await;
    let request = question("What is a moraine?");
    let conversation = request.conversation_id;
    let started = desk.start(request).await;
    desk.stop(started.answer.turn_id.unwrap()).await;
    let kept = desk.store.conversation_settings(conversation).await;
    let expected = ConversationSettings::of_model("gated/gated-model".parse().unwrap());
    assert_eq!(kept.unwrap(), Some(expected));
}
