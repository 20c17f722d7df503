//! A conversation that is far longer than a window: only what is near the view is read and on the
//! page, and nothing that a reader does shows that.

use crate::answer::when;
use crate::desk::Desk;
use crate::search::marked;
use crate::stored::write_conversation;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tacet_test_support::webdriver::{App, Key, testid};

/// A conversation of so many questions, each with an answer of several kinds of blocks.
async fn write(desk: &Desk, questions: usize) {
    let exchange = |number| {
        let question = format!("Question {number}: what is *a moraine*?");
        let answer = format!(
            "Answer {number}\n\n- stones that **ice** has pushed\n- and left\n\n```rust\nfn f() {{}}\n```"
        );
        (question, answer)
    };
    write_conversation(desk.folder(), "A long one", (0..questions).map(exchange)).await;
}

/// What every script here begins with. `seen` are the numbers of the questions in view, from top to
/// bottom, with the place of each.
const TOOLS: &str = r#"
const done = arguments[arguments.length - 1];
const all = () => [...document.querySelectorAll('[data-testid="message"]')];
const scroller = all()[0].closest('.scroller');
const box = scroller.getBoundingClientRect();
const frame = () => new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
const seen = () => all()
  .filter(({dataset}) => dataset.role === 'user')
  .map((one) => [Number(/Question (\d+)/.exec(one.textContent)[1]), one.getBoundingClientRect()])
  .filter(([, {bottom, top}]) => bottom > box.top && top < box.bottom)
  .map(([number, {top}]) => [number, top]);
const still = async () => {
  for (let last = '', same = 0; same < 10;) {
    await frame();
    const now = JSON.stringify([scroller.scrollTop, scroller.scrollHeight]);
    same = now === last ? same + 1 : 0;
    last = now;
  }
};
// Scrolls by hand, and gives what moved otherwise than by that, and the most that was on the page.
const walk = async (step, until) => {
  const wrong = [];
  let most = 0;
  let last = seen();
  for (let count = 0; !until(last) && count < 2000; count += 1) {
    const before = scroller.scrollTop;
    scroller.dispatchEvent(new WheelEvent('wheel'));
    scroller.scrollTop += step;
    // What comes to the page moves the scroller and not what is seen.
    const moved = scroller.scrollTop - before;
    await frame();
    const now = seen();
    const places = new Map(last);
    if (!now.some(([number]) => places.has(number))) wrong.push(['lost', last, now]);
    for (const [number, top] of now) {
      const was = places.get(number);
      if (was !== undefined && Math.abs(was - top - moved) > 1) wrong.push([number, was, top, moved]);
    }
    if (now.some(([number], index) => number !== now[0][0] + index)) wrong.push(now);
    last = now;
    most = Math.max(most, all().length);
  }
  return {wrong, most, last};
};
"#;

async fn page(app: &App, script: &str) -> Value {
    let script = format!(
        "{TOOLS} (async () => {{ {script} }})().then(done, (error) => done(String(error)));"
    );
    app.run_async(&script, &[]).await
}

async fn open(app: &App, last: usize) {
    app.click(&testid("conversation-item")).await;
    let script = "const all = document.querySelectorAll(arguments[0]);
        const last = all[all.length - 1]?.getBoundingClientRect();
        return last && last.bottom > 0 && last.bottom <= innerHeight
          && all[all.length - 1].textContent.includes(arguments[1])";
    let end = [
        json!(testid("message").selector()),
        json!(format!("Answer {last}")),
    ];
    app.wait_until("the end of the conversation", script, &end)
        .await;
}

#[tokio::test]
async fn a_conversation_of_two_thousand_messages_opens_at_once_and_shows_its_end() {
    let desk = Desk::new().await;
    write(&desk, 1_000).await;
    let app = desk.open().await;
    let clicked = Instant::now();
    open(&app, 999).await;
    let took = clicked.elapsed();
    assert!(took < Duration::from_secs(3), "{took:?}");
    desk.converse(&app).await;
}

#[tokio::test]
async fn a_long_conversation_is_read_to_its_beginning_and_back_without_a_jump() {
    let desk = Desk::new().await;
    write(&desk, 150).await;
    let app = desk.open().await;
    open(&app, 149).await;
    let opened = page(&app, "await still(); return all().length").await;
    assert!(opened.as_u64().unwrap() <= 50, "{opened}");

    let up = page(
        &app,
        "return walk(-200, (last) => last[0]?.[0] === 0 && last[0][1] >= box.top)",
    )
    .await;
    assert_eq!(up["wrong"], json!([]), "{up}");
    assert_eq!(up["last"][0][0], 0, "{up}");
    assert!(up["most"].as_u64().unwrap() <= 110, "{up}");

    let down = page(
        &app,
        "return walk(200, (last) => last.some(([number]) => number === 100))",
    )
    .await;
    assert_eq!(down["wrong"], json!([]), "{down}");
    assert!(down["most"].as_u64().unwrap() <= 110, "{down}");

    // To the end, from where that is not on the page.
    app.click(&testid("follow")).await;
    let end =
        "const last = [...document.querySelectorAll(arguments[0])].at(-1)?.getBoundingClientRect();
        return last && last.bottom > 0 && last.bottom <= innerHeight";
    let messages = [json!(testid("message").selector())];
    app.wait_until("the end", end, &messages).await;
    when(&app, "a.words.includes('Answer 149')").await;
    let shown = page(&app, "await still(); return all().length").await;
    assert!(shown.as_u64().unwrap() <= 50, "{shown}");
    desk.converse(&app).await;
}

#[tokio::test]
async fn find_leads_to_what_was_not_read_of_a_long_conversation_and_back() {
    let desk = Desk::new().await;
    write(&desk, 150).await;
    let app = desk.open().await;
    open(&app, 149).await;
    app.press(&[Key::Control, Key::Char('f')]).await;
    app.type_into(&testid("find"), "moraine").await;
    // All of them are counted, before they are read.
    app.wait_for_text(&testid("find-count"), "150 of 150").await;
    app.press(&[Key::Enter]).await;
    app.wait_for_text(&testid("find-count"), "1 of 150").await;
    let is_there = "return [...document.querySelectorAll('[data-testid=message]')]
        .some((one) => one.textContent.includes('Question 0:') && one.matches('[data-found]'))";
    app.wait_until("the first question to be found", is_there, &[])
        .await;
    marked(&app, "moraine").await;
    let first = page(&app, "return seen()[0][0]").await;
    assert_eq!(first, 0);
    let shown = page(&app, "await still(); return all().length").await;
    assert!(shown.as_u64().unwrap() <= 110, "{shown}");
    app.press(&[Key::Shift, Key::Enter]).await;
    marked(&app, "moraine").await;
    when(&app, "a.words.includes('Answer 149')").await;
    desk.converse(&app).await;
}
