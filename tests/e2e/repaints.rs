//! What a window paints anew, and how often it wakes the processor.

use crate::answer::when;
use crate::desk::Desk;
use serde_json::json;
use std::time::Duration;
use tacet_test_support::patience::{LIMIT, within_limit};
use tacet_test_support::webdriver::{App, Painted, Repaints, testid};

/// Longer than a caret is seen or hidden at a time.
const SPAN: Duration = Duration::from_secs(3);

fn is_caret(painted: &Painted) -> bool {
    painted.width < 4 && painted.height < 40
}

/// How often the page's process is woken in that time.
async fn wakes(app: &App, time: Duration) -> u64 {
    let page = app.process().page().unwrap();
    let before = page.waits();
    tokio::time::sleep(time).await;
    page.waits() - before
}

#[tokio::test]
async fn a_caret_that_nobody_moves_comes_to_rest_and_the_page_with_it() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    app.type_into(&testid("composer"), "Firn").await;
    let repaints = Repaints::of(&app);
    repaints.wait_for("a caret that blinks", is_caret).await;
    // For ten seconds, `gtk-cursor-blink-timeout`.
    repaints.until_rest(SPAN, 6 * SPAN).await;
    // What else is painted does not wake it up again.
    app.run(
        "document.title += '.'; document.body.style.outline = '1px solid'",
        &[],
    )
    .await;
    // A page that only waits is woken now and then; one that asks for frames, 60 times a second.
    within_limit(4 * SPAN, "a page that only waits", async {
        while wakes(&app, SPAN).await > 30 {}
    })
    .await;
}

/// Long enough for the frame of a change, and shorter than a caret is seen or hidden at a time.
const FRAME: Duration = Duration::from_millis(300);
/// Two lines of text, in pixels.
const TWO_LINES: i32 = 60;

/// The height of the largest piece that was painted since the last look.
async fn tallest(repaints: &Repaints) -> i32 {
    let painted = repaints.until_rest(FRAME, LIMIT).await;
    painted.iter().map(|piece| piece.height).max().unwrap_or(0)
}

#[tokio::test]
async fn a_letter_in_the_search_paints_the_list_and_not_the_window() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    desk.converse(&app).await;
    app.click(&testid("search")).await;
    let repaints = Repaints::of(&app);
    let list = app.run("return document.querySelector('aside').offsetWidth", &[]);
    let list = list.await.as_i64().unwrap();
    for letter in ["f", "i", "r", "n"] {
        repaints.until_rest(FRAME, LIMIT).await;
        app.type_into(&testid("search"), letter).await;
        let painted = repaints.until_rest(FRAME, LIMIT).await;
        let widest = painted.iter().map(|piece| i64::from(piece.width)).max();
        assert!(
            widest.is_some_and(|width| width <= list),
            "{letter}: {widest:?}"
        );
    }
}

#[tokio::test]
async fn a_key_in_the_composer_paints_its_line_and_not_the_window() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    desk.converse(&app).await;
    // Send wakes up with the first letter.
    app.type_into(&testid("composer"), "F").await;
    let repaints = Repaints::of(&app);
    tallest(&repaints).await;
    for letter in ["i", "r", "n"] {
        app.type_into(&testid("composer"), letter).await;
        let height = tallest(&repaints).await;
        assert!(height > 0 && height < TWO_LINES, "{letter}: {height}");
    }
}

#[tokio::test]
async fn a_word_that_comes_paints_its_line_and_not_the_window() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    let mut exchange = desk.writing(&app, "What is firn?", "Firn is snow.").await;
    let more = "\n\nWhat does not melt in summer becomes firn.".repeat(40) + "\n\nAnd";
    exchange.send_text_delta(&more).await;
    when(&app, "a.words.includes('And')").await;
    // What is painted together is one rectangle: there is no caret then, and scroll bars have faded.
    app.run("document.activeElement.blur()", &[]).await;
    let repaints = Repaints::of(&app);
    repaints.until_rest(SPAN, LIMIT).await;
    let mut said = String::from("And");
    for word in [
        " under", " its", " own", " weight", " it", " becomes", " ice",
    ] {
        exchange.send_text_delta(word).await;
        said += word;
        when(&app, &format!("a.words.includes({})", json!(said))).await;
        let height = tallest(&repaints).await;
        assert!(height > 0 && height < TWO_LINES, "{word}: {height}");
    }
}
