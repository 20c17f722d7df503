//! Turns with the tools that the settings name: asked about, answered, remembered, stopped.

use crate::page::{Page, question};
use serde_json::{Value, json};
use std::fs;
use tacet_test_support::patience::until;
use tacet_test_support::server::{Exchange, GatedServer};
use tempfile::TempDir;

/// A page whose settings open a folder to tools, with a file in it.
async fn open() -> (Page, TempDir) {
    let server = GatedServer::start().await;
    let work = tempfile::tempdir().unwrap();
    fs::write(work.path().join("notes.txt"), "A moraine is rubble.\n").unwrap();
    let folder = work.path().canonicalize().unwrap();
    let settings = server.settings(json!({"folders": [folder]}));
    (Page::open_with(server, &settings.to_string()).await, work)
}

async fn call(exchange: Exchange, name: &str, arguments: &Value) {
    let call = ("call_1", name, &*arguments.to_string());
    exchange.call_tools(&[call]).await;
}

#[tokio::test]
async fn a_file_is_read_once_a_person_allows_it_and_from_then_on_where_they_said_always() {
    let (page, _work) = open().await;
    let (turn, request) = question("What is in my notes?");
    page.call("start_turn", request).await.unwrap();
    let (_, mut events) = page.attach(turn).await;
    let exchange = page.server.next_request().await;
    let offered = exchange.request.json()["tools"].clone();
    let names: Vec<&str> = offered
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["function"]["name"].as_str().unwrap())
        .collect();
    let own = [
        "read_file",
        "list_folder",
        "search_folder",
        "write_file",
        "edit_file",
        "run_command",
        "fetch_page",
    ];
    assert_eq!(names, own);
    let read = json!({"path": "notes.txt"});
    call(exchange, "read_file", &read).await;
    let asked = events.until("approval-asked").await.pop().unwrap();
    let asked = &asked["event"];
    assert_eq!(
        (&asked["server"], &asked["tool"]),
        (&json!(""), &json!("read_file"))
    );
    assert_eq!(asked["canBeLasting"], true);
    let answer = json!({"turnId": turn, "part": asked["part"], "answer": "always"});
    assert_eq!(
        page.call("answer_approval", answer.clone()).await.unwrap(),
        true
    );
    assert_eq!(page.call("answer_approval", answer).await.unwrap(), false);
    let exchange = page.server.next_request().await;
    let body = exchange.request.json();
    assert!(body.to_string().contains("A moraine is rubble."), "{body}");
    assert_eq!(body["tools"], offered, "the same (rule C27)");
    // Allowed always: nobody is asked again.
    call(exchange, "read_file", &read).await;
    page.server.next_request().await.complete(9, 3).await;
    let told = events.until("ended").await;
    assert!(
        told.iter()
            .all(|event| event["event"]["type"] != "approval-asked")
    );
    let view = page.call("tools", json!({})).await.unwrap();
    assert_eq!(view["always"], json!(["tacet/read_file"]));
    let taken = page.call(
        "take_back_permission",
        json!({"permission": "tacet/read_file"}),
    );
    assert_eq!(taken.await.unwrap()["always"], json!([]));
    assert_eq!(page.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_change_to_a_file_is_shown_as_a_difference_and_not_made_where_it_is_denied() {
    let (page, work) = open().await;
    let (turn, request) = question("Mend my notes.");
    page.call("start_turn", request).await.unwrap();
    let (_, mut events) = page.attach(turn).await;
    let edit = json!({"path": "notes.txt", "old_text": "rubble", "new_text": "debris"});
    call(page.server.next_request().await, "edit_file", &edit).await;
    let asked = events.until("approval-asked").await.pop().unwrap();
    let diff = asked["event"]["diff"].as_str().unwrap();
    assert!(diff.contains("-A moraine is rubble.") && diff.contains("+A moraine is debris."));
    let answer = json!({"turnId": turn, "part": asked["event"]["part"], "answer": "deny"});
    assert_eq!(page.call("answer_approval", answer).await.unwrap(), true);
    let exchange = page.server.next_request().await;
    let body = exchange.request.json().to_string();
    assert!(body.contains("did not allow this call"), "{body}");
    exchange.complete(9, 3).await;
    events.until("ended").await;
    let kept = fs::read_to_string(work.path().join("notes.txt")).unwrap();
    assert_eq!(kept, "A moraine is rubble.\n");
}

#[tokio::test]
async fn c25_a_turn_ends_after_its_step_and_a_tool_alone_by_commands_of_their_own() {
    let (page, _work) = open().await;
    let (turn, request) = question("Look.");
    page.call("start_turn", request).await.unwrap();
    let (_, mut events) = page.attach(turn).await;
    let exchange = page.server.next_request().await;
    let after = json!({"turnId": turn, "clickedAt": null});
    assert_eq!(
        page.call("stop_after_step", after.clone()).await.unwrap(),
        true
    );
    call(exchange, "read_file", &json!({"path": "notes.txt"})).await;
    let asked = events.until("approval-asked").await.pop().unwrap();
    let part = &asked["event"]["part"];
    let stop = json!({"turnId": turn, "part": part});
    assert_eq!(page.call("stop_tool", stop).await.unwrap(), true);
    let end = events.until("ended").await.pop().unwrap();
    assert_eq!(end["event"]["receipt"]["phase"], "between-requests");
    assert_eq!(page.call("stop_after_step", after).await.unwrap(), false);
    assert_eq!(
        page.call("continue_steps", json!({"turnId": turn}))
            .await
            .unwrap(),
        false
    );
    assert_eq!(page.server.requests(), 1);
}

#[tokio::test]
async fn of_a_long_result_the_model_is_told_as_much_as_the_settings_say_and_the_rest_is_kept() {
    let (page, work) = open().await;
    drop(page);
    fs::write(work.path().join("long.txt"), "rubble\n".repeat(1_000)).unwrap();
    let server = GatedServer::start().await;
    let settings = server.settings(json!({
        "folders": [work.path().canonicalize().unwrap()],
        "tools": {"result_kilobytes": 1, "read_only": ["tacet"]},
    }));
    let page = Page::open_with(server, &settings.to_string()).await;
    let (turn, request) = question("Read it.");
    let started = page.call("start_turn", request).await.unwrap();
    let (_, mut events) = page.attach(turn).await;
    let read = json!({"path": "long.txt"});
    call(page.server.next_request().await, "read_file", &read).await;
    let exchange = page.server.next_request().await;
    let body = exchange.request.json();
    let told = body["messages"].as_array().unwrap().last().unwrap()["content"]
        .as_str()
        .unwrap();
    assert!(told.len() <= 1_024, "{}", told.len());
    assert!(told.contains("more bytes are not shown"), "{told}");
    exchange.complete(9, 3).await;
    events.until("ended").await;
    let id = json!({"conversationId": started["conversation"]["id"]});
    let kept = page.call("open_conversation", id).await.unwrap();
    let result = kept["messages"][1]["parts"][1]["text"].as_str().unwrap();
    assert!(result.len() >= 7_000, "{}", result.len());
}

#[tokio::test]
async fn the_model_inside_the_app_and_settings_without_tools_offer_none() {
    let page = Page::open().await;
    let (turn, request) = question("Hello?");
    page.call("start_turn", request).await.unwrap();
    let (_, mut events) = page.attach(turn).await;
    let exchange = page.server.next_request().await;
    assert_eq!(exchange.request.json().get("tools"), None);
    exchange.complete(3, 1).await;
    events.until("ended").await;
}

#[tokio::test]
async fn servers_are_taken_as_other_clients_write_them_and_nothing_secret_comes_back() {
    let page = Page::open().await;
    let json = json!({"mcpServers": {"files": {"command": "no-such-program", "args": ["-x"],
        "env": {"TOKEN": "very-secret-value"}}}});
    let added = page
        .call("add_tool_servers", json!({"json": json.to_string()}))
        .await;
    let view = added.unwrap();
    assert_eq!(view["servers"][0]["name"], "files");
    assert_eq!(view["servers"][0]["env"], json!(["TOKEN"]));
    let file = fs::read_to_string(page.settings_file()).unwrap();
    assert!(!file.contains("very-secret-value") && !view.to_string().contains("very-secret"));
    let states = page.call("tool_servers", json!({})).await.unwrap();
    assert_eq!(states[0]["state"]["kind"], "off");
    let restarted = page
        .call("restart_tool_server", json!({"name": "files"}))
        .await;
    let error = restarted.unwrap_err()["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(error.contains("files"), "{error}");
    let states = page.call("tool_servers", json!({})).await.unwrap();
    assert_eq!(states[0]["state"]["kind"], "failed", "{states}");

    // A server that does not start is left out, and the turn goes on.
    let (turn, request) = question("Hello?");
    page.call("start_turn", request).await.unwrap();
    let (_, mut events) = page.attach(turn).await;
    page.server.next_request().await.complete(3, 1).await;
    events.until("ended").await;
    let off = json!({"name": "files", "enabled": false});
    let view = page.call("enable_tool_server", off).await.unwrap();
    assert_eq!(view["servers"][0]["enabled"], false);
    let view = page
        .call("remove_tool_server", json!({"name": "files"}))
        .await
        .unwrap();
    assert_eq!(view["servers"], json!([]));
    let bad = page.call("add_tool_servers", json!({"json": "{"})).await;
    assert_eq!(bad.unwrap_err()["code"], "invalid");
}

#[tokio::test]
async fn only_folders_that_are_there_are_opened_to_tools_and_never_a_whole_disk() {
    let (page, work) = open().await;
    for folder in ["/", "/no/such/folder", "relative", ""] {
        let set = page
            .call("set_tool_folders", json!({"folders": [folder]}))
            .await;
        assert_eq!(set.unwrap_err()["code"], "invalid", "{folder}");
    }
    let other = work.path().canonicalize().unwrap();
    let view = page
        .call("set_tool_folders", json!({"folders": [other]}))
        .await
        .unwrap();
    assert_eq!(view["folders"], json!([other]));
}

#[tokio::test]
async fn a_folder_that_is_gone_keeps_no_other_from_being_opened_or_taken_away() {
    let (page, work) = open().await;
    let first = work.path().canonicalize().unwrap();
    let other = tempfile::tempdir().unwrap();
    let second = other.path().canonicalize().unwrap();
    let both = json!({"folders": [first, second, second]});
    let view = page.call("set_tool_folders", both).await.unwrap();
    assert_eq!(view["folders"], json!([first, second]), "each once");
    drop((work, other));
    let third = tempfile::tempdir().unwrap();
    let third = third.path().canonicalize().unwrap();
    let all = json!({"folders": [first, second, third]});
    let view = page.call("set_tool_folders", all).await.unwrap();
    assert_eq!(view["folders"], json!([first, second, third]));
    let one = json!({"folders": [second]});
    let view = page.call("set_tool_folders", one).await.unwrap();
    assert_eq!(view["folders"], json!([second]));
}

#[tokio::test]
async fn c27_a_conversation_offers_the_tools_that_it_chose_and_no_others() {
    let (page, _work) = open().await;
    for (chosen, expected) in [
        (json!(["tacet/read_file", "elsewhere"]), vec!["read_file"]),
        (json!([]), vec![]),
    ] {
        let (turn, mut request) = question("What is in my notes?");
        request["request"]["settings"] = json!({"model": "gated/test-model", "tools": chosen});
        page.call("start_turn", request).await.unwrap();
        let exchange = page.server.next_request().await;
        let offered = exchange.request.json()["tools"].clone();
        let names: Vec<&str> = offered
            .as_array()
            .into_iter()
            .flatten()
            .map(|tool| tool["function"]["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, expected);
        let stop = json!({"turnId": turn, "clickedAt": null});
        page.call("stop_turn", stop).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_allowed_in_a_conversation_is_kept_with_it_and_can_be_asked_about_again() {
    let (page, _work) = open().await;
    let (turn, request) = question("What is in my notes?");
    let conversation = request["request"]["conversationId"].clone();
    page.call("start_turn", request).await.unwrap();
    let (_, mut events) = page.attach(turn).await;
    let read = json!({"path": "notes.txt"});
    call(page.server.next_request().await, "read_file", &read).await;
    let asked = events.until("approval-asked").await.pop().unwrap();
    let part = &asked["event"]["part"];
    let answer = json!({"turnId": turn, "part": part, "answer": "conversation"});
    assert_eq!(page.call("answer_approval", answer).await.unwrap(), true);
    page.server.next_request().await.complete(9, 3).await;
    events.until("ended").await;

    let database = page.settings_file().with_file_name("tacet.db");
    let kept = || {
        let connection = rusqlite::Connection::open(&database).unwrap();
        let select = "SELECT permissions FROM conversation";
        connection
            .query_row(select, [], |row| row.get::<_, Option<String>>(0))
            .unwrap()
    };
    let written = until("the permission on disk", &kept).await;
    assert!(written.contains("read_file"), "{written}");
    let of = json!({"conversationId": conversation});
    let allowed = page.call("conversation_permissions", of.clone());
    assert_eq!(allowed.await.unwrap(), json!(["tacet/read_file"]));
    page.call("ask_again_in_conversation", of.clone())
        .await
        .unwrap();
    assert_eq!(kept(), None);
    let allowed = page.call("conversation_permissions", of);
    assert_eq!(allowed.await.unwrap(), json!([]));
}
