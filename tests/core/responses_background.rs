//! Stop of OpenAI Responses: a hang-up in the foreground, and in the background a hang-up and then
//! a cancel at the server, whose outcome the receipt tells.

use crate::turn_desk::{Desk, question};
use crate::turn_watch::Watch;
use serde_json::json;
use std::sync::Arc;
use tacet_core::{
    Endpoint, ErrorCategory, MessageState, Provider, Receipt, Remote, ServerCancel, StopEffect,
    StopOutcome, TurnEnd, UsageSource, WireApi,
};
use tacet_test_support::server::{Dialect, Exchange, GatedServer, Say};

fn provider(server: &GatedServer, background: bool) -> Arc<dyn Provider> {
    let base_url = server.base_url_of(Dialect::OpenaiResponses);
    let endpoint = Endpoint {
        background,
        ..Endpoint::new(base_url, None)
    };
    Arc::new(Remote::new(WireApi::OpenaiResponses, &endpoint).unwrap())
}

/// A turn whose request has reached the server.
async fn asked(desk: &Desk, background: bool) -> (Watch, Exchange) {
    let provider = provider(&desk.server, background);
    let request = question("What is a moraine?");
    let turn = request.turn_id;
    desk.start_at(provider, request).await.unwrap();
    let watch = desk.watch(turn).await;
    (watch, desk.server.next_request().await)
}

/// A turn of which the first word was received.
async fn begun(desk: &Desk, background: bool) -> (Watch, Exchange) {
    let (watch, mut exchange) = asked(desk, background).await;
    exchange.say(&Say::text("The ice ")).await;
    watch.receive(1).await;
    (watch, exchange)
}

/// Stops a turn and sees its connection closed.
async fn stopped(desk: &Desk, watch: &Watch, exchange: &Exchange) -> Receipt {
    let receipt = receipt(desk.stop(watch.turn).await);
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

fn receipt(outcome: StopOutcome) -> Receipt {
    match outcome {
        StopOutcome::Stopped {
            receipt: Some(receipt),
        } => *receipt,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn c03_a_stop_in_the_foreground_hangs_up_and_sends_no_cancel() {
    let desk = Desk::open().await;
    let (watch, exchange) = begun(&desk, false).await;
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
    let (watch, exchange) = begun(&desk, true).await;
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
    let (watch, exchange) = begun(&desk, true).await;
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
    let (watch, exchange) = begun(&desk, true).await;
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
    let (watch, exchange) = begun(&desk, true).await;
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
    let (watch, exchange) = asked(&desk, true).await;
    let receipt = stopped(&desk, &watch, &exchange).await;
    assert_eq!(receipt.server_cancel, None);
    assert_eq!(receipt.stop_effect, StopEffect::GoesOn);
    assert_eq!(desk.server.cancels(), []);
}

/// How a background answer ends whose connection breaks, and whose cancel is answered with
/// `status`.
async fn lost_with(status: u16) -> (Desk, TurnEnd) {
    let desk = Desk::open().await;
    desk.server.gate_cancels();
    let (watch, exchange) = begun(&desk, true).await;
    let usage = json!({"input_tokens": 7, "output_tokens": 3});
    let response = json!({"id": exchange.answer_id(), "status": "cancelled", "usage": usage});
    exchange.close_abruptly();
    let cancel = desk.server.next_request().await;
    cancel.respond_json(status, &response).await;
    (desk, watch.end().await)
}

#[tokio::test]
async fn an_answer_in_the_background_that_loses_its_connection_is_cancelled_there() {
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
    let (watch, exchange) = begun(&desk, false).await;
    exchange.close_abruptly();
    assert_eq!(watch.end().await.state, MessageState::Incomplete);
    assert_eq!(desk.server.cancels(), []);
}

#[tokio::test]
async fn c02_a_stop_takes_effect_while_the_lost_answer_is_being_cancelled() {
    let desk = Desk::open().await;
    desk.server.gate_cancels();
    let (watch, exchange) = begun(&desk, true).await;
    exchange.close_abruptly();
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
