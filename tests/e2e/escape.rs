//! Esc and Enter mean what is on the screen, and only what a person pressed them for.

use crate::answer::{stopped, when};
use crate::desk::Desk;
use serde_json::{Value, json};
use tacet_test_support::webdriver::{App, Key, testid};

/// Sends a key to what has the focus, with what a driver cannot press: `init` of its event.
async fn key(app: &App, init: Value) {
    let script = "const init = {bubbles: true, cancelable: true, ...arguments[0]};
        document.activeElement.dispatchEvent(new KeyboardEvent('keydown', init))";
    app.run(script, &[init]).await;
}

/// What WebKit on macOS sends when the candidate of an input method is confirmed with Enter, and an
/// Esc of the same kind.
async fn confirm_candidate(app: &App, words: &str) {
    let script = "const field = document.activeElement, words = arguments[0];
        const composition = (type, data) =>
          field.dispatchEvent(new CompositionEvent(type, {bubbles: true, data}));
        composition('compositionstart', '');
        composition('compositionupdate', 'はる');
        field.value = words;
        composition('compositionend', words);
        field.dispatchEvent(new InputEvent('input',
          {bubbles: true, data: words, inputType: 'insertFromComposition'}));";
    app.run(script, &[json!(words)]).await;
    key(app, json!({"key": "Enter", "keyCode": 229})).await;
    key(app, json!({"key": "Escape", "keyCode": 229})).await;
    key(app, json!({"key": "Escape", "isComposing": true})).await;
}

#[tokio::test]
async fn an_edit_left_open_keeps_esc_from_nothing_in_another_conversation_and_is_kept() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    desk.converse(&app).await;
    app.click(&testid("edit")).await;
    app.type_into(&testid("edit-text"), " More.").await;
    app.click(&testid("new-conversation")).await;
    let exchange = desk.writing(&app, "What is a moraine?", "The ice ").await;

    app.press(&[Key::Escape]).await;

    exchange.hung_up().await;
    stopped(&app).await;
    app.press(&[Key::Alt, Key::Down]).await;
    let edited = app.find(&testid("edit-text")).await;
    assert_eq!(edited.property("value").await, "And now? More.");
}

#[tokio::test]
async fn esc_closes_the_top_one_only_clears_a_filled_search_first_and_held_on_stops_nothing() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    let exchange = desk.writing(&app, "What is a moraine?", "The ice ").await;

    app.press(&[Key::Control, Key::Char(',')]).await;
    app.click(&testid("provider-add")).await;
    app.type_into(&testid("provider-name"), "Mine").await;
    app.press(&[Key::Escape]).await;
    app.find(&testid("discard")).await;
    app.press(&[Key::Escape]).await;
    app.wait_for_count(&testid("discard"), 0).await;
    assert_eq!(
        app.find(&testid("provider-name"))
            .await
            .property("value")
            .await,
        "Mine"
    );
    app.click(&testid("provider-cancel")).await;
    app.click(&testid("discard-yes")).await;
    app.wait_for_count(&testid("provider-form"), 0).await;
    app.find(&testid("settings-panel")).await;
    app.press(&[Key::Escape]).await;
    for _ in 0..30 {
        key(&app, json!({"key": "Escape", "repeat": true})).await;
    }
    app.wait_for_count(&testid("settings-panel"), 0).await;

    app.click(&testid("model-picker")).await;
    let search = testid("model-search");
    app.type_into(&search, "test").await;
    app.press(&[Key::Escape]).await;
    assert_eq!(app.find(&search).await.property("value").await, "");
    app.press(&[Key::Escape]).await;
    app.wait_for_count(&search, 0).await;

    let filter = testid("search");
    app.type_into(&filter, "moraine").await;
    app.press(&[Key::Escape]).await;
    assert_eq!(app.find(&filter).await.property("value").await, "");

    // Through all of this the answer was written on.
    when(&app, "a.state === 'streaming' && a.cause === null").await;
    assert!(app.find(&testid("stop")).await.is_enabled().await);
    app.press(&[Key::Escape]).await;
    exchange.hung_up().await;
    stopped(&app).await;
}

#[tokio::test]
async fn an_input_methods_enter_and_esc_do_nothing_of_ours_wherever_keys_are_heard() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    desk.converse(&app).await;
    let requests = desk.server.chat_requests();

    app.click(&testid("composer")).await;
    confirm_candidate(&app, "春").await;
    let composer = app.find(&testid("composer")).await;
    assert_eq!(composer.property("value").await, "春");
    composer.clear().await;

    app.click(&testid("edit")).await;
    app.find(&testid("edit-text")).await;
    confirm_candidate(&app, "春").await;
    app.find(&testid("edit-text")).await;
    app.press(&[Key::Escape]).await;
    app.wait_for_count(&testid("edit-text"), 0).await;

    app.click(&testid("conversation-more")).await;
    app.click(&testid("conversation-rename")).await;
    app.find(&testid("conversation-rename-field")).await;
    confirm_candidate(&app, "春").await;
    app.find(&testid("conversation-rename-field")).await;
    app.press(&[Key::Enter]).await;
    app.wait_for_text(&testid("conversation-item"), "春").await;

    app.click(&testid("model-picker")).await;
    app.find(&testid("model-search")).await;
    confirm_candidate(&app, "test").await;
    app.find(&testid("model-search")).await;
    app.press(&[Key::Escape]).await;
    app.press(&[Key::Escape]).await;
    app.wait_for_count(&testid("model-search"), 0).await;

    // The key of the whole page: an answer that is being written is not stopped.
    let mut exchange = desk.writing(&app, "And then?", "The ice ").await;
    key(&app, json!({"key": "Escape", "keyCode": 229})).await;
    exchange.send_text_delta("moved on.").await;
    exchange.complete(9, 3).await;
    when(&app, "a.state === 'complete'").await;
    assert_eq!(desk.server.chat_requests(), requests + 1);
}
