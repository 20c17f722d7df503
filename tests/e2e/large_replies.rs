//! A conversation with large files is opened while another answer is received: Stop goes on to
//! work.

use crate::desk::Desk;
use crate::stored::{conversation, turn};
use serde_json::json;
use tacet_core::store::Store;
use tacet_core::{Attachment, Cause, Message, Part};
use tacet_test_support::webdriver::testid;

/// Writes a conversation with four files of 5 MB, `The report 0` to `3`.
async fn write_files(desk: &Desk) {
    let store = Store::open(desk.folder()).unwrap();
    let file = |number| {
        Part::Attachment(Attachment {
            name: format!("The report {number}.txt"),
            media_type: "text/plain".to_owned(),
            // Of files that are not text, the page has the names alone.
            text: "Ice is cold.\n".repeat(5_000_000 / 13).into(),
            base64: false,
            ..Attachment::default()
        })
    };
    let mut new = turn(&conversation("With files"), None, "");
    let question = new.user_message.take().expect("a question");
    new.answer = Message {
        parts: (0..4).map(file).collect(),
        ..question
    };
    store.begin_turn(new).await.unwrap();
}

/// Notes how long the longest text is that a reply brings inside its script, and lets no fetch go
/// before it is released, or any fail.
const WATCH: &str = "
const [fails] = arguments;
window.inScripts = 0;
const parse = JSON.parse;
JSON.parse = (text, ...rest) => {
  window.inScripts = Math.max(window.inScripts, text.length);
  return parse(text, ...rest);
};
const fetch = window.fetch;
const released = new Promise((release) => (window.release = release));
window.fetch = async (...given) => {
  window.held = true;
  if (fails) throw new TypeError('Load failed');
  await released;
  return fetch(...given);
};";

/// Opens the conversation with the files by its row, which the other one may have moved.
const OPEN: &str = "for (const row of document.querySelectorAll(arguments[0])) {
  if (row.textContent.includes('With files')) row.querySelector('button').click();
}";

const SHOWN: &str = "return document.body.textContent.includes('The report 3.txt')";

#[tokio::test]
async fn c02_stop_works_while_twenty_megabytes_are_on_their_way_to_the_page() {
    let desk = Desk::new().await;
    write_files(&desk).await;
    let app = desk.open().await;
    let exchange = desk.writing(&app, "Count for ever.", "One, two,").await;
    app.run(WATCH, &[json!(false)]).await;
    let rows = [json!(testid("conversation-item").selector())];
    app.run(OPEN, &rows).await;
    let held = "return window.held === true";
    app.wait_until("the fetch of the conversation", held, &[])
        .await;

    app.click(&testid("conversation-stop")).await;
    exchange.hung_up().await;
    app.wait_for_count(&testid("conversation-stop"), 0).await;
    assert_eq!(app.run(SHOWN, &[]).await, json!(false));

    app.run("window.release()", &[]).await;
    app.wait_until("the files", SHOWN, &[]).await;
    let longest = app.run("return window.inScripts", &[]).await;
    assert!(longest.as_u64().unwrap() <= 65_536, "{longest}");
    assert_eq!(desk.answers()[0].cause, Some(Cause::User));
}

#[tokio::test]
async fn a_conversation_whose_fetch_fails_is_shown_all_the_same() {
    let desk = Desk::new().await;
    write_files(&desk).await;
    let app = desk.open().await;
    let rows = testid("conversation-item");
    app.find(&rows).await;
    app.run(WATCH, &[json!(true)]).await;
    app.run(OPEN, &[json!(rows.selector())]).await;
    app.wait_until("the files", SHOWN, &[]).await;
    // Which is what the fetch is for.
    let longest = app.run("return window.inScripts", &[]).await;
    assert!(longest.as_u64().unwrap() > 20_000_000, "{longest}");
}
