//! The files of a conversation across the border: what they are, one that is left out, and those of
//! messages that are not sent yet.

use crate::page::{Page, question};
use serde_json::{Value, json};
use tacet_core::MessageId;

/// The beginning of a PNG.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUg==";

#[tokio::test]
async fn the_bytes_of_a_file_say_by_which_type_it_can_be_sent() {
    let page = Page::open().await;
    for (head, expected) in [
        (PNG, json!("image/png")),
        ("JVBERi0xLjcK", json!("application/pdf")),
        ("Qk06AAAAAAAAADYAAAAoAAAA", Value::Null),
        ("SWNlLg==", Value::Null),
        ("", Value::Null),
    ] {
        let found = page.call("sendable_type", json!({"head": head})).await;
        assert_eq!(found.unwrap(), expected, "{head}");
    }
}

#[tokio::test]
async fn a_refused_file_is_named_and_once_left_out_the_same_question_is_asked_without_it() {
    let page = Page::open().await;
    let (turn, mut request) = question("What is it?");
    request["request"]["attachments"] =
        json!([{"name": "bad.png", "mediaType": "image/png", "text": PNG, "base64": true}]);
    let started = page.call("start_turn", request.clone()).await.unwrap();
    let (_, mut events) = page.attach(turn).await;
    let exchange = page.server.next_request().await;
    let body =
        json!({"error": {"message": "Invalid image data.", "type": "invalid_request_error"}});
    exchange.respond_json(400, &body).await;
    let ended = events.until("ended").await;
    let error = &ended.last().unwrap()["event"]["error"];
    assert_eq!(error["category"], "file");
    let asked = &started["userMessage"]["id"];
    let file = json!({"messageId": asked, "part": 0, "name": "bad.png"});
    assert_eq!(error["files"], json!([file]));

    page.call("leave_out_file", file).await.unwrap();
    let (_, mut again) = question("");
    again["request"]["conversationId"] = started["conversation"]["id"].clone();
    again["request"]["parentId"] = asked.clone();
    again["request"]["text"] = Value::Null;
    page.call("start_turn", again).await.unwrap();
    let exchange = page.server.next_request().await;
    let body = exchange.request.json().to_string();
    assert!(!body.contains(PNG), "{body}");
    assert!(body.contains("the file bad.png, which could not be sent"));
    // It is kept.
    let id = json!({"conversationId": started["conversation"]["id"]});
    let opened = page.call("open_conversation", id).await.unwrap();
    let kept = &opened["messages"][0]["parts"][0];
    assert_eq!(kept["leftOut"], true);
    // A page is given the names of pictures, and their bytes when it asks.
    assert_eq!(kept["text"], "");
    let file = json!({"messageId": asked, "part": 0});
    assert_eq!(page.call("open_file", file).await.unwrap(), PNG);
    let words = json!({"messageId": asked, "part": 9});
    let none = page.call("open_file", words).await;
    assert_eq!(none.unwrap_err()["code"], "not-found");
    let nothing = json!({"messageId": asked, "part": 1});
    let refused = page.call("leave_out_file", nothing).await;
    assert_eq!(refused.unwrap_err()["code"], "not-found");
}

#[tokio::test]
async fn a_draft_is_kept_for_its_branch_and_for_its_conversation_where_that_is_gone() {
    let page = Page::open().await;
    let (turn, request) = question("What is a moraine?");
    let started = page.call("start_turn", request).await.unwrap();
    let stop = json!({"turnId": turn, "clickedAt": null});
    page.call("stop_turn", stop).await.unwrap();
    let (id, there) = (&started["conversation"]["id"], &started["answer"]["id"]);
    let draft = |leaf: Value| json!({"id": id, "leaf": leaf, "text": "And then?", "files": []});
    let drafts = [draft(there.clone()), draft(json!(MessageId::new()))];
    let (edited, gone) = (&started["userMessage"]["id"], MessageId::new());
    let edits = json!([[edited, "What is it?"], [gone, "GONE"]]);
    let changes = json!({"drafts": drafts, "edits": edits, "lost": []});
    page.call("keep_drafts", json!({"changes": changes}))
        .await
        .unwrap();
    let bootstrap = page.call("bootstrap", json!({})).await.unwrap();
    let kept = bootstrap["unsent"]["drafts"].as_array().unwrap();
    let kept: Vec<_> = kept
        .iter()
        .map(|one| (&one["leaf"], &one["text"]))
        .collect();
    let text = &json!("And then?");
    assert_eq!(kept, [(there, text), (&Value::Null, text)]);
    // An edit goes with its message, from the file as well.
    let edits = &bootstrap["unsent"]["edits"];
    assert_eq!(edits, &json!([[edited, "What is it?"]]));
    let file = std::fs::read_to_string(page.folder.path().join("drafts.json")).unwrap();
    assert!(
        file.contains("What is it?") && !file.contains("GONE"),
        "{file}"
    );
}
