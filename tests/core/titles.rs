//! Titles that a model gives: a request of its own after the first answer, that is stopped like any other
//! and counted apart (rules C02, C03 and C23).

use crate::turn_desk::{Desk, follow_up, question};
use crate::turn_watch::Watch;
use std::future::ready;
use std::sync::Arc;
use tacet_core::store::{Grouping, Tally};
use tacet_core::turn::Naming;
use tacet_core::{
    Cause, Message, MessageState, News, Parameters, Provider, StartTurn, StopOutcome, Toolset,
    UsageSource,
};
use tacet_test_support::patience::within;
use tacet_test_support::server::Exchange;
use tokio::sync::mpsc::UnboundedReceiver;

/// The model that answers, however long the conversation is.
const ANSWERING: Naming = Naming::Answering { longest: None };

async fn start(desk: &Desk, request: StartTurn, naming: Naming) -> Watch {
    let turn = request.turn_id;
    let provider = Arc::clone(&desk.provider);
    let tools = ready(Ok(Toolset::default()));
    let parameters = Parameters::default();
    let started = desk
        .turns
        .start_named(request, ready(Ok(provider)), tools, parameters, naming);
    within("the turn to start", started).await.unwrap();
    desk.watch(turn).await
}

/// A conversation with its first answer: 40 tokens of request and 5 of answer.
async fn answered(desk: &Desk, naming: Naming) -> Message {
    let watch = start(desk, question("What is a moraine?"), naming).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A heap of rubble.").await;
    exchange.complete(40, 5).await;
    watch.end().await;
    desk.answer(watch.turn).await
}

async fn name(mut exchange: Exchange, title: &str) {
    exchange.send_text_delta(title).await;
    exchange.complete(60, 4).await;
}

/// How the naming ended.
async fn named(news: &mut UnboundedReceiver<News>) -> Option<String> {
    loop {
        if let Some(News::NamingEnded { title, .. }) = within("news", news.recv()).await {
            return title;
        }
    }
}

async fn title(desk: &Desk, answer: &Message) -> String {
    let found = desk.store.conversation(answer.conversation_id).await;
    found.unwrap().unwrap().title
}

fn totals(desk: &Desk) -> Tally {
    let mut sum = Tally::default();
    for group in desk.store.usage_totals(Grouping::Model).unwrap() {
        sum.add(&group.stopped);
        sum.add(&group.others);
    }
    sum
}

#[tokio::test]
async fn c23_the_model_that_answers_is_asked_for_a_title_once_and_counted_apart() {
    let desk = Desk::open().await;
    let mut news = desk.news();
    let answer = answered(&desk, ANSWERING).await;
    let exchange = desk.server.next_request().await;
    let asked = exchange.request.json();
    assert!(asked["tools"].is_null() && asked["tool_choice"].is_null());
    assert_eq!(asked["max_tokens"], 256);
    let said = asked["messages"].to_string();
    assert!(said.contains("What is a moraine?") && said.contains("A heap of rubble."));
    assert_eq!(title(&desk, &answer).await, "What is a moraine?");
    name(exchange, "\"Rubble of glaciers.\"").await;
    assert_eq!(
        named(&mut news).await.as_deref(),
        Some("Rubble of glaciers")
    );
    assert_eq!(title(&desk, &answer).await, "Rubble of glaciers");
    let usage = desk.answer(answer.turn_id.unwrap()).await.usage.unwrap();
    assert_eq!(
        (usage.input_tokens, usage.output_tokens),
        (Some(40), Some(5))
    );
    let sum = totals(&desk);
    assert_eq!((sum.answers, sum.titles, sum.reported), (1, 1, 1));
    assert_eq!((sum.input_tokens, sum.output_tokens), (Some(100), Some(9)));
    // A second answer asks for no second title.
    let request = follow_up(answer.conversation_id, answer.id, "And an esker?");
    let watch = start(&desk, request, ANSWERING).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A ridge.").await;
    exchange.complete(50, 3).await;
    watch.end().await;
    desk.turns.shut_down(Cause::AppQuit).await;
    assert_eq!(desk.server.chat_requests(), 3);
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_title_that_the_person_typed_meanwhile_stays() {
    let desk = Desk::open().await;
    let mut news = desk.news();
    let answer = answered(&desk, ANSWERING).await;
    let exchange = desk.server.next_request().await;
    let id = answer.conversation_id;
    assert!(desk.store.rename(id, "Mine".to_owned()).await.unwrap());
    name(exchange, "Rubble of glaciers").await;
    assert_eq!(named(&mut news).await, None);
    assert_eq!(title(&desk, &answer).await, "Mine");
    assert_eq!(totals(&desk).titles, 1);
}

#[tokio::test]
async fn a_title_that_the_person_typed_before_is_not_asked_for() {
    let desk = Desk::open().await;
    let watch = start(&desk, question("What is a moraine?"), ANSWERING).await;
    let mut exchange = desk.server.next_request().await;
    let id = desk.answer(watch.turn).await.conversation_id;
    assert!(desk.store.rename(id, "Mine".to_owned()).await.unwrap());
    exchange.send_text_delta("A heap of rubble.").await;
    exchange.complete(40, 5).await;
    watch.end().await;
    desk.turns.shut_down(Cause::AppQuit).await;
    assert_eq!(desk.server.chat_requests(), 1);
}

#[tokio::test]
async fn c02_stopping_everything_hangs_up_the_request_for_a_title() {
    let desk = Desk::open().await;
    let mut news = desk.news();
    let answer = answered(&desk, ANSWERING).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("Rubble").await;
    desk.turns.stop_all(Cause::User, None).await;
    exchange.hung_up().await;
    assert_eq!(named(&mut news).await, None);
    assert_eq!(title(&desk, &answer).await, "What is a moraine?");
    // The answer was whole; the request for its title was not.
    let groups = desk.store.usage_totals(Grouping::Model).unwrap();
    assert_eq!(groups[0].stopped.titles, 1);
    assert_eq!((groups[0].others.titles, groups[0].others.answers), (0, 1));
}

#[tokio::test]
async fn c02_stopping_its_turn_hangs_up_the_request_for_a_title_and_says_that_the_turn_had_ended() {
    let desk = Desk::open().await;
    let mut news = desk.news();
    let answer = answered(&desk, ANSWERING).await;
    let exchange = desk.server.next_request().await;
    let outcome = desk.stop(answer.turn_id.unwrap()).await;
    assert_eq!(outcome, StopOutcome::AlreadyEnded);
    exchange.hung_up().await;
    assert_eq!(named(&mut news).await, None);
    assert_eq!(desk.answer(answer.turn_id.unwrap()).await, answer);
}

#[tokio::test]
async fn c02_the_next_message_hangs_up_the_request_for_a_title_which_follows_its_answer() {
    let desk = Desk::open().await;
    let mut news = desk.news();
    let answer = answered(&desk, ANSWERING).await;
    let waiting = desk.server.next_request().await;
    let request = follow_up(answer.conversation_id, answer.id, "And an esker?");
    let watch = start(&desk, request, ANSWERING).await;
    waiting.hung_up().await;
    assert_eq!(named(&mut news).await, None);
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A ridge.").await;
    exchange.complete(50, 3).await;
    watch.end().await;
    let exchange = desk.server.next_request().await;
    assert!(exchange.request.json()["tools"].is_null());
    name(exchange, "Rubble and ridges").await;
    assert_eq!(named(&mut news).await.as_deref(), Some("Rubble and ridges"));
    assert_eq!(title(&desk, &answer).await, "Rubble and ridges");
    assert_eq!(totals(&desk).titles, 2);
}

#[tokio::test]
async fn c02_a_message_to_the_same_provider_in_another_conversation_hangs_it_up_as_well() {
    let desk = Desk::open().await;
    let answer = answered(&desk, ANSWERING).await;
    let waiting = desk.server.next_request().await;
    let watch = start(&desk, question("What is an esker?"), ANSWERING).await;
    waiting.hung_up().await;
    assert_eq!(title(&desk, &answer).await, "What is a moraine?");
    desk.stopped(watch.turn).await;
}

#[tokio::test]
async fn a_message_to_another_provider_leaves_the_request_for_a_title_be() {
    let desk = Desk::open().await;
    let mut news = desk.news();
    let answer = answered(&desk, ANSWERING).await;
    let waiting = desk.server.next_request().await;
    let elsewhere = StartTurn {
        model: "other/model".parse().unwrap(),
        ..question("What is an esker?")
    };
    let watch = start(&desk, elsewhere, Naming::FirstWords).await;
    let exchange = desk.server.next_request().await;
    name(waiting, "Rubble").await;
    assert_eq!(named(&mut news).await.as_deref(), Some("Rubble"));
    assert_eq!(title(&desk, &answer).await, "Rubble");
    desk.stopped(watch.turn).await;
    exchange.hung_up().await;
}

#[tokio::test]
async fn a_page_that_comes_later_is_told_of_the_request_for_a_title_that_runs() {
    let desk = Desk::open().await;
    let answer = answered(&desk, ANSWERING).await;
    let exchange = desk.server.next_request().await;
    let mut news = desk.news();
    let told = within("news", news.recv()).await;
    let began = News::NamingBegan {
        conversation_id: answer.conversation_id,
        turn_id: answer.turn_id.unwrap(),
    };
    assert_eq!(told, Some(began));
    name(exchange, "Rubble").await;
    assert_eq!(named(&mut news).await.as_deref(), Some("Rubble"));
    let mut later = desk.news();
    assert!(later.try_recv().is_err(), "it has ended");
}

#[tokio::test]
async fn a_small_server_is_not_asked_for_the_title_of_a_long_conversation() {
    // The answer took 40 tokens of request and 5 of its own.
    for (longest, requests) in [(44, 1), (45, 2)] {
        let desk = Desk::open().await;
        let mut news = desk.news();
        let longest = Some(longest);
        answered(&desk, Naming::Answering { longest }).await;
        if requests > 1 {
            name(desk.server.next_request().await, "Rubble").await;
        }
        desk.turns.shut_down(Cause::AppQuit).await;
        assert_eq!(desk.server.chat_requests(), requests);
        // Nobody is told of a request that is not made.
        let told = std::iter::from_fn(|| news.try_recv().ok());
        let began = told.filter(|it| matches!(it, News::NamingBegan { .. }));
        assert_eq!(began.count(), requests - 1);
    }
}

#[tokio::test]
async fn a_first_answer_without_words_asks_for_no_title_and_the_next_one_does() {
    let desk = Desk::open().await;
    let watch = start(&desk, question("What is a moraine?"), ANSWERING).await;
    let exchange = desk.server.next_request().await;
    desk.stopped(watch.turn).await;
    exchange.hung_up().await;
    let answer = desk.answer(watch.turn).await;
    let request = follow_up(answer.conversation_id, answer.id, "Once more?");
    let watch = start(&desk, request, ANSWERING).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A heap of rubble.").await;
    exchange.complete(40, 5).await;
    watch.end().await;
    let exchange = desk.server.next_request().await;
    let said = exchange.request.json()["messages"].to_string();
    assert!(said.contains("A heap of rubble."), "{said}");
    desk.turns.shut_down(Cause::AppQuit).await;
    exchange.hung_up().await;
    assert_eq!(desk.server.chat_requests(), 3);
}

#[tokio::test]
async fn c05_deleting_the_conversation_hangs_up_the_request_for_its_title() {
    let desk = Desk::open().await;
    let answer = answered(&desk, ANSWERING).await;
    let exchange = desk.server.next_request().await;
    let id = answer.conversation_id;
    desk.turns.stop_conversation(id, Cause::User).await;
    exchange.hung_up().await;
}

#[tokio::test]
async fn an_answer_that_was_stopped_asks_for_no_title() {
    let desk = Desk::open().await;
    let watch = start(&desk, question("What is a moraine?"), ANSWERING).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A heap").await;
    watch.receive(6).await;
    desk.stopped(watch.turn).await;
    assert_eq!(watch.end().await.state, MessageState::Interrupted);
    desk.turns.shut_down(Cause::AppQuit).await;
    assert_eq!(desk.server.chat_requests(), 1);
}

#[tokio::test]
async fn a_request_for_a_title_that_fails_is_not_made_again_and_counts() {
    let desk = Desk::open().await;
    let mut news = desk.news();
    let answer = answered(&desk, ANSWERING).await;
    let exchange = desk.server.next_request().await;
    let busy = serde_json::json!({"error": {"message": "overloaded"}});
    exchange.respond_json(503, &busy).await;
    assert_eq!(named(&mut news).await, None);
    assert_eq!(title(&desk, &answer).await, "What is a moraine?");
    assert_eq!(totals(&desk).titles, 1);
    assert_eq!(desk.server.chat_requests(), 2);
}

#[tokio::test]
async fn another_model_can_be_asked_for_titles() {
    let desk = Desk::open().await;
    let mut news = desk.news();
    let provider: Arc<dyn Provider> = Arc::clone(&desk.provider);
    let naming = Naming::Chosen {
        model: "gated/small".parse().unwrap(),
        provider: Box::pin(ready(Ok(provider))),
    };
    let answer = answered(&desk, naming).await;
    let exchange = desk.server.next_request().await;
    assert_eq!(exchange.request.model(), "small");
    name(exchange, "Rubble").await;
    assert_eq!(named(&mut news).await.as_deref(), Some("Rubble"));
    assert_eq!(title(&desk, &answer).await, "Rubble");
    let groups = desk.store.usage_totals(Grouping::Model).unwrap();
    let small = groups.iter().find(|it| it.key == "gated/small").unwrap();
    assert_eq!((small.others.titles, small.others.answers), (1, 0));
    assert_eq!(answer.usage.unwrap().source, UsageSource::Reported);
}
