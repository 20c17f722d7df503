//! Titles by the model, and prompts that the composer inserts, in the real window.

use crate::answer::{ask, when};
use crate::desk::Desk;
use crate::pictures::fits;
use serde_json::json;
use tacet_test_support::webdriver::{App, Key, testid};

async fn answered(desk: &Desk, app: &App) {
    ask(app, "What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A heap of rubble.").await;
    exchange.complete(40, 5).await;
    when(app, "a.state === 'complete'").await;
}

/// Types where the focus is.
async fn type_keys(app: &App, text: &str) {
    let keys: Vec<Key> = text.chars().map(Key::Char).collect();
    for key in keys {
        app.press(&[key]).await;
    }
}

/// How many requests for titles the sums know, and how many answers.
fn counted(desk: &Desk) -> (u64, u64) {
    let store = tacet_core::store::Store::open_read_only(desk.folder()).unwrap();
    let groups = store
        .usage_totals(tacet_core::store::Grouping::Model)
        .unwrap();
    groups.iter().fold((0, 0), |(titles, answers), group| {
        (
            titles + group.others.titles + group.stopped.titles,
            answers + group.others.answers + group.stopped.answers,
        )
    })
}

#[tokio::test]
async fn c23_a_title_is_asked_of_the_model_that_answers_shown_and_counted_apart() {
    let desk = Desk::new().await;
    desk.set("titles", "model");
    let app = desk.open().await;
    answered(&desk, &app).await;
    let mut exchange = desk.server.next_request().await;
    assert!(exchange.request.json()["tools"].is_null());
    exchange.send_text_delta("Rubble of glaciers").await;
    exchange.complete(60, 4).await;
    app.wait_for_text(&testid("conversation-item"), "Rubble of glaciers")
        .await;
    let answer = desk.answers().remove(0);
    assert_eq!(answer.usage.unwrap().input_tokens, Some(40));
    assert_eq!(counted(&desk), (1, 1));
}

#[tokio::test]
async fn c02_esc_and_stop_everything_hang_up_the_request_for_a_title() {
    for everything in [false, true] {
        let desk = Desk::new().await;
        desk.set("titles", "model");
        let app = desk.open().await;
        answered(&desk, &app).await;
        let exchange = desk.server.next_request().await;
        app.find(&testid("stop-all")).await;
        if everything {
            app.press(&[Key::Control, Key::Shift, Key::Escape]).await;
        } else {
            app.press(&[Key::Escape]).await;
        }
        exchange.hung_up().await;
        app.wait_for_count(&testid("stop-all"), 0).await;
        app.wait_for_text(&testid("conversation-item"), "What is a moraine?")
            .await;
        assert_eq!(counted(&desk), (1, 1));
    }
}

#[tokio::test]
async fn c02_stop_everything_is_there_for_the_request_for_a_title_after_a_reload() {
    let desk = Desk::new().await;
    desk.set("titles", "model");
    let app = desk.open().await;
    answered(&desk, &app).await;
    let exchange = desk.server.next_request().await;
    app.find(&testid("stop-all")).await;
    app.reload().await;
    app.click(&testid("stop-all")).await;
    exchange.hung_up().await;
    app.wait_for_count(&testid("stop-all"), 0).await;
}

#[tokio::test]
async fn c02_the_next_message_hangs_up_the_request_for_a_title_and_is_answered() {
    let desk = Desk::new().await;
    desk.set("titles", "model");
    let app = desk.open().await;
    answered(&desk, &app).await;
    let waiting = desk.server.next_request().await;
    ask(&app, "And an esker?").await;
    waiting.hung_up().await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A ridge.").await;
    exchange.complete(50, 3).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("Rubble and ridges").await;
    exchange.complete(60, 4).await;
    app.wait_for_text(&testid("conversation-item"), "Rubble and ridges")
        .await;
}

#[tokio::test]
async fn a_prompt_is_inserted_by_keys_alone_and_its_fields_are_filled_in() {
    let desk = Desk::new().await;
    let prompts = json!([
        {"name": "Translate", "text": "Translate into {language}: {text}"},
        {"name": "Shorten", "text": "Make this shorter."},
    ]);
    desk.set("prompts", prompts);
    let app = desk.open().await;
    app.type_into(&testid("composer"), "/tr").await;
    app.wait_for_count(&testid("prompt-option"), 1).await;
    fits(&app, "prompts").await;
    app.press(&[Key::Enter]).await;
    app.wait_for_count(&testid("prompt-option"), 0).await;
    type_keys(&app, "Icelandic").await;
    app.press(&[Key::Tab]).await;
    type_keys(&app, "ice").await;
    app.press(&[Key::Enter]).await;
    let exchange = desk.server.next_request().await;
    let asked = exchange.request.json();
    assert_eq!(
        asked["messages"][0]["content"],
        "Translate into Icelandic: ice"
    );
}
