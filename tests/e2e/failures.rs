//! What the person is told when a provider refuses, and when the settings are not right.

use crate::answer::{ask, when};
use crate::desk::Desk;
use serde_json::json;
use tacet_core::{ErrorCategory, MessageState};
use tacet_test_support::server::Refusal;
use tacet_test_support::webdriver::testid;

#[tokio::test]
async fn a_refused_key_is_named_with_the_providers_words() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    ask(&app, "What is a moraine?").await;
    let exchange = desk.server.next_request().await;
    let words = "Incorrect API key provided: sk-nothing.";
    let error = json!({"error": {"message": words, "type": "invalid_request_error"}});
    exchange.respond_json(401, &error).await;

    let refused = testid("error").attr("data-category", "authentication");
    app.wait_for_text(&refused, words).await;
    app.wait_for_text(&refused, "401").await;
    when(
        &app,
        "a.state === 'incomplete' && a.cause === 'provider-error'",
    )
    .await;
    let answer = desk.answers().remove(0);
    assert_eq!(answer.state, MessageState::Incomplete);
    let kept = answer.error.expect("the error is kept");
    assert_eq!(kept.category, ErrorCategory::Authentication);
    desk.converse(&app).await;
}

#[tokio::test]
async fn c12_a_stream_that_breaks_off_keeps_its_text_and_is_incomplete() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    let exchange = desk.writing(&app, "What is a moraine?", "The ice ").await;
    exchange.close_abruptly();
    let answer = when(&app, "a.state === 'incomplete'").await;
    assert_eq!(answer.text().trim(), "The ice");
    assert_eq!(answer.cause.as_deref(), Some("provider-error"));
    app.find(&testid("error").attr("data-category", "network"))
        .await;
    desk.converse(&app).await;
}

#[tokio::test]
async fn a_field_that_a_server_refused_is_not_sent_again_after_a_new_start() {
    const FIELD: &str = "timings_per_token";
    let desk = Desk::new().await;
    let app = desk.open().await;
    ask(&app, "What is a moraine?").await;
    let exchange = desk.server.next_request().await;
    assert_eq!(exchange.request.json()[FIELD], true);
    exchange
        .refuse(&Refusal::UnknownField(FIELD.to_owned()))
        .await;
    let mut exchange = desk.server.next_request().await;
    assert_eq!(exchange.request.json().get(FIELD), None);
    exchange.send_text_delta("Rubble.").await;
    exchange.complete(9, 3).await;
    when(&app, "a.state === 'complete'").await;
    app.close_window().await;
    app.wait_for_end().await;

    let app = desk.open().await;
    ask(&app, "And now?").await;
    let exchange = desk.server.next_request().await;
    assert_eq!(exchange.request.json().get(FIELD), None);
    assert_eq!(exchange.request.json()["return_progress"], true);
    exchange.complete(9, 3).await;
    when(&app, "a.state === 'complete'").await;
}

#[tokio::test]
async fn bad_settings_are_reported_with_their_line_and_kept_byte_for_byte() {
    let desk = Desk::new().await;
    let bad = "{\n  \"version\": 1,\n  \"default_model\": 5,\n  \"mine\": [1,  2]\n}\n";
    std::fs::write(desk.settings_file(), bad).unwrap();
    let app = desk.open().await;
    app.wait_for_text(&testid("problem"), "line 3").await;
    app.wait_for_text(&testid("problem"), "settings.json").await;

    // Neither a change nor the end of the app writes over it.
    let set_theme = "const done = arguments[arguments.length - 1];
        window.__TAURI_INTERNALS__.invoke('set_theme', {theme: 'dark'})
          .then(() => done('taken'), (error) => done(error.message))";
    let refused = app.run_async(set_theme, &[]).await;
    assert!(refused.as_str().unwrap().contains("line 3"), "{refused}");
    app.close_window().await;
    app.wait_for_end().await;
    assert_eq!(std::fs::read_to_string(desk.settings_file()).unwrap(), bad);
}
