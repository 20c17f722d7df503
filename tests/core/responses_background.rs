//! Stop of OpenAI Responses: a hang-up in the foreground, and in the background a hang-up and then
//! a cancel at the server, whose outcome the receipt tells.

use crate::background::{asked, begun, broken};
use crate::turn_desk::{Desk, receipt};
use crate::turn_watch::Watch;
use serde_json::json;
use tacet_core::{
    ErrorCategory, MessageState, Receipt, ServerCancel, StopEffect, TurnEnd, UsageSource,
};
use tacet_test_support::server::{Dialect, Exchange, Finish, Say, Tokens};

const API: Dialect = Dialect::OpenaiResponses;

/// Stops a turn and sees its connection closed.
async fn stopped(desk: &Desk, watch: &Watch, exchange: &Exchange) -> Receipt {
    let receipt = desk.stopped(watch.turn).await;
    exchange.hung_up().await;
    receipt
}

/// The same where the cancel at the server, which comes after that, is in the hands of `answer`.
async fn stopped_with<T>(
    desk: &Desk,
    watch: &Watch,
    exchange: &Exchange,
    answer: impl AsyncFnOnce(Exchange) -> T,
) -> (Receipt, T) {
    let (outcome, answered) = tokio::join!(desk.stop(watch.turn), async {
        exchange.hung_up().await;
        answer(desk.server.next_request().await).await
    });
    (receipt(outcome), answered)
}

#[tokio::test]
async fn c03_a_stop_in_the_foreground_hangs_up_and_sends_no_cancel() {
    let desk = Desk::open().await;
    let (watch, exchange) = begun(&desk, API, false).await;
    let receipt = stopped(&desk, &watch, &exchange).await;
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Interrupted);
    assert_eq!(end.usage.unwrap().source, UsageSource::Estimated);
    assert_eq!(receipt.server_cancel, None);
    assert_eq!(receipt.stop_effect, StopEffect::Unknown);
    assert_eq!(receipt.unconfirmed, Vec::<String>::new());
    assert_eq!(exchange.request.json()["store"], false);
    assert_eq!(desk.server.cancels(), []);
    assert_eq!(desk.server.requests(), 1);
}

#[tokio::test]
async fn c09_a_stop_in_the_background_hangs_up_and_then_cancels_at_the_server() {
    let desk = Desk::open().await;
    let (watch, exchange) = begun(&desk, API, true).await;
    let receipt = stopped(&desk, &watch, &exchange).await;
    assert_eq!(watch.end().await.state, MessageState::Interrupted);
    let cancels = desk.server.cancels();
    assert_eq!(cancels.len(), 1);
    assert_eq!(cancels[0].response_id, exchange.answer_id());
    assert_eq!(receipt.server_cancel, Some(ServerCancel::Confirmed));
    assert_eq!(receipt.stop_effect, StopEffect::Stops);
    assert_eq!(receipt.unconfirmed, Vec::<String>::new());
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn c23_the_usage_in_the_answer_to_the_cancel_is_the_provider_s_own() {
    let desk = Desk::open().await;
    desk.server.gate_cancels();
    let (watch, exchange) = begun(&desk, API, true).await;
    let usage = json!({"input_tokens": 7, "output_tokens": 3});
    let response = json!({"id": exchange.answer_id(), "status": "cancelled", "usage": usage});
    let (receipt, ()) = stopped_with(&desk, &watch, &exchange, async |cancel| {
        cancel.respond_json(200, &response).await;
    })
    .await;
    assert_eq!(receipt.server_cancel, Some(ServerCancel::Confirmed));
    assert_eq!(receipt.usage.source, UsageSource::Reported);
    assert_eq!(receipt.usage.input_tokens, Some(7));
    assert_eq!(receipt.usage.output_tokens, Some(3));
    assert_eq!(watch.end().await.usage, Some(receipt.usage));
}

#[tokio::test]
async fn c09_a_server_that_does_not_answer_the_cancel_is_named_in_the_receipt() {
    let desk = Desk::open().await;
    desk.server.gate_cancels();
    let (watch, exchange) = begun(&desk, API, true).await;
    let (receipt, cancel) = stopped_with(&desk, &watch, &exchange, async |cancel| cancel).await;
    // It was given up, and its connection with it.
    cancel.hung_up().await;
    assert_eq!(receipt.server_cancel, Some(ServerCancel::Unanswered));
    assert_eq!(receipt.stop_effect, StopEffect::GoesOn);
    assert_eq!(
        receipt.unconfirmed,
        ["The server was told to end its answer and has not confirmed it."]
    );
    assert!(receipt.token_to_commit_ms < Some(2_000.0), "{receipt:?}");
}

#[tokio::test]
async fn c09_a_server_that_refuses_the_cancel_is_named_in_the_receipt() {
    let desk = Desk::open().await;
    desk.server.gate_cancels();
    let (watch, exchange) = begun(&desk, API, true).await;
    let (receipt, ()) = stopped_with(&desk, &watch, &exchange, async |cancel| {
        cancel.respond_json(400, &json!({"error": "no"})).await;
    })
    .await;
    assert_eq!(receipt.server_cancel, Some(ServerCancel::Refused));
    assert_eq!(receipt.stop_effect, StopEffect::GoesOn);
    assert_eq!(
        receipt.unconfirmed,
        ["The server was told to end its answer and has refused."]
    );
}

#[tokio::test]
async fn c24_an_answer_in_the_background_whose_id_is_not_known_yet_goes_on() {
    let desk = Desk::open().await;
    let (watch, exchange) = asked(&desk, API, true).await;
    let receipt = stopped(&desk, &watch, &exchange).await;
    assert_eq!(receipt.server_cancel, None);
    assert_eq!(receipt.stop_effect, StopEffect::GoesOn);
    assert_eq!(desk.server.cancels(), []);
}

/// The server knows nothing any more of the answer that is to be picked up.
async fn gone(desk: &Desk) {
    let again = desk.server.next_request().await;
    assert_eq!(again.request.method, "GET");
    again
        .respond_json(404, &json!({"error": {"message": "not found"}}))
        .await;
}

/// How a background answer ends whose connection breaks, that cannot be picked up, and whose cancel is answered with
/// `status`.
async fn lost_with(status: u16) -> (Desk, TurnEnd) {
    let desk = Desk::open().await;
    desk.server.gate_cancels();
    let (watch, exchange) = begun(&desk, API, true).await;
    let usage = json!({"input_tokens": 7, "output_tokens": 3});
    let response = json!({"id": exchange.answer_id(), "status": "cancelled", "usage": usage});
    exchange.close_abruptly();
    gone(&desk).await;
    let cancel = desk.server.next_request().await;
    cancel.respond_json(status, &response).await;
    (desk, watch.end().await)
}

#[tokio::test]
async fn an_answer_in_the_background_that_cannot_be_picked_up_again_is_cancelled_there() {
    let (desk, end) = lost_with(200).await;
    assert_eq!(desk.server.cancels().len(), 1);
    assert_eq!(end.state, MessageState::Incomplete);
    assert_eq!(end.usage.unwrap().output_tokens, Some(3));
    let error = end.error.unwrap();
    assert_eq!(error.category, ErrorCategory::Network);
    let words = error.message;
    assert!(
        words.contains("The answer was cancelled at the server."),
        "{words}"
    );
}

#[tokio::test]
async fn a_server_that_does_not_end_the_lost_answer_is_said_to_go_on() {
    let (_desk, end) = lost_with(400).await;
    let words = end.error.unwrap().message;
    assert!(words.contains("may go on with it and bill it."), "{words}");
}

#[tokio::test]
async fn a_lost_answer_in_the_foreground_needs_no_cancel() {
    let desk = Desk::open().await;
    let (watch, exchange) = begun(&desk, API, false).await;
    exchange.close_abruptly();
    assert_eq!(watch.end().await.state, MessageState::Incomplete);
    assert_eq!(desk.server.cancels(), []);
}

#[tokio::test]
async fn c02_a_stop_takes_effect_while_the_lost_answer_is_being_cancelled() {
    let desk = Desk::open().await;
    desk.server.gate_cancels();
    let (watch, exchange) = begun(&desk, API, true).await;
    exchange.close_abruptly();
    gone(&desk).await;
    let first = desk.server.next_request().await;
    let (outcome, ()) = tokio::join!(desk.stop(watch.turn), async {
        let again = desk.server.next_request().await;
        first.hung_up().await;
        again
            .respond_json(200, &json!({"status": "cancelled"}))
            .await;
    });
    let receipt = receipt(outcome);
    assert_eq!(receipt.server_cancel, Some(ServerCancel::Confirmed));
    assert_eq!(watch.end().await.state, MessageState::Interrupted);
}

#[tokio::test]
async fn c12_an_answer_in_the_background_is_picked_up_again_without_gap_or_double() {
    let desk = Desk::open().await;
    let (watch, answer, mut again) = broken(&desk, API).await;
    let id = again.request.path.clone();
    // After `created`, `in_progress`, and the item, the part and the words.
    assert!(id.starts_with("/v1/responses/resp_gated0?"), "{id}");
    assert_eq!(again.request.parameter("stream").as_deref(), Some("true"));
    assert_eq!(
        again.request.parameter("starting_after").as_deref(),
        Some("4")
    );
    again.pick_up(answer);
    again.open_stream().await;
    // A server may begin a little earlier.
    let known = json!({"type": "response.output_text.delta", "sequence_number": 4,
        "output_index": 0, "item_id": "msg_gated0_0", "content_index": 0, "delta": "The ice "});
    again.send_chunk(format!("data: {known}\n\n")).await;
    again.say(&Say::text("moves.")).await;
    again.finish(Finish::Stop, Tokens::new(7, 3)).await;
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Complete, "{end:?}");
    assert_eq!(watch.text(), "The ice moves.");
    assert_eq!(desk.answer(watch.turn).await.text(), "The ice moves.");
    // One answer was asked for, once, and nothing was cancelled.
    let usage = end.usage.unwrap();
    assert_eq!(
        (usage.source, usage.output_tokens),
        (UsageSource::Reported, Some(3))
    );
    assert_eq!(end.failed_attempts, []);
    assert_eq!(desk.server.chat_requests(), 1);
    assert_eq!(desk.server.cancels(), []);
}

#[tokio::test]
async fn c12_half_an_event_at_the_break_comes_once_more_and_is_not_lost() {
    let desk = Desk::open().await;
    let (watch, mut exchange) = begun(&desk, API, true).await;
    exchange
        .send_chunk("event: response.output_text.delta\ndata: {\"type\":\"respon")
        .await;
    let answer = exchange.break_off();
    let mut again = desk.server.next_request().await;
    assert_eq!(
        again.request.parameter("starting_after").as_deref(),
        Some("4")
    );
    again.pick_up(answer);
    again.open_stream().await;
    again.say(&Say::text("moves.")).await;
    again.finish(Finish::Stop, Tokens::new(7, 3)).await;
    assert_eq!(watch.end().await.state, MessageState::Complete);
    assert_eq!(watch.text(), "The ice moves.");
}

#[tokio::test]
async fn c12_an_answer_that_breaks_twice_is_picked_up_twice() {
    let desk = Desk::open().await;
    let (watch, answer, mut again) = broken(&desk, API).await;
    again.pick_up(answer);
    again.open_stream().await;
    again.say(&Say::text("moves ")).await;
    watch.receive(9).await;
    let answer = again.break_off();
    let mut last = desk.server.next_request().await;
    assert_eq!(
        last.request.parameter("starting_after").as_deref(),
        Some("5")
    );
    last.pick_up(answer);
    last.open_stream().await;
    last.say(&Say::text("on.")).await;
    last.finish(Finish::Stop, Tokens::new(7, 3)).await;
    assert_eq!(watch.end().await.state, MessageState::Complete);
    assert_eq!(watch.text(), "The ice moves on.");
}

#[tokio::test]
async fn c12_a_gap_after_the_break_is_no_whole_answer() {
    let desk = Desk::open().await;
    let (watch, _, mut again) = broken(&desk, API).await;
    again.open_stream().await;
    let later = json!({"type": "response.output_text.delta", "sequence_number": 9,
        "output_index": 0, "item_id": "msg_gated0_0", "content_index": 0, "delta": "moves."});
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
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Interrupted);
    assert_eq!(watch.text(), "The ice ");
}

#[tokio::test]
async fn an_answer_in_the_foreground_is_not_picked_up_since_it_ended_with_its_connection() {
    let desk = Desk::open().await;
    let (watch, exchange) = begun(&desk, API, false).await;
    exchange.close_abruptly();
    assert_eq!(watch.end().await.state, MessageState::Incomplete);
    assert_eq!(desk.server.requests(), 1);
}
