//! A computer that sleeps in the middle of an answer: the time counts for no limit (rule C13).

use crate::answer::when;
use crate::desk::Desk;
use std::time::Duration;
use tacet_core::MessageState;

/// The limits of the app here, in seconds, and a sleep that is much longer than both.
const LIMIT: u32 = 4;
const SLEEP: Duration = Duration::from_secs(9);

#[tokio::test]
async fn c13_a_sleep_that_is_longer_than_every_limit_ends_no_answer() {
    let desk = Desk::new().await;
    desk.set("viewer_timeout_seconds", LIMIT);
    desk.set("idle_timeout_seconds", LIMIT);
    let app = desk.open().await;
    let mut exchange = desk.writing(&app, "What is a moraine?", "The ice ").await;

    app.process().sleep(SLEEP).await;

    // The answer goes on for more than one round of asking whether somebody watches.
    for words in ["pushed ", "stones ", "before it."] {
        exchange.send_text_delta(words).await;
        when(&app, &format!("a.words.includes('{}')", words.trim())).await;
    }
    assert!(!exchange.is_hung_up());
    exchange.complete(9, 6).await;
    when(&app, "a.state === 'complete'").await;
    let answer = desk.answers().remove(0);
    assert_eq!(answer.state, MessageState::Complete);
    assert_eq!(answer.text(), "The ice pushed stones before it.");
}
