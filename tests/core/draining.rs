//! "Hide, and drain": where the person chose so, a stopped answer ends at once, and the stream is
//! read on unseen for its exact usage.

use crate::turn_desk::{Desk, question};
use crate::turn_watch::Watch;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tacet_core::{
    Cause, ConnectionEnd, ConversationId, Endpoint, MessageId, MessageState, News, OnStop,
    Provider, Receipt, Remote, StopOutcome, TurnEvent, TurnEventKind, Usage, UsageSource, WireApi,
};
use tacet_test_support::patience::within;
use tacet_test_support::server::{Exchange, Frame};
use tokio::sync::mpsc::UnboundedReceiver;

fn provider(desk: &Desk, tokens: u64, time: Duration) -> Arc<dyn Provider> {
    let endpoint = Endpoint {
        on_stop: OnStop::Drain { tokens, time },
        ..Endpoint::new(desk.server.base_url(), None)
    };
    Arc::new(Remote::new(WireApi::OpenaiChat, &endpoint).unwrap())
}

/// A turn that was stopped after `The ice `, its receipt, and what is told later.
async fn stopped(
    desk: &Desk,
    tokens: u64,
    time: Duration,
) -> (Watch, Exchange, Receipt, UnboundedReceiver<News>) {
    let news = desk.news();
    let request = question("What is a moraine?");
    let turn = request.turn_id;
    desk.start_at(provider(desk, tokens, time), request)
        .await
        .unwrap();
    let watch = desk.watch(turn).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("The ice ").await;
    watch.receive("The ice ".len()).await;
    let StopOutcome::Stopped {
        receipt: Some(receipt),
    } = desk.stop(turn).await
    else {
        panic!("no receipt");
    };
    (watch, exchange, *receipt, news)
}

async fn settled(news: &mut UnboundedReceiver<News>) -> (MessageId, Usage) {
    match within("the usage to be settled", news.recv()).await {
        Some(News::UsageSettled {
            message_id, usage, ..
        }) => (message_id, *usage),
        other => panic!("{other:?}"),
    }
}

const LONG: Duration = Duration::from_secs(600);

#[tokio::test]
async fn c23_a_drained_answer_ends_at_once_and_its_usage_is_exact_later() {
    let desk = Desk::open().await;
    let (watch, mut exchange, receipt, mut news) = stopped(&desk, 1_000, LONG).await;
    assert_eq!(receipt.connection, ConnectionEnd::ReadOn);
    let end = watch.end().await;
    assert_eq!(end.usage.unwrap().source, UsageSource::Estimated);
    assert!(!exchange.is_hung_up());

    exchange.send_text_delta("is too late").await;
    exchange.complete(7, 12).await;

    let (message, usage) = settled(&mut news).await;
    assert_eq!(usage.source, UsageSource::Reported);
    assert_eq!(
        (usage.input_tokens, usage.output_tokens),
        (Some(7), Some(12))
    );
    // Nothing late gets in but the figures (rule C05).
    let answer = desk.answer(watch.turn).await;
    assert_eq!(answer.id, message);
    assert_eq!(answer.text(), "The ice ");
    assert_eq!(answer.cause, Some(Cause::User));
    assert_eq!(answer.usage, Some(usage));
    desk.converse_after(&answer).await;
}

#[tokio::test]
async fn a_drain_hangs_up_at_its_limit_of_tokens_and_counts_what_it_read() {
    let desk = Desk::open().await;
    let (watch, mut exchange, _, mut news) = stopped(&desk, 4, LONG).await;
    exchange.send_text_delta("0123456789abcdefghij").await;
    exchange.hung_up().await;
    let (_, usage) = settled(&mut news).await;
    assert_eq!(usage.source, UsageSource::Estimated);
    // Two words that were kept, and digits and letters that were not: the provider wrote both.
    assert_eq!(usage.output_tokens, Some(6));
    assert_eq!(desk.answer(watch.turn).await.text(), "The ice ");
}

#[tokio::test]
async fn a_drain_hangs_up_at_its_limit_of_time() {
    let desk = Desk::open().await;
    let (watch, exchange, _, _news) = stopped(&desk, 1_000, Duration::from_millis(50)).await;
    exchange.hung_up().await;
    let usage = desk.answer(watch.turn).await.usage.unwrap();
    assert_eq!(usage.source, UsageSource::Estimated);
    assert_eq!(usage.output_tokens, Some(2));
}

#[tokio::test]
async fn quitting_ends_a_drain_at_once() {
    let desk = Desk::open().await;
    let (_watch, exchange, _, _news) = stopped(&desk, 1_000, LONG).await;
    within("the end", desk.turns.shut_down(Cause::AppQuit)).await;
    exchange.hung_up().await;
}

#[tokio::test]
async fn c03_an_answer_that_has_not_begun_is_closed_and_not_drained() {
    let desk = Desk::open().await;
    let request = question("What is a moraine?");
    let turn = request.turn_id;
    desk.start_at(provider(&desk, 1_000, LONG), request)
        .await
        .unwrap();
    let exchange = desk.server.next_request().await;
    let StopOutcome::Stopped {
        receipt: Some(receipt),
    } = desk.stop(turn).await
    else {
        panic!("no receipt");
    };
    exchange.hung_up().await;
    assert_eq!(receipt.connection, ConnectionEnd::Closed);
}

/// What ends a drain that would go on for ten minutes.
async fn drain_ends_by<F: Future>(end: impl FnOnce(Desk, ConversationId) -> F) {
    let desk = Desk::open().await;
    let (watch, exchange, receipt, _news) = stopped(&desk, 1_000, LONG).await;
    assert_eq!(receipt.connection, ConnectionEnd::ReadOn);
    assert!(!exchange.is_hung_up());
    let conversation = watch.snapshot.message.conversation_id;
    let _desk = within("the end", end(desk, conversation)).await;
    exchange.hung_up().await;
}

#[tokio::test]
async fn c25_stop_everything_ends_a_drain_at_once() {
    drain_ends_by(async |desk: Desk, _| {
        desk.turns.stop_all(Cause::User, None).await;
        desk
    })
    .await;
}

#[tokio::test]
async fn c05_deleting_the_conversation_ends_a_drain_at_once() {
    drain_ends_by(async |desk: Desk, conversation| {
        let turns = &desk.turns;
        turns.stop_conversation(conversation, Cause::User).await;
        desk
    })
    .await;
}

#[tokio::test]
async fn c05_deleting_the_branch_ends_a_drain_at_once() {
    drain_ends_by(async |desk: Desk, conversation| {
        let all = desk.store.messages(conversation).await.unwrap();
        let answer = all.last().unwrap().id;
        desk.turns.stop_answers(&[answer], Cause::User).await;
        desk
    })
    .await;
}

#[tokio::test]
async fn a_drain_outlives_another_branch() {
    let desk = Desk::open().await;
    let (_watch, exchange, _, mut news) = stopped(&desk, 1_000, LONG).await;
    let turns = &desk.turns;
    turns.stop_answers(&[MessageId::new()], Cause::User).await;
    exchange.complete(7, 12).await;
    let (_, usage) = settled(&mut news).await;
    assert_eq!(usage.source, UsageSource::Reported);
}

#[tokio::test]
async fn c10_a_drained_answer_that_the_server_had_finished_is_complete_and_keeps_its_calls() {
    let desk = Desk::open().await;
    let request = question("What is a moraine?");
    let turn = request.turn_id;
    desk.start_at(provider(&desk, 1_000, LONG), request)
        .await
        .unwrap();
    let watch = desk.watch(turn).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("Let me look.").await;
    // A call whose arguments never come is known only when nothing more will.
    exchange
        .send(&Frame::Data(
            json!({"id": exchange.answer_id(), "choices": [{"index": 0,
            "delta": {"tool_calls": [{"index": 0, "id": "call_1"}]}, "finish_reason": null}]}),
        ))
        .await;
    exchange.send_finish("stop").await;
    // The finish reason itself is not told before the end; what comes after it is.
    exchange.send_usage(7, 12).await;
    watch
        .until("the usage", |watch| {
            let is_usage = |event: &TurnEvent| matches!(event.event, TurnEventKind::Usage { .. });
            watch.events().iter().any(is_usage)
        })
        .await;
    desk.turns.stop(turn, Cause::User, None).await;
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Complete);
    assert_eq!(end.receipt, None);
    assert_eq!(watch.parts().len(), 2, "{:?}", watch.parts());

    assert_eq!(end.usage.unwrap().output_tokens, Some(12));
    exchange.send_done().await;
    exchange.end().await;
    desk.converse_after(&desk.answer(turn).await).await;
}
