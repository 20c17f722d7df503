//! A request that fails before its first token is made again, and Stop ends the wait.

use crate::turn_desk::Desk;
use crate::turn_watch::Watch;
use tacet_core::{
    ErrorCategory, MessageState, Phase, ProviderError, Retrying, StopOutcome, TurnEventKind,
    UsageSource,
};
use tacet_test_support::server::Exchange;

const BUSY: &str = r#"{"error":{"message":"The engine is overloaded","type":"server_error"}}"#;

async fn refuse(exchange: Exchange, status: u16, header: (&str, &str)) {
    let headers = [("content-type", "application/json"), header];
    exchange.respond(status, &headers, BUSY).await;
}

/// The waits that were told, with what failed.
fn waits(watch: &Watch) -> Vec<(u32, u32, u64, ProviderError)> {
    let told = watch
        .events()
        .into_iter()
        .filter_map(|event| match event.event {
            TurnEventKind::Retrying(Retrying {
                retry,
                of,
                wait_ms,
                error,
            }) => Some((retry, of, wait_ms, error)),
            _ => None,
        });
    told.collect()
}

#[tokio::test]
async fn a_provider_that_is_busy_is_asked_again_when_it_wants_to_be() {
    let desk = Desk::open().await;
    let watch = desk.ask("What is a moraine?").await;
    let first = desk.server.next_request().await;
    let body = first.request.body.clone();
    refuse(first, 429, ("retry-after-ms", "20")).await;
    let second = desk.server.next_request().await;
    assert_eq!(second.request.body, body);
    refuse(second, 503, ("retry-after", "0")).await;
    let mut third = desk.server.next_request().await;
    third.send_text_delta("Rubble.").await;
    third.complete(7, 2).await;

    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Complete);
    assert_eq!(end.error, None);
    assert_eq!(end.usage.unwrap().source, UsageSource::Reported);
    let [(1, 3, first, rate), (2, 3, second, busy)] = &waits(&watch)[..] else {
        panic!("{:?}", waits(&watch));
    };
    assert!((20..=145).contains(first), "{first} ms");
    assert!((0..=250).contains(second), "{second} ms");
    assert_eq!(rate.category, ErrorCategory::RateLimit);
    assert_eq!(busy.category, ErrorCategory::Overloaded);
    assert_eq!(
        busy.provider_text.as_deref(),
        Some("The engine is overloaded")
    );
}

#[tokio::test]
async fn a_provider_that_stays_busy_is_asked_four_times_and_then_named() {
    let desk = Desk::open().await;
    let watch = desk.ask("What is a moraine?").await;
    for _ in 0..4 {
        let exchange = desk.server.next_request().await;
        refuse(exchange, 529, ("retry-after", "0")).await;
    }
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Incomplete);
    assert_eq!(end.error.unwrap().category, ErrorCategory::Overloaded);
    assert_eq!(desk.server.chat_requests(), 4);
}

#[tokio::test]
async fn a_wrong_key_and_an_empty_account_are_not_tried_again() {
    for (status, body, category) in [
        (401, BUSY, ErrorCategory::Authentication),
        (402, BUSY, ErrorCategory::RateLimit),
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#,
            ErrorCategory::RateLimit,
        ),
    ] {
        let desk = Desk::open().await;
        let watch = desk.ask("What is a moraine?").await;
        let exchange = desk.server.next_request().await;
        let headers = [("content-type", "application/json"), ("retry-after", "0")];
        exchange.respond(status, &headers, body).await;
        let end = watch.end().await;
        assert_eq!(end.error.unwrap().category, category);
        assert_eq!(desk.server.chat_requests(), 1, "{status}");
    }
}

#[tokio::test]
async fn once_a_token_was_shown_nothing_is_asked_again() {
    let desk = Desk::open().await;
    let watch = desk.ask("What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("Rub").await;
    exchange.send_error_frame("The engine is overloaded").await;
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Incomplete);
    assert_eq!(watch.text(), "Rub");
    assert_eq!(waits(&watch), []);
    assert_eq!(desk.server.chat_requests(), 1);
}

#[tokio::test]
async fn c02_stop_takes_effect_during_the_wait_before_a_retry() {
    let desk = Desk::open().await;
    let watch = desk.ask("What is a moraine?").await;
    let exchange = desk.server.next_request().await;
    refuse(exchange, 429, ("retry-after", "59")).await;
    watch.reach(Phase::WaitingToRetry).await;
    // Who comes later, after a reload, is told as well.
    let later = desk.watch(watch.turn).await;
    let retrying = later.snapshot.retrying.clone().expect("a wait");
    assert_eq!(retrying.retry, 1);
    assert!((1_000..=59_125).contains(&retrying.wait_ms), "{retrying:?}");

    let StopOutcome::Stopped {
        receipt: Some(receipt),
    } = desk.stop(watch.turn).await
    else {
        panic!("no receipt");
    };

    assert_eq!(receipt.phase, Phase::WaitingToRetry);
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Interrupted);
    assert_eq!(desk.server.chat_requests(), 1);
    desk.converse_after(&desk.answer(watch.turn).await).await;
}
