//! The page goes and comes back while an answer is being written.

use crate::answer::{ask, when};
use crate::desk::Desk;
use tacet_test_support::server::Script;

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
