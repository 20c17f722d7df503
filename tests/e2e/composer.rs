//! What a person puts into the composer, and what its size does to the transcript above it.

use crate::answer::{ask_pasted, when};
use crate::desk::Desk;
use serde_json::json;
use tacet_test_support::webdriver::{App, Key, testid};

/// Whether the transcript follows its end, and how far it is from there, in pixels.
async fn place(app: &App) -> (bool, f64) {
    let script = "const scroller = document.querySelector('.transcript .scroller');
        return [document.querySelector(arguments[0]).disabled,
          scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight]";
    let follow = json!(testid("follow").selector());
    serde_json::from_value(app.run(script, &[follow]).await).unwrap()
}

async fn at_the_end(app: &App) {
    app.drawn().await;
    let (follows, distance) = place(app).await;
    assert!(follows && distance <= 1.0, "{follows} {distance}");
}

#[tokio::test]
async fn a_draft_of_many_lines_and_another_size_of_the_window_leave_the_transcript_at_its_end() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    let many_lines = "\n\nThe ice moves.".repeat(100);
    let mut exchange = desk.writing(&app, "What is a moraine?", "Stones.").await;
    exchange.send_text_delta(&many_lines).await;
    exchange.send_text_delta("So far.").await;
    when(&app, "a.words.includes('So far.')").await;
    at_the_end(&app).await;

    app.click(&testid("composer")).await;
    for _ in 0..6 {
        app.press(&[Key::Char('a')]).await;
        app.press(&[Key::Shift, Key::Enter]).await;
        at_the_end(&app).await;
    }
    app.resize(900, 600).await;
    app.resize(1200, 850).await;
    at_the_end(&app).await;
    exchange.send_text_delta(&many_lines).await;
    exchange.send_text_delta("The end.").await;
    when(&app, "a.words.includes('The end.')").await;
    at_the_end(&app).await;
    app.find(&testid("composer")).await.clear().await;
    at_the_end(&app).await;

    // The reader goes away from the end, and no letter brings the view back.
    let up = "const scroller = document.querySelector('.transcript .scroller');
        scroller.scrollTop -= 400";
    app.run(up, &[]).await;
    let away = "return !document.querySelector(arguments[0]).disabled";
    let follow = json!(testid("follow").selector());
    app.wait_until("a reader away from the end", away, &[follow])
        .await;
    for _ in 0..4 {
        app.press(&[Key::Shift, Key::Enter]).await;
    }
    let (follows, distance) = place(&app).await;
    assert!(!follows && distance > 300.0, "{follows} {distance}");
    exchange.complete(9, 3).await;
}

#[tokio::test]
async fn a_file_dropped_beside_the_composer_is_attached_and_opens_nothing() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    desk.converse(&app).await;
    let script = "const target = document.querySelector(arguments[0]);
        const data = new DataTransfer();
        data.items.add(new File(['Ice moves slowly.'], 'notes.txt', {type: 'text/plain'}));
        return ['dragenter', 'dragover', 'drop'].map((type) => {
          const event = new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: data});
          target.dispatchEvent(event);
          return event.defaultPrevented;
        })";
    let taken = app
        .run(script, &[json!(testid("message").selector())])
        .await;
    assert_eq!(taken, json!([false, true, true]));
    app.wait_for_text(&testid("attachment"), "notes.txt").await;
    app.wait_for_count(&testid("drop-hint"), 0).await;

    app.type_into(&testid("composer"), "What is it?").await;
    app.press(&[Key::Enter]).await;
    let mut exchange = desk.server.next_request().await;
    let asked = exchange.request.json()["messages"].to_string();
    assert!(asked.contains("Ice moves slowly."), "{asked}");
    exchange.send_text_delta("Notes.").await;
    exchange.complete(9, 3).await;
    when(&app, "a.state === 'complete' && a.words.includes('Notes.')").await;
}

/// Puts half of a surrogate pair into a field, which no driver can type.
async fn type_half_a_pair(app: &App, field: &str) {
    let script = "const field = document.querySelector(arguments[0]);
        field.value = 'half \\ud800 pair';
        field.dispatchEvent(new Event('input', {bubbles: true}))";
    let selector = testid(field);
    app.find(&selector).await;
    app.run(script, &[json!(selector.selector())]).await;
}

const SENT: &str = "half \u{fffd} pair";

#[tokio::test]
async fn half_a_surrogate_pair_that_is_typed_leaves_nothing_dead() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    type_half_a_pair(&app, "composer").await;
    app.click(&testid("send")).await;
    let mut exchange = desk.server.next_request().await;
    let asked = exchange.request.json()["messages"].to_string();
    assert!(asked.contains(SENT), "{asked}");
    exchange.send_text_delta("One.").await;
    exchange.complete(9, 3).await;
    when(&app, "a.state === 'complete'").await;

    app.click(&testid("edit")).await;
    type_half_a_pair(&app, "edit-text").await;
    app.click(&testid("edit-send")).await;
    let mut exchange = desk.server.next_request().await;
    let asked = exchange.request.json()["messages"].to_string();
    assert!(asked.contains(SENT), "{asked}");
    exchange.send_text_delta("Two.").await;
    exchange.complete(9, 3).await;
    when(&app, "a.state === 'complete' && a.words.includes('Two.')").await;

    app.click(&testid("conversation-more")).await;
    app.click(&testid("conversation-rename")).await;
    type_half_a_pair(&app, "conversation-rename-field").await;
    app.press(&[Key::Enter]).await;
    app.wait_for_text(&testid("conversation-item"), SENT).await;

    app.press(&[Key::Control, Key::Char(',')]).await;
    app.click(&testid("provider-edit")).await;
    type_half_a_pair(&app, "provider-name").await;
    app.click(&testid("provider-save")).await;
    app.wait_for_count(&testid("provider-form"), 0).await;
    let settings = std::fs::read_to_string(desk.settings_file()).unwrap();
    assert!(settings.contains(SENT), "{settings}");
    app.press(&[Key::Escape]).await;
    app.wait_for_count(&testid("settings-panel"), 0).await;
    desk.converse(&app).await;
}

#[tokio::test]
async fn a_long_message_is_folded_on_the_page_and_whole_at_the_server_and_on_disk() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    let line = |number| format!("{number}: ice moves slowly, and leaves stones behind.\n");
    let long: String = (0..3_000).map(line).collect();
    ask_pasted(&app, &long).await;
    let mut exchange = desk.server.next_request().await;
    let asked = exchange.request.json();
    let sent = asked["messages"].as_array().unwrap().last().unwrap();
    assert!(sent.to_string().len() > long.len());
    exchange.send_text_delta("Read.").await;
    exchange.complete(9, 3).await;
    when(&app, "a.state === 'complete'").await;
    let length = "return document.querySelector(arguments[0]).textContent.length";
    let question = [json!(testid("message").selector())];
    let folded = app.run(length, &question).await.as_u64().unwrap();
    assert!(folded < 2_000, "{folded}");
    let message = &desk.export()["conversations"][0]["messages"][0];
    assert_eq!(message["parts"][0]["text"], json!(long));

    app.click(&testid("fold")).await;
    // Of the whole there is on the page what is read: its end, and then its beginning.
    let read = "const scroller = document.querySelector('.transcript .scroller');
        const question = document.querySelector(arguments[0]);
        const end = question.offsetTop + question.offsetHeight - scroller.clientHeight;
        scroller.scrollTop = arguments[1] === '0:' ? question.offsetTop : end;
        return question.textContent.includes(arguments[1] + ' ice moves')";
    for words in ["2999:", "0:"] {
        let what = format!("the message at {words}");
        app.wait_until(&what, read, &[question[0].clone(), json!(words)])
            .await;
    }
}
