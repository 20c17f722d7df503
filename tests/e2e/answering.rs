//! Each API in the real window, in a conversation with instructions and an effort of its own: the
//! server sees them, a change in the middle counts from the next message on, and all of it is there
//! after a new start.

use crate::answer::{ask, when};
use crate::desk::Desk;
use crate::pictures::fits_everywhere;
use serde_json::{Value, json};
use tacet_test_support::server::{Dialect, Finish, Say, Tokens};
use tacet_test_support::webdriver::{App, Key, testid};

/// The instructions of a request, and what it says of reasoning.
fn said(dialect: Dialect, body: &Value) -> (Value, Value) {
    match dialect {
        Dialect::OpenaiChat => (
            body["messages"][0]["content"].clone(),
            body["reasoning_effort"].clone(),
        ),
        Dialect::OpenaiResponses => (
            body["instructions"].clone(),
            body["reasoning"]["effort"].clone(),
        ),
        Dialect::Anthropic => (
            body["system"].clone(),
            body["output_config"]["effort"].clone(),
        ),
        Dialect::Gemini => (
            body["systemInstruction"]["parts"][0]["text"].clone(),
            body["generationConfig"]["thinkingConfig"]["thinkingLevel"].clone(),
        ),
        Dialect::GeminiInteractions => (
            body["system_instruction"].clone(),
            body["generation_config"]["thinking_level"].clone(),
        ),
        Dialect::Ollama => (
            body["messages"][0]["content"].clone(),
            body["think"].clone(),
        ),
    }
}

/// A model that knows two levels at least.
fn model(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenaiChat => "test-model",
        Dialect::OpenaiResponses => "gpt-5.4",
        Dialect::Anthropic => "claude-sonnet-5",
        Dialect::Gemini | Dialect::GeminiInteractions => "gemini-3-flash",
        Dialect::Ollama => "gpt-oss:20b",
    }
}

async fn choose_effort(app: &App, effort: &str) {
    app.click(&testid("effort")).await;
    app.click(&testid(&format!("effort-{effort}"))).await;
    app.find(&testid("effort").attr("data-effort", effort))
        .await;
}

async fn exchange(desk: &Desk, app: &App, dialect: Dialect, question: &str) -> (Value, Value) {
    ask(app, question).await;
    let mut exchange = desk.server.next_request().await;
    let body = exchange.request.json();
    exchange.say(&Say::text("It is rubble.")).await;
    exchange.finish(Finish::Stop, Tokens::new(9, 3)).await;
    when(app, "a.state === 'complete'").await;
    said(dialect, &body)
}

async fn answers_as_told(dialect: Dialect) {
    let desk = Desk::bare().await;
    let name = model(dialect);
    let provider = json!({"id": "api", "name": "Provider", "api": dialect.api(),
        "base_url": desk.server.base_url_of(dialect), "models": [name, "other"]});
    desk.write_settings(&format!("api/{name}"), &[provider]);
    let app = desk.open().await;
    app.click(&testid("conversation-settings")).await;
    app.type_into(&testid("instructions"), "Answer as a geologist.")
        .await;
    app.click(&testid("conversation-panel-close")).await;
    app.wait_for_count(&testid("conversation-panel"), 0).await;
    choose_effort(&app, "high").await;
    let geologist = json!("Answer as a geologist.");
    let first = exchange(&desk, &app, dialect, "What is a moraine?").await;
    assert_eq!(first, (geologist.clone(), json!("high")));
    choose_effort(&app, "low").await;
    let second = exchange(&desk, &app, dialect, "And an esker?").await;
    assert_eq!(second, (geologist.clone(), json!("low")));
    app.close_window().await;
    app.wait_for_end().await;
    // Another default leaves the conversation as it is.
    desk.set("default_model", "api/other");
    let app = desk.open().await;
    app.click(&testid("conversation-item")).await;
    app.find(&testid("effort").attr("data-effort", "low")).await;
    let third = exchange(&desk, &app, dialect, "And a drumlin?").await;
    assert_eq!(third, (geologist, json!("low")));
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn c27_a_conversation_at_openai_chat_keeps_its_instructions_and_effort() {
    answers_as_told(Dialect::OpenaiChat).await;
}

#[tokio::test]
async fn c27_a_conversation_at_openai_responses_keeps_its_instructions_and_effort() {
    answers_as_told(Dialect::OpenaiResponses).await;
}

#[tokio::test]
async fn c27_a_conversation_at_anthropic_keeps_its_instructions_and_effort() {
    answers_as_told(Dialect::Anthropic).await;
}

#[tokio::test]
async fn c27_a_conversation_at_gemini_keeps_its_instructions_and_effort() {
    answers_as_told(Dialect::Gemini).await;
}

#[tokio::test]
async fn c27_a_conversation_at_gemini_interactions_keeps_its_instructions_and_effort() {
    answers_as_told(Dialect::GeminiInteractions).await;
}

#[tokio::test]
async fn c27_a_conversation_at_ollama_keeps_its_instructions_and_effort() {
    answers_as_told(Dialect::Ollama).await;
}

#[tokio::test]
async fn the_dial_the_settings_of_a_conversation_and_hidden_reasoning_fit_into_every_window() {
    let dialect = Dialect::OpenaiResponses;
    let desk = Desk::bare().await;
    let provider = json!({"id": "api", "name": "Provider", "api": dialect.api(),
        "base_url": desk.server.base_url_of(dialect), "models": ["gpt-5.4"]});
    desk.write_settings("api/gpt-5.4", &[provider]);
    let app = desk.open().await;
    app.press(&[Key::Control, Key::Char('e')]).await;
    app.find(&testid("effort-high")).await;
    fits_everywhere(&app, "effort").await;
    app.click(&testid("effort-high")).await;
    app.press(&[Key::Control, Key::Char('i')]).await;
    app.type_into(&testid("instructions"), "Answer as a geologist, {model}.")
        .await;
    fits_everywhere(&app, "conversation-settings").await;
    app.click(&testid("conversation-panel-close")).await;
    app.wait_for_count(&testid("conversation-panel"), 0).await;
    ask(&app, "What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    exchange
        .say(&Say::text("It is rubble that a glacier has left."))
        .await;
    let tokens = Tokens::new(9, 1_300).reasoning(1_234);
    exchange.finish(Finish::Stop, tokens).await;
    when(&app, "a.state === 'complete'").await;
    app.wait_for_text(&testid("hidden-reasoning"), "hidden by the provider")
        .await;
    app.wait_for_text(&testid("answered-by"), "gpt-5.4").await;
    fits_everywhere(&app, "hidden-reasoning").await;
}
