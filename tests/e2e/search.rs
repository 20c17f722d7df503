//! Finding: in all conversations, in the one that is open, and by command beside the window.

use crate::answer::{ask, when};
use crate::desk::Desk;
use crate::long_answer::{CHAPTERS, text, write_answer};
use crate::pictures::fits_everywhere;
use serde_json::{Value, json};
use tacet_test_support::webdriver::{App, Key, testid};

/// What is marked as the place that was found, and whether it is in view.
pub async fn marked(app: &App, words: &str) {
    let script = "const [range] = CSS.highlights.get('found-current') ?? [];
        const box = range?.getBoundingClientRect();
        return box && range.toString() === arguments[0] && box.height > 0
          && box.top >= 0 && box.bottom <= innerHeight
          && document.querySelectorAll('[data-found]').length === 1";
    app.wait_until(
        "the place to be marked and in view",
        script,
        &[json!(words)],
    )
    .await;
}

#[tokio::test]
async fn a_hit_opens_its_conversation_on_its_branch_scrolled_to_and_marked() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    let long = "Rock and ice. ".repeat(400);
    let first = format!("{long}\n\nHere is the *drumlin* of the valley.\n\n{long}");
    ask(&app, "What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta(&first).await;
    exchange.complete(9, 3).await;
    when(
        &app,
        "a.state === 'complete' && a.words.includes('Rock and ice.')",
    )
    .await;
    app.click(&testid("retry")).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("The second one.").await;
    exchange.complete(9, 3).await;
    when(&app, "a.state === 'complete' && a.words.includes('second')").await;
    app.press(&[Key::Control, Key::Char('n')]).await;
    desk.converse(&app).await;

    app.press(&[Key::Control, Key::Shift, Key::Char('f')]).await;
    app.type_into(&testid("search"), "druml").await;
    app.wait_for_count(&testid("search-result"), 1).await;
    let result = app.find(&testid("search-result")).await;
    assert!(result.attribute("data-conversation").await.is_some());
    let message = result.attribute("data-message").await.unwrap();
    let words = result.text().await;
    assert!(
        words.contains("Here is the *drumlin* of the valley."),
        "{words}"
    );
    app.press(&[Key::Enter]).await;
    marked(&app, "drumlin").await;
    let found = app
        .find(&testid("message").attr("data-message", &message))
        .await;
    assert_eq!(found.attribute("data-found").await.as_deref(), Some(""));
    app.wait_for_text(&testid("branches"), "1/2").await;
    fits_everywhere(&app, "search").await;
    // A narrow window has put the field away.
    app.click(&testid("search")).await;
    app.press(&[Key::Escape]).await;
    app.wait_for_count(&testid("conversation-item"), 2).await;
}

#[tokio::test]
async fn find_leads_to_places_of_a_long_answer_that_are_on_no_page_yet() {
    let desk = Desk::new().await;
    write_answer(&desk, "Ice", text()).await;
    let app = desk.open().await;
    app.click(&testid("conversation-item")).await;
    app.find(&testid("message").attr("data-role", "assistant"))
        .await;
    app.press(&[Key::Control, Key::Char('f')]).await;
    app.type_into(&testid("find"), "chapter = ").await;
    let count = format!("{CHAPTERS} of {CHAPTERS}");
    app.wait_for_text(&testid("find-count"), &count).await;
    marked(&app, "chapter = ").await;
    app.press(&[Key::Enter]).await;
    app.wait_for_text(&testid("find-count"), &format!("1 of {CHAPTERS}"))
        .await;
    marked(&app, "chapter = ").await;
    let in_view = "const [range] = CSS.highlights.get('found-current');
        return range.startContainer.parentElement.closest('pre').textContent";
    let code = app.run(in_view, &[]).await;
    assert!(
        code.as_str().unwrap().contains("let chapter = 0;"),
        "{code}"
    );

    app.find(&testid("find")).await.clear().await;
    app.type_into(&testid("find"), "Chapter 777").await;
    app.wait_for_text(&testid("find-count"), "1 of 1").await;
    marked(&app, "Chapter 777").await;
    fits_everywhere(&app, "find").await;
    app.press(&[Key::Escape]).await;
    app.wait_for_count(&testid("find"), 0).await;
    let marks = app.run("return CSS.highlights.size", &[]).await;
    assert_eq!(marks, json!(0));
}

#[tokio::test]
async fn the_command_finds_what_was_said_beside_the_window_and_without_it() {
    let desk = Desk::new().await;
    assert_eq!(desk.tacet(&["search", "moraine"]).status.code(), Some(1));
    let app = desk.open().await;
    ask(&app, "What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A heap\u{1b}[2J of stones.").await;
    exchange.complete(9, 3).await;
    when(
        &app,
        "a.state === 'complete' && a.words.includes('of stones.')",
    )
    .await;
    let finds = || {
        let found = desk.tacet(&["search", "heap", "sto"]);
        assert_eq!(found.status.code(), Some(0), "{found:?}");
        let words = String::from_utf8(found.stdout).unwrap();
        assert!(words.contains("What is a moraine? · assistant"), "{words}");
        assert!(words.contains("of stones."), "{words}");
        // Nothing in it steers a terminal.
        assert!(!words.contains('\u{1b}'), "{words:?}");
        let found = desk.tacet(&["search", "--json", "heap", "-moraine"]);
        let found: Value = serde_json::from_slice(&found.stdout).unwrap();
        assert_eq!(found["version"], 1);
        assert_eq!(found["hits"].as_array().unwrap().len(), 1);
        assert_eq!(found["hits"][0]["kind"], "text");
        assert_eq!(found["hits"][0]["snippet"][1]["text"], "heap");
        assert_eq!(desk.tacet(&["search", "drumlin"]).status.code(), Some(1));
        assert_eq!(desk.tacet(&["search"]).status.code(), Some(2));
    };
    finds();
    app.close_window().await;
    app.wait_for_end().await;
    finds();
    // What is no database cannot be searched.
    std::fs::write(desk.folder().join("tacet.db"), "junk ".repeat(2_000)).unwrap();
    let refused = desk.tacet(&["search", "heap"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert!(!refused.stderr.is_empty());
}
