//! The true usage of a stopped answer, looked up after its turn.

use crate::turn_desk::{Desk, follow_up, question};
use crate::turn_watch::Watch;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tacet_core::price::CostBasis;
use tacet_core::provider::UsageRecords;
use tacet_core::{
    Cause, Endpoint, Message, News, Provider, Remote, StopOutcome, TurnOptions, Turns, Usage,
    UsageSource, WireApi,
};
use tacet_test_support::patience::{LIMIT, within, within_limit};
use tacet_test_support::server::{Exchange, Frame, GatedServer};
use tokio::sync::mpsc;

const AT_ONCE: UsageRecords = UsageRecords {
    path: "generation",
    waits: &[
        Duration::ZERO,
        Duration::from_millis(1),
        Duration::from_millis(1),
    ],
};
const NEVER: UsageRecords = UsageRecords {
    path: "generation",
    waits: &[Duration::from_secs(3_600)],
};

fn keeping(server: &GatedServer, records: UsageRecords) -> Arc<dyn Provider> {
    let endpoint = Endpoint {
        usage_records: Some(records),
        ..Endpoint::new(server.base_url(), None)
    };
    Arc::new(Remote::new(WireApi::OpenaiChat, &endpoint).unwrap())
}

/// Has an answer begin, with the provider's id `gen 7`, and stops it.
async fn stopped(desk: &Desk, provider: Arc<dyn Provider>) -> (Message, Watch) {
    let request = question("What is a moraine?");
    desk.start_at(provider, request.clone()).await.unwrap();
    let watch = desk.watch(request.turn_id).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send(&named("A heap of rock")).await;
    watch.receive(14).await;
    let outcome = desk.stop(watch.turn).await;
    assert!(
        matches!(outcome, StopOutcome::Stopped { .. }),
        "{outcome:?}"
    );
    (desk.answer(watch.turn).await, watch)
}

fn named(text: &str) -> Frame {
    Frame::Data(json!({
        "id": "gen 7",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}],
    }))
}

async fn settled(heard: &mut mpsc::UnboundedReceiver<News>) -> Usage {
    // A tokenizer may be loaded before, which takes seconds on a busy machine without optimisation.
    match within_limit(6 * LIMIT, "the news", heard.recv()).await {
        Some(News::UsageSettled { usage, .. }) => *usage,
        other => panic!("{other:?}"),
    }
}

async fn record_asked(desk: &Desk) -> Exchange {
    let exchange = desk.server.next_request().await;
    assert_eq!(exchange.request.method, "GET");
    assert_eq!(exchange.request.path, "/v1/generation?id=gen+7");
    exchange
}

fn record() -> Value {
    json!({"data": {
        "id": "gen 7", "cancelled": true, "total_cost": 0.0015,
        "native_tokens_prompt": 10, "native_tokens_completion": 25,
        "native_tokens_reasoning": 5, "native_tokens_cached": 0,
    }})
}

#[tokio::test]
async fn c23_the_true_figures_of_a_stopped_answer_take_the_place_of_the_estimate() {
    let desk = Desk::open().await;
    let mut heard = desk.news();
    let (answer, _watch) = stopped(&desk, keeping(&desk.server, AT_ONCE)).await;
    let estimate = answer.usage.clone().unwrap();
    assert_eq!(estimate.source, UsageSource::Estimated);
    assert_eq!(estimate.generation_id.as_deref(), Some("gen 7"));

    // The record is not there at once.
    record_asked(&desk)
        .await
        .respond_json(404, &json!({"error": {"code": 404}}))
        .await;
    record_asked(&desk).await.respond_json(200, &record()).await;

    let Some(News::UsageSettled {
        conversation_id,
        message_id,
        usage,
    }) = within("the news", heard.recv()).await
    else {
        panic!("no usage");
    };
    assert_eq!(conversation_id, answer.conversation_id);
    assert_eq!(message_id, answer.id);
    assert_eq!(usage.source, UsageSource::Reported);
    assert_eq!(usage.input_tokens, Some(10));
    assert_eq!(usage.output_tokens, Some(25));
    let cost = usage.cost.clone().unwrap();
    assert_eq!(
        (cost.low, cost.high, cost.basis),
        (0.0015, Some(0.0015), CostBasis::Billed)
    );
    assert_eq!(usage.replaced, Some(Box::new(estimate)));
    let stored = desk.store.message(answer.id).await.unwrap().unwrap();
    assert_eq!(stored.usage.as_ref(), Some(&*usage));
    assert_eq!(stored.receipt.unwrap().usage, *usage);
}

#[tokio::test]
async fn a_record_that_never_comes_is_asked_for_a_few_times_and_the_estimate_stands() {
    let desk = Desk::open().await;
    let (answer, _watch) = stopped(&desk, keeping(&desk.server, AT_ONCE)).await;
    for _ in AT_ONCE.waits {
        record_asked(&desk)
            .await
            .respond_json(404, &json!({}))
            .await;
    }
    within("the end", desk.turns.shut_down(Cause::AppQuit)).await;
    assert_eq!(desk.server.requests(), 1 + AT_ONCE.waits.len());
    let stored = desk.store.message(answer.id).await.unwrap().unwrap();
    assert_eq!(stored.usage, answer.usage);
}

#[tokio::test]
async fn quitting_does_not_wait_for_a_record() {
    let desk = Desk::open().await;
    stopped(&desk, keeping(&desk.server, NEVER)).await;
    // The record is asked for an hour later.
    within("the end", desk.turns.shut_down(Cause::AppQuit)).await;
    assert_eq!(desk.server.requests(), 1);
    assert_eq!(desk.turns.awaited_records().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_lookup_that_a_quit_cut_off_goes_on_in_the_next_run_at_the_same_host_only() {
    let mut desk = Desk::open().await;
    let (answer, _watch) = stopped(&desk, keeping(&desk.server, NEVER)).await;
    desk.turns.shut_down(Cause::AppQuit).await;

    desk.turns = Turns::new(desk.store.clone(), TurnOptions::default());
    let mut heard = desk.news();
    let awaited = desk.turns.awaited_records().await.unwrap();
    let [awaited] = &awaited[..] else {
        panic!("{awaited:?}")
    };
    assert_eq!(awaited.message_id, answer.id);
    assert_eq!(awaited.answer_id, "gen 7");
    assert_eq!(Some(&awaited.model), answer.model.as_ref());

    // The provider's address was changed meanwhile, or keeps no records any more.
    let elsewhere = GatedServer::start().await;
    desk.turns.look_up(awaited, keeping(&elsewhere, AT_ONCE));
    desk.turns.look_up(awaited, Arc::clone(&desk.provider));
    desk.turns.look_up(awaited, keeping(&desk.server, AT_ONCE));
    record_asked(&desk).await.respond_json(200, &record()).await;
    let usage = settled(&mut heard).await;
    assert_eq!(usage.source, UsageSource::Reported);
    assert_eq!(usage.replaced, answer.usage.map(Box::new));
    assert_eq!(desk.turns.awaited_records().await.unwrap(), []);
    desk.turns.shut_down(Cause::AppQuit).await;
    assert_eq!(elsewhere.connections(), 0);
    assert_eq!(desk.server.requests(), 2);
}

#[tokio::test]
async fn an_answer_of_a_server_without_records_awaits_none() {
    let desk = Desk::open().await;
    stopped(&desk, Arc::clone(&desk.provider)).await;
    desk.turns.shut_down(Cause::AppQuit).await;
    assert_eq!(desk.turns.awaited_records().await.unwrap(), []);
}

#[tokio::test]
async fn an_answer_whose_figures_are_known_is_not_looked_up() {
    let desk = Desk::open().await;
    let provider = keeping(&desk.server, AT_ONCE);
    let request = question("What is a moraine?");
    desk.start_at(Arc::clone(&provider), request.clone())
        .await
        .unwrap();
    let watch = desk.watch(request.turn_id).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send(&named("A heap of rock")).await;
    exchange.complete(9, 4).await;
    watch.end().await;
    let answer = desk.answer(watch.turn).await;
    assert_eq!(
        answer.usage.unwrap().generation_id.as_deref(),
        Some("gen 7")
    );
    let next = follow_up(answer.conversation_id, answer.id, "And now?");
    desk.start_at(provider, next).await.unwrap();
    let next = desk.server.next_request().await;
    assert_eq!(next.request.method, "POST");
}

#[tokio::test]
async fn c23_an_estimate_is_counted_by_the_familys_tokenizer_soon_after_the_stop() {
    let desk = Desk::open().await;
    let mut heard = desk.news();
    let mut request = question("What is a moraine?");
    request.model = "gated/openai/gpt-4o".parse().unwrap();
    desk.start(request.clone()).await;
    let watch = desk.watch(request.turn_id).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send(&named("hello world")).await;
    watch.receive(11).await;
    desk.stop(watch.turn).await;
    let usage = settled(&mut heard).await;
    assert_eq!(usage.source, UsageSource::Estimated);
    assert_eq!(usage.output_tokens, Some(2));
    assert_eq!(
        usage.method.as_deref(),
        Some("o200k tokenizer, answer only")
    );
    assert_eq!(usage.replaced, None);
    let stored = desk.answer(watch.turn).await;
    assert_eq!(stored.usage.as_ref(), Some(&usage));
    assert_eq!(stored.receipt.unwrap().usage, usage);

    let mut more = question("");
    more.text = None;
    more.conversation_id = stored.conversation_id;
    more.parent_id = stored.parent_id;
    more.continues = Some(stored.id);
    more.model = request.model;
    desk.start(more.clone()).await;
    let watch = desk.watch(more.turn_id).await;
    let mut exchange = desk.server.next_request().await;
    exchange
        .send(&named(" and all of its rivers and mountains"))
        .await;
    let both = "hello world and all of its rivers and mountains";
    watch.receive(both.len()).await;
    desk.stop(watch.turn).await;
    let usage = settled(&mut heard).await;
    assert_eq!(usage.output_tokens, Some(7), "{usage:?}");
}
