//! The app ends in the middle of an answer, in each way in which apps end.

use crate::answer::{Answer, ask, when};
use crate::desk::Desk;
use std::time::{Duration, Instant};
use tacet_core::store::FILE;
use tacet_core::{Cause, Message, MessageState};
use tacet_test_support::patience::until;
use tacet_test_support::server::Exchange;
use tacet_test_support::webdriver::{App, testid};

/// The limit of rule C09.
const AT_MOST: Duration = Duration::from_secs(2);

/// An app in the middle of an answer.
async fn streaming(desk: &Desk) -> (App, Exchange) {
    let app = desk.open().await;
    ask(&app, "What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("The ice pushed ").await;
    exchange.send_text_delta("stones").await;
    when(&app, "a.words.includes('The ice pushed stones')").await;
    (app, exchange)
}

/// The only answer on disk, which has ended.
fn ended(desk: &Desk, cause: Cause) -> Message {
    let answer = desk.answers().remove(0);
    assert_eq!(answer.state, MessageState::Interrupted);
    assert_eq!(answer.cause, Some(cause));
    assert_eq!(answer.text(), "The ice pushed stones");
    answer
}

/// Starts the app again and opens the conversation; asking on in it works.
async fn next_start(desk: &Desk, cause: &str) -> (App, Answer) {
    let app = desk.open().await;
    app.click(&testid("conversation-item")).await;
    let answer = when(&app, "a.state === 'interrupted'").await;
    assert_eq!(answer.cause.as_deref(), Some(cause));
    assert_eq!(answer.text().trim(), "The ice pushed stones");
    desk.converse(&app).await;
    (app, answer)
}

#[tokio::test]
async fn c13_closing_the_window_stops_the_answer_and_ends_the_process() {
    let desk = Desk::new().await;
    let (app, exchange) = streaming(&desk).await;
    let process = app.process();
    let pressed = Instant::now();
    app.close_window().await;
    exchange.hung_up().await;
    let gone = process.ended().await - pressed;
    assert!(gone < AT_MOST, "{gone:?}");
    assert!(ended(&desk, Cause::WindowClosed).receipt.is_some());
    drop(app);
    next_start(&desk, "window-closed").await;
}

#[tokio::test]
async fn c06_a_closed_app_ends_only_when_its_answer_is_on_disk() {
    let desk = Desk::new().await;
    let (app, exchange) = streaming(&desk).await;
    let disk = rusqlite::Connection::open(desk.folder().join(FILE)).unwrap();
    disk.busy_timeout(AT_MOST).unwrap();
    // Nobody else writes until this is over.
    disk.execute_batch("BEGIN IMMEDIATE").unwrap();
    app.close_window().await;
    exchange.hung_up().await;
    // An end that does not wait comes within milliseconds; C09 allows a wait of 2 s.
    let early = tokio::time::timeout(Duration::from_millis(300), app.process().ended()).await;
    assert!(early.is_err(), "ended before the answer was on disk");
    disk.execute_batch("COMMIT").unwrap();
    app.process().ended().await;
    ended(&desk, Cause::WindowClosed);
}

#[tokio::test]
async fn c11_a_killed_app_finds_its_answer_again_with_what_was_saved_of_it() {
    let desk = Desk::new().await;
    let (app, exchange) = streaming(&desk).await;
    // Saved at least every second; nothing but the disk says when.
    until("the text to be saved", || {
        let saved = desk.answers().remove(0);
        assert_eq!(saved.state, MessageState::Streaming);
        (saved.text() == "The ice pushed stones").then_some(())
    })
    .await;
    app.process().kill();
    exchange.hung_up().await;
    app.process().ended().await;
    drop(app);
    let (app, _) = next_start(&desk, "crash").await;
    app.wait_for_text(&testid("notice"), "ended unexpectedly")
        .await;
    ended(&desk, Cause::Crash);
}

#[tokio::test]
async fn c11_a_terminated_app_stops_its_answers_first() {
    let desk = Desk::new().await;
    let (app, exchange) = streaming(&desk).await;
    let asked = Instant::now();
    app.process().terminate();
    exchange.hung_up().await;
    let gone = app.process().ended().await - asked;
    assert!(gone < AT_MOST, "{gone:?}");
    assert!(ended(&desk, Cause::AppQuit).receipt.is_some());
    drop(app);
    next_start(&desk, "app-quit").await;
}
