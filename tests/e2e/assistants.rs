//! Assistants in the real window: made, begun with, and there after a new start.

use crate::answer::{ask, when};
use crate::desk::Desk;
use crate::pictures::{fits, fits_everywhere};
use serde_json::{Value, json};
use tacet_test_support::server::{Finish, Say, Tokens};
use tacet_test_support::webdriver::{Key, testid};

#[tokio::test]
async fn an_assistant_is_made_begun_with_and_kept() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    app.press(&[Key::Control, Key::Shift, Key::Char('a')]).await;
    app.click(&testid("assistant-add")).await;
    app.type_into(&testid("assistant-name"), "Geologist").await;
    app.type_into(
        &testid("assistant-instructions"),
        "You are {model}. Today is {date}.",
    )
    .await;
    app.type_into(&testid("assistant-prompts"), "What is a moraine?")
        .await;
    fits(&app, "assistant-form").await;
    app.click(&testid("assistant-save")).await;
    app.find(&testid("assistant").attr("data-assistant", "geologist"))
        .await;
    app.click(&testid("assistant-default")).await;
    fits_everywhere(&app, "assistants").await;
    app.click(&testid("assistant-begin")).await;
    app.wait_for_count(&testid("assistants-panel"), 0).await;
    app.find(&testid("starting-prompt")).await;
    fits_everywhere(&app, "start-with").await;
    app.click(&testid("starting-prompt")).await;
    app.press(&[Key::Enter]).await;
    let mut exchange = desk.server.next_request().await;
    let first = exchange.request.json()["messages"][0].clone();
    assert_eq!(first["role"], "system");
    let told = first["content"].as_str().unwrap().to_owned();
    assert!(told.starts_with("You are test-model. Today is "), "{told}");
    assert!(!told.contains("{date}"), "{told}");
    exchange.say(&Say::text("Rubble.")).await;
    exchange.finish(Finish::Stop, Tokens::new(9, 3)).await;
    when(&app, "a.state === 'complete'").await;
    app.close_window().await;
    app.wait_for_end().await;

    let settings: Value =
        serde_json::from_slice(&std::fs::read(desk.settings_file()).unwrap()).unwrap();
    assert_eq!(settings["default_assistant"], "geologist");
    assert_eq!(settings["assistants"][0]["name"], "Geologist");
    assert_eq!(
        settings["assistants"][0]["prompts"],
        json!(["What is a moraine?"])
    );
    let app = desk.open().await;
    app.find(&testid("starting-prompt")).await;
    // The conversation from before has the day that it began on.
    app.click(&testid("conversation-item")).await;
    ask(&app, "And an esker?").await;
    let mut exchange = desk.server.next_request().await;
    assert_eq!(exchange.request.json()["messages"][0]["content"], told);
    exchange.say(&Say::text("A ridge.")).await;
    exchange.finish(Finish::Stop, Tokens::new(9, 3)).await;
    when(&app, "a.state === 'complete'").await;
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}
