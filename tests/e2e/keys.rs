//! A key that is typed in the settings is in the request and nowhere else.

use crate::answer::{ask, when};
use crate::desk::Desk;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tacet_test_support::server::{Exchange, Finish, Say, Tokens};
use tacet_test_support::webdriver::{App, Key, Keychain, Launch, testid};

/// The name under which the app keeps its keys in the system's keychain.
pub const SERVICE: &str = "org.tacet.Tacet";

const KEY: &str = "sk-tacet-7Hq2ZrXw90LmPdVb";

/// Everything that a page can keep or show, and what is typed in it.
const PAGE: &str = "const done = arguments[arguments.length - 1];
    const held = (store) => Object.entries(store);
    const typed = [...document.querySelectorAll('input, textarea, select')].map((one) => one.value);
    const here = [document.documentElement.outerHTML, typed, held(localStorage),
        held(sessionStorage), document.cookie, location.href, document.title, history.state];
    Promise.all([indexedDB.databases(), caches.keys()])
        .then((names) => done(JSON.stringify([here, names])), (error) => done('failed: ' + error))";

/// Where a key could hide: as bytes, or as the two-byte characters that web views store.
fn forms(secret: &str) -> [Vec<u8>; 2] {
    let wide = secret.encode_utf16().flat_map(u16::to_le_bytes);
    [secret.as_bytes().to_vec(), wide.collect()]
}

pub fn has(bytes: &[u8], secret: &str) -> bool {
    let holds = |form: &Vec<u8>| {
        bytes
            .windows(form.len())
            .any(|part| part == form.as_slice())
    };
    forms(secret).iter().any(holds)
}

fn has_key(bytes: &[u8]) -> bool {
    has(bytes, KEY)
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            files.extend(files_below(&entry.path()));
        } else {
            files.push(entry.path());
        }
    }
    files
}

/// No file of the data folder has the key.
fn no_file_has_it(desk: &Desk) {
    no_file_has(desk, KEY);
}

/// No file of the data folder has this; those that matter are among them.
pub fn no_file_has(desk: &Desk, secret: &str) {
    let files = files_below(desk.folder());
    for name in ["settings.json", "tacet.db"] {
        assert!(files.iter().any(|file| file.ends_with(name)), "{files:?}");
    }
    for file in files {
        // The app may just have removed one.
        let bytes = std::fs::read(&file).unwrap_or_default();
        assert!(!has(&bytes, secret), "{}", file.display());
    }
}

async fn page_has_it(app: &App) -> bool {
    page_has(app, KEY).await
}

/// Whether the page keeps or shows this.
pub async fn page_has(app: &App, secret: &str) -> bool {
    let page = app.run_async(PAGE, &[]).await;
    let page = page.as_str().expect("the page's content");
    assert!(
        page.contains("composer") && !page.starts_with("failed"),
        "{page}"
    );
    has(page.as_bytes(), secret)
}

/// A refusal in which the server repeats the key, as some do.
fn repeating() -> Value {
    json!({"error": {"message": repeating_words(), "type": "invalid_request_error", "code": KEY}})
}

fn repeating_words() -> String {
    format!("Incorrect API key provided: {KEY}. Send another one than '{KEY}'.")
}

fn carries_it(exchange: &Exchange) {
    let sent = exchange.request.header("authorization");
    assert_eq!(sent, Some(format!("Bearer {KEY}").as_str()));
}

async fn open_form(app: &App) {
    app.press(&[Key::Control, Key::Char(',')]).await;
    app.find(&testid("settings-panel")).await;
    app.click(&testid("provider-edit")).await;
}

/// A start in which the app says as much as it can.
pub fn loud(desk: &Desk) -> Launch {
    desk.launch()
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "full")
}

/// Has a question answered by a request that carries the key.
async fn answered_with_it(desk: &Desk, app: &App, question: &str) {
    ask(app, question).await;
    let mut exchange = desk.server.next_request().await;
    carries_it(&exchange);
    exchange.say(&Say::text("Rubble.")).await;
    exchange.finish(Finish::Stop, Tokens::new(9, 3)).await;
    when(app, "a.state === 'complete' && a.words.includes('Rubble.')").await;
}

/// Ends the app, and searches what it wrote.
async fn closed_without_it(desk: &Desk, app: App) {
    assert!(!page_has_it(&app).await);
    no_file_has_it(desk);
    app.close_window().await;
    let output = app.wait_for_end().await;
    assert!(!has_key(output.as_bytes()), "{output}");
    no_file_has_it(desk);
    assert!(!has_key(desk.export().to_string().as_bytes()));
}

#[tokio::test]
async fn a_typed_key_stays_in_the_keychain_over_a_restart_and_goes_with_its_provider() {
    let desk = Desk::new().await;
    let keychain = Keychain::start().await;
    let start = async || {
        let app = loud(&desk).keychain(&keychain).start().await;
        app.find(&testid("composer")).await;
        app
    };
    let app = start().await;
    open_form(&app).await;
    app.wait_for_text(&testid("key-place"), "system's keychain")
        .await;
    app.type_into(&testid("provider-key"), KEY).await;
    app.click(&testid("provider-save")).await;
    app.wait_for_count(&testid("provider-form"), 0).await;
    assert_eq!(keychain.secrets_of(SERVICE), 1);
    app.click(&testid("settings-panel-close")).await;
    app.wait_for_count(&testid("settings-panel"), 0).await;
    answered_with_it(&desk, &app, "What is a moraine?").await;
    closed_without_it(&desk, app).await;

    let app = start().await;
    answered_with_it(&desk, &app, "And now?").await;
    open_form(&app).await;
    app.click(&testid("provider-key-forget")).await;
    app.click(&testid("provider-save")).await;
    app.wait_for_count(&testid("provider-form"), 0).await;
    assert_eq!(keychain.secrets_of(SERVICE), 0);

    app.click(&testid("provider-edit")).await;
    app.type_into(&testid("provider-key"), KEY).await;
    app.click(&testid("provider-save")).await;
    app.wait_for_count(&testid("provider-form"), 0).await;
    assert_eq!(keychain.secrets_of(SERVICE), 1);
    app.click(&testid("provider-remove")).await;
    app.wait_for_count(&testid("provider-edit"), 0).await;
    assert_eq!(keychain.secrets_of(SERVICE), 0);
    app.click(&testid("settings-panel-close")).await;
    app.wait_for_count(&testid("settings-panel"), 0).await;
    closed_without_it(&desk, app).await;
}

#[tokio::test]
async fn a_typed_key_is_in_no_file_no_output_no_export_and_nowhere_in_the_page() {
    let desk = Desk::new().await;
    let app = loud(&desk).start().await;
    app.find(&testid("composer")).await;
    open_form(&app).await;
    app.type_into(&testid("provider-key"), KEY).await;
    assert!(page_has_it(&app).await, "the search finds what is there");

    desk.server.gate_models();
    app.click(&testid("provider-test")).await;
    let exchange = desk.server.next_request().await;
    carries_it(&exchange);
    exchange.respond_json(401, &repeating()).await;
    let refused = testid("provider-result").attr("data-ok", "false");
    app.wait_for_text(&refused, "[the key]").await;
    let words = app.find(&refused).await.text().await;
    assert!(!words.contains(KEY), "{words}");
    app.click(&testid("provider-save")).await;
    app.wait_for_count(&testid("provider-form"), 0).await;
    app.click(&testid("settings-panel-close")).await;
    app.wait_for_count(&testid("settings-panel"), 0).await;
    assert!(!page_has_it(&app).await);

    // A refusal, an error in the middle of an answer, and a whole answer.
    ask(&app, "What is a moraine?").await;
    let exchange = desk.server.next_request().await;
    carries_it(&exchange);
    exchange.respond_json(401, &repeating()).await;
    let refused = testid("error").attr("data-category", "authentication");
    app.wait_for_text(&refused, "[the key]").await;
    ask(&app, "And now?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::text("The ice ")).await;
    exchange.send_error_frame(&repeating_words()).await;
    when(
        &app,
        "a.state === 'incomplete' && a.words.includes('The ice')",
    )
    .await;
    ask(&app, "Once more?").await;
    let mut exchange = desk.server.next_request().await;
    carries_it(&exchange);
    exchange.say(&Say::text("Rubble.")).await;
    exchange.finish(Finish::Stop, Tokens::new(9, 3)).await;
    when(
        &app,
        "a.state === 'complete' && a.words.includes('Rubble.')",
    )
    .await;

    // While it runs, after a reload, and after its end.
    assert!(!page_has_it(&app).await);
    no_file_has_it(&desk);
    app.reload().await;
    app.find(&testid("composer")).await;
    open_form(&app).await;
    app.find(&testid("provider-key-forget")).await;
    assert!(!page_has_it(&app).await);
    app.press(&[Key::Escape]).await;
    app.close_window().await;
    let output = app.wait_for_end().await;
    assert!(!has_key(output.as_bytes()), "{output}");
    no_file_has_it(&desk);
    let export = desk.export();
    let messages = export["conversations"][0]["messages"].as_array();
    assert!(messages.is_some_and(|messages| messages.len() >= 6));
    assert!(!has_key(export.to_string().as_bytes()));
}
