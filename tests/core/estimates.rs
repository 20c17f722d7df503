//! What is said of an answer's tokens and cost where its provider has not (all) counted them.

use crate::hand_driven::{Close, Cue, HandDriven, says};
use crate::turn_desk::{Desk, question};
use crate::wire_phases::api;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tacet_core::history::Rules;
use tacet_core::price::{self, CostBasis, Prices, Quote};
use tacet_core::{
    BoxModelStream, Cause, Endpoint, Message, ModelEvent, ModelRequest, News, Provider, Remote,
    Seal, StartTurn, StopEffect, Usage, UsageSource,
};
use tacet_test_support::patience::{GLANCE, LIMIT, within, within_limit};
use tacet_test_support::server::{Dialect, Say};
use tokio::runtime::Runtime;
use tokio::task::spawn_blocking;

const WORDS: &str = "A moraine is a heap of rubble that a glacier left behind.";

/// Whether the server is known to end with the connection.
#[derive(Clone, Copy, PartialEq)]
enum Server {
    Ends,
    MayGoOn,
}

/// A provider at the gated server whose tokens have a price.
fn priced(desk: &Desk, dialect: Dialect, server: Server) -> Arc<dyn Provider> {
    let table = r#"{"date": "2026-01-31", "hosts": [{"host": "127.0.0.1", "models": [
        {"model": "*", "input": 2, "output": 10}]}]}"#;
    std::fs::write(desk.folder.path().join(price::FILE), table).unwrap();
    let (prices, problem) = Prices::open(desk.folder.path());
    assert!(problem.is_empty(), "{problem:?}");
    let endpoint = Endpoint {
        local: server == Server::Ends,
        ..Endpoint::new(desk.server.base_url_of(dialect), None)
    };
    let remote = Remote::new(api(dialect), &endpoint).unwrap();
    Arc::new(remote.with_prices(Arc::new(prices)))
}

fn asked_of(model: &str) -> StartTurn {
    StartTurn {
        model: format!("gated/{model}").parse().unwrap(),
        ..question("What is a moraine?")
    }
}

/// An answer that was stopped when its words had come, as it stands on disk then.
async fn stopped(desk: &Desk, provider: Arc<dyn Provider>, model: &str) -> Message {
    let request = asked_of(model);
    desk.start_at(provider, request.clone()).await.unwrap();
    let watch = desk.watch(request.turn_id).await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::text(WORDS)).await;
    watch.receive(WORDS.len()).await;
    desk.stop(request.turn_id).await;
    exchange.hung_up().await;
    desk.answer(request.turn_id).await
}

/// The usage of an answer once its cost is known: its request may be counted only later.
async fn with_cost(desk: &Desk, answer: &Message) -> Usage {
    let cost = async {
        loop {
            let read = desk.store.message(answer.id).await.unwrap().unwrap();
            let usage = read.usage.unwrap();
            assert_eq!(read.receipt.unwrap().usage, usage);
            if usage.cost.is_some() {
                return usage;
            }
            tokio::time::sleep(GLANCE).await;
        }
    };
    within("the cost", cost).await
}

#[tokio::test]
async fn c23_an_anthropic_answer_that_is_stopped_in_its_text_has_an_output_figure() {
    let desk = Desk::open().await;
    let provider = priced(&desk, Dialect::Anthropic, Server::Ends);
    let answer = stopped(&desk, provider, "claude-sonnet-4-5").await;
    let usage = answer.usage.clone().unwrap();
    assert_eq!(usage.source, UsageSource::Running);
    assert!(usage.input_tokens > Some(0), "{usage:?}");
    assert_eq!(usage.output_known_as(), UsageSource::Estimated);
    // o200k makes 14 of it.
    assert!(
        (10..=20).contains(&usage.output_tokens.unwrap()),
        "{usage:?}"
    );
    assert!(!usage.at_least);
    assert!(usage.method.is_some());
    let cost = usage
        .cost
        .clone()
        .expect("the provider counted the request");
    assert_eq!(cost.basis, CostBasis::Estimated);
    assert!(cost.high > Some(cost.low), "{cost:?}");
    assert_eq!(answer.receipt.unwrap().usage, usage);

    let mut export = Vec::new();
    desk.store.export(&mut export).unwrap();
    let export: Value = serde_json::from_slice(&export).unwrap();
    let exported = &export["conversations"][0]["messages"][1]["usage"];
    assert_eq!(*exported, serde_json::to_value(&usage).unwrap());
    assert_eq!(exported["outputSource"], "estimated");
}

#[tokio::test]
async fn c23_where_reasoning_may_be_hidden_a_stopped_answer_took_at_least_what_came() {
    for (dialect, model, hidden) in [
        (Dialect::Anthropic, "claude-opus-5", true),
        (Dialect::Anthropic, "claude-sonnet-4-5", false),
        (Dialect::OpenaiChat, "openai/gpt-5", true),
        (Dialect::OpenaiChat, "gpt-4.1", false),
        (Dialect::OpenaiChat, "llama", false),
        (Dialect::OpenaiResponses, "o3", true),
        (Dialect::OpenaiResponses, "gpt-4o", false),
        (Dialect::Gemini, "gemini-2.5-pro", true),
        (Dialect::Gemini, "gemini-2.0-flash", false),
        (Dialect::GeminiInteractions, "gemini-3.5-flash", true),
        (Dialect::GeminiInteractions, "gemini-2.0-flash", false),
        (Dialect::Ollama, "qwen3", false),
    ] {
        let desk = Desk::open().await;
        let provider = priced(&desk, dialect, Server::Ends);
        let answer = stopped(&desk, provider, model).await;
        let usage = with_cost(&desk, &answer).await;
        assert!(usage.output_tokens > Some(0), "{model}: {usage:?}");
        assert_eq!(usage.at_least, hidden, "{model}: {usage:?}");
        let cost = usage.cost.unwrap();
        assert_eq!(cost.high.is_none(), hidden, "{model}: {cost:?}");
        assert!(cost.low > 0.0);
    }
}

#[tokio::test]
async fn c23_where_a_server_may_go_on_a_stopped_answer_took_at_least_what_came() {
    let desk = Desk::open().await;
    let provider = priced(&desk, Dialect::OpenaiChat, Server::MayGoOn);
    let answer = stopped(&desk, provider, "llama").await;
    let usage = with_cost(&desk, &answer).await;
    assert!(usage.at_least, "{usage:?}");
    assert_eq!(usage.cost.unwrap().high, None);
}

#[tokio::test]
async fn c23_an_answer_that_ended_by_itself_took_what_came_also_where_a_server_may_go_on() {
    let desk = Desk::open().await;
    let provider = priced(&desk, Dialect::OpenaiChat, Server::MayGoOn);
    let request = asked_of("llama");
    desk.start_at(provider, request.clone()).await.unwrap();
    let watch = desk.watch(request.turn_id).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta(WORDS).await;
    exchange.send_finish("stop").await;
    exchange.send_done().await;
    exchange.end().await;
    let usage = watch.end().await.usage.unwrap();
    assert_eq!(usage.source, UsageSource::Estimated);
    assert!(!usage.at_least, "{usage:?}");
}

#[tokio::test]
async fn c23_reasoning_that_came_sealed_alone_makes_a_figure_at_least() {
    let desk = Desk::open().await;
    let (provider, hand) = HandDriven::one(Close::AtOnce);
    let request = asked_of("unheard-of");
    desk.start_at(provider, request.clone()).await.unwrap();
    let watch = desk.watch(request.turn_id).await;
    let seal = ModelEvent::ReasoningSealed(Seal {
        issuer: "somebody".to_owned(),
        data: "sealed".to_owned(),
    });
    hand.send(Cue::Item(Ok(vec![seal]))).unwrap();
    hand.send(says(WORDS)).unwrap();
    watch.receive(WORDS.len()).await;
    desk.stop(request.turn_id).await;
    assert!(desk.answer(request.turn_id).await.usage.unwrap().at_least);
}

/// Keeps the only thread that may block busy from the moment at which the request is counted.
struct Busy {
    provider: Arc<dyn Provider>,
    held: Mutex<Option<Receiver<()>>>,
}

impl Provider for Busy {
    fn stream(&self, request: ModelRequest) -> BoxModelStream {
        self.provider.stream(request)
    }

    fn stop_effect(&self) -> StopEffect {
        self.provider.stop_effect()
    }

    fn quote(&self, model: &str) -> Quote {
        if let Some(held) = self.held.lock().unwrap().take() {
            drop(spawn_blocking(move || held.recv()));
        }
        self.provider.quote(model)
    }

    fn rules(&self, model: &str) -> Rules {
        self.provider.rules(model)
    }
}

/// Stops an answer while its request cannot be counted; its usage at the end and later.
/// `whole` is the answer, which what is said goes on to.
async fn stopped_while_busy(desk: &Desk, request: StartTurn, whole: &str) -> (Usage, Usage) {
    let begun = if request.continues.is_some() {
        WORDS.len()
    } else {
        0
    };
    let (release, held) = channel();
    let provider = Arc::new(Busy {
        provider: priced(desk, Dialect::OpenaiChat, Server::Ends),
        held: Mutex::new(Some(held)),
    });
    desk.start_at(provider, request.clone()).await.unwrap();
    let watch = desk.watch(request.turn_id).await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::text(&whole[begun..])).await;
    watch.receive(whole.len()).await;
    desk.stop(request.turn_id).await;
    let usage = watch.told_end().await.usage.unwrap();
    drop(release);
    let answer = desk.answer(request.turn_id).await;
    (usage, with_cost(desk, &answer).await)
}

/// A runtime with one thread that may block.
fn narrow_runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder
        .enable_all()
        .max_blocking_threads(1)
        .build()
        .unwrap()
}

#[test]
fn c09_a_count_that_takes_long_holds_no_stop_up_and_the_cost_follows() {
    narrow_runtime().block_on(async {
        let desk = Desk::open().await;
        let (usage, later) = stopped_while_busy(&desk, asked_of("llama"), WORDS).await;
        assert_eq!(usage.source, UsageSource::Estimated);
        assert_eq!(usage.cost, None);
        assert!(later.cost.as_ref().unwrap().high.is_some());
        let without_cost = Usage {
            cost: None,
            ..later
        };
        assert_eq!(without_cost, usage);
    });
}

#[test]
fn c23_the_later_cost_of_a_continuation_is_that_of_what_it_added() {
    narrow_runtime().block_on(async {
        let desk = Desk::open().await;
        let provider = priced(&desk, Dialect::OpenaiChat, Server::Ends);
        let begun = stopped(&desk, provider, "llama").await;
        let more = StartTurn {
            text: None,
            conversation_id: begun.conversation_id,
            parent_id: begun.parent_id,
            continues: Some(begun.id),
            ..asked_of("llama")
        };
        let both = format!("{WORDS} Ice did it.");
        let (usage, later) = stopped_while_busy(&desk, more, &both).await;
        assert_eq!(usage.cost, None);
        // Ten dollars for a million tokens, and four or so of them.
        let low = later.cost.unwrap().low * 1e5;
        assert!((2.0..6.0).contains(&low), "{low} tokens");
    });
}

#[tokio::test]
async fn c23_twenty_answers_that_are_stopped_at_once_are_all_counted_by_the_tokenizer() {
    let desk = Desk::open().await;
    let mut news = desk.news();
    let provider = priced(&desk, Dialect::OpenaiChat, Server::Ends);
    let mut exchanges = Vec::new();
    let mut turns = Vec::new();
    for _ in 0..20 {
        let request = asked_of("gpt-4o");
        desk.start_at(Arc::clone(&provider), request.clone())
            .await
            .unwrap();
        let watch = desk.watch(request.turn_id).await;
        let mut exchange = desk.server.next_request().await;
        exchange.say(&Say::text(WORDS)).await;
        watch.receive(WORDS.len()).await;
        exchanges.push(exchange);
        turns.push(request.turn_id);
    }
    assert_eq!(desk.turns.stop_all(Cause::User, None).await, 20);
    let mut counted = HashSet::new();
    while counted.len() < turns.len() {
        // Loading a tokenizer takes seconds on a busy machine without optimisation.
        let heard = within_limit(6 * LIMIT, "the count", news.recv()).await;
        let Some(News::UsageSettled {
            message_id, usage, ..
        }) = heard
        else {
            panic!("{heard:?}");
        };
        if usage.method.as_deref() == Some("o200k tokenizer, answer only") {
            assert_eq!(usage.output_tokens, Some(14));
            assert!(!usage.at_least && usage.cost.is_some(), "{usage:?}");
            counted.insert(message_id);
        }
    }
    let began = tokio::time::Instant::now();
    desk.turns.shut_down(Cause::AppQuit).await;
    assert!(began.elapsed() < Duration::from_secs(2), "nothing is left");
}
