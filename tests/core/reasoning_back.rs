//! What of an answer's reasoning goes back, to whom, and in which form (rule C20).

use crate::answers::{
    CHAT_ISSUER, call, decode_by, decoder, drafted, message, result, said, stopped_answer_by, text,
};
use crate::hanging_up::{ask, drain, provider};
use crate::history_repair::any_answer;
use crate::recordings::{answered, asked_again, wires};
use crate::responses_decoding;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tacet_core::{
    Endpoint, Message, ModelRequest, Part, Provider, Reasoning, Remote, Role, ToolCallState,
    WireApi,
};
use tacet_test_support::server::{ChatRules, Dialect, Finish, GatedServer, Refusal, Rules, Tokens};

/// A client of Chat Completions at this address; nothing is sent.
fn at(base_url: &str) -> Remote {
    Remote::new(WireApi::OpenaiChat, &Endpoint::new(base_url, None)).unwrap()
}

fn here() -> Remote {
    at("http://127.0.0.1:1/v1")
}

fn messages(provider: &Remote, model: &str, history: &[Message]) -> Vec<Value> {
    let body = provider.body(&ModelRequest::new(model, history));
    let body: Value = serde_json::from_slice(&body).unwrap();
    body["messages"].as_array().unwrap().clone()
}

fn thought(text: &str, field: Option<&str>) -> Part {
    Part::Reasoning(Reasoning {
        text: text.to_owned(),
        field: field.map(str::to_owned),
        ..Reasoning::default()
    })
}

fn called() -> [Part; 2] {
    [call("a", "{}"), result("a", "1", ToolCallState::Succeeded)]
}

fn frame(delta: &Value) -> String {
    let choice = json!({"index": 0, "delta": delta});
    format!("data: {}\n\n", json!({"id": "x", "choices": [choice]}))
}

/// The whole answer of these deltas.
fn answer(deltas: &[Value], reason: &str) -> Message {
    let mut stream: String = deltas.iter().map(frame).collect();
    let choice = json!({"index": 0, "delta": {}, "finish_reason": reason});
    stream += &format!("data: {}\n\ndata: [DONE]\n\n", json!({"choices": [choice]}));
    stopped_answer_by(decoder(), stream.as_bytes())
}

#[test]
fn the_details_of_reasoning_go_back_to_their_server_as_they_were() {
    let details = |detail: Value| json!({"reasoning_details": [detail]});
    let answer = answer(
        &[
            details(json!({"type": "reasoning.summary", "summary": "To", "index": 0})),
            details(json!({"type": "reasoning.summary", "summary": "gether", "index": 0})),
            details(json!({"type": "reasoning.text", "text": "Hm", "format": "f", "index": 1})),
            details(json!({"type": "reasoning.text", "text": ".", "signature": "s", "index": 1})),
            details(
                json!({"type": "reasoning.encrypted", "data": "c2VhbGVk", "id": "r", "index": 2}),
            ),
            json!({"content": "144"}),
        ],
        "stop",
    );
    let Part::Reasoning(shown) = &answer.parts[0] else {
        panic!("{:?}", answer.parts);
    };
    assert_eq!(shown.text, "Together\n\nHm.");
    let history = asked_again(answer);
    let back = &messages(&here(), "gated-model", &history)[1];
    assert_eq!(
        back["reasoning_details"],
        json!([
            {"type": "reasoning.summary", "summary": "Together", "index": 0},
            {"type": "reasoning.text", "text": "Hm.", "format": "f", "index": 1, "signature": "s"},
            {"type": "reasoning.encrypted", "data": "c2VhbGVk", "id": "r", "index": 2},
        ])
    );
    assert_eq!(back["content"], "144");
    for (elsewhere, model) in [
        ("http://other/v1", "gated-model"),
        ("http://127.0.0.1:1/v1", "m"),
    ] {
        let back = &messages(&at(elsewhere), model, &history)[1];
        assert_eq!(
            back["reasoning_details"],
            Value::Null,
            "{elsewhere} {model}"
        );
        assert!(!back.to_string().contains("gether"), "{elsewhere} {model}");
    }
}

#[test]
fn details_that_come_beside_their_words_are_shown_once_and_those_cut_off_stay() {
    let both = json!({
        "reasoning": "Hm.",
        "reasoning_details": [{"type": "reasoning.text", "text": "Hm.", "index": 0}],
    });
    let whole = answer(&[both.clone(), json!({"content": "Yes."})], "stop");
    let Part::Reasoning(reasoning) = &whole.parts[0] else {
        panic!("{:?}", whole.parts);
    };
    assert_eq!(reasoning.text, "Hm.");
    assert!(reasoning.seal.is_some());
    let stopped = stopped_answer_by(decoder(), frame(&both).as_bytes());
    assert!(matches!(&stopped.parts[..], [Part::Reasoning(cut)] if cut.seal.is_none()));
}

#[test]
fn unknown_fields_of_a_call_ride_back_to_the_server_that_sent_them() {
    let extra = json!({"google": {"thought_signature": "c2ln"}});
    let call = json!({
        "index": 0, "id": "a", "type": "function", "extra_content": extra,
        "function": {"name": "save", "arguments": "{}", "strict": null},
    });
    let answer = answer(&[json!({"tool_calls": [call]})], "tool_calls");
    let history = asked_again(answer);
    let back = &messages(&here(), "gated-model", &history)[1]["tool_calls"][0];
    assert_eq!(
        *back,
        json!({
            "id": "a", "type": "function", "extra_content": extra,
            "function": {"name": "save", "arguments": "{}"},
        })
    );
    let back = &messages(&at("http://other/v1"), "gated-model", &history)[1]["tool_calls"][0];
    assert_eq!(back["extra_content"], Value::Null);
}

#[test]
fn c20_reasoning_goes_back_in_its_field_to_those_who_are_known_to_demand_it() {
    let [calls, results] = called();
    let parts = vec![
        thought("Hm.", Some("reasoning_content")),
        calls,
        results,
        text("1."),
    ];
    let mut stopped = message(Role::Assistant, parts);
    stopped.state = tacet_core::MessageState::Interrupted;
    let history = asked_again(stopped);
    for (host, model) in [
        ("https://api.deepseek.com/v1", "deepseek-v4-pro"),
        ("https://api.moonshot.ai/v1", "kimi-k2-thinking"),
        (
            "https://dashscope.aliyuncs.com/compatible-mode/v1",
            "qwen3-max",
        ),
    ] {
        let sent = messages(&at(host), model, &history);
        assert_eq!(sent[1]["reasoning_content"], "Hm.", "{host}");
        assert_eq!(sent[1]["tool_calls"][0]["id"], "a", "{host}");
    }
    for (host, model) in [
        ("https://api.deepseek.com/v1", "deepseek-reasoner"),
        ("https://api.openai.com/v1", "gpt-5"),
        ("http://127.0.0.1:1/v1", "deepseek-r1"),
    ] {
        let sent = json!(messages(&at(host), model, &history)).to_string();
        assert!(!sent.contains("Hm."), "{host}: {sent}");
        assert!(!sent.contains("reasoning"), "{host}: {sent}");
    }
}

#[test]
fn c20_reasoning_of_another_field_does_not_travel_and_a_call_without_any_gets_a_blank() {
    let kimi = at("https://api.moonshot.ai/v1");
    let rules = ChatRules {
        reasoning_demanded: true,
        ..ChatRules::default()
    };
    for reasoning in [
        thought("Hm.", Some("reasoning")),
        thought("Hm.", None),
        text("Hm"),
    ] {
        let [calls, results] = called();
        let history = answered(vec![reasoning.clone(), calls, results]);
        let sent = messages(&kimi, "kimi-k2.5", &history);
        assert_eq!(sent[1]["reasoning_content"], " ", "{reasoning:?}");
        let body = json!({"model": "kimi-k2.5", "messages": sent});
        assert_eq!(rules.check(&body), Ok(()));
    }
}

#[test]
fn c20_reasoning_that_led_to_nothing_does_not_travel_alone() {
    let kimi = at("https://api.moonshot.ai/v1");
    let history = answered(vec![thought("Hm.", Some("reasoning_content"))]);
    let sent = messages(&kimi, "kimi-k2.5", &history);
    assert_eq!(sent.len(), 1);
}

#[test]
fn the_field_that_reasoning_came_in_is_kept_when_it_is_cut_off_too() {
    let stopped = stopped_answer_by(
        decoder(),
        frame(&json!({"reasoning_content": "Hm"})).as_bytes(),
    );
    assert_eq!(
        stopped.parts,
        [Part::Reasoning(Reasoning {
            text: "Hm".to_owned(),
            duration_ms: match &stopped.parts[0] {
                Part::Reasoning(reasoning) => reasoning.duration_ms,
                other => panic!("{other:?}"),
            },
            field: Some("reasoning_content".to_owned()),
            seal: None,
        })]
    );
}

/// A conversation with a call whose reasoning came in a field.
fn conversation() -> Vec<Message> {
    let [calls, results] = called();
    answered(vec![
        thought("Hm.", Some("reasoning_content")),
        calls,
        results,
        text("1."),
    ])
}

#[tokio::test]
async fn a_server_that_demands_reasoning_back_says_so_once_and_is_remembered() {
    let server = GatedServer::start().await;
    server.judge_by(Rules {
        chat: ChatRules {
            reasoning_demanded: true,
            ..ChatRules::default()
        },
        ..Rules::default()
    });
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&kept);
    let client = provider(&server.base_url()).with_refused_fields(Vec::new(), move |field| {
        keep.lock().unwrap().push(field.clone());
    });
    let asked = async || {
        let mut request = ask("");
        request.history = conversation().into();
        let (answer, ()) = tokio::join!(drain(client.stream(request)), async {
            let exchange = server.next_request().await;
            let messages = &exchange.request.json()["messages"];
            assert_eq!(messages[1]["reasoning_content"], "Hm.");
            exchange.finish(Finish::Stop, Tokens::new(9, 3)).await;
        });
        assert_eq!(answer.1, None);
    };
    asked().await;
    assert_eq!(server.violations().len(), 1);
    asked().await;
    assert_eq!(
        server.violations().len(),
        1,
        "it is not asked without it again"
    );
    let kept = kept.lock().unwrap().clone();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].field, "-reasoning_content");

    // The next run begins with it.
    let client = provider(&server.base_url()).with_refused_fields(kept, |_| {});
    let sent = messages(&client, "gated-model", &conversation());
    assert_eq!(sent[1]["reasoning_content"], "Hm.");
}

#[tokio::test]
async fn a_refusal_of_unknown_fields_does_not_make_reasoning_travel() {
    let server = GatedServer::start().await;
    let client = provider(&server.base_url());
    let mut request = ask("");
    request.history = conversation().into();
    let (answer, ()) = tokio::join!(drain(client.stream(request)), async {
        let exchange = server.next_request().await;
        let words = "Extra inputs are not permitted".to_owned();
        exchange.refuse(&Refusal::BadRequest(words)).await;
        let exchange = server.next_request().await;
        let sent = exchange.request.json();
        assert_eq!(sent["messages"][1]["reasoning_content"], Value::Null);
        exchange.finish(Finish::Stop, Tokens::new(9, 3)).await;
    });
    assert_eq!(answer.1, None);
}

#[test]
fn the_phase_of_each_message_goes_back_on_responses() {
    let item = |index: u64, phase: &str, words: &str| {
        let id = format!("msg_{index}");
        let message = json!({"id": id, "type": "message", "role": "assistant", "phase": phase,
            "content": [{"type": "output_text", "text": words, "annotations": []}]});
        let added = json!({"type": "response.output_item.added", "output_index": index,
            "item": {"id": id, "type": "message", "role": "assistant", "phase": phase, "content": []}});
        let delta = json!({"type": "response.output_text.delta", "output_index": index,
            "content_index": 0, "delta": words});
        let done =
            json!({"type": "response.output_item.done", "output_index": index, "item": message});
        [added, delta, done]
    };
    let response =
        json!({"id": "resp_1", "object": "response", "status": "completed", "output": []});
    let mut stream = String::new();
    for value in
        item(0, "commentary", "I look.")
            .into_iter()
            .chain(item(1, "final_answer", "It is 1."))
    {
        stream += &format!("data: {value}\n\n");
    }
    let last = json!({"type": "response.completed", "response": response});
    stream += &format!("data: {last}\n\n");
    let wire = wires()
        .into_iter()
        .find(|wire| wire.dialect == Dialect::OpenaiResponses)
        .unwrap();
    for cut in [stream.len(), stream.find("It is 1.\"}").unwrap() + 14] {
        let answer = stopped_answer_by(wire.decoder(), &stream.as_bytes()[..cut]);
        assert_eq!(answer.text(), "I look.It is 1.");
        let history = asked_again(answer);
        assert_eq!(wire.judge(&history), Ok(()));
        let body = wire
            .provider
            .body(&ModelRequest::new(wire.models[0], &history[..]));
        let body: Value = serde_json::from_slice(&body).unwrap();
        let message = |phase: &str, words: &str| {
            json!({"type": "message", "role": "assistant", "phase": phase,
                "content": [{"type": "output_text", "text": words, "annotations": []}]})
        };
        assert_eq!(body["input"][1], message("commentary", "I look."));
        assert_eq!(body["input"][2], message("final_answer", "It is 1."));
        // To another model it says nothing.
        let body = wire
            .provider
            .body(&ModelRequest::new("other", &history[..]));
        assert!(!String::from_utf8(body).unwrap().contains("commentary"));
    }
}

#[test]
fn a_whole_answer_without_a_phase_has_none_to_send_back() {
    let answer = stopped_answer_by(
        responses_decoding::decoder(),
        responses_decoding::stream("text"),
    );
    assert!(
        answer
            .parts
            .iter()
            .all(|part| matches!(part, Part::Text { .. }))
    );
}

#[test]
fn halves_of_characters_in_arguments_are_no_cut() {
    let parts = vec![call("a", r#"{"at":"\ud83c"}"#)];
    let sent = messages(&here(), "gated-model", &answered(parts));
    let arguments = sent[1]["tool_calls"][0]["function"]["arguments"]
        .as_str()
        .unwrap();
    assert_eq!(arguments, "{\"at\":\"\u{fffd}\"}");
}

/// Answers with reasoning of this wire's own among their parts, sealed or in its field.
fn any_thinking_answer() -> impl Strategy<Value = Message> {
    let places = prop::collection::vec((any::<prop::sample::Index>(), 0..3_u8), 0..4);
    (any_answer(), places).prop_map(|(mut answer, places)| {
        for (place, kind) in places {
            let mut reasoning = Reasoning {
                text: "Hm.".to_owned(),
                ..Reasoning::default()
            };
            match kind {
                0 => reasoning.field = Some("reasoning_content".to_owned()),
                1 => {
                    reasoning.seal = Some(tacet_core::Seal {
                        issuer: CHAT_ISSUER.to_owned(),
                        data: r#"[{"type":"reasoning.encrypted","data":"eA=="}]"#.to_owned(),
                    });
                }
                _ => {}
            }
            let place = place.index(answer.parts.len() + 1);
            answer.parts.insert(place, Part::Reasoning(reasoning));
        }
        answer
    })
}

proptest! {
    #[test]
    fn c19_any_thinking_history_is_valid_where_reasoning_is_demanded_and_where_not(
        answers in prop::collection::vec(any_thinking_answer(), 0..4),
    ) {
        let mut history = vec![said(Role::User, "first")];
        for answer in answers {
            history.push(answer);
            history.push(said(Role::User, "next"));
        }
        for wire in wires() {
            prop_assert_eq!(wire.judge(&history), Ok(()), "{}", wire.dialect);
        }
        let kimi = at("https://api.moonshot.ai/v1");
        let rules = ChatRules { reasoning_demanded: true, ..ChatRules::default() };
        let sent = messages(&kimi, "kimi-k2.5", &history);
        let body = json!({"model": "kimi-k2.5", "messages": sent});
        prop_assert_eq!(rules.check(&body), Ok(()));
        let once = tacet_core::history::repair(&history, &kimi.rules("kimi-k2.5"));
        prop_assert_eq!(tacet_core::history::repair(&once, &kimi.rules("kimi-k2.5")), once);
    }
}

#[test]
fn reasoning_in_tags_is_never_sent_back() {
    let stream = [
        frame(&json!({"content": "<think>Hm.</think>Yes."})),
        frame(&json!({"content": " And no."})),
    ];
    let decoded = decode_by(decoder(), [stream.concat().as_bytes()]);
    let parts = drafted(&decoded.events).into_parts();
    assert_eq!(parts.len(), 2);
    for base in ["https://api.moonshot.ai/v1", "http://127.0.0.1:1/v1"] {
        let sent = json!(messages(&at(base), "kimi-k2.5", &answered(parts.clone()))).to_string();
        assert!(!sent.contains("Hm."), "{sent}");
        assert!(!sent.contains("think"), "{sent}");
    }
}
