//! The list of conversations across the border, and what is said of one that is not there.

use crate::page::{Page, question};
use serde_json::{Value, json};
use tacet_core::{ConversationId, MessageId, TurnId};

#[tokio::test]
async fn a_conversation_that_does_not_exist_is_answered_with_not_found() {
    let page = Page::open().await;
    let id = ConversationId::new();
    for command in [
        "open_conversation",
        "open_branch",
        "conversation_map",
        "rename_conversation",
        "file_conversation",
        "rename_folder",
        "delete_conversation",
        "restore_conversation",
        "delete_branch",
        "restore_branch",
        "set_head",
        "set_conversation_settings",
    ] {
        let head = MessageId::new();
        let arguments = json!({
            "conversationId": id, "title": "Ice", "head": head, "end": {"before": head},
            "settings": {}, "filing": {}, "name": "Ice", "to": null, "messageId": head,
            "branchId": id,
        });
        let error = page.call(command, arguments).await.unwrap_err();
        assert_eq!(error["code"], "not-found", "{command}: {error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.ends_with('.'), "{command}: {message}");
    }
}

#[tokio::test]
async fn c05_a_conversation_that_was_deleted_in_mid_stream_stays_gone_until_it_is_restored() {
    let page = Page::open().await;
    let (turn, request) = question("What is a moraine?");
    let started = page.call("start_turn", request).await.unwrap();
    let id = json!({"conversationId": started["conversation"]["id"]});
    let (_, mut events) = page.attach(turn).await;
    let mut exchange = page.server.next_request().await;
    exchange.send_text_delta("The ice ").await;
    events.until("appended").await;

    page.call("delete_conversation", id.clone()).await.unwrap();
    exchange.hung_up().await;
    events.until("ended").await;
    let list = page.call("list_conversations", json!({})).await.unwrap();
    assert_eq!(list, json!([]));
    let opened = page.call("open_conversation", id.clone()).await;
    assert_eq!(opened.unwrap_err()["code"], "not-found");

    page.call("restore_conversation", id.clone()).await.unwrap();
    let opened = page.call("open_conversation", id).await.unwrap();
    assert_eq!(opened["messages"][1]["parts"][0]["text"], "The ice ");
}

#[tokio::test]
async fn the_branch_that_was_chosen_last_is_kept_and_a_message_from_elsewhere_is_none() {
    let page = Page::open().await;
    let (turn, request) = question("What is a moraine?");
    let first = page.call("start_turn", request.clone()).await.unwrap();
    let stop = json!({"turnId": turn, "clickedAt": null});
    page.call("stop_turn", stop).await.unwrap();
    let (other_turn, elsewhere) = question("What is an esker?");
    let other = page.call("start_turn", elsewhere).await.unwrap();
    let stop = json!({"turnId": other_turn, "clickedAt": null});
    page.call("stop_turn", stop).await.unwrap();
    let id = &first["conversation"]["id"];
    let head = async || {
        let opened = page.call("open_conversation", json!({"conversationId": id}));
        opened.await.unwrap()["conversation"]["head"].clone()
    };
    let asked = &first["userMessage"]["id"];
    let choose = |head: &Value| json!({"conversationId": id, "head": head});
    assert_eq!(head().await, first["answer"]["id"]);
    page.call("set_head", choose(asked)).await.unwrap();
    assert_eq!(head().await, *asked);
    let refused = page.call("set_head", choose(&other["answer"]["id"])).await;
    assert_eq!(refused.unwrap_err()["code"], "not-found");
    assert_eq!(head().await, *asked);
}

#[tokio::test]
async fn a_conversation_opens_at_its_end_and_is_read_upwards_from_there() {
    let page = Page::open().await;
    let (turn, mut request) = question("What is a moraine?");
    let mut started = page.call("start_turn", request.clone()).await.unwrap();
    let id = started["conversation"]["id"].clone();
    let first = started["userMessage"]["id"].clone();
    let mut turn = json!(turn);
    for _ in 0..20 {
        let stop = json!({"turnId": turn, "clickedAt": null});
        page.call("stop_turn", stop).await.unwrap();
        turn = json!(TurnId::new());
        request["request"]["turnId"] = turn.clone();
        request["request"]["parentId"] = started["answer"]["id"].clone();
        started = page.call("start_turn", request.clone()).await.unwrap();
    }
    let open = json!({"conversationId": id});
    let opened = page.call("open_conversation", open).await.unwrap();
    let messages = opened["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 30);
    assert_eq!(messages[29]["id"], started["answer"]["id"]);
    let above = json!({"conversationId": id, "end": {"before": messages[0]["id"]}});
    let above = page.call("open_branch", above).await.unwrap();
    assert_eq!(above["messages"].as_array().unwrap().len(), 12);
    assert_eq!(above["messages"][0]["id"], first);
    assert_eq!(above["messages"][11]["id"], messages[0]["parentId"]);
    let end = json!({"between": {"before": messages[29]["id"], "through": messages[1]["id"]}});
    let between = json!({"conversationId": id, "end": end});
    let between = page.call("open_branch", between).await.unwrap();
    let between = between["messages"].as_array().unwrap();
    // A page at least.
    assert_eq!(between.len(), 30);
    assert_eq!(between[29]["id"], messages[28]["id"]);
    let whole = json!({"conversationId": id, "end": {"through": first}});
    let whole = page.call("open_branch", whole).await.unwrap();
    assert_eq!(whole["messages"].as_array().unwrap().len(), 42);
}

#[tokio::test]
async fn the_map_has_each_branch_with_how_it_begins_and_ends() {
    let page = Page::open().await;
    let (turn, mut request) = question("What is a moraine?");
    let started = page.call("start_turn", request.clone()).await.unwrap();
    let stop = json!({"turnId": turn, "clickedAt": null});
    page.call("stop_turn", stop).await.unwrap();
    let id = json!({"conversationId": started["conversation"]["id"]});
    let map = page.call("conversation_map", id.clone()).await.unwrap();
    assert_eq!(map.as_array().unwrap().len(), 1);
    assert_eq!(map[0]["above"], Value::Null);
    assert_eq!(map[0]["messages"], 2);
    assert_eq!(map[0]["first"]["excerpt"], "What is a moraine?");
    assert_eq!(map[0]["last"]["state"], "interrupted");
    assert_eq!(map[0]["last"]["cause"], "user");

    let again = TurnId::new();
    request["request"]["turnId"] = json!(again);
    request["request"]["parentId"] = started["userMessage"]["id"].clone();
    request["request"]["text"] = Value::Null;
    let other = page.call("start_turn", request).await.unwrap();
    let map = page.call("conversation_map", id).await.unwrap();
    let stop = json!({"turnId": again, "clickedAt": null});
    page.call("stop_turn", stop).await.unwrap();
    let stretches = map.as_array().unwrap().iter();
    let stretches: Vec<_> = stretches
        .map(|one| {
            (
                &one["first"]["id"],
                &one["above"],
                &one["messages"],
                &one["last"],
            )
        })
        .collect();
    let (none, [nought, one]) = (&Value::Null, &[json!(0), json!(1)]);
    let expected = [
        (&started["userMessage"]["id"], none, one, none),
        (&started["answer"]["id"], nought, one, none),
        (&other["answer"]["id"], nought, one, none),
    ];
    assert_eq!(stretches, expected);
    assert_eq!(map[2]["first"]["state"], "streaming");
    assert_eq!(map[2]["first"]["model"], "gated/test-model");
}

#[tokio::test]
async fn an_empty_title_is_refused_and_the_old_one_kept() {
    let page = Page::open().await;
    let (turn, request) = question("What is a moraine?");
    let started = page.call("start_turn", request).await.unwrap();
    let stop = json!({"turnId": turn, "clickedAt": null});
    page.call("stop_turn", stop).await.unwrap();
    let id = &started["conversation"]["id"];
    let rename = |title| json!({"conversationId": id, "title": title});
    let refused = page.call("rename_conversation", rename(" \n ")).await;
    assert_eq!(refused.unwrap_err()["code"], "invalid");
    let renamed = page.call("rename_conversation", rename("Ice")).await;
    assert_eq!(renamed.unwrap()["title"], "Ice");
}

#[tokio::test]
async fn settings_of_a_conversation_go_along_with_its_first_message_and_can_be_changed() {
    let page = Page::open().await;
    let (turn, mut request) = question("What is a moraine?");
    let settings = json!({"assistant": null, "model": "gated/test-model", "instructions": "Be brief.",
        "temperature": 0.5, "maxOutputTokens": null, "effort": "low", "tools": ["tacet/read_file"]});
    request["request"]["settings"] = settings.clone();
    let started = page.call("start_turn", request).await.unwrap();
    let stop = json!({"turnId": turn, "clickedAt": null});
    page.call("stop_turn", stop).await.unwrap();
    let id = &started["conversation"]["id"];
    let kept = async || {
        let opened = page.call("open_conversation", json!({"conversationId": id}));
        opened.await.unwrap()["settings"].clone()
    };
    assert_eq!(kept().await, settings);

    let mut wrong = settings.clone();
    wrong["temperature"] = json!(2.5);
    let set = |settings: &Value| json!({"conversationId": id, "settings": settings});
    let refused = page.call("set_conversation_settings", set(&wrong)).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused["code"], "invalid");
    let words = refused["message"].as_str().unwrap();
    assert!(words.ends_with("Nothing was changed."), "{words}");
    assert_eq!(kept().await, settings);

    let mut changed = settings;
    changed["effort"] = Value::Null;
    let set = page.call("set_conversation_settings", set(&changed)).await;
    set.unwrap();
    assert_eq!(kept().await, changed);
}

#[tokio::test]
async fn what_is_found_comes_with_its_conversation_and_a_marked_piece() {
    let page = Page::open().await;
    let (turn, request) = question("What is a moraine?");
    let started = page.call("start_turn", request).await.unwrap();
    let stop = json!({"turnId": turn, "clickedAt": null});
    page.call("stop_turn", stop).await.unwrap();
    let search = json!({"words": "MORA", "utcOffsetMinutes": 0, "limit": 5});
    let found = page
        .call("search", json!({"search": search}))
        .await
        .unwrap();
    let hits = found["hits"].as_array().unwrap();
    let kinds: Vec<_> = hits.iter().map(|hit| hit["kind"].clone()).collect();
    assert_eq!(kinds, ["title", "text"]);
    let hit = &hits[1];
    assert_eq!(hit["conversationId"], started["conversation"]["id"]);
    assert_eq!(hit["messageId"], started["userMessage"]["id"]);
    let pieces = json!([{"text": "What is a ", "isHit": false},
        {"text": "moraine", "isHit": true}, {"text": "?", "isHit": false}]);
    assert_eq!(hit["snippet"], pieces);
    assert_eq!(found["more"], false);
}

#[tokio::test]
async fn a_conversation_is_filed_by_tidy_names_and_its_folder_renamed_and_dissolved() {
    let page = Page::open().await;
    let (_, request) = question("What is a moraine?");
    let started = page.call("start_turn", request).await.unwrap();
    let id = &started["conversation"]["id"];
    let file = |filing: Value| {
        let arguments = json!({"conversationId": id, "filing": filing});
        page.call("file_conversation", arguments)
    };
    let filed = file(json!({"pinned": true, "folder": " Field  notes ", "tags": ["b", "A", "a"]}));
    let filed = filed.await.unwrap();
    assert_eq!(filed["folder"], "Field notes");
    assert_eq!(filed["tags"], json!(["A", "b"]));
    assert_eq!(filed["pinned"], true);
    let refused = file(json!({"folder": "  "})).await.unwrap_err();
    assert_eq!(refused["code"], "invalid", "{refused}");

    let rename =
        |name: &str, to: Option<&str>| page.call("rename_folder", json!({"name": name, "to": to}));
    let refused = rename("Field notes", Some(" ")).await.unwrap_err();
    assert_eq!(refused["code"], "invalid", "{refused}");
    let list = |after: Option<&Value>| {
        let call = page.call("list_conversations", json!({"after": after}));
        async { call.await.unwrap() }
    };
    let renamed = rename("Field notes", Some(" Notes ")).await.unwrap();
    assert_eq!(renamed, "Notes");
    assert_eq!(list(None).await[0]["folder"], "Notes");
    rename("Notes", None).await.unwrap();
    let all = list(None).await;
    assert_eq!(all[0].get("folder"), None);
    assert_eq!(all[0]["pinned"], true);
    assert_eq!(list(Some(&all[0]["id"])).await, json!([]));
}
