//! HTTP/2 behind TLS in the real window: two answers on one connection, of which one is stopped.

use crate::answer::{Means, ask, stopped, when};
use crate::desk::Desk;
use serde_json::json;
use tacet_test_support::server::{Dialect, Finish, Say, StreamEndKind, TlsServer, Tokens};
use tacet_test_support::webdriver::testid;

/// RST_STREAM's code for what is not wanted any more (RFC 9113, section 7).
const CANCEL: u32 = 8;

#[tokio::test]
async fn c03_stop_resets_its_stream_and_the_other_answer_on_the_connection_goes_on() {
    let tls = TlsServer::start().await;
    let desk = Desk::bare().await;
    let provider = json!({"id": "tls", "name": "Behind TLS", "api": "openai-chat",
        "base_url": tls.base_url_of(Dialect::OpenaiChat), "ca_certificate": tls.ca_pem(),
        "models": ["test-model"]});
    desk.write_settings("tls/test-model", &[provider]);
    let app = desk.open().await;

    ask(&app, "First").await;
    let mut first = tls.next_request().await;
    first.open_stream();
    first.say(&Say::text("The ice "));
    when(&app, "a.words.includes('The ice')").await;

    app.click(&testid("new-conversation")).await;
    ask(&app, "Second").await;
    let mut second = tls.next_request().await;
    assert_eq!(second.request.connection, first.request.connection);
    second.open_stream();
    second.say(&Say::text("Rubble"));
    when(&app, "a.words.includes('Rubble')").await;
    Means::Button.stop(&app).await;
    assert_eq!(second.wait_reset().await.kind, StreamEndKind::Reset(CANCEL));
    stopped(&app).await;

    // Before its headers as well.
    ask(&app, "Third").await;
    let third = tls.next_request().await;
    assert_eq!(third.request.connection, first.request.connection);
    when(&app, "a.words.includes('Waiting for the server')").await;
    Means::Esc.stop(&app).await;
    assert_eq!(third.wait_reset().await.kind, StreamEndKind::Reset(CANCEL));
    stopped(&app).await;

    assert_eq!(first.reset_at(), None);
    first.say(&Say::text("is old."));
    first.finish(Finish::Stop, Tokens::new(7, 4));
    let items = testid("conversation-item");
    app.wait_for_count(&items, 2).await;
    // The newest stands first.
    app.all(&items).await[1].click().await;
    let answer = when(&app, "a.state === 'complete'").await;
    assert_eq!(answer.text().trim(), "The ice is old.");
    assert_eq!(tls.connections(), 1);
}
