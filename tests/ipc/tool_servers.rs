//! Servers of tools in the settings: saved one by one, and what one lacks keeps no other away.

use crate::page::{Page, question};
use serde_json::{Value, json};
use std::fs;
use tacet_test_support::patience::within;
use tacet_test_support::server::GatedServer;

async fn open(servers: Value) -> Page {
    open_with(json!({"mcpServers": servers})).await
}

/// With these fields in the settings.
async fn open_with(more: Value) -> Page {
    let server = GatedServer::start().await;
    let settings = server.settings(more);
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
async fn only_the_servers_that_a_conversation_uses_are_started_for_it() {
    let ends = json!({"command": "sh", "args": ["-c", "exit 1"]});
    let page = open(json!({"used": ends, "unused": ends})).await;
    let mut before: Option<Value> = None;
    for (chosen, unused) in [
        (json!(["used/some"]), "off"),
        (json!([]), "off"),
        (Value::Null, "failed"),
    ] {
        let (_, mut request) = question("Look.");
        if let Some(before) = &before {
            request["request"]["conversationId"] = before["conversationId"].clone();
            request["request"]["parentId"] = before["id"].clone();
        }
        request["request"]["settings"] = json!({"model": "gated/test-model", "tools": chosen});
        let started = page.call("start_turn", request).await.unwrap();
        before = Some(started["answer"].clone());
        page.server.next_request().await.complete(9, 3).await;
        let states = page.call("tool_servers", json!({})).await.unwrap();
        assert_eq!(state(&states, "used")["kind"], "failed", "{chosen}");
        assert_eq!(state(&states, "unused")["kind"], unused, "{chosen}");
    }
}

#[tokio::test]
async fn a_folder_that_is_gone_holds_up_only_who_uses_the_apps_own_tools() {
    let page = open_with(json!({"folders": ["/no/such/folder"]})).await;
    for (chosen, is_sent) in [(json!(["files"]), true), (Value::Null, false)] {
        let (_, mut request) = question("Look.");
        request["request"]["settings"] = json!({"model": "gated/test-model", "tools": chosen});
        let conversation = json!({"conversationId": request["request"]["conversationId"]});
        page.call("start_turn", request).await.unwrap();
        if is_sent {
            page.server.next_request().await.complete(9, 3).await;
            continue;
        }
        let ended = within("the end of the answer", async {
            loop {
                let opened = page.call("open_conversation", conversation.clone()).await;
                let answer = opened.unwrap()["messages"][1].clone();
                if answer["state"] != "streaming" {
                    return answer.to_string();
                }
            }
        });
        let ended = ended.await;
        assert!(ended.contains("/no/such/folder"), "{ended}");
    }
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
