//! A server that sends more than a page can show: Stop goes before it, and the window answers.

use crate::answer::{Means, ask, stopped, when};
use crate::desk::Desk;
use serde_json::json;
use tacet_core::{Cause, MessageState};
use tacet_test_support::server::{Say, Script};
use tacet_test_support::webdriver::testid;

/// Paragraphs of 5 KB, each with its number.
fn paragraphs(count: usize) -> Vec<Say> {
    let words = "The ice is thick. ".repeat(278);
    let paragraph = |number| Say::text(format!("Number {number}. {words}\n\n"));
    (0..count).map(paragraph).collect()
}

#[tokio::test]
async fn c02_stop_overtakes_five_megabytes_a_second_and_the_window_answers() {
    let desk = Desk::new().await;
    // So that the answer does not end by itself while it is looked at.
    desk.set("answer_limit_megabytes", 100);
    let app = desk.open().await;
    for means in Means::BOTH {
        let flood = Script::say(paragraphs(20_000)).at(1_000);
        desk.server.script(flood.then_silence());
        ask(&app, "Count for ever.").await;
        when(
            &app,
            "a.state === 'streaming' && a.words.includes('The ice')",
        )
        .await;
        means.stop(&app).await;
        stopped(&app).await;
        let record = desk.server.last_record().expect("an exchange");
        assert!(record.hang_up.is_some(), "the server has seen the Stop");
        desk.server.unscript();
    }
    desk.converse(&app).await;
    let answers = desk.answers();
    for answer in &answers[..2] {
        assert_eq!(answer.state, MessageState::Interrupted);
        assert_eq!(answer.cause, Some(Cause::User));
    }
    // What arrived and was not on the page yet is there as well: its end, which is in view. What is
    // far above the view leaves the page, and so the document never has all of it.
    let whole = answers[1].text();
    let (_, last) = whole.rsplit_once("Number ").expect("a paragraph");
    let (number, _) = last.split_once('.').expect("a number");
    let stopped = "const stopped = document.querySelectorAll(arguments[0]);
        return [...stopped].at(-1).textContent.includes(arguments[1])";
    let selector = "[data-testid=message][data-state=interrupted]";
    let arguments = [json!(selector), json!(format!("Number {number}."))];
    app.wait_until("the end of it", stopped, &arguments).await;
}

#[tokio::test]
async fn twenty_megabytes_at_once_end_at_the_limit_and_the_window_answers() {
    let desk = Desk::new().await;
    desk.set("answer_limit_megabytes", 1);
    let app = desk.open().await;
    desk.server
        .script(Script::say(paragraphs(4_000)).then_silence());
    ask(&app, "Count for ever.").await;
    when(&app, "a.state === 'incomplete'").await;
    let error = app.find(&testid("error")).await;
    assert!(error.text().await.contains("1 MB"));
    desk.server.unscript();
    desk.converse(&app).await;
    let answers = desk.answers();
    assert_eq!(answers[0].cause, Some(Cause::AnswerLimit));
    assert_eq!(answers[0].text().len(), 1_000_000);
}
