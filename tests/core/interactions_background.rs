//! Gemini's Interactions in the background: Stop is a hang-up and then a cancel at the server, and an
//! answer whose connection breaks is picked up by the mark of its last event.

use crate::background::{begun, broken};
use crate::turn_desk::{Desk, receipt};
use serde_json::json;
use tacet_core::{MessageState, ServerCancel, StopEffect, UsageSource};
use tacet_test_support::server::{Dialect, Exchange, Finish, Say, Tokens};

const API: Dialect = Dialect::GeminiInteractions;

#[tokio::test]
async fn c03_a_stop_in_the_foreground_hangs_up_stores_nothing_and_sends_no_cancel() {
    let desk = Desk::open().await;
    let (watch, exchange) = begun(&desk, API, false).await;
    let receipt = desk.stopped(watch.turn).await;
    exchange.hung_up().await;
    assert_eq!(receipt.server_cancel, None);
    assert_eq!(exchange.request.json()["store"], false);
    assert_eq!(exchange.request.header("api-revision"), Some("2026-05-20"));
    assert_eq!(desk.server.cancels(), []);
    assert_eq!(desk.server.requests(), 1);
}

#[tokio::test]
async fn c09_a_stop_in_the_background_hangs_up_and_then_cancels_at_the_server() {
    let desk = Desk::open().await;
    let (watch, exchange) = begun(&desk, API, true).await;
    let receipt = desk.stopped(watch.turn).await;
    exchange.hung_up().await;
    assert_eq!(watch.end().await.state, MessageState::Interrupted);
    let cancels = desk.server.cancels();
    assert_eq!(cancels.len(), 1);
    assert_eq!(cancels[0].response_id, exchange.answer_id());
    assert_eq!(receipt.server_cancel, Some(ServerCancel::Confirmed));
    assert_eq!(receipt.stop_effect, StopEffect::Stops);
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn c23_the_usage_in_the_answer_to_the_cancel_is_the_provider_s_own() {
    let desk = Desk::open().await;
    desk.server.gate_cancels();
    let (watch, exchange) = begun(&desk, API, true).await;
    let (outcome, ()) = tokio::join!(desk.stop(watch.turn), async {
        exchange.hung_up().await;
        let usage = json!({"total_input_tokens": 7, "total_output_tokens": 3});
        let ended = json!({"id": exchange.answer_id(), "status": "cancelled", "usage": usage});
        let cancel = desk.server.next_request().await;
        assert_eq!(cancel.request.path, "/v1beta/interactions/v1_gated0/cancel");
        cancel.respond_json(200, &ended).await;
    });
    let usage = receipt(outcome).usage;
    assert_eq!(usage.source, UsageSource::Reported);
    assert_eq!(
        (usage.input_tokens, usage.output_tokens),
        (Some(7), Some(3))
    );
}

#[tokio::test]
async fn c12_an_answer_in_the_background_is_picked_up_again_without_gap_or_double() {
    let desk = Desk::open().await;
    let (watch, answer, mut again) = broken(&desk, API).await;
    assert_eq!(again.request.method, "GET");
    let path = again.request.path.clone();
    // After `created`, the status, and the step with its words.
    assert_eq!(
        path,
        "/v1beta/interactions/v1_gated0?stream=true&last_event_id=evt_3"
    );
    again.pick_up(answer);
    again.open_stream().await;
    // A server may begin a little earlier.
    let delta = json!({"type": "text", "text": "The ice "});
    let known =
        json!({"event_type": "step.delta", "event_id": "evt_3", "index": 0, "delta": delta});
    again.send_chunk(format!("data: {known}\n\n")).await;
    again.say(&Say::text("moves.")).await;
    again.finish(Finish::Stop, Tokens::new(7, 3)).await;
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Complete, "{end:?}");
    assert_eq!(watch.text(), "The ice moves.");
    assert_eq!(desk.answer(watch.turn).await.text(), "The ice moves.");
    let usage = end.usage.unwrap();
    assert_eq!(
        (usage.source, usage.output_tokens),
        (UsageSource::Reported, Some(3))
    );
    assert_eq!(desk.server.chat_requests(), 1);
    assert_eq!(desk.server.cancels(), []);
}

#[tokio::test]
async fn c12_an_answer_that_breaks_within_an_event_and_again_is_picked_up_twice() {
    let desk = Desk::open().await;
    let (watch, mut exchange) = begun(&desk, API, true).await;
    exchange
        .send_chunk("event: step.delta\ndata: {\"event_type\":\"step.del")
        .await;
    let answer = exchange.break_off();
    let mut again = desk.server.next_request().await;
    let mark = |exchange: &Exchange| exchange.request.parameter("last_event_id");
    assert_eq!(mark(&again).as_deref(), Some("evt_3"));
    again.pick_up(answer);
    again.open_stream().await;
    again.say(&Say::text("moves ")).await;
    watch.receive(9).await;
    let answer = again.break_off();
    let mut last = desk.server.next_request().await;
    assert_eq!(mark(&last).as_deref(), Some("evt_4"));
    last.pick_up(answer);
    last.open_stream().await;
    last.say(&Say::text("on.")).await;
    last.finish(Finish::Stop, Tokens::new(7, 3)).await;
    assert_eq!(watch.end().await.state, MessageState::Complete);
    assert_eq!(watch.text(), "The ice moves on.");
}

#[tokio::test]
async fn c12_a_step_that_began_in_the_gap_is_no_whole_answer() {
    let desk = Desk::open().await;
    let (watch, _, mut again) = broken(&desk, API).await;
    again.open_stream().await;
    let delta = json!({"type": "text", "text": "moves."});
    let later =
        json!({"event_type": "step.delta", "event_id": "evt_9", "index": 1, "delta": delta});
    again.send_chunk(format!("data: {later}\n\n")).await;
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Incomplete);
    let words = end.error.unwrap().message;
    assert!(words.contains("left a part of the answer out"), "{words}");
    assert_eq!(desk.server.cancels().len(), 1);
}

#[tokio::test]
async fn c02_a_stop_while_an_answer_is_picked_up_again_is_seen_by_the_server_as_a_cancel() {
    let desk = Desk::open().await;
    let (watch, _, again) = broken(&desk, API).await;
    let receipt = desk.stopped(watch.turn).await;
    again.hung_up().await;
    assert_eq!(receipt.server_cancel, Some(ServerCancel::Confirmed));
    assert_eq!(desk.server.cancels().len(), 1);
    assert_eq!(watch.end().await.state, MessageState::Interrupted);
    assert_eq!(watch.text(), "The ice ");
}

#[tokio::test]
async fn an_answer_that_the_server_does_not_know_any_more_is_cancelled_and_incomplete() {
    let desk = Desk::open().await;
    let (watch, _, again) = broken(&desk, API).await;
    let gone = json!({"error": {"code": 404, "message": "not found", "status": "NOT_FOUND"}});
    again.respond_json(404, &gone).await;
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Incomplete);
    assert_eq!(desk.server.cancels().len(), 1);
    let words = end.error.unwrap().message;
    assert!(
        words.contains("The answer was cancelled at the server."),
        "{words}"
    );
}
