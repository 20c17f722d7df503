//! The settings across the border, also when their file cannot be read.

use crate::page::{Page, question};
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
        "onStop": "close", "caCertificate": null, "background": false, "hostedTools": [], "countOnStop": false,
        "local": false, "allowUnencrypted": false});
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
        "background": true, "hostedTools": ["web-search"], "countOnStop": true, "local": false, "allowUnencrypted": false});
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
            "background": true, "hosted_tools": ["web-search"], "count_on_stop": true})
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

fn draft(id: &str, base_url: &str, variable: Option<&str>) -> Value {
    json!({"id": id, "name": "N", "api": "openai-chat", "baseUrl": base_url, "models": [],
        "apiKeyEnv": variable, "onStop": "close", "caCertificate": null, "background": false, "hostedTools": [], "countOnStop": false,
        "local": false, "allowUnencrypted": false})
}

/// What the server of a test is asked with, and what the test says.
async fn tested(page: &Page, server: &GatedServer, draft: Value) -> (Option<String>, Value) {
    server.gate_models();
    let call = page.call("test_provider", json!({"provider": draft, "apiKey": null}));
    let (said, sent) = tokio::join!(call, async {
        let exchange = server.next_request().await;
        let sent = exchange.request.header("authorization").map(str::to_owned);
        let refused = json!({"error": {"message": "No key.", "code": "invalid_api_key"}});
        exchange.respond_json(401, &refused).await;
        sent
    });
    (sent, said.unwrap())
}

#[tokio::test]
async fn a_saved_key_goes_to_the_origin_that_it_was_saved_for_and_to_no_other() {
    let page = Page::open().await;
    let other = GatedServer::start().await;
    let here = page.server.base_url();
    let arguments = json!({"provider": draft("lab", &here, None), "apiKey": "sk-of-the-test"});
    page.call("save_provider", arguments).await.unwrap();
    let (sent, _) = tested(&page, &page.server, draft("lab", &here, None)).await;
    assert_eq!(sent.as_deref(), Some("Bearer sk-of-the-test"));

    let moved = draft("lab", &other.base_url(), None);
    let (sent, said) = tested(&page, &other, moved.clone()).await;
    assert_eq!(sent, None);
    let words = said["message"].as_str().unwrap();
    assert!(words.contains("was not sent"), "{words}");
    // Saved without a key, it is asked for again there, and the lists go without it as well.
    let arguments = json!({"provider": moved, "apiKey": null});
    let saved = page.call("save_provider", arguments).await.unwrap();
    let origin = format!("http://{}", page.server.address());
    let view = &saved["providers"][1];
    assert_eq!(view["keyOrigin"], origin.as_str(), "{view}");
    let (sent, _) = tested(&page, &other, draft("lab", &other.base_url(), None)).await;
    assert_eq!(sent, None);
}

#[tokio::test]
async fn the_environment_is_read_only_for_a_provider_as_it_stands_in_the_settings() {
    // A variable that each process of cargo's has.
    let variable = "CARGO_MANIFEST_DIR";
    let value = std::env::var(variable).unwrap();
    let page = Page::open().await;
    let here = page.server.base_url();
    let form = draft("lab", &here, Some(variable));
    let (sent, said) = tested(&page, &page.server, form.clone()).await;
    assert_eq!(sent, None);
    let words = said["message"].as_str().unwrap();
    assert!(words.contains("read only once this is saved"), "{words}");
    let arguments = json!({"provider": form, "apiKey": null});
    page.call("save_provider", arguments).await.unwrap();
    let (sent, _) = tested(&page, &page.server, form).await;
    assert_eq!(sent, Some(format!("Bearer {value}")));
    let other = GatedServer::start().await;
    for moved in [
        draft("lab", &other.base_url(), Some(variable)),
        draft("new", &other.base_url(), Some(variable)),
        draft("lab", &other.base_url(), Some("PATH")),
    ] {
        let (sent, _) = tested(&page, &other, moved).await;
        assert_eq!(sent, None);
    }
}

#[tokio::test]
async fn an_address_says_where_questions_go_and_the_test_offers_the_form_that_answers() {
    let page = Page::open().await;
    let look = async |base_url: &str| {
        let arguments = json!({"api": "openai-chat", "baseUrl": base_url});
        page.call("look_at_address", arguments).await.unwrap()
    };
    let pasted = look(" http://192.168.1.5/v1/chat/completions/ ").await;
    assert_eq!(pasted["asked"], "http://192.168.1.5/v1/chat/completions");
    assert_eq!(pasted["origin"], "http://192.168.1.5");
    assert_eq!(pasted["isInClear"], true);
    assert_eq!(look("nowhere").await["asked"], Value::Null);

    let bare = format!("http://{}", page.server.address());
    page.server.gate_models();
    let arguments = json!({"provider": draft("lab", &bare, None), "apiKey": null});
    page.server.set_rules(None);
    let (said, ()) = tokio::join!(page.call("test_provider", arguments), async {
        for (path, status) in [
            ("/models", 404),
            ("/chat/completions", 404),
            ("/v1/models", 200),
        ] {
            let exchange = page.server.next_request().await;
            assert_eq!(exchange.request.path, path);
            let body = if status == 200 {
                json!({"data": []})
            } else {
                json!({"detail": "Not Found"})
            };
            exchange.respond_json(status, &body).await;
        }
    });
    let said = said.unwrap();
    assert_eq!(said["ok"], false);
    assert_eq!(said["suggestion"], format!("{bare}/v1"));
}

#[tokio::test]
async fn a_key_inside_an_address_is_neither_saved_nor_sent() {
    let page = Page::open().await;
    let before = std::fs::read_to_string(page.settings_file()).unwrap();
    let base_url = format!("{}?api_key=sk-pasted", page.server.base_url());
    let looked = page.call(
        "look_at_address",
        json!({"api": "openai-chat", "baseUrl": base_url}),
    );
    let looked = looked.await.unwrap();
    assert_eq!(looked["key"], "sk-pasted");
    assert_eq!(looked["withoutKey"], page.server.base_url());
    let provider = json!({"id": "new", "name": "New", "api": "openai-chat",
        "baseUrl": base_url, "models": [], "apiKeyEnv": null,
        "onStop": "close", "caCertificate": null, "background": false, "hostedTools": [], "countOnStop": false,
        "local": false, "allowUnencrypted": false});
    let arguments = json!({"provider": provider, "apiKey": null});
    let refused = page
        .call("save_provider", arguments.clone())
        .await
        .unwrap_err();
    assert_eq!(refused["code"], "invalid");
    let words = refused["message"].as_str().unwrap();
    assert!(words.contains("Put the key in the key field"), "{words}");
    assert!(!words.contains("sk-pasted"), "{words}");
    let tried = page.call("test_provider", arguments).await.unwrap();
    assert_eq!(tried["ok"], false);
    assert_eq!(tried["message"], words);
    assert_eq!(
        std::fs::read_to_string(page.settings_file()).unwrap(),
        before
    );
}

#[tokio::test]
async fn headers_and_a_proxy_are_saved_used_and_in_no_answer_and_no_file() {
    let page = Page::open().await;
    let draft = |header: Value| {
        json!({"id": "gated", "name": "Gated", "api": "openai-chat",
            "baseUrl": page.server.base_url(), "models": ["test-model"], "apiKeyEnv": null,
            "headers": {"X-Team": header}, "proxy": "none",
            "onStop": "close", "caCertificate": null, "background": false, "hostedTools": [], "countOnStop": false,
            "local": false, "allowUnencrypted": false})
    };
    let save = async |header: Value| {
        let arguments = json!({"provider": draft(header), "apiKey": null});
        page.call("save_provider", arguments).await
    };
    let saved = save(json!("hunter2hunter2")).await.unwrap();
    let again = save(Value::Null).await.unwrap();
    let file = std::fs::read_to_string(page.settings_file()).unwrap();
    for shown in [saved.to_string(), again.to_string(), file.clone()] {
        assert!(
            shown.contains("X-Team") && !shown.contains("hunter2"),
            "{shown}"
        );
    }
    assert!(
        file.contains("${keychain}") && file.contains("\"proxy\": \"none\""),
        "{file}"
    );
    let (_, request) = question("Hello?");
    page.call("start_turn", request).await.unwrap();
    let exchange = page.server.next_request().await;
    assert_eq!(exchange.request.header("x-team"), Some("hunter2hunter2"));
    exchange.complete(9, 3).await;

    // The environment is read for what stands in the settings alone.
    let arguments = json!({"provider": draft(json!("${env:HOME}")), "apiKey": null});
    let tested = page.call("test_provider", arguments).await.unwrap();
    assert_eq!(tested["ok"], false);
    let message = tested["message"].as_str().unwrap();
    assert!(
        message.contains("X-Team only once this is saved"),
        "{message}"
    );
    let mut bad = draft(Value::Null);
    bad["headers"] = json!({"Host": "evil.example"});
    let arguments = json!({"provider": bad, "apiKey": null});
    let error = page.call("save_provider", arguments).await.unwrap_err();
    assert!(error.to_string().contains("set by Tacet itself"), "{error}");
}
