//! Many conversations that stream at once, and the two ways to stop them all.

use crate::answer::when;
use crate::desk::Desk;
use serde_json::json;
use std::time::{Duration, UNIX_EPOCH};
use tacet_core::Cause;
use tacet_test_support::patience::within;
use tacet_test_support::server::Exchange;
use tacet_test_support::webdriver::{App, Key, testid};

/// Starts that many conversations, each of which is writing when this returns.
async fn start(count: usize, desk: &Desk, app: &App) -> Vec<Exchange> {
    let mut fleet = Vec::new();
    for number in 0..count {
        app.click(&testid("new-conversation")).await;
        let (question, words) = (format!("question {number}"), format!("answer {number}"));
        fleet.push(desk.writing(app, &question, &words).await);
    }
    fleet
}

/// All of the fleet are stopped, by the person, with what they had said.
fn check_stopped(count: usize, desk: &Desk) {
    let answers = desk.answers();
    assert_eq!(answers.len(), count);
    for answer in answers {
        assert_eq!(answer.cause, Some(Cause::User), "{answer:?}");
        assert!(answer.text().starts_with("answer "), "{answer:?}");
        assert!(answer.receipt.is_some(), "{answer:?}");
    }
}

#[tokio::test]
async fn c25_ctrl_shift_esc_stops_what_is_on_the_page_and_what_is_not() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    let fleet = start(2, &desk, &app).await;
    app.press(&[Key::Control, Key::Shift, Key::Escape]).await;
    for exchange in &fleet {
        exchange.hung_up().await;
    }
    when(&app, "a.state === 'interrupted' && a.receipt").await;
    app.wait_for_count(&testid("conversation-stop"), 0).await;
    check_stopped(2, &desk);
}

#[tokio::test]
async fn c25_esc_stops_only_the_conversation_that_is_on_the_page() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    let mut fleet = start(2, &desk, &app).await;
    app.press(&[Key::Escape]).await;
    fleet.pop().unwrap().hung_up().await;
    when(&app, "a.state === 'interrupted'").await;

    let mut other = fleet.pop().unwrap();
    assert!(!other.is_hung_up());
    other.send_text_delta(", and it goes on").await;
    other.complete(9, 3).await;
    app.wait_for_count(&testid("conversation-stop"), 0).await;
    assert!(
        desk.answers()
            .iter()
            .any(|one| one.text() == "answer 0, and it goes on")
    );
}

#[tokio::test]
async fn twenty_streaming_conversations_are_stopped_by_one_click() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    let fleet = start(20, &desk, &app).await;
    let click = "const clicked = Date.now();
        document.querySelector(arguments[0]).click(); return clicked";
    let clicked = app
        .run(click, &[json!(testid("stop-all").selector())])
        .await;
    let clicked = UNIX_EPOCH + Duration::from_millis(clicked.as_u64().unwrap());
    let mut last = clicked;
    for exchange in &fleet {
        let hang_up = within("a hang-up", exchange.hung_up()).await;
        last = last.max(desk.server.wall_time(hang_up.at));
    }
    // The goal is 100 ms; this build is not optimised, and other tests run beside it.
    let took = last.duration_since(clicked).unwrap();
    assert!(took < Duration::from_secs(1), "{took:?}");
    app.wait_for_count(&testid("conversation-stop"), 0).await;
    check_stopped(20, &desk);
}
