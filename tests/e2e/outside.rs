//! What an answer can reach outside of the window: nothing by itself, and by a click only what
//! cannot run anything.

use crate::answer::{ask, when};
use crate::desk::Desk;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use tacet_test_support::patience::until;
use tacet_test_support::webdriver::{App, Locator};

/// Calls one of the app's commands as a script in the page would; gives its error, if any.
async fn invoke(app: &App, command: &str, arguments: Value) -> Option<String> {
    let script = "const done = arguments[2];
        window.__TAURI_INTERNALS__.invoke(arguments[0], arguments[1])
          .then(() => done(null), (error) => done(error.message ?? String(error)))";
    let answer = app.run_async(script, &[json!(command), arguments]).await;
    answer.as_str().map(str::to_owned)
}

/// Puts a program in the place of the one that opens links; it writes down what it is asked for.
pub fn fake_opener(desk: &Desk) -> (String, PathBuf) {
    let (programs, notes) = (desk.folder().join("bin"), desk.folder().join("opened"));
    std::fs::create_dir(&programs).unwrap();
    let program = programs.join("xdg-open");
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$@\" >> '{}'\n",
        notes.display()
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    (format!("{}:{path}", programs.display()), notes)
}

async fn answered(desk: &Desk, app: &App, markdown: &str) {
    ask(app, "Where?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta(markdown).await;
    exchange.complete(9, 3).await;
    when(app, "a.state === 'complete'").await;
}

#[tokio::test]
async fn a_web_link_opens_outside_and_links_that_could_run_something_do_not() {
    let desk = Desk::new().await;
    let (path, notes) = fake_opener(&desk);
    let app = desk.launch().env("PATH", path).start().await;
    let links = "[script](javascript:document.title='run') [file](file:///etc/passwd) \
        [web](https://example.org/a?b=1)";
    answered(&desk, &app, links).await;
    let link = |title: &str| Locator::css("[data-testid=part] *").attr("title", title);
    for refused in ["javascript:document.title='run'", "file:///etc/passwd"] {
        app.click(&link(refused)).await;
        let error = invoke(&app, "open_link", json!({"url": refused})).await;
        assert!(error.is_some_and(|words| words.contains("not opened")));
    }
    app.click(&link("https://example.org/a?b=1")).await;
    let opened = until("the link to be opened", || {
        std::fs::read_to_string(&notes)
            .ok()
            .filter(|text| text.ends_with('\n'))
    })
    .await;
    assert_eq!(opened, "https://example.org/a?b=1\n");
    assert_ne!(app.run("return document.title", &[]).await, "run");
}

#[tokio::test]
async fn an_image_in_an_answer_and_a_script_in_the_page_fetch_nothing() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    let picture = format!("http://{}/pixel.png", desk.server.address());
    let markdown = format!("![a picture]({picture}) <img src=\"{picture}\">");
    answered(&desk, &app, &markdown).await;
    let connections = desk.server.connections();
    assert_eq!(
        app.all(&Locator::css("[data-testid=part] img")).await.len(),
        0
    );

    // Even a script in the page gets nothing out: each attempt has failed when this returns.
    let attempts = "const [address, done] = arguments;
        const image = new Promise((resolve) => {
          const made = new Image();
          made.onload = () => resolve('loaded'); made.onerror = () => resolve('refused');
          made.src = address;
        });
        const fetched = fetch(address).then(() => 'loaded', () => 'refused');
        Promise.all([image, fetched]).then(done)";
    let outcome = app.run_async(attempts, &[json!(picture)]).await;
    assert_eq!(outcome, json!(["refused", "refused"]));
    assert_eq!(desk.server.connections(), connections);
    assert_eq!(desk.server.requests(), 1);
}

#[tokio::test]
async fn the_page_may_call_the_listed_commands_and_no_others() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    assert_eq!(invoke(&app, "list_conversations", json!({})).await, None);
    for command in [
        "plugin:window|close",
        "plugin:event|listen",
        "plugin:path|resolve_directory",
    ] {
        let error = invoke(&app, command, json!({})).await;
        assert!(
            error.is_some_and(|words| words.contains("not allowed")),
            "{command}"
        );
    }
    let global = app.run("return typeof window.__TAURI__", &[]).await;
    assert_eq!(global, "undefined");
}

#[tokio::test]
async fn the_window_shows_the_app_and_never_another_page() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    let elsewhere = format!("http://{}/", desk.server.address());
    let page = "return location.href.split('#')[0]";
    let here = app.run(page, &[]).await;
    let script = app
        .run("return document.querySelector('script[src]').src", &[])
        .await;
    for address in [json!(elsewhere), json!("data:text/html,elsewhere"), script] {
        for attempt in [
            "location.href = arguments[0]",
            "window.open(arguments[0])",
            "const link = document.createElement('a');
             link.href = arguments[0]; link.click()",
            "const link = document.createElement('a');
             link.href = arguments[0]; link.target = '_blank'; link.click()",
            "const form = document.createElement('form');
             form.action = arguments[0]; document.body.append(form); form.submit()",
        ] {
            app.run(attempt, std::slice::from_ref(&address)).await;
        }
    }
    desk.converse(&app).await;
    assert_eq!(app.run(page, &[]).await, here);
    assert_eq!(desk.server.requests(), desk.server.chat_requests());
}
