//! Start, watch and stop across the border.

use crate::page::{Events, Page, question};
use serde_json::{Value, json};
use tacet_test_support::patience::{GLANCE, within};
use tacet_test_support::server::{Say, Script};

/// The text that these events add.
fn text(events: &[Value]) -> String {
    let parts = events.iter().map(|event| &event["event"]);
    let added = parts.clone().filter(|event| event["type"] == "appended");
    added.map(|event| event["text"].as_str().unwrap()).collect()
}

/// That these follow each other and `seq` without a gap.
fn assert_whole(seq: &Value, events: &[Value]) {
    let seq = seq.as_u64().unwrap();
    for (event, expected) in events.iter().zip(seq + 1..) {
        assert_eq!(event["seq"], expected, "{event}");
    }
}

#[tokio::test]
async fn c26_stop_answers_with_the_receipt_and_the_channel_ends_with_the_same() {
    let page = Page::open().await;
    let (turn, request) = question("What is a moraine?");
    let started = page.call("start_turn", request).await.unwrap();
    assert_eq!(started["already"], false);
    assert_eq!(started["answer"]["state"], "streaming");
    let (state, mut events) = page.attach(turn).await;
    let state = state.expect("a running turn");
    let mut exchange = page.server.next_request().await;
    exchange.send_text_delta("The ice ").await;
    let mut told = events.until("appended").await;

    let clicked = tacet_core::now();
    let stopped = page
        .call("stop_turn", json!({"turnId": turn, "clickedAt": clicked}))
        .await
        .unwrap();
    exchange.hung_up().await;
    assert_eq!(stopped["outcome"], "stopped");
    let receipt = &stopped["receipt"];
    assert_eq!(receipt["cause"], "user");
    assert_eq!(receipt["phase"], "text");
    assert_eq!(receipt["connection"], "closed");
    assert_eq!(receipt["charactersKept"], 8);
    assert!(receipt["clickToTokenMs"].is_number(), "{receipt}");

    told.extend(events.until("ended").await);
    assert_whole(&state["seq"], &told);
    assert_eq!(text(&told), "The ice ");
    let end = &told.last().unwrap()["event"];
    assert_eq!(end["state"], "interrupted");
    assert_eq!(end["receipt"], *receipt);

    let id = &started["conversation"]["id"];
    let opened = page
        .call("open_conversation", json!({"conversationId": id}))
        .await
        .unwrap();
    let answer = &opened["messages"][1];
    assert_eq!(answer["state"], "interrupted");
    assert_eq!(answer["receipt"], *receipt);
    assert_eq!(answer["parts"][0]["text"], "The ice ");
}

#[tokio::test]
async fn c07_a_start_that_is_repeated_makes_no_second_request_and_says_so() {
    let page = Page::open().await;
    let (turn, request) = question("What is a moraine?");
    let first = page.call("start_turn", request.clone()).await.unwrap();
    let exchange = page.server.next_request().await;
    let again = page.call("start_turn", request.clone()).await.unwrap();
    assert_eq!(again["already"], true);
    assert_eq!(again["answer"]["id"], first["answer"]["id"]);

    let (_, mut events) = page.attach(turn).await;
    exchange.complete(3, 1).await;
    events.until("ended").await;
    let late = page.call("start_turn", request).await.unwrap();
    assert_eq!(late["already"], true);
    assert_eq!(late["answer"]["state"], "complete");
    assert_eq!(page.server.requests(), 1);
}

#[tokio::test]
async fn c07_a_stop_that_finds_nothing_to_stop_says_which_kind_of_nothing() {
    let page = Page::open().await;
    let stop = |turn| page.call("stop_turn", json!({"turnId": turn, "clickedAt": null}));
    let (unknown, _) = question("Never sent");
    assert_eq!(stop(unknown).await.unwrap()["outcome"], "unknown");

    let (turn, request) = question("What is a moraine?");
    page.call("start_turn", request).await.unwrap();
    let (_, mut events) = page.attach(turn).await;
    let mut exchange = page.server.next_request().await;
    exchange.send_text_delta("Debris.").await;
    exchange.complete(3, 1).await;
    events.until("ended").await;
    assert_eq!(stop(turn).await.unwrap()["outcome"], "already-ended");

    let (turn, request) = question("And a drumlin?");
    page.call("start_turn", request).await.unwrap();
    let first = stop(turn).await.unwrap();
    let second = stop(turn).await.unwrap();
    assert_eq!(first["outcome"], "stopped");
    assert_eq!(second["outcome"], "already-stopped");
    assert_eq!(second["receipt"], first["receipt"]);
}

#[tokio::test]
async fn c05_nothing_follows_the_end_on_a_channel_and_the_turn_takes_no_viewer() {
    let page = Page::open().await;
    let (turn, request) = question("What is a moraine?");
    page.call("start_turn", request).await.unwrap();
    let (_, mut events) = page.attach(turn).await;
    let mut exchange = page.server.next_request().await;
    exchange.send_text_delta("The ice ").await;
    events.until("appended").await;
    let stop = json!({"turnId": turn, "clickedAt": null});
    page.call("stop_turn", stop).await.unwrap();
    events.until("ended").await;
    // The server goes on as if nothing had happened.
    exchange.send_text_delta("goes on").await;

    let (state, mut late) = page.attach(turn).await;
    assert_eq!(state, None);
    // Another turn from its start to its end: time enough for anything that was still to come.
    whole_answer(&page).await;
    assert!(events.is_silent());
    assert!(late.is_silent());
}

#[tokio::test]
async fn c13_a_second_viewer_gets_what_came_and_then_every_event_without_gap_or_double() {
    let page = Page::open().await;
    let (turn, request) = question("What is a moraine?");
    page.call("start_turn", request).await.unwrap();
    let (_, mut first) = page.attach(turn).await;
    let mut exchange = page.server.next_request().await;
    exchange.send_text_delta("The ice ").await;
    first.until("appended").await;

    let (state, mut second) = page.attach(turn).await;
    let state = state.expect("a running turn");
    assert_eq!(state["message"]["parts"][0]["text"], "The ice ");
    exchange.send_text_delta("carries it.").await;
    exchange.complete(3, 4).await;
    let told = second.until("ended").await;
    assert_whole(&state["seq"], &told);
    assert_eq!(text(&told), "carries it.");
    assert_eq!(text(&first.until("ended").await), "carries it.");
}

#[tokio::test]
async fn c25_stop_all_stops_every_turn_and_says_how_many() {
    let page = Page::open().await;
    let mut channels: Vec<Events> = Vec::new();
    for words in ["One", "Two", "Three"] {
        let (turn, request) = question(words);
        page.call("start_turn", request).await.unwrap();
        channels.push(page.attach(turn).await.1);
    }
    let stopped = page.call("stop_all", json!({"clickedAt": null})).await;
    assert_eq!(stopped, Ok(json!(3)));
    for mut events in channels {
        let told = events.until("ended").await;
        assert_eq!(told.last().unwrap()["event"]["cause"], "user");
    }
    let again = page.call("stop_all", json!({"clickedAt": null})).await;
    assert_eq!(again, Ok(json!(0)));
}

async fn whole_answer(page: &Page) {
    let (turn, request) = question("And a drumlin?");
    page.call("start_turn", request).await.unwrap();
    let (_, mut events) = page.attach(turn).await;
    let mut exchange = page.server.next_request().await;
    exchange.send_text_delta("A hill.").await;
    exchange.complete(3, 2).await;
    events.until("ended").await;
}

#[tokio::test]
async fn c02_the_stop_of_a_page_that_does_not_keep_up_overtakes_the_flood() {
    let page = Page::open().await;
    let piece = "The ice is thick. ".repeat(100);
    let flood = Script::say(vec![Say::text(piece.clone()); 200]);
    page.server.script(flood.then_silence());
    let (turn, request) = question("Count for ever.");
    let started = page.call("start_turn", request).await.unwrap();
    let (_, mut events) = page.attach(turn).await;
    let id = json!({"messageId": started["answer"]["id"]});
    let stored = async || {
        let message = page.call("open_message", id.clone()).await.unwrap();
        let parts = message["parts"].as_array().unwrap().iter();
        let texts = parts.map(|part| part["text"].as_str().unwrap().to_owned());
        texts.collect::<String>()
    };
    within("the flood to be received", async {
        while stored().await.len() < 200 * piece.len() {
            tokio::time::sleep(GLANCE).await;
        }
    })
    .await;

    page.call("stop_turn", json!({"turnId": turn, "clickedAt": null}))
        .await
        .unwrap();
    let mut told = events.until("stopping").await;
    let before = text(&told).len();
    assert!(before < 64 * 1024, "{before} bytes were on their way");
    told.extend(events.until("ended").await);
    assert_eq!(text(&told).len(), before, "text came after the Stop");
    let end = &told.last().unwrap()["event"];
    assert_eq!(end["behind"], true);
    let whole = stored().await;
    assert_eq!(whole.len(), 200 * piece.len());
    assert!(whole.starts_with(&text(&told)));
}

#[tokio::test]
async fn a_page_that_says_what_it_has_shown_gets_more() {
    let page = Page::open().await;
    let piece = "The ice is thick. ".repeat(100);
    let flood = Script::say(vec![Say::text(piece.clone()); 100]);
    page.server.script(flood.then_silence());
    let (turn, request) = question("Count for ever.");
    page.call("start_turn", request).await.unwrap();
    let (state, mut events) = page.attach(turn).await;
    let before = state.expect("a running turn")["message"]["parts"][0]["text"]
        .as_str()
        .map_or(0, str::len);
    let mut received = before;
    while received < 100 * piece.len() {
        let event = events.until("appended").await.pop().unwrap();
        received += text(std::slice::from_ref(&event)).len();
        if event["acknowledge"] == true {
            let shown = json!({"turnId": turn, "viewerId": "viewer-1", "shown": event["seq"]});
            page.call("acknowledge_turn", shown).await.unwrap();
        }
    }
}
