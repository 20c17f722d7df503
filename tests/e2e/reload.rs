//! The page goes and comes back: while an answer is being written, and after the app has ended.

use crate::answer::{ask, when};
use crate::desk::Desk;
use serde_json::json;
use tacet_test_support::patience::until;
use tacet_test_support::server::Script;
use tacet_test_support::webdriver::testid;

#[tokio::test]
async fn c13_a_reloaded_page_goes_on_without_gap_or_double() {
    let desk = Desk::new().await;
    let pieces: Vec<String> = (0..3000).map(|number| format!("w{number} ")).collect();
    let whole = pieces.concat();
    desk.server.script(Script::text(pieces).at(500));
    let app = desk.open().await;
    ask(&app, "Count.").await;
    for sign in ["w100 ", "w700 ", "w1500 "] {
        when(&app, &format!("a.words.includes('{sign}')")).await;
        app.reload().await;
    }
    let answer = when(&app, "a.state === 'complete'").await;
    // A page goes over from one line to the next as it likes; the words are what counts.
    let words = |text: &str| text.replace(char::is_whitespace, "");
    assert!(
        words(&answer.text()) == words(&whole),
        "the page has a gap or a double"
    );
    assert!(
        desk.answers()[0].text() == whole,
        "the disk has a gap or a double"
    );
    assert_eq!(desk.server.chat_requests(), 1);
}

#[tokio::test]
async fn what_was_typed_and_not_sent_is_there_again_after_the_next_start() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    desk.converse(&app).await;
    app.type_into(&testid("composer"), "And how deep").await;
    let file = desk.folder().join("drafts.json");
    until("the draft on the disk", || {
        let text = std::fs::read_to_string(&file).ok()?;
        text.contains("And how deep").then_some(())
    })
    .await;
    app.close_window().await;

    let app = desk.open().await;
    app.click(&testid("conversation-item")).await;
    let typed = "return document.querySelector(arguments[0]).value === 'And how deep'";
    let composer = [json!(testid("composer").selector())];
    app.wait_until("the draft", typed, &composer).await;
    desk.converse(&app).await;
    until("no draft on the disk", || (!file.exists()).then_some(())).await;
}
