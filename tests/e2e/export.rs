//! `tacet export`: everything that is known, as JSON, without a window.

use crate::answer::{ask, stopped, when};
use crate::desk::{Desk, executable};
use serde_json::{Value, json};
use std::process::Command;
use tacet_test_support::webdriver::testid;

#[tokio::test]
async fn c11_the_export_has_messages_states_causes_usage_with_source_and_receipts() {
    let desk = Desk::new().await;
    assert_eq!(desk.export(), json!({"version": 1, "conversations": []}));
    let app = desk.open().await;
    ask(&app, "What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A heap of stones.").await;
    exchange.complete(9, 4).await;
    when(&app, "a.state === 'complete' && a.usage === 'reported'").await;
    ask(&app, "Look it up.").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("One moment.").await;
    exchange
        .send_tool_delta(Some(0), Some("call_1"), Some("search"), "{\"query\": \"mor")
        .await;
    when(&app, "a.words.includes('mor')").await;
    app.click(&testid("stop")).await;
    assert_eq!(stopped(&app).await.usage.as_deref(), Some("estimated"));

    // While the app runs, and after it has ended, the export says the same.
    let export = desk.export();
    app.close_window().await;
    app.wait_for_end().await;
    assert_eq!(desk.export(), export);

    let messages = &export["conversations"][0]["messages"];
    let roles: Vec<_> = messages.as_array().unwrap().iter().collect();
    let word = |message: &Value, name: &str| message[name].as_str().map(str::to_owned);
    let roles: Vec<_> = roles.iter().filter_map(|one| word(one, "role")).collect();
    assert_eq!(roles, ["user", "assistant", "user", "assistant"]);
    let whole = &messages[1];
    assert_eq!(whole["state"], "complete");
    assert_eq!(whole["cause"], Value::Null);
    assert_eq!(whole["usage"]["source"], "reported");
    assert_eq!(whole["usage"]["inputTokens"], 9);
    assert_eq!(whole["usage"]["outputTokens"], 4);
    assert_eq!(whole["receipt"], Value::Null);
    let cut = &messages[3];
    assert_eq!(cut["state"], "interrupted");
    assert_eq!(cut["cause"], "user");
    assert_eq!(cut["usage"]["source"], "estimated");
    assert_eq!(cut["receipt"]["phase"], "tool-arguments");
    assert_eq!(cut["receipt"]["connection"], "closed");
    let call = &cut["parts"][1];
    assert_eq!(call["kind"], "tool-call");
    assert_eq!(call["state"], "interrupted-before-run");
    assert_eq!(call["arguments"], "{\"query\": \"mor");
}

#[test]
fn an_argument_that_is_not_understood_ends_with_words_and_not_with_a_window() {
    let output = Command::new(executable())
        .arg("exprot")
        .output()
        .expect("the executable starts");
    assert!(!output.status.success());
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("exprot"), "{words}");
    assert!(words.contains("tacet --help"), "{words}");
}

#[test]
fn a_display_that_does_not_answer_is_told_in_words() {
    for (name, value) in [("DISPLAY", ":987"), ("WAYLAND_DISPLAY", "nowhere")] {
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new(executable())
            .arg("--data-dir")
            .arg(folder.path().join("data"))
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("GDK_BACKEND")
            .env(name, value)
            .output()
            .expect("the executable starts");
        assert_eq!(output.status.code(), Some(1));
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(words.contains(&format!("{name}={value}")), "{words}");
        assert!(!words.contains("panicked"), "{words}");
        assert!(!folder.path().join("data").exists());
    }
}
