//! Large replies: a ticket, which the window that it is for fetches once.

use crate::page::{Page, question};
use serde_json::{Value, json};
use tacet::replies::LARGE;
use tauri::http::Method;

/// Asks with a file of so many bytes, and gives how its conversation is opened.
async fn with_file(page: &Page, length: usize) -> Value {
    let (turn, mut request) = question("What is in it?");
    request["request"]["attachments"] = json!([{"name": "ice.txt", "mediaType": "text/plain",
        "text": "ice ".repeat(length / 4), "base64": false}]);
    let started = page.reply("start_turn", request).await.unwrap();
    let (_, mut events) = page.attach(turn).await;
    page.server.next_request().await.complete(9, 1).await;
    events.until("ended").await;
    json!({"conversationId": started["conversation"]["id"]})
}

/// The ticket that a reply is.
fn ticket(reply: &Value) -> String {
    let fields = reply.as_object().expect("an object");
    assert_eq!(fields.len(), 1, "{:?}", fields.keys());
    reply["replyTicket"].as_str().expect("a ticket").to_owned()
}

fn file(conversation: &Value) -> &str {
    let file = &conversation["messages"][0]["parts"][0];
    file["text"].as_str().expect("a file")
}

#[tokio::test]
async fn a_large_reply_is_a_ticket_that_is_fetched_once() {
    let page = Page::open().await;
    let conversation = with_file(&page, LARGE).await;
    let open = || page.reply("open_conversation", conversation.clone());
    let (first, second) = (open().await.unwrap(), open().await.unwrap());
    let (first, second) = (ticket(&first), ticket(&second));
    assert_ne!(first, second);

    let fetched = page.fetch("main", &first);
    assert_eq!(fetched.status(), 200);
    let headers = fetched.headers();
    assert_eq!(headers["content-type"], "application/json");
    // For the app's own pages, and no others.
    let origin = if cfg!(windows) { "http" } else { "tauri" };
    let allowed = headers["access-control-allow-origin"].to_str().unwrap();
    assert!(allowed.starts_with(origin), "{allowed}");
    let opened: Value = serde_json::from_slice(fetched.body()).unwrap();
    assert_eq!(file(&opened).len(), LARGE);

    let again = page.fetch("main", &first);
    assert_eq!(again.status(), 404);
    assert!(again.body().is_empty());
    assert_eq!(page.fetch("main", &second).status(), 200);
}

#[tokio::test]
async fn a_small_reply_is_no_ticket_and_neither_is_a_refusal() {
    let page = Page::open().await;
    let conversation = with_file(&page, 40).await;
    let opened = page.reply("open_conversation", conversation).await.unwrap();
    assert_eq!(file(&opened).len(), 40);
    let unknown = json!({"conversationId": tacet_core::ConversationId::new()});
    let refused = page.reply("open_conversation", unknown).await;
    assert_eq!(refused.unwrap_err()["code"], "not-found");
}

#[tokio::test]
async fn a_ticket_is_nothing_to_another_window_to_another_method_or_when_it_is_guessed() {
    let page = Page::open().await;
    let conversation = with_file(&page, LARGE).await;
    let reply = page.reply("open_conversation", conversation).await.unwrap();
    let ticket = ticket(&reply);
    for label in ["failure", "other", ""] {
        assert_eq!(page.fetch(label, &ticket).status(), 404, "{label}");
    }
    for method in [Method::POST, Method::HEAD, Method::OPTIONS] {
        assert_eq!(page.request("main", method, &ticket).status(), 404);
    }
    let guesses = [
        "",
        "0",
        "00000000000000000000000000000000",
        "../settings.json",
    ];
    for guess in guesses {
        assert_eq!(page.fetch("main", guess).status(), 404, "{guess}");
    }
    assert_eq!(page.fetch("main", &ticket).status(), 200, "it was not used");
}

#[tokio::test]
async fn a_reply_that_could_not_be_fetched_comes_as_small_ones_do_and_once_too() {
    let page = Page::open().await;
    let conversation = with_file(&page, LARGE).await;
    let reply = page.reply("open_conversation", conversation).await.unwrap();
    let ticket = json!({"ticket": ticket(&reply)});
    let collect = || page.whole_reply("collect_reply", ticket.clone());
    assert_eq!(file(&collect().await.unwrap()).len(), LARGE);
    let again = collect().await.unwrap_err();
    assert_eq!(again["code"], "storage");
    assert!(again["message"].as_str().unwrap().contains("Try again"));
}

#[tokio::test]
async fn what_the_page_sent_does_not_come_back_to_it() {
    let page = Page::open().await;
    let (_, mut request) = question("What is in it?");
    request["request"]["attachments"] = json!([{"name": "ice.txt", "mediaType": "text/plain",
        "text": "ice ".repeat(LARGE), "base64": false}]);
    let started = page.reply("start_turn", request).await.unwrap();
    let saved = started["userMessage"].as_object().unwrap();
    assert!(saved["id"].is_string());
    assert!(saved["createdAt"].is_number());
    assert_eq!(saved.len(), 2);
    assert!(!started.to_string().contains("ice ice"));
}
