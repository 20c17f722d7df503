//! A request that fails before its first token is made again, and Stop ends the wait.

use crate::answers::text;
use crate::hand_driven::{Close, Cue, HandDriven, says};
use crate::turn_desk::{Desk, answer_on_disk, question};
use crate::turn_watch::Watch;
use std::sync::Arc;
use tacet_core::store::Grouping;
use tacet_core::{
    ErrorCategory, FinishReason, MessageState, ModelEvent, Phase, ProviderError, Retrying, Seal,
    StartTurn, StopOutcome, TurnEventKind, Usage, UsageSource,
};
use tacet_test_support::patience::until;
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

fn fails_for_now() -> Cue {
    Cue::Item(Err(ProviderError {
        retryable: true,
        retry_after_ms: Some(1),
        ..ProviderError::new(ErrorCategory::Overloaded, "busy")
    }))
}

fn tokens(source: UsageSource, output: u64) -> Usage {
    Usage {
        source,
        output_tokens: Some(output),
        ..Usage::unknown()
    }
}

/// What a provider sends that seals reasoning which it does not show.
fn sealed(mark: &str) -> ModelEvent {
    ModelEvent::ReasoningSealed(Seal {
        issuer: "somebody".to_owned(),
        data: mark.to_owned(),
    })
}

#[tokio::test]
async fn a_retry_keeps_no_sealed_reasoning_of_the_attempt_that_failed() {
    let desk = Desk::open().await;
    let provider = Arc::new(HandDriven::default());
    let first = provider.prepare(Close::AtOnce);
    let second = provider.prepare(Close::AtOnce);
    let request = question("What is a moraine?");
    desk.start_at(provider, request.clone()).await.unwrap();
    let watch = desk.watch(request.turn_id).await;
    first.send(Cue::Item(Ok(vec![sealed("first")]))).unwrap();
    watch
        .until("the sealed part", |watch| watch.parts().len() == 1)
        .await;
    first.send(fails_for_now()).unwrap();
    let again = vec![
        sealed("second"),
        ModelEvent::Text("Rubble.".to_owned()),
        ModelEvent::Finished(FinishReason::Stop),
    ];
    second.send(Cue::Item(Ok(again))).unwrap();
    drop(second);

    // Whoever watched takes the parts anew, and sees none of those that failed.
    watch
        .until("to be told to", |watch| {
            let events = watch.events();
            events
                .iter()
                .any(|event| event.event == TurnEventKind::Resync)
        })
        .await;
    until("the turn to end", || {
        desk.turns.list().is_empty().then_some(())
    })
    .await;
    let parts = desk.answer(request.turn_id).await.parts;
    assert_eq!(parts.len(), 2, "{parts:?}");
    assert_eq!(parts[1], text("Rubble."));
    let reasoning = serde_json::to_string(&parts[0]).unwrap();
    assert!(reasoning.contains("second"), "{reasoning}");
}

#[tokio::test]
async fn a_retried_continuation_does_not_repeat_what_the_failed_attempt_held_back() {
    let desk = Desk::open().await;
    let before = desk.ask("What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A moraine is a heap of rub").await;
    before.receive(1).await;
    desk.stop(before.turn).await;
    let stopped = desk.answer(before.turn).await;
    let request = StartTurn {
        conversation_id: stopped.conversation_id,
        parent_id: stopped.parent_id,
        text: None,
        continues: Some(stopped.id),
        ..question("")
    };
    let provider = Arc::new(HandDriven::default());
    let first = provider.prepare(Close::AtOnce);
    let second = provider.prepare(Close::AtOnce);
    desk.start_at(provider, request.clone()).await.unwrap();
    let watch = desk.watch(request.turn_id).await;
    // All of it stands there already, so that the seam holds it back.
    first.send(says("heap of rub")).unwrap();
    first.send(fails_for_now()).unwrap();
    second.send(says("heap of rubble.")).unwrap();
    let finished = ModelEvent::Finished(FinishReason::Stop);
    second.send(Cue::Item(Ok(vec![finished]))).unwrap();
    drop(second);

    let end = watch.end().await;
    let whole = [text("A moraine is a heap of rubble.")];
    assert_eq!(desk.answer(request.turn_id).await.parts, whole);
    // 15 characters came, of which 4 are new (rule C23).
    assert_eq!(end.usage.unwrap().output_tokens, Some(4));
}

#[tokio::test]
async fn c23_what_a_failed_attempt_reported_has_a_row_of_its_own_and_is_in_the_sums() {
    let desk = Desk::open().await;
    let provider = Arc::new(HandDriven::default());
    let first = provider.prepare(Close::AtOnce);
    let second = provider.prepare(Close::AtOnce);
    let request = question("What is a moraine?");
    desk.start_at(provider, request.clone()).await.unwrap();
    let watch = desk.watch(request.turn_id).await;
    let failed = tokens(UsageSource::Running, 5);
    let took = ModelEvent::Usage(failed.clone());
    first.send(Cue::Item(Ok(vec![took]))).unwrap();
    first.send(fails_for_now()).unwrap();
    let whole = vec![
        ModelEvent::Text("Rubble.".to_owned()),
        ModelEvent::Usage(tokens(UsageSource::Reported, 2)),
        ModelEvent::Finished(FinishReason::Stop),
    ];
    second.send(Cue::Item(Ok(whole))).unwrap();
    drop(second);

    let end = watch.end().await;
    assert_eq!(end.failed_attempts.len(), 1);
    assert_eq!(end.failed_attempts[0].output_tokens, Some(5));
    assert_eq!(end.failed_attempts[0].source, UsageSource::Running);
    let answer = desk.answer(request.turn_id).await;
    assert_eq!(answer.failed_attempts, end.failed_attempts);
    assert_eq!(answer.usage.unwrap().output_tokens, Some(2));
    let totals = desk.store.usage_totals(Grouping::Model).unwrap();
    let tally = &totals[0].others;
    assert_eq!((tally.answers, tally.failed_attempts), (1, 1));
    assert_eq!((tally.reported, tally.running), (1, 0));
    assert_eq!(tally.output_tokens, Some(7));
}

#[tokio::test]
async fn c23_a_killed_process_finds_what_its_failed_attempts_took() {
    let desk = Desk::open().await;
    let provider = Arc::new(HandDriven::default());
    let first = provider.prepare(Close::AtOnce);
    let second = provider.prepare(Close::AtOnce);
    let request = question("What is a moraine?");
    desk.start_at(provider, request.clone()).await.unwrap();
    let took = ModelEvent::Usage(tokens(UsageSource::Reported, 5));
    first
        .send(Cue::Item(Ok(vec![sealed("gone"), took])))
        .unwrap();
    first.send(fails_for_now()).unwrap();
    second.send(says("Rubble")).unwrap();
    until("a checkpoint", || {
        let row = answer_on_disk(desk.folder.path(), request.turn_id)?;
        (row.text() == "Rubble").then_some(())
    })
    .await;

    let row = answer_on_disk(desk.folder.path(), request.turn_id).unwrap();
    assert_eq!(row.parts, [text("Rubble")]);
    assert_eq!(row.failed_attempts.len(), 1);
    assert_eq!(row.failed_attempts[0].output_tokens, Some(5));
}
