//! What Stop does not do, and Stop again, after the end, and followed by Send.

use crate::answer::{Means, ask, stopped, when};
use crate::desk::Desk;
use serde_json::json;
use tacet_core::{Cause, MessageState};
use tacet_test_support::webdriver::{App, Key, testid};

/// The draft, and whether the composer has the focus.
async fn composer(app: &App) -> (String, bool) {
    let script = "const composer = document.querySelector(arguments[0]);
        return [composer.value, document.activeElement === composer]";
    let selector = json!(testid("composer").selector());
    serde_json::from_value(app.run(script, &[selector]).await).unwrap()
}

#[tokio::test]
async fn c25_stop_neither_sends_nor_clears_the_draft_and_keeps_the_focus() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    for means in Means::BOTH {
        let exchange = desk.writing(&app, "What is a moraine?", "The ice ").await;
        app.type_into(&testid("composer"), "a half-written th")
            .await;
        let requests = desk.server.requests();

        means.stop(&app).await;

        exchange.hung_up().await;
        stopped(&app).await;
        let draft = ("a half-written th".to_owned(), true);
        assert_eq!(composer(&app).await, draft, "{means:?}");
        assert_eq!(desk.server.requests(), requests);
        app.find(&testid("composer")).await.clear().await;
    }
}

#[tokio::test]
async fn c07_a_second_stop_and_one_after_the_end_do_nothing() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    let stop = app.find(&testid("stop")).await;
    assert!(!stop.is_enabled().await, "Stop is there, and disabled");

    let question = "What is a moraine?";
    let exchange = desk.writing(&app, question, "A heap of stones.").await;
    let twice_and_esc = "const stop = document.querySelector(arguments[0]);
        stop.click(); stop.click();
        document.activeElement.dispatchEvent(
          new KeyboardEvent('keydown', {key: 'Escape', bubbles: true, cancelable: true}))";
    app.run(twice_and_esc, &[json!(testid("stop").selector())])
        .await;
    exchange.hung_up().await;
    stopped(&app).await;

    desk.converse(&app).await;
    app.press(&[Key::Escape]).await;
    assert!(!app.find(&testid("stop")).await.is_enabled().await);

    assert_eq!(app.all(&testid("notice")).await.len(), 0);
    let ends: Vec<_> = desk.answers().iter().map(|one| one.state).collect();
    assert_eq!(ends, [MessageState::Interrupted, MessageState::Complete]);
}

#[tokio::test]
async fn c19_stop_and_send_in_one_breath_a_hundred_times_leaves_every_request_valid() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    ask(&app, "question 0").await;
    let mut exchange = desk.server.next_request().await;
    for number in 1..=100 {
        // The stops fall before the head, before the first token, into the text and into a call.
        match number % 4 {
            0 => {}
            1 => exchange.open_stream().await,
            2 => exchange.send_text_delta("The ice ").await,
            _ => {
                let arguments = "{\"query\": ";
                exchange
                    .send_tool_delta(Some(0), Some("call_1"), Some("search"), arguments)
                    .await;
            }
        }
        let question = format!("question {number}");
        app.type_into(&testid("composer"), &question).await;
        app.press(&[Key::Escape, Key::Enter]).await;
        exchange.hung_up().await;
        exchange = desk.server.next_request().await;
        let asked = exchange.request.json()["messages"].to_string();
        assert!(asked.contains(&question), "{asked}");
    }
    exchange.send_text_delta("At last.").await;
    exchange.complete(9, 3).await;
    when(&app, "a.state === 'complete'").await;

    assert_eq!(desk.server.violations(), Vec::<String>::new());
    assert_eq!(desk.server.chat_requests(), 101);
    let answers = desk.answers();
    assert_eq!(answers.len(), 101);
    let (last, stopped) = answers.split_last().unwrap();
    assert_eq!(last.state, MessageState::Complete);
    for answer in stopped {
        assert_eq!(answer.state, MessageState::Interrupted);
        assert_eq!(answer.cause, Some(Cause::User));
    }
}
