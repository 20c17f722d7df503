//! Servers of tools in the settings: saved one by one, and what one lacks keeps no other away.

use crate::page::{Page, question};
use serde_json::{Value, json};
use std::fs;
use tacet_test_support::server::GatedServer;

async fn open(servers: Value) -> Page {
    let server = GatedServer::start().await;
    let provider = json!({"id": "gated", "name": "Gated", "api": "openai-chat",
        "base_url": server.base_url(), "models": ["test-model"]});
    let settings = json!({"version": 1, "default_model": "gated/test-model",
        "providers": [provider], "mcpServers": servers});
    Page::open_with(server, &settings.to_string()).await
}

fn saved(page: &Page) -> Value {
    let text = fs::read_to_string(page.settings_file()).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn state<'a>(states: &'a Value, name: &str) -> &'a Value {
    let mut states = states.as_array().unwrap().iter();
    &states.find(|it| it["name"] == name).unwrap()["state"]
}

#[tokio::test]
async fn a_value_that_one_server_lacks_fails_that_one_and_no_other() {
    let page = open(json!({
        "other": {"command": "tacet-no-such-program"},
        "lacking": {"command": "sh", "args": ["-c", "exit 1"],
                    "env": {"TOKEN": "${env:TACET_TEST_NEVER_SET}"}},
    }))
    .await;
    let states = page.call("tool_servers", json!({})).await.unwrap();
    assert_eq!(state(&states, "other")["kind"], "off");
    let lacking = state(&states, "lacking");
    assert_eq!(lacking["kind"], "failed");
    let words = lacking["words"].as_str().unwrap();
    assert!(words.contains("TACET_TEST_NEVER_SET"), "{words}");
    assert!(words.contains("Set it and start Tacet again"), "{words}");

    // The message is sent all the same.
    let (_, request) = question("Look.");
    page.call("start_turn", request).await.unwrap();
    let exchange = page.server.next_request().await;
    exchange.complete(9, 3).await;
    let restarted = page.call("restart_tool_server", json!({"name": "lacking"}));
    let words = restarted.await.unwrap_err().to_string();
    assert!(words.contains("TACET_TEST_NEVER_SET"), "{words}");
    let states = page.call("tool_servers", json!({})).await.unwrap();
    let other = state(&states, "other").to_string();
    assert!(other.contains("could not be started"), "{other}");
}

#[tokio::test]
async fn a_server_is_saved_by_its_form_and_what_the_form_leaves_empty_stays() {
    let page = open(json!({
        "files": {"command": "files", "env": {"HOME_OF": "${env:HOME}"}, "disabled": true},
    }))
    .await;
    let draft = |name: &str, command: &str| {
        json!({"name": name, "command": command, "args": ["--deep"], "cwd": null, "url": null,
               "env": {"HOME_OF": null, "MODE": "${env:MODE}"}, "headers": {}})
    };
    let save = async |server: Value, is_new: bool| {
        let given = json!({"server": server, "isNew": is_new});
        page.call("save_tool_server", given).await
    };
    let view = save(draft("files", "files2"), false).await.unwrap();
    assert_eq!(view["servers"][0]["command"], "files2");
    assert_eq!(view["servers"][0]["enabled"], false);
    let expected = json!({"files": {"command": "files2", "args": ["--deep"], "disabled": true,
        "env": {"HOME_OF": "${env:HOME}", "MODE": "${env:MODE}"}}});
    assert_eq!(saved(&page)["mcpServers"], expected);

    let taken = save(draft("files", "files3"), true).await.unwrap_err();
    assert!(taken.to_string().contains("already"), "{taken}");
    let unfit = save(draft("a/b", "files3"), true).await.unwrap_err();
    assert!(unfit.to_string().contains("without /"), "{unfit}");
    assert!(!unfit.to_string().contains("pasted"), "{unfit}");
    assert_eq!(saved(&page)["mcpServers"], expected, "nothing was changed");
}
