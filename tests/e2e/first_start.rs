//! From an empty data folder to a first answer, offline, with the embedded model.

use crate::answer::{Means, ask, ask_pasted, stopped, when, when_within};
use crate::desk::Desk;
use serde_json::json;
use std::time::Duration;
use tacet_core::{ConnectionEnd, MessageState, Phase, StopEffect, UsageSource};
use tacet_test_support::webdriver::testid;

/// Two slow cores that also compile: a first start takes a second or two where nothing else runs.
const MODEL_LIMIT: Duration = Duration::from_secs(90);

#[tokio::test]
async fn a_first_start_leads_to_an_answer_without_any_settings() {
    let desk = Desk::bare().await;
    let app = desk.open().await;
    let focused = "return document.activeElement === document.querySelector(arguments[0])";
    let composer = json!(testid("composer").selector());
    app.wait_until("the focus in the composer", focused, &[composer])
        .await;
    app.wait_for_text(&testid("model-picker"), "SmolLM2").await;

    ask(&app, "Say hello in one word.").await;
    let answer = when_within(MODEL_LIMIT, &app, "a.state === 'complete'").await;

    assert!(!answer.text().trim().is_empty());
    assert_eq!(answer.usage.as_deref(), Some("reported"));
    assert_eq!(desk.answers()[0].state, MessageState::Complete);
    assert_eq!(desk.server.connections(), 0);
}

#[tokio::test]
async fn c02_the_embedded_model_stops_while_it_writes_and_while_it_reads_the_prompt() {
    let desk = Desk::bare().await;
    let app = desk.open().await;
    ask(&app, "Write a very long story about a glacier.").await;
    let writing = "a.state === 'streaming' && a.parts.length > 0";
    when_within(MODEL_LIMIT, &app, writing).await;
    Means::Button.stop(&app).await;
    let kept = stopped(&app).await;
    assert!(!kept.text().is_empty());
    assert_eq!(kept.usage.as_deref(), Some("reported"));

    app.click(&testid("new-conversation")).await;
    ask_pasted(&app, &"The glacier has left a heap of stones. ".repeat(400)).await;
    when(&app, "a.words.includes('Reading the conversation')").await;
    Means::Esc.stop(&app).await;
    assert!(stopped(&app).await.parts.is_empty());

    // The worker is still good; the long text stays out of this conversation.
    app.click(&testid("new-conversation")).await;
    ask(&app, "And now in one word.").await;
    when_within(MODEL_LIMIT, &app, writing).await;
    Means::Esc.stop(&app).await;
    stopped(&app).await;

    let mut receipts: Vec<_> = desk
        .answers()
        .into_iter()
        .filter_map(|one| one.receipt)
        .collect();
    receipts.sort_by_key(|receipt| receipt.stopped_at);
    let phases: Vec<_> = receipts.iter().map(|receipt| receipt.phase).collect();
    assert_eq!(phases, [Phase::Text, Phase::ReadingPrompt, Phase::Text]);
    for receipt in receipts {
        assert_eq!(receipt.connection, ConnectionEnd::WorkerStopped);
        assert_eq!(receipt.stop_effect, StopEffect::Local);
        assert_eq!(receipt.usage.source, UsageSource::Reported);
    }
}
