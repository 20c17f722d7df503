//! After a stop in the real window: what repair changes is shown, the answer can be gone on with,
//! and a busy provider is asked again.

use crate::answer::{Means, ask, stopped, when};
use crate::desk::Desk;
use tacet_core::history::GO_ON;
use tacet_core::{ConnectionEnd, MessageState, Phase, UsageSource};
use tacet_test_support::patience::until;
use tacet_test_support::server::{Finish, Refusal, Say, Tokens};
use tacet_test_support::webdriver::testid;

#[tokio::test]
async fn c22_a_stopped_answer_shows_what_the_next_request_adds_and_is_gone_on_with() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    ask(&app, "Write a program.").await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::text("So:\n\n```\nlet heap = rub")).await;
    when(&app, "a.words.includes('rub')").await;
    app.wait_for_count(&testid("repair-preview"), 0).await;
    Means::Button.stop(&app).await;
    stopped(&app).await;
    app.wait_for_text(&testid("repair-preview"), "1 change before sending")
        .await;

    app.click(&testid("continue")).await;
    let mut exchange = desk.server.next_request().await;
    let request = exchange.request.json();
    let messages = request["messages"].as_array().unwrap();
    assert_eq!(messages.last().unwrap()["content"], GO_ON);
    exchange.say(&Say::text("```\nlet heap = rubble;")).await;
    exchange.say(&Say::text("\n```\n\nThat is all.")).await;
    exchange.finish(Finish::Stop, Tokens::new(40, 12)).await;

    let answer = when(&app, "a.state === 'complete'").await;
    assert_eq!(answer.parts.len(), 1, "{answer:?}");
    assert_eq!(answer.text().matches("rub").count(), 1, "{answer:?}");
    let blocks = app
        .run(
            "return [...document.querySelectorAll('[data-role=assistant] pre')].map((block) => \
             block.textContent);",
            &[],
        )
        .await;
    assert_eq!(blocks.as_array().unwrap().len(), 1, "{blocks}");
    assert!(
        blocks[0].as_str().unwrap().contains("let heap = rubble;"),
        "{blocks}"
    );
    app.wait_for_count(&testid("repair-preview"), 0).await;
    app.wait_for_count(&testid("continue"), 0).await;
    assert_eq!(desk.server.violations(), Vec::<String>::new());
    // The stopped answer stays beside it, as it was.
    let states: Vec<_> = desk.answers().iter().map(|one| one.state).collect();
    assert_eq!(states, [MessageState::Interrupted, MessageState::Complete]);
}

#[tokio::test]
async fn c02_a_busy_provider_is_asked_again_and_stop_ends_the_wait() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    ask(&app, "What is a moraine?").await;
    let exchange = desk.server.next_request().await;
    exchange.refuse(&Refusal::Overloaded).await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::text("Rubble.")).await;
    exchange.finish(Finish::Stop, Tokens::new(7, 2)).await;
    when(
        &app,
        "a.state === 'complete' && a.words.includes('Rubble.')",
    )
    .await;

    ask(&app, "And now?").await;
    let exchange = desk.server.next_request().await;
    exchange
        .refuse(&Refusal::RateLimit { retry_after: 50 })
        .await;
    app.wait_for_text(&testid("waiting"), "Retrying in").await;
    Means::Esc.stop(&app).await;
    stopped(&app).await;
    let answers = desk.answers();
    let receipt = answers[1].receipt.as_ref().expect("a receipt");
    assert_eq!(receipt.phase, Phase::WaitingToRetry);
    assert_eq!(desk.server.chat_requests(), 3);
    desk.converse(&app).await;
}

#[tokio::test]
async fn c23_a_drained_stop_is_hidden_at_once_and_its_exact_usage_follows() {
    let desk = Desk::bare().await;
    let provider = serde_json::json!({"id": "exact", "name": "Exact", "api": "openai-chat",
        "base_url": desk.server.base_url(), "models": ["test-model"],
        "on_stop": {"drain": {"tokens": 1000, "seconds": 60}}});
    desk.write_settings("exact/test-model", &[provider]);
    let app = desk.open().await;
    ask(&app, "What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::text("The ice ")).await;
    when(&app, "a.words.includes('The ice')").await;
    Means::Button.stop(&app).await;
    let answer = stopped(&app).await;
    let receipt = answer.receipt.unwrap_or_default();
    assert!(receipt.contains("still being received"), "{receipt}");
    assert!(!exchange.is_hung_up());

    exchange.say(&Say::text("is too late")).await;
    exchange.finish(Finish::Stop, Tokens::new(7, 31)).await;
    let settled = until("the exact usage", || {
        let usage = desk.answers().remove(0).usage.expect("usage");
        (usage.source == UsageSource::Reported).then_some(usage)
    });
    assert_eq!(settled.await.output_tokens, Some(31));
    let answer = desk.answers().remove(0);
    assert_eq!(answer.text(), "The ice ");
    assert_eq!(answer.receipt.unwrap().connection, ConnectionEnd::ReadOn);
}
