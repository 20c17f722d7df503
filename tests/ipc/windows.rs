//! Several windows on the same conversations.

use crate::page::{Events, Page, question};
use serde_json::{Value, json};
use tacet_core::{ConversationId, TurnId};

const SECOND: &str = "window-2";

/// A page with a second window, and what both hear.
async fn two() -> (Page, Events, Events) {
    let page = Page::open().await;
    let (first, second) = (page.news("main").await, page.news(SECOND).await);
    (page, first, second)
}

/// A conversation with a whole answer.
async fn answered(page: &Page) -> (TurnId, Value) {
    let (turn, request) = question("What is a moraine?");
    let started = page.call("start_turn", request).await.unwrap();
    let (_, mut events) = page.attach(turn).await;
    let mut exchange = page.server.next_request().await;
    exchange.send_text_delta("Rubble.").await;
    exchange.complete(3, 1).await;
    events.until("ended").await;
    (turn, started)
}

#[tokio::test]
async fn c13_a_turn_that_one_window_begins_the_other_follows_and_stops() {
    let (page, mut first, mut second) = two().await;
    let (turn, request) = question("What is a moraine?");
    let started = page.call("start_turn", request.clone()).await.unwrap();
    let (_, mut in_first) = page.attach(turn).await;
    let listed = second.next().await;
    assert_eq!(listed["type"], "conversation-changed");
    assert_eq!(listed["conversation"], started["conversation"]);
    let id = &started["conversation"]["id"];
    let begun = json!({"type": "turn-began", "conversationId": id, "turnId": turn,
        "messageId": started["answer"]["id"]});
    assert_eq!(second.next().await, begun);
    // A repeated start begins nothing.
    page.call("start_turn", request).await.unwrap();

    let (_, mut in_second) = page.attach_from(SECOND, turn).await;
    let mut exchange = page.server.next_request().await;
    exchange.send_text_delta("Rubble").await;
    in_first.until("appended").await;
    in_second.until("appended").await;
    let stop = json!({"turnId": turn, "clickedAt": null});
    let stopped = page.call_from(SECOND, "stop_turn", stop).await.unwrap();
    exchange.hung_up().await;
    for events in [&mut in_first, &mut in_second] {
        let told = events.until("ended").await;
        let end = &told.last().unwrap()["event"];
        assert_eq!(end["receipt"], stopped["receipt"]);
        assert_eq!(end["cause"], "user");
    }
    assert!(first.is_silent() && second.is_silent());
}

#[tokio::test]
async fn c18_what_is_asked_in_both_windows_is_answered_in_one_and_closed_in_both() {
    let server = tacet_test_support::server::GatedServer::start().await;
    let work = tempfile::tempdir().unwrap();
    let folder = work.path().canonicalize().unwrap();
    let settings = server.settings(json!({"folders": [folder]}));
    let page = Page::open_with(server, &settings.to_string()).await;
    let (turn, request) = question("What is there?");
    page.call("start_turn", request).await.unwrap();
    let (_, mut first) = page.attach(turn).await;
    let (_, mut second) = page.attach_from(SECOND, turn).await;
    let exchange = page.server.next_request().await;
    let list = ("call_1", "list_folder", "{\"path\":\".\"}");
    exchange.call_tools(&[list]).await;
    let asked = first.until("approval-asked").await.pop().unwrap();
    let also = second.until("approval-asked").await.pop().unwrap();
    assert_eq!(asked["event"], also["event"]);
    let answer = json!({"turnId": turn, "part": asked["event"]["part"], "answer": "deny"});
    let answered = page.call_from(SECOND, "answer_approval", answer.clone());
    assert_eq!(answered.await, Ok(json!(true)));
    let closed = first.until("tool-call-state").await.pop().unwrap();
    let also = second.until("tool-call-state").await.pop().unwrap();
    assert_eq!(closed["event"], also["event"]);
    let late = page.call("answer_approval", answer).await;
    assert_eq!(late, Ok(json!(false)), "it is not asked any more");
    page.server.next_request().await.complete(9, 3).await;
}

#[tokio::test]
async fn what_one_window_changes_of_conversations_the_other_hears_and_it_does_not() {
    let (page, mut first, mut second) = two().await;
    let (_, started) = answered(&page).await;
    let (id, answer) = (&started["conversation"]["id"], &started["answer"]["id"]);
    for _ in ["conversation-changed", "turn-began"] {
        second.next().await;
    }
    let parts = json!({"conversationId": id});
    let with = |more: Value| {
        let mut whole = parts.clone();
        whole
            .as_object_mut()
            .unwrap()
            .append(&mut more.as_object().unwrap().clone());
        whole
    };
    let settings = json!({"settings": {"instructions": "Be short."}});
    for (command, arguments, heard) in [
        (
            "rename_conversation",
            with(json!({"title": "Ice"})),
            "conversation-changed",
        ),
        (
            "file_conversation",
            with(json!({"filing": {"folder": "Cold"}})),
            "conversation-changed",
        ),
        (
            "rename_folder",
            json!({"name": "Cold", "to": "Warm"}),
            "conversations-changed",
        ),
        (
            "set_conversation_settings",
            with(settings),
            "conversation-settings-changed",
        ),
        ("set_head", with(json!({"head": answer})), "branch-chosen"),
        ("delete_conversation", parts.clone(), "conversation-deleted"),
        (
            "restore_conversation",
            parts.clone(),
            "conversation-changed",
        ),
    ] {
        page.call(command, arguments).await.unwrap();
        let news = second.next().await;
        assert_eq!(news["type"], heard, "{command}: {news}");
        assert!(first.is_silent(), "{command}");
    }
    page.call_from(SECOND, "set_theme", json!({"theme": "dark"}))
        .await
        .unwrap();
    for news in [&mut first, &mut second] {
        assert_eq!(news.next().await, json!({"type": "settings-changed"}));
    }
}

#[tokio::test]
async fn a_lone_window_hears_nothing_of_what_it_changes_itself() {
    let page = Page::open().await;
    let mut news = page.news("main").await;
    answered(&page).await;
    page.call("set_theme", json!({"theme": "dark"}))
        .await
        .unwrap();
    assert!(news.is_silent());
}

#[tokio::test]
async fn what_is_typed_in_one_window_is_there_in_the_other_and_what_is_typed_there_stays() {
    let (page, mut first, mut second) = two().await;
    let id = ConversationId::new();
    let typed = |id: Value, text: &str| {
        let draft = json!({"id": id, "text": text, "files": []});
        json!({"changes": {"drafts": [draft], "edits": [], "lost": []}})
    };
    let drafts = async |label: &str| {
        let read = page
            .call_from(label, "read_drafts", json!({}))
            .await
            .unwrap();
        let drafts = read["drafts"].as_array().unwrap().iter();
        drafts
            .map(|one| one["text"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    page.call("keep_drafts", typed(json!(id), "In both"))
        .await
        .unwrap();
    assert_eq!(second.next().await, json!({"type": "drafts-changed"}));
    page.call("keep_drafts", typed(Value::Null, "In the first"))
        .await
        .unwrap();
    let other = typed(Value::Null, "In the second");
    page.call_from(SECOND, "keep_drafts", other).await.unwrap();
    assert_eq!(drafts("main").await, ["In both", "In the first"]);
    assert_eq!(drafts(SECOND).await, ["In both", "In the second"]);
    assert!(first.is_silent() && second.is_silent());

    page.call_from(SECOND, "keep_drafts", typed(json!(id), ""))
        .await
        .unwrap();
    assert_eq!(first.next().await, json!({"type": "drafts-changed"}));
    assert_eq!(drafts("main").await, ["In the first"]);
    let file = std::fs::read_to_string(page.folder.path().join("drafts.json")).unwrap();
    assert!(file.contains("In the first") && file.contains("In the second"));
}

#[tokio::test]
async fn windows_are_opened_where_they_are_wanted_and_no_more_than_eight() {
    let page = Page::open().await;
    let id = ConversationId::new();
    let open = async |label: &str, shown: Value| {
        page.call_from(label, "open_window", json!({"conversationId": shown}))
            .await
    };
    assert_eq!(open("main", json!(id)).await, Ok(Value::Null));
    assert_eq!(page.windows(), ["main", SECOND]);
    assert!(
        page.address(SECOND).ends_with(&format!("#{id}")),
        "{}",
        page.address(SECOND)
    );
    assert_eq!(open(SECOND, Value::Null).await, Ok(Value::Null));
    assert!(page.address("window-3").ends_with("#new"));
    for _ in 4..=8 {
        open("main", Value::Null).await.unwrap();
    }
    let refused = open("main", Value::Null).await.unwrap_err();
    let words = refused["message"].as_str().unwrap();
    assert!(words.starts_with("8 windows are open"), "{words}");
    assert_eq!(page.windows().len(), 8);
    // What they may call, no other window may.
    assert!(open("window", Value::Null).await.is_err());
    assert!(open("window8", Value::Null).await.is_err());
}
