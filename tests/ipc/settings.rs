//! The settings across the border, also when their file cannot be read.

use crate::page::Page;
use serde_json::{Value, json};
use tacet_test_support::server::GatedServer;

const BROKEN: &str = "{\n  \"version\": 1,\n  \"default_model\": 5,\n  \"mine\": [1,  2]\n}\n";

#[tokio::test]
async fn a_broken_file_is_told_with_its_line_and_no_change_is_taken_or_written() {
    let page = Page::open_with(GatedServer::start().await, BROKEN).await;
    let read = page.call("read_settings", json!({})).await.unwrap();
    let problem = read["problem"].as_str().expect("a problem");
    assert!(problem.contains("line 3"), "{problem}");
    let provider = json!({"id": "new", "name": "New", "api": "openai-chat",
        "baseUrl": page.server.base_url(), "models": [], "apiKeyEnv": null});
    for (command, arguments) in [
        ("set_theme", json!({"theme": "dark"})),
        ("set_default_model", json!({"model": "new/m"})),
        (
            "save_provider",
            json!({"provider": provider, "apiKey": null}),
        ),
        ("remove_provider", json!({"providerId": "embedded"})),
    ] {
        let error = page.call(command, arguments).await.unwrap_err();
        assert_eq!(error["code"], "invalid", "{command}: {error}");
        assert!(
            error["message"].as_str().unwrap().contains("line 3"),
            "{command}: {error}"
        );
    }
    let after = page.call("read_settings", json!({})).await.unwrap();
    assert_eq!(after, read);
    assert_eq!(
        std::fs::read_to_string(page.settings_file()).unwrap(),
        BROKEN
    );
}

#[tokio::test]
async fn a_change_is_answered_with_the_settings_and_keeps_what_tacet_does_not_know() {
    let page = Page::open().await;
    let changed = page
        .call("set_theme", json!({"theme": "dark"}))
        .await
        .unwrap();
    assert_eq!(changed["theme"], "dark");
    assert_eq!(changed["problem"], Value::Null);
    let file = std::fs::read_to_string(page.settings_file()).unwrap();
    let file: Value = serde_json::from_str(&file).unwrap();
    assert_eq!(file["theme"], "dark");
    assert_eq!(file["mine"], json!([1, 2]));
}
