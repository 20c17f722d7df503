//! What a person sees, from the first start to a cut-off call, wide and narrow, light and dark.
//! With `TACET_PICTURES` naming a folder, each scene is also saved there as a picture.

use crate::answer::{Means, ask, stopped, when};
use crate::desk::Desk;
use serde_json::json;
use std::path::PathBuf;
use tacet_test_support::server::ReasoningField;
use tacet_test_support::webdriver::{App, Key, testid};

const ANSWER: &str = "The cache key includes a timestamp: **GITHUB_RUN_ID** is part of it, so that \
    no two runs share an entry. A key should only name what the result depends on:\n\n\
    ```yaml\nkey: deps-${{ hashFiles('Cargo.lock') }}\n```\n\n\
    Let me look at the other workflows before I change it.";

/// Nothing is cut off at the side, and nothing is wider than the window.
pub async fn fits(app: &App, scene: &str) {
    let overflow = app
        .run(
            "return document.documentElement.scrollWidth - window.innerWidth",
            &[],
        )
        .await;
    assert!(overflow.as_i64().unwrap() <= 0, "{scene}: {overflow} px");
    let settled = "return document.fonts.status === 'loaded'
        && document.getAnimations().every((one) => one.playState !== 'running')";
    app.wait_until("typefaces loaded and motion over", settled, &[])
        .await;
    if let Some(folder) = std::env::var_os("TACET_PICTURES") {
        app.drawn().await;
        let folder = PathBuf::from(folder);
        std::fs::create_dir_all(&folder).unwrap();
        app.screenshot(&folder.join(format!("{scene}.png"))).await;
    }
}

/// The same in a wide and a narrow window, light and dark, whatever the settings say.
pub async fn fits_everywhere(app: &App, scene: &str) {
    let before = app.rect().await;
    let size = |length| u32::try_from(length).unwrap();
    for (theme, colours) in [("light", ""), ("dark", "-dark")] {
        let script = "document.documentElement.dataset.theme = arguments[0]";
        app.run(script, &[json!(theme)]).await;
        for (width, size) in [(1280, ""), (480, "-narrow")] {
            app.resize(width, 800).await;
            fits(app, &format!("{scene}{size}{colours}")).await;
        }
    }
    app.resize(size(before.width), size(before.height)).await;
    app.run("document.documentElement.dataset.theme = 'light'", &[])
        .await;
}

pub async fn open_settings(app: &App) {
    app.press(&[Key::Control, Key::Char(',')]).await;
    app.find(&testid("settings-panel")).await;
}

pub async fn close_settings(app: &App) {
    app.click(&testid("settings-panel-close")).await;
    app.wait_for_count(&testid("settings-panel"), 0).await;
}

pub async fn colours(app: &App, theme: &str) {
    open_settings(app).await;
    app.click(&testid(&format!("theme-{theme}"))).await;
    app.wait_until(
        "the colours",
        "return document.documentElement.dataset.theme === arguments[0] || null",
        &[json!(theme)],
    )
    .await;
    close_settings(app).await;
}

#[tokio::test]
async fn every_scene_fits_into_a_wide_and_a_narrow_window_light_and_dark() {
    let desk = Desk::bare().await;
    desk.write_settings("embedded/smollm2-135m-instruct", &[]);
    let app = desk.open().await;
    fits(&app, "first-start").await;

    app.click(&testid("model-picker")).await;
    app.find(&testid("model-option").attr("data-model", "gated/test-model"))
        .await;
    fits(&app, "models").await;
    app.click(&testid("model-option").attr("data-model", "gated/test-model"))
        .await;
    let picked = "return !document.body.textContent.includes('a small built-in model')";
    app.wait_until("another model", picked, &[]).await;

    ask(
        &app,
        "Find out why the build cache misses on every run of CI.",
    )
    .await;
    let mut exchange = desk.server.next_request().await;
    exchange
        .send_reasoning_delta(ReasoningField::ReasoningContent, "Let me see the workflow.")
        .await;
    exchange.send_text_delta(ANSWER).await;
    when(&app, "a.words.includes('before I change it')").await;
    fits(&app, "streaming").await;

    Means::Button.stop(&app).await;
    stopped(&app).await;
    fits(&app, "stopped").await;

    ask(&app, "Go on, and search the workflows.").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("I will search them.").await;
    let arguments = "{\"path\": \".github/workflows\", \"pattern\": \"cache-ke";
    exchange
        .send_tool_delta(Some(0), Some("call_1"), Some("search_files"), arguments)
        .await;
    when(&app, "a.words.includes('cache-ke')").await;
    Means::Esc.stop(&app).await;
    let answer = stopped(&app).await;
    let call = answer.parts.iter().find(|part| part.kind == "tool-call");
    let call = call.unwrap();
    assert_eq!(call.state, "interrupted-before-run");
    assert!(call.text.contains("not executed"), "{}", call.text);
    fits(&app, "cut-off-call").await;

    colours(&app, "dark").await;
    fits(&app, "cut-off-call-dark").await;
    open_settings(&app).await;
    fits(&app, "settings-dark").await;
    close_settings(&app).await;

    app.resize(400, 800).await;
    fits(&app, "narrow-dark").await;
    colours(&app, "light").await;
    fits(&app, "narrow").await;
    open_settings(&app).await;
    fits(&app, "settings-narrow").await;
    close_settings(&app).await;

    app.resize(1280, 800).await;
    open_settings(&app).await;
    fits(&app, "settings").await;
}

#[tokio::test]
async fn what_a_model_thinks_and_the_arguments_of_a_call_fit_while_they_arrive() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    ask(&app, "Why does the build cache miss on every run of CI?").await;
    let mut exchange = desk.server.next_request().await;
    let thoughts = "The key of the cache has to name what its content depends on, and nothing else. \
        I should look at the workflow first, and then at what the key is made of.\n\n";
    exchange
        .send_reasoning_delta(ReasoningField::ReasoningContent, &thoughts.repeat(6))
        .await;
    when(&app, "a.parts.some((part) => part.kind === 'reasoning')").await;
    fits_everywhere(&app, "reasoning-running").await;
    let unfold = "document.querySelector('[data-kind=reasoning]').open = true";
    app.run(unfold, &[]).await;
    exchange
        .send_reasoning_delta(ReasoningField::ReasoningContent, "So I open the file")
        .await;
    when(&app, "a.words.includes('So I open the file')").await;
    fits_everywhere(&app, "reasoning-running-open").await;

    exchange
        .send_text_delta("I will write the workflow anew.")
        .await;
    let begin =
        r#"{"path": ".github/workflows/a-workflow-with-a-rather-long-name.yaml", "content": ""#;
    exchange
        .send_tool_delta(Some(0), Some("call_1"), Some("write_file"), begin)
        .await;
    when(&app, "a.words.includes('rather-long-name')").await;
    fits_everywhere(&app, "call-running").await;
    let line =
        r"jobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/cache\n ";
    exchange
        .send_tool_delta(Some(0), None, None, &line.repeat(30))
        .await;
    exchange
        .send_tool_delta(Some(0), None, None, "the-end-of-it")
        .await;
    when(&app, "a.words.includes('the-end-of-it')").await;
    fits_everywhere(&app, "call-running-long").await;
    Means::Esc.stop(&app).await;
    stopped(&app).await;
    fits_everywhere(&app, "call-cut-off-long").await;
}
