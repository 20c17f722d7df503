//! Several windows on the same conversations.

use crate::answer::{Means, ask, composer_says, stopped, when};
use crate::desk::Desk;
use crate::pictures::fits;
use std::time::Duration;
use tacet_core::{Cause, MessageState};
use tacet_test_support::patience::until;
use tacet_test_support::webdriver::{App, AppProcess, Key, testid};

/// Opens the conversation that is listed first in a window of its own, and drives that; gives the
/// handles of the window before and of this one.
async fn open_beside(app: &App) -> [String; 2] {
    let first = app.window().await;
    let known = app.windows().await;
    app.click(&testid("conversation-more")).await;
    app.click(&testid("open-in-window")).await;
    let second = app.switch_to_new(&known).await;
    app.find(&testid("message")).await;
    [first, second]
}

/// Opens a window with a new conversation by the keyboard, and drives it.
async fn open_new(app: &App) -> [String; 2] {
    let first = app.window().await;
    let known = app.windows().await;
    app.press(&[Key::Control, Key::Shift, Key::Char('n')]).await;
    let second = app.switch_to_new(&known).await;
    app.find(&testid("composer")).await;
    app.wait_for_count(&testid("message"), 0).await;
    [first, second]
}

#[tokio::test]
async fn c13_two_windows_on_one_answer_show_what_the_database_has_and_each_stops_it() {
    for means in Means::BOTH {
        let desk = Desk::new().await;
        let app = desk.open().await;
        let mut exchange = desk.writing(&app, "What is firn?", "Old snow, ").await;
        let windows = open_beside(&app).await;
        when(&app, "a.words.includes('Old snow,')").await;
        exchange.send_text_delta("more than a year old").await;
        app.wait_for_titles(&["What is firn? – Tacet"; 2]).await;
        for window in &windows {
            app.switch_to(window).await;
            let answer = when(&app, "a.words.includes('a year old')").await;
            assert_eq!(answer.text(), "Old snow, more than a year old");
        }
        fits(&app, &format!("second-window-{means:?}")).await;
        means.stop(&app).await;
        exchange.hung_up().await;
        let saved = desk.answers().remove(0);
        assert_eq!(saved.text(), "Old snow, more than a year old");
        let mut receipts = Vec::new();
        for window in &windows {
            app.switch_to(window).await;
            let answer = stopped(&app).await;
            assert_eq!(answer.text(), saved.text());
            receipts.push(answer.receipt);
        }
        assert_eq!(receipts[0], receipts[1]);

        // What is asked in one is seen in the other, and stopped there.
        let exchange = desk.writing(&app, "And névé?", "Younger").await;
        app.switch_to(&windows[0]).await;
        when(&app, "a.words.includes('Younger')").await;
        means.stop(&app).await;
        exchange.hung_up().await;
        stopped(&app).await;
        desk.converse(&app).await;
        app.switch_to(&windows[1]).await;
        when(
            &app,
            "a.state === 'complete' && a.words.includes('All is well.')",
        )
        .await;
        app.wait_for_count(&testid("message"), 6).await;
        desk.converse(&app).await;
    }
}

#[tokio::test]
async fn c18_a_question_of_a_tool_stands_in_both_windows_and_one_answer_closes_both() {
    let work = tempfile::tempdir().unwrap();
    let desk = Desk::new().await;
    desk.open_folder(work.path());
    let app = desk.open().await;
    let exchange = desk.writing(&app, "What is there?", "I look.").await;
    let windows = open_beside(&app).await;
    exchange
        .call_tools(&[("call_1", "list_folder", "{\"path\":\".\"}")])
        .await;
    for window in &windows {
        app.switch_to(window).await;
        app.find(&testid("approval")).await;
    }
    fits(&app, "second-window-approval").await;
    app.click(&testid("approve-once")).await;
    let mut exchange = desk.server.next_request().await;
    for window in &windows {
        app.switch_to(window).await;
        app.wait_for_count(&testid("approval"), 0).await;
    }
    exchange.send_text_delta("Nothing.").await;
    exchange.complete(9, 3).await;
    for window in &windows {
        app.switch_to(window).await;
        when(
            &app,
            "a.state === 'complete' && a.words.includes('Nothing.')",
        )
        .await;
    }
}

#[tokio::test]
async fn c13_a_window_that_is_closed_leaves_its_turn_to_the_others_and_the_last_one_ends_it() {
    for closes_first in [false, true] {
        let desk = Desk::new().await;
        let app = desk.open().await;
        let windows = open_new(&app).await;
        let (closed, left) = match closes_first {
            false => (&windows[1], &windows[0]),
            true => (&windows[0], &windows[1]),
        };
        app.switch_to(closed).await;
        let mut exchange = desk.writing(&app, "What is firn?", "Old snow, ").await;
        app.close_this_window().await;
        app.wait_for_windows(1).await;
        app.switch_to(left).await;
        // It shows the new conversation that it showed, and lists what runs.
        app.find(&testid("conversation-stop")).await;
        assert_eq!(app.all(&testid("message")).await.len(), 0);
        app.click(&testid("conversation-item")).await;
        when(&app, "a.words.includes('Old snow,')").await;
        exchange.send_text_delta("more than a year old").await;
        exchange.complete(9, 3).await;
        let answer = when(&app, "a.state === 'complete'").await;
        assert_eq!(answer.text(), "Old snow, more than a year old");
        desk.converse(&app).await;

        let exchange = desk.writing(&app, "And névé?", "Younger").await;
        app.close_this_window().await;
        exchange.hung_up().await;
        app.wait_for_end().await;
        let ends: Vec<_> = desk
            .answers()
            .iter()
            .map(|one| (one.state, one.cause))
            .collect();
        let closed = (MessageState::Interrupted, Some(Cause::WindowClosed));
        let whole = (MessageState::Complete, None);
        assert_eq!(ends, [whole, whole, closed]);
    }
}

#[tokio::test]
async fn what_is_typed_in_one_window_stands_in_the_other_until_it_is_sent_there() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    desk.converse(&app).await;
    app.type_into(&testid("composer"), "And how").await;
    let windows = open_beside(&app).await;
    composer_says(&app, "And how").await;
    app.type_into(&testid("composer"), " deep?").await;
    app.switch_to(&windows[0]).await;
    composer_says(&app, "And how deep?").await;
    app.click(&testid("send")).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("Very.").await;
    exchange.complete(9, 3).await;
    app.switch_to(&windows[1]).await;
    when(&app, "a.state === 'complete' && a.words.includes('Very.')").await;
    composer_says(&app, "").await;
    let file = desk.folder().join("drafts.json");
    until("no draft on the disk", || (!file.exists()).then_some(())).await;

    // A new conversation is each window's own.
    app.press(&[Key::Control, Key::Char('n')]).await;
    app.type_into(&testid("composer"), "In the second").await;
    until("the draft on the disk", || file.exists().then_some(())).await;
    app.switch_to(&windows[0]).await;
    app.press(&[Key::Control, Key::Char('n')]).await;
    composer_says(&app, "").await;
    // It waits for a window that opens once its own is closed.
    app.switch_to(&windows[1]).await;
    app.close_this_window().await;
    app.wait_for_windows(1).await;
    app.switch_to(&windows[0]).await;
    open_new(&app).await;
    composer_says(&app, "In the second").await;
}

#[tokio::test]
async fn a_conversation_that_is_deleted_goes_from_both_windows_and_the_settings_are_those_of_both()
{
    let desk = Desk::new().await;
    let app = desk.open().await;
    desk.converse(&app).await;
    let windows = open_beside(&app).await;
    crate::pictures::colours(&app, "dark").await;
    app.switch_to(&windows[0]).await;
    let dark = "return document.documentElement.dataset.theme === 'dark'";
    app.wait_until("the colours of the other window", dark, &[])
        .await;
    app.click(&testid("conversation-more")).await;
    app.click(&testid("conversation-delete")).await;
    app.find(&testid("deleted")).await;
    app.switch_to(&windows[1]).await;
    app.wait_for_text(&testid("notice"), "was deleted in another window")
        .await;
    for locator in ["message", "conversation-item"] {
        app.wait_for_count(&testid(locator), 0).await;
    }
    fits(&app, "second-window-deleted").await;
    app.switch_to(&windows[0]).await;
    app.click(&testid("undo")).await;
    app.switch_to(&windows[1]).await;
    app.click(&testid("conversation-item")).await;
    when(&app, "a.words.includes('All is well.')").await;
    ask(&app, "Still?").await;
    desk.server.next_request().await.complete(9, 3).await;
    when(&app, "a.state === 'complete'").await;
}

#[tokio::test]
async fn c13_of_two_pages_the_one_whose_process_was_killed_comes_back_at_its_conversation_alone() {
    let desk = Desk::new().await;
    let mut app = desk.launch().outlives_its_page().start().await;
    app.find(&testid("composer")).await;
    let pages = app.process().pages();
    app.run("globalThis.isFirst = true", &[]).await;
    open_new(&app).await;
    let mut exchange = desk.writing(&app, "What is firn?", "Old snow, ").await;
    let new = |page: &AppProcess| !pages.contains(page);
    let page = app.process().pages().into_iter().find(new).unwrap();
    page.kill();
    page.ended().await;
    exchange.send_text_delta("more than a year old").await;
    app.reconnect().await;
    let (mut first, mut second) = (None, None);
    for window in app.windows().await {
        app.switch_to(&window).await;
        let is_first = app.run("return globalThis.isFirst === true", &[]).await;
        let place = if is_first == true {
            &mut first
        } else {
            &mut second
        };
        *place = Some(window);
    }
    app.switch_to(&second.unwrap()).await;
    app.wait_for_text(&testid("notice"), "ended unexpectedly")
        .await;
    when(&app, "a.words.includes('a year old')").await;
    app.click(&testid("stop")).await;
    exchange.hung_up().await;
    stopped(&app).await;
    app.switch_to(&first.expect("a page that was not loaded anew"))
        .await;
    for locator in ["notice", "message"] {
        assert_eq!(app.all(&testid(locator)).await.len(), 0);
    }
    desk.converse(&app).await;
}

#[tokio::test]
async fn c02_a_window_that_stood_still_while_another_showed_a_flood_shows_all_of_it_and_stops_it() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    let pages = app.process().pages();
    let mut exchange = desk.writing(&app, "Count for ever.", "Old snow, ").await;
    let windows = open_beside(&app).await;
    when(&app, "a.words.includes('Old snow,')").await;
    let new = |page: &AppProcess| !pages.contains(page);
    let second = app.process().pages().into_iter().find(new).unwrap();
    app.switch_to(&windows[0]).await;
    // Far more than may be on its way to a page.
    let pieces: Vec<_> = (0..40_000).map(|number| format!("w{number} ")).collect();
    let flood = async {
        for piece in pieces.chunks(400) {
            exchange.send_text_delta(&piece.concat()).await;
        }
        exchange.send_text_delta("At last.").await;
        when(&app, "a.words.includes('At last.')").await;
    };
    tokio::join!(second.sleep(Duration::from_secs(4)), flood);

    app.switch_to(&windows[1]).await;
    when(&app, "a.words.includes('At last.')").await;
    app.click(&testid("stop")).await;
    exchange.hung_up().await;
    // A page goes over from one line to the next as it likes; the words are what counts.
    let words = |text: &str| text.replace(char::is_whitespace, "");
    let saved = words(&desk.answers().remove(0).text());
    assert!(saved.len() > 200_000);
    for window in &windows {
        app.switch_to(window).await;
        let shown = stopped(&app).await.text();
        // The page holds what is near the view.
        let shown = words(&shown);
        assert!(shown.len() > 1_000 && saved.ends_with(&shown), "{shown}");
    }
}
