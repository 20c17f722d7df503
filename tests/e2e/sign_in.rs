//! Signing in to a server of tools, in the real window and a browser that the test holds.

use crate::answer::{ask, when};
use crate::desk::Desk;
use crate::keys::{SERVICE, has, loud, no_file_has, page_has};
use crate::outside::fake_opener;
use crate::pictures::{close_settings, fits_everywhere, open_settings};
use crate::tool_settings::{click_in, in_state};
use serde_json::json;
use std::fs;
use std::path::Path;
use tacet_test_support::patience::until;
use tacet_test_support::protected::{Conduct, Protected};
use tacet_test_support::webdriver::{App, Key, Keychain, testid};

/// The pages that were opened in the browser so far, once there are that many.
async fn opened(notes: &Path, count: usize) -> Vec<String> {
    until("the page in the browser", || {
        let text = fs::read_to_string(notes).unwrap_or_default();
        let pages: Vec<String> = text.lines().map(str::to_owned).collect();
        (pages.len() >= count && text.ends_with('\n')).then_some(pages)
    })
    .await
}

/// The names of the tools that the next request offers.
async fn offered(desk: &Desk, app: &App, words: &str) -> Vec<String> {
    ask(app, words).await;
    let exchange = desk.server.next_request().await;
    let tools = exchange.request.json()["tools"].clone();
    exchange.complete(9, 3).await;
    when(app, "a.state === 'complete'").await;
    let names = tools.as_array().into_iter().flatten();
    names
        .map(|tool| tool["function"]["name"].as_str().unwrap().to_owned())
        .collect()
}

async fn allowed(app: &App) {
    app.wait_for_text(&testid("approval"), "from the server far")
        .await;
    app.press(&[Key::Control, Key::Char('j')]).await;
    app.press(&[Key::Char('y')]).await;
}

#[tokio::test]
async fn a_server_is_signed_in_to_in_the_browser_for_this_session_and_the_next_and_signed_out_of() {
    let far = Protected::start(Conduct::default()).await;
    let keychain = Keychain::start().await;
    let desk = Desk::new().await;
    desk.set("mcpServers", json!({"far": {"url": far.url()}}));
    let (path, notes) = fake_opener(&desk);
    let start = async || {
        let launch = loud(&desk).env("PATH", &path).keychain(&keychain);
        let app = launch.start().await;
        app.find(&testid("composer")).await;
        app
    };
    let app = start().await;
    assert_eq!(offered(&desk, &app, "Begin.").await, [""; 0]);
    open_settings(&app).await;
    in_state(&app, "far", "sign-in-needed").await;
    fits_everywhere(&app, "tool-sign-in").await;
    // Nothing is opened unasked.
    assert!(!notes.exists());
    click_in(&app, "far", "tool-server-sign-in").await;
    in_state(&app, "far", "signing-in").await;
    let first = opened(&notes, 1).await.remove(0);
    click_in(&app, "far", "tool-server-cancel-sign-in").await;
    in_state(&app, "far", "sign-in-needed").await;
    assert!(reqwest::get(first).await.is_err(), "it listens no more");

    click_in(&app, "far", "tool-server-sign-in").await;
    let second = opened(&notes, 2).await.remove(1);
    let page = reqwest::get(second).await.unwrap().text().await.unwrap();
    assert!(page.contains("You are signed in"), "{page}");
    in_state(&app, "far", "ready").await;
    app.wait_for_text(&testid("tool-settings"), "Signed in")
        .await;
    assert_eq!(keychain.secrets_of(SERVICE), 1);
    close_settings(&app).await;

    ask(&app, "Read it.").await;
    let exchange = desk.server.next_request().await;
    exchange.call_tools(&[("call_1", "read", "{}")]).await;
    allowed(&app).await;
    let exchange = desk.server.next_request().await;
    let body = exchange.request.json().to_string();
    assert!(body.contains("allowed: tools:read"), "{body}");
    exchange.complete(30, 5).await;
    when(&app, "a.state === 'complete'").await;

    // What more it wants is said where the tool was to run.
    ask(&app, "Write it.").await;
    let exchange = desk.server.next_request().await;
    exchange.call_tools(&[("call_1", "write", "{}")]).await;
    allowed(&app).await;
    let exchange = desk.server.next_request().await;
    let body = exchange.request.json().to_string();
    assert!(
        body.contains("wants more permissions (tools:write)"),
        "{body}"
    );
    exchange.complete(30, 5).await;
    when(&app, "a.state === 'complete'").await;

    for secret in far.secrets() {
        assert!(!page_has(&app, &secret).await, "{secret}");
        no_file_has(&desk, &secret);
    }
    app.close_window().await;
    let output = app.wait_for_end().await;
    let export = desk.export().to_string();
    for secret in far.secrets() {
        assert!(!has(output.as_bytes(), &secret), "{output}");
        assert!(!has(export.as_bytes(), &secret), "{export}");
        no_file_has(&desk, &secret);
    }

    let app = start().await;
    assert_eq!(offered(&desk, &app, "Once more.").await, ["read", "write"]);
    open_settings(&app).await;
    in_state(&app, "far", "ready").await;
    click_in(&app, "far", "tool-server-sign-out").await;
    in_state(&app, "far", "off").await;
    assert_eq!(keychain.secrets_of(SERVICE), 0);
    close_settings(&app).await;

    // Its tools stay with the conversation, and say what to do.
    ask(&app, "And now?").await;
    let exchange = desk.server.next_request().await;
    exchange.call_tools(&[("call_1", "read", "{}")]).await;
    allowed(&app).await;
    let exchange = desk.server.next_request().await;
    let body = exchange.request.json().to_string();
    assert!(body.contains("wants you to sign in"), "{body}");
    exchange.complete(30, 5).await;
    when(&app, "a.state === 'complete'").await;
    assert_eq!(opened(&notes, 2).await.len(), 2);
}
