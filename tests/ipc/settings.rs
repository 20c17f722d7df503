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
        "baseUrl": page.server.base_url(), "models": [], "apiKeyEnv": null,
        "onStop": "close", "caCertificate": null, "background": false});
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

#[tokio::test]
async fn a_provider_is_saved_with_all_that_was_chosen_and_its_key_in_no_answer() {
    let page = Page::open().await;
    let provider = json!({"id": "new", "name": "New", "api": "openai-responses",
        "baseUrl": null, "models": ["m"], "apiKeyEnv": null,
        "onStop": {"drain": {"tokens": 50, "seconds": 2}}, "caCertificate": "lab.pem",
        "background": true});
    let arguments = json!({"provider": provider, "apiKey": "sk-of-the-test"});
    let saved = page.call("save_provider", arguments).await.unwrap();
    let themed = page.call("set_theme", json!({"theme": "light"})).await;
    for answer in [&saved, &themed.unwrap()] {
        let new = &answer["providers"][1];
        assert_eq!(new["key"], "stored", "{new}");
        assert_eq!(new["address"], "https://api.openai.com/v1");
        assert_eq!(new["stopEffect"], "cancels");
        assert!(!answer.to_string().contains("sk-of-the-test"));
    }
    let file = std::fs::read_to_string(page.settings_file()).unwrap();
    let file: Value = serde_json::from_str(&file).unwrap();
    assert_eq!(
        file["providers"][1],
        json!({"id": "new", "name": "New", "api": "openai-responses", "models": ["m"],
            "on_stop": {"drain": {"tokens": 50, "seconds": 2}}, "ca_certificate": "lab.pem",
            "background": true})
    );
    let removed = page.call("remove_provider", json!({"providerId": "new"}));
    assert_eq!(removed.await.unwrap()["providers"][1], Value::Null);
}

#[tokio::test]
async fn a_favourite_is_marked_among_the_models_and_kept_in_the_file() {
    let page = Page::open().await;
    let favourite = json!({"model": "gated/test-model"});
    for expected in [true, false] {
        let changed = page.call("toggle_favourite", favourite.clone()).await;
        assert_eq!(changed.unwrap()["models"][0]["favourite"], expected);
        let file = std::fs::read_to_string(page.settings_file()).unwrap();
        let file: Value = serde_json::from_str(&file).unwrap();
        let listed = file["favourite_models"].as_array().unwrap();
        assert_eq!(listed.contains(&json!("gated/test-model")), expected);
    }
}

#[tokio::test]
async fn a_refresh_offers_what_the_server_lists_beside_what_the_settings_name() {
    let page = Page::open().await;
    page.server.models(["test-model", "another"]);
    let settings = page.call("refresh_models", json!({})).await.unwrap();
    let models = settings["models"].as_array().unwrap().iter();
    let names: Vec<_> = models
        .map(|model| model["model"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["gated/test-model", "gated/another"]);
}
