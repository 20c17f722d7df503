//! The page goes and comes back: while an answer is being written, and after the app has ended.

use crate::answer::{ask, composer_says, when};
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

#[tokio::test]
async fn what_was_typed_on_two_branches_is_on_each_of_them_after_the_next_start() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    desk.answered_twice(
        &app,
        "What is a moraine?",
        "The first one.",
        "The second one.",
    )
    .await;

    app.type_into(&testid("composer"), "On the second").await;
    app.click(&testid("branch-previous")).await;
    composer_says(&app, "").await;
    app.type_into(&testid("composer"), "On the first").await;
    app.click(&testid("branch-next")).await;
    composer_says(&app, "On the second").await;
    app.click(&testid("branch-previous")).await;
    composer_says(&app, "On the first").await;
    let first = desk.answers()[0].id.to_string();
    until("both drafts and the choice on the disk", || {
        let text = std::fs::read_to_string(desk.folder().join("drafts.json")).ok()?;
        let drafts: serde_json::Value = serde_json::from_str(&text).ok()?;
        let [shown, waiting] = drafts["drafts"].as_array()?.as_slice() else {
            return None;
        };
        let kept = shown["text"] == "On the first"
            && waiting["text"] == "On the second"
            && desk.export()["conversations"][0]["head"] == first.as_str();
        kept.then_some(())
    })
    .await;
    app.close_window().await;
    app.wait_for_end().await;

    let app = desk.open().await;
    app.click(&testid("conversation-item")).await;
    app.wait_for_text(&testid("branches"), "1/2").await;
    composer_says(&app, "On the first").await;
    app.click(&testid("branch-next")).await;
    composer_says(&app, "On the second").await;
    app.click(&testid("branch-previous")).await;
    composer_says(&app, "On the first").await;
}
