//! The map of a conversation's branches, in the real window.

use crate::answer::{Means, ask, stopped, when};
use crate::desk::Desk;
use crate::pictures::fits_everywhere;
use crate::stored::conversation;
use serde_json::{Value, json};
use tacet_core::{Conversation, Message, MessageId, MessageState, Part, Role};
use tacet_test_support::webdriver::{App, Key, testid};

async fn open_map(app: &App) {
    app.press(&[Key::Control, Key::Shift, Key::Char('b')]).await;
    app.find(&testid("branch-map")).await;
}

/// Waits until a row of the map with these words has the focus, and whether it is marked as the one
/// on the screen.
async fn at_row(app: &App, words: &str, is_current: bool) {
    let script = "const row = document.activeElement;
        const box = row.getBoundingClientRect();
        return row.dataset.testid === 'branch-map-item'
          && row.textContent.includes(arguments[0])
          && row.dataset.current === String(arguments[1])
          && box.height > 0 && box.top >= 0 && box.bottom <= innerHeight";
    app.wait_until(
        &format!("the row with {words:?}"),
        script,
        &[json!(words), json!(is_current)],
    )
    .await;
}

#[tokio::test]
async fn the_map_shows_where_a_conversation_forks_and_leads_to_each_branch() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    let long = format!("An address of {}: ", "twelve".repeat(40));
    let exchange = desk
        .writing(&app, "What is a moraine?", "The first answer.")
        .await;
    exchange.complete(9, 3).await;
    when(&app, "a.state === 'complete'").await;
    open_map(&app).await;
    app.wait_for_text(&testid("branch-map-empty"), "one branch")
        .await;
    fits_everywhere(&app, "branch-map-empty").await;
    app.press(&[Key::Escape]).await;
    app.wait_for_count(&testid("branch-map"), 0).await;

    app.click(&testid("retry")).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta(&long).await;
    exchange.send_text_delta("The second answer.").await;
    exchange.complete(9, 3).await;
    when(&app, "a.state === 'complete' && a.words.includes('second')").await;
    ask(&app, "And what is an esker?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A ridge of ").await;
    when(&app, "a.words.includes('A ridge of')").await;
    Means::Esc.stop(&app).await;
    stopped(&app).await;
    let last = "[...document.querySelectorAll(arguments[0])].at(-1).click()";
    app.run(last, &[json!(testid("retry").selector())]).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A ridge of gravel.").await;
    when(&app, "a.words.includes('gravel')").await;

    open_map(&app).await;
    app.wait_for_count(&testid("branch-map-item"), 5).await;
    at_row(&app, "Being written", true).await;
    at_row(&app, "A ridge of gravel.", true).await;
    app.press(&[Key::Up]).await;
    at_row(&app, "Stopped", false).await;
    fits_everywhere(&app, "branch-map").await;
    // Its end is on the map that lies open, and takes the focus from nobody.
    exchange.complete(9, 3).await;
    let over = "return !document.querySelector(arguments[0]).textContent.includes('Being written')";
    let map = [json!(testid("branch-map").selector())];
    app.wait_until("the end on the map", over, &map).await;
    at_row(&app, "Stopped", false).await;
    app.press(&[Key::Up]).await;
    at_row(&app, "An address of", false).await;
    app.press(&[Key::Left]).await;
    app.wait_for_count(&testid("branch-map-item"), 3).await;
    app.press(&[Key::Up]).await;
    at_row(&app, "The first answer.", false).await;
    app.press(&[Key::Enter]).await;
    app.wait_for_count(&testid("branch-map"), 0).await;
    let answer = when(&app, "a.state === 'complete' && a.words.includes('first')").await;
    assert_eq!(answer.text().trim(), "The first answer.");
    let first = desk.answers()[0].id.to_string();
    assert_eq!(desk.export()["conversations"][0]["head"], first.as_str());

    // Del deletes a branch, and what was beside it goes on from what both followed.
    open_map(&app).await;
    at_row(&app, "The first answer.", true).await;
    app.press(&[Key::Char('\u{E017}')]).await;
    app.wait_for_count(&testid("branch-map-item"), 3).await;
    at_row(&app, "3 messages", false).await;
    fits_everywhere(&app, "branch-map-deleted").await;
    app.click(&testid("branch-map-undo")).await;
    app.wait_for_count(&testid("branch-map"), 0).await;
    when(&app, "a.state === 'complete' && a.words.includes('first')").await;

    // Esc closes it and gives the focus back to where it was.
    app.click(&testid("composer")).await;
    open_map(&app).await;
    at_row(&app, "The first answer.", true).await;
    app.press(&[Key::Escape]).await;
    app.wait_for_count(&testid("branch-map"), 0).await;
    let composer = [json!(testid("composer").selector())];
    let back = "return document.activeElement === document.querySelector(arguments[0])";
    app.wait_until("the focus in the composer", back, &composer)
        .await;
    desk.converse(&app).await;
}

#[tokio::test]
async fn the_branches_are_walked_by_one_key_that_is_pressed_again_and_again() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    desk.answered_twice(&app, "What is a moraine?", "The first.", "The second.")
        .await;
    app.click(&testid("retry")).await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("The third.").await;
    exchange.complete(9, 3).await;
    when(&app, "a.state === 'complete' && a.words.includes('third')").await;
    let focus = "document.querySelector(arguments[0]).focus()";
    let previous = [json!(testid("branch-previous").selector())];
    app.run(focus, &previous).await;
    let at = async |button: &str| {
        let focused = "return document.activeElement.matches(arguments[0])";
        let button = [json!(testid(button).selector())];
        app.wait_until("the focus at the fork", focused, &button)
            .await;
    };
    for (key, words, button) in [
        (Key::Enter, "second", "branch-previous"),
        (Key::Char(' '), "first", "branch-next"),
        (Key::Char(' '), "second", "branch-next"),
        (Key::Enter, "third", "branch-previous"),
    ] {
        app.press(&[key]).await;
        when(&app, &format!("a.words.includes('{words}')")).await;
        at(button).await;
    }
}

/// An export of a conversation of 10,000 messages: 20 at a time, after which two branches begin, of which
/// the second goes on.
fn forked(to: &Conversation) -> Value {
    let mut messages: Vec<Message> = Vec::new();
    let mut above: Option<MessageId> = None;
    let say = |messages: &mut Vec<Message>, above, words: &str| {
        let place = messages.len();
        let role = [Role::User, Role::Assistant][place % 2];
        let one = Message {
            conversation_id: to.id,
            parent_id: above,
            role,
            state: MessageState::Complete,
            parts: vec![Part::Text {
                text: format!("{words} {place}"),
            }],
            ..Message::from_user("")
        };
        let id = one.id;
        messages.push(one);
        Some(id)
    };
    while messages.len() < 10_000 {
        for _ in 0..19 {
            above = say(&mut messages, above, "Words");
        }
        say(&mut messages, above, "Another branch");
    }
    let mut whole = serde_json::to_value(to).unwrap();
    whole["head"] = json!(messages.last().map(|last| last.id));
    whole["settings"] = json!({"model": "gated/test-model"});
    whole["messages"] = json!(messages);
    json!({"version": 1, "conversations": [whole]})
}

#[tokio::test]
async fn the_map_of_ten_thousand_messages_opens_and_leads_to_the_first() {
    let desk = Desk::new().await;
    let file = desk.folder().join("long.json");
    let export = forked(&conversation("A long one"));
    std::fs::write(&file, export.to_string()).unwrap();
    let taken = desk.tacet(&["import", file.to_str().unwrap()]);
    assert!(taken.status.success(), "{taken:?}");
    let app = desk.open().await;
    app.click(&testid("conversation-item")).await;
    app.find(&testid("message")).await;
    open_map(&app).await;
    at_row(&app, "Another branch 9999", true).await;
    // 499 forks; after the last, what follows is one branch.
    app.wait_for_text(&testid("branch-map"), "500 branches, 499 forks")
        .await;
    // Rows come to the page as the reader gets there, and those in view stay where they are.
    let walk = "const done = arguments[arguments.length - 1];
        const tree = document.querySelector('[role=tree]');
        const rows = () => [...tree.querySelectorAll('[role=treeitem]')];
        const top = (element) => element.getBoundingClientRect().top;
        const frame = () => new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
        (async () => {
          const moved = [];
          for (let step = 0; step < 100 && rows().length < 200; step += 1) {
            const seen = rows().find((row) => top(row) >= top(tree));
            tree.scrollTop -= 300;
            const before = top(seen);
            await frame();
            await frame();
            if (Math.abs(top(seen) - before) > 1) moved.push([step, before, top(seen)]);
          }
          return [rows().length, moved];
        })().then(done, (error) => done(String(error)))";
    let walked = app.run_async(walk, &[]).await;
    assert!(
        walked[0].as_u64().is_some_and(|rows| rows >= 200),
        "{walked}"
    );
    assert_eq!(walked[1], json!([]), "rows moved under the reader");
    app.press(&[Key::Home]).await;
    at_row(&app, "Words 0", false).await;
    app.press(&[Key::Enter]).await;
    let there = "return [...document.querySelectorAll(arguments[0])].some((message) => {
        const box = message.getBoundingClientRect();
        return 'found' in message.dataset && /Words 0\\b/.test(message.textContent)
          && box.top >= 0 && box.bottom <= innerHeight
      })";
    let message = [json!(testid("message").selector())];
    app.wait_until("the first message in view", there, &message)
        .await;
}
