//! Continue: an answer that ended early is gone on with, without a seam.

use crate::answers::{message, said, text};
use crate::turn_desk::{Desk, question};
use serde_json::{Value, json};
use std::sync::Arc;
use tacet_core::history::{Continuation, GO_ON, Rules, prepare};
use tacet_core::{
    Cause, Endpoint, Goal, Message, MessageState, ModelRequest, Part, Remote, Role, StartError,
    StartTurn, TurnId, UsageSource, WireApi,
};
use tacet_test_support::server::{Dialect, Exchange, Finish, ReasoningField, Refusal, Say, Tokens};

/// A request to go on with the answer of a turn.
fn go_on(answer: &Message) -> StartTurn {
    StartTurn {
        conversation_id: answer.conversation_id,
        parent_id: answer.parent_id,
        text: None,
        continues: Some(answer.id),
        ..question("")
    }
}

/// An answer that was stopped after this text.
async fn stopped_after(desk: &Desk, words: &str) -> Message {
    let watch = desk.ask("What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta(words).await;
    watch.receive(words.len()).await;
    desk.stop(watch.turn).await;
    exchange.hung_up().await;
    desk.answer(watch.turn).await
}

#[tokio::test]
async fn a_stopped_answer_is_gone_on_with_beside_it_and_without_a_seam() {
    let desk = Desk::open().await;
    let stopped = stopped_after(&desk, "A moraine is a heap of rub").await;
    let request = go_on(&stopped);
    let started = desk.start(request.clone()).await;
    assert_eq!(started.answer.parts, stopped.parts);
    assert_eq!(started.answer.parent_id, stopped.parent_id);
    let watch = desk.watch(request.turn_id).await;

    let mut exchange = desk.server.next_request().await;
    let messages = &exchange.request.json()["messages"];
    assert_eq!(messages[1]["content"], "A moraine is a heap of rub");
    assert_eq!(messages[2], json!({"role": "user", "content": GO_ON}));
    exchange.send_text_delta("a heap of ").await;
    exchange.send_text_delta("rubble that ice").await;
    exchange.send_text_delta(" left.").await;
    exchange.complete(40, 9).await;

    assert_eq!(watch.end().await.state, MessageState::Complete);
    let whole = "A moraine is a heap of rubble that ice left.";
    assert_eq!(watch.parts(), [text(whole)]);
    let answer = desk.answer(request.turn_id).await;
    assert_eq!(answer.parts, [text(whole)]);
    assert_eq!(answer.usage.unwrap().output_tokens, Some(9));
    // The stopped answer stays as it was, with its receipt and its cost.
    assert_eq!(desk.answer(stopped.turn_id.unwrap()).await, stopped);
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_continuation_that_is_stopped_keeps_both_pieces_and_can_be_continued() {
    let desk = Desk::open().await;
    let stopped = stopped_after(&desk, "A mor").await;
    let request = go_on(&stopped);
    desk.start(request.clone()).await;
    let watch = desk.watch(request.turn_id).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("aine is").await;
    watch.receive("A moraine is".len()).await;
    desk.stop(watch.turn).await;

    let answer = desk.answer(request.turn_id).await;
    assert_eq!(answer.text(), "A moraine is");
    assert_eq!(answer.cause, Some(Cause::User));
    let usage = answer.usage.clone().unwrap();
    assert_eq!(usage.source, UsageSource::Estimated);
    // Only what this request gave is counted: two pieces of words.
    assert_eq!(usage.output_tokens, Some(2));
    assert!(answer.can_be_continued());
}

#[tokio::test]
async fn the_reasoning_of_a_continuation_stands_before_its_text_which_can_be_continued_again() {
    let desk = Desk::open().await;
    let stopped = stopped_after(&desk, "A heap of rub").await;
    let request = go_on(&stopped);
    desk.start(request.clone()).await;
    let watch = desk.watch(request.turn_id).await;
    let mut exchange = desk.server.next_request().await;
    let field = ReasoningField::ReasoningContent;
    exchange.send_reasoning_delta(field, "It broke off ").await;
    watch.rearranged().await;
    let watch = desk.watch(request.turn_id).await;
    exchange.send_reasoning_delta(field, "in a word.").await;
    exchange.send_text_delta("ble that").await;
    watch
        .receive("It broke off in a word.A heap of rubble that".len())
        .await;
    let seen = watch.parts();
    desk.stop(watch.turn).await;

    let answer = desk.answer(request.turn_id).await;
    assert_eq!(answer.cause, Some(Cause::User));
    let [Part::Reasoning(reasoning), Part::Text { text }] = &answer.parts[..] else {
        panic!("{:?}", answer.parts);
    };
    assert_eq!(reasoning.text, "It broke off in a word.");
    assert_eq!(text, "A heap of rubble that");
    assert!(answer.can_be_continued());
    let seen: Vec<&str> = seen.iter().map(Part::body).collect();
    assert_eq!(seen, ["It broke off in a word.", "A heap of rubble that"]);
}

#[tokio::test]
async fn a_continuation_whose_text_was_reasoning_leaves_the_text_before_it_alone() {
    let desk = Desk::open().await;
    let stopped = stopped_after(&desk, "A heap of rub").await;
    let request = go_on(&stopped);
    desk.start(request.clone()).await;
    let watch = desk.watch(request.turn_id).await;
    let mut exchange = desk.server.next_request().await;
    exchange
        .send_text_delta("It broke off in a word.\n</thi")
        .await;
    exchange.send_text_delta("nk>\n\n").await;
    watch.rearranged().await;
    let watch = desk.watch(request.turn_id).await;
    exchange.send_text_delta("ble.").await;
    exchange.complete(40, 9).await;
    assert_eq!(watch.end().await.state, MessageState::Complete);
    let answer = desk.answer(request.turn_id).await;
    let parts: Vec<&str> = answer.parts.iter().map(Part::body).collect();
    assert_eq!(parts, ["It broke off in a word.", "A heap of rubble."]);
    assert_eq!(watch.parts(), answer.parts);
}

/// The messages of a request to go on after "A heap of" at a llama.cpp, which says its name in
/// its headers; the exchange stands before its answer.
async fn go_on_at_llama_cpp(desk: &Desk) -> (StartTurn, Exchange) {
    let watch = desk.ask("What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    let headers = [
        ("server", "llama.cpp"),
        ("content-type", "text/event-stream"),
    ];
    exchange.send_headers(200, &headers).await;
    exchange.send_text_delta("A heap of").await;
    watch.receive("A heap of".len()).await;
    desk.stop(watch.turn).await;
    exchange.hung_up().await;
    let request = go_on(&desk.answer(watch.turn).await);
    desk.start(request.clone()).await;
    (request, desk.server.next_request().await)
}

fn last_message(exchange: &Exchange) -> Value {
    let request = exchange.request.json();
    request["messages"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone()
}

#[tokio::test]
async fn llama_cpp_goes_on_with_the_answer_itself() {
    let desk = Desk::open().await;
    let (request, mut exchange) = go_on_at_llama_cpp(&desk).await;
    let open = json!({"role": "assistant", "content": "A heap of"});
    assert_eq!(last_message(&exchange), open);
    let watch = desk.watch(request.turn_id).await;
    exchange.send_text_delta(" rubble.").await;
    exchange.complete(40, 3).await;
    assert_eq!(watch.end().await.state, MessageState::Complete);
    assert_eq!(watch.parts(), [text("A heap of rubble.")]);
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_model_that_refuses_to_go_on_is_asked_to_and_not_tried_again() {
    let desk = Desk::open().await;
    let (request, exchange) = go_on_at_llama_cpp(&desk).await;
    // As llama.cpp says it of a model that reasons (its issue 21889).
    let words = "Assistant response prefill is incompatible with enable_thinking.";
    exchange
        .refuse(&Refusal::BadRequest(words.to_owned()))
        .await;
    let asks = json!({"role": "user", "content": GO_ON});
    let mut exchange = desk.server.next_request().await;
    assert_eq!(last_message(&exchange), asks);
    let watch = desk.watch(request.turn_id).await;
    exchange.send_text_delta(" rubble").await;
    watch.receive("A heap of rubble".len()).await;
    desk.stop(watch.turn).await;

    let again = go_on(&desk.answer(request.turn_id).await);
    desk.start(again).await;
    assert_eq!(last_message(&desk.server.next_request().await), asks);
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn ollama_goes_on_with_the_answer_itself() {
    let desk = Desk::open().await;
    let stopped = stopped_after(&desk, "A heap of").await;
    let endpoint = Endpoint::new(desk.server.base_url_of(Dialect::Ollama), None);
    let ollama = Remote::new(WireApi::Ollama, &endpoint).unwrap();
    let request = go_on(&stopped);
    let started = desk.start_at(Arc::new(ollama), request.clone()).await;
    assert_eq!(started.unwrap().answer.parts, stopped.parts);
    let mut exchange = desk.server.next_request().await;
    let open = json!({"role": "assistant", "content": "A heap of"});
    assert_eq!(last_message(&exchange), open);
    let watch = desk.watch(request.turn_id).await;
    exchange.say(&Say::text(" rubble.")).await;
    exchange.finish(Finish::Stop, Tokens::new(40, 3)).await;
    watch.end().await;
    assert_eq!(watch.parts(), [text("A heap of rubble.")]);
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_seal_after_text_that_was_cut_off_is_no_hindrance_and_no_part_of_what_goes_on() {
    let desk = Desk::open().await;
    let endpoint = Endpoint::new(desk.server.base_url_of(Dialect::Gemini), None);
    let gemini = Arc::new(Remote::new(WireApi::Gemini, &endpoint).unwrap());
    let first = question("What is a moraine?");
    let started = desk.start_at(gemini.clone(), first.clone()).await;
    let watch = desk.watch(started.unwrap().answer.turn_id.unwrap()).await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::text("A heap of rub")).await;
    exchange.say(&Say::seal("c2VhbA==")).await;
    exchange.finish(Finish::Length, Tokens::new(40, 3)).await;
    watch.end().await;
    let cut = desk.answer(first.turn_id).await;
    let sealed = matches!(&cut.parts[..], [Part::Text { .. }, Part::Reasoning(_)]);
    assert!(sealed, "{:?}", cut.parts);

    let request = go_on(&cut);
    let started = desk.start_at(gemini, request.clone()).await.unwrap();
    assert_eq!(started.answer.parts, [text("A heap of rub")]);
    let watch = desk.watch(request.turn_id).await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::text("ble.")).await;
    exchange.finish(Finish::Stop, Tokens::new(40, 1)).await;
    watch.end().await;
    assert_eq!(watch.parts(), [text("A heap of rubble.")]);
    assert_eq!(desk.answer(first.turn_id).await, cut, "it stays as it was");
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_whole_or_has_no_text_cannot_be_gone_on_with() {
    let desk = Desk::open().await;
    let watch = desk.ask("What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("Rubble.").await;
    exchange.complete(7, 2).await;
    watch.end().await;
    let whole = desk.answer(watch.turn).await;
    let refused = desk.try_start(go_on(&whole)).await;
    assert!(matches!(refused, Err(StartError::Invalid(_))));
    let nobody = StartTurn {
        turn_id: TurnId::new(),
        continues: Some(tacet_core::MessageId::new()),
        ..go_on(&whole)
    };
    let refused = desk.try_start(nobody).await;
    assert!(matches!(refused, Err(StartError::Invalid(_))));
    assert_eq!(desk.server.chat_requests(), 1);
}

#[test]
fn each_way_of_going_on_ends_the_request_as_its_wire_wants_it() {
    let mut answer = message(Role::Assistant, vec![text("A heap of \n")]);
    answer.state = MessageState::Interrupted;
    answer.cause = Some(Cause::User);
    let request = ModelRequest {
        goal: Goal::Continue,
        ..ModelRequest::new("m", [said(Role::User, "one"), answer])
    };
    let end = |continuation| {
        let rules = Rules {
            continuation,
            ..Rules::COMMON
        };
        let history = prepare(&request, &rules);
        let last = history.last().unwrap().clone();
        (history.len(), last.role, last.parts)
    };
    let asks = vec![Part::Text {
        text: GO_ON.to_owned(),
    }];
    assert_eq!(end(Continuation::Ask), (3, Role::User, asks));
    let whole = vec![text("A heap of \n")];
    assert_eq!(end(Continuation::Prefill), (2, Role::Assistant, whole));
    let trimmed = vec![text("A heap of")];
    let expected = (2, Role::Assistant, trimmed);
    assert_eq!(end(Continuation::TrimmedPrefill), expected);
}
