//! What answers took and cost, under each of them and summed up.

use crate::answer::{Means, ask, stopped, when};
use crate::desk::Desk;
use crate::pictures::{colours, fits};
use serde_json::{Value, json};
use tacet_test_support::server::{Dialect, Say, TlsServer};
use tacet_test_support::webdriver::{App, Key, Locator, testid};

/// The rows of the view: what each is of, and its cells.
async fn rows(app: &App) -> Value {
    app.run(
        "return [...document.querySelectorAll('[data-testid=usage-row]')].map((row) =>
           [row.dataset.kind, ...[...row.cells].slice(1).map((cell) => cell.textContent.trim())])",
        &[],
    )
    .await
}

async fn open(app: &App) {
    app.press(&[Key::Control, Key::Char('u')]).await;
    app.find(&testid("usage-totals")).await;
    app.find(&testid("price-date")).await;
}

async fn close(app: &App) {
    app.click(&testid("usage-totals-close")).await;
    app.wait_for_count(&testid("usage-totals"), 0).await;
}

#[tokio::test]
async fn c23_sums_say_what_a_whole_and_a_stopped_answer_took_and_cost() {
    let desk = Desk::new().await;
    // A router on this computer that bills.
    let prices = json!({"date": "2026-01-31", "hosts": [{"host": "127.0.0.1", "models": [
        {"model": "test-model", "input": 1000, "output": 10000}]}]});
    std::fs::write(desk.folder().join("prices.json"), prices.to_string()).unwrap();
    let app = desk.open().await;
    open(&app).await;
    app.find(&testid("usage-empty")).await;
    fits(&app, "usage-empty").await;
    close(&app).await;

    ask(&app, "What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A heap of stones.").await;
    exchange.complete(50, 25).await;
    when(&app, "a.state === 'complete' && a.usage === 'reported'").await;
    ask(&app, "Where?").await;
    let mut exchange = desk.server.next_request().await;
    exchange
        .send_text_delta("At the end of the glacier, and at its sides")
        .await;
    when(&app, "a.words.includes('its sides')").await;
    Means::Button.stop(&app).await;
    stopped(&app).await;
    fits(&app, "usage-line").await;

    open(&app).await;
    app.wait_for_count(&testid("usage-row"), 2).await;
    // The fewest tokens that the answer can be: the server may have gone on with it.
    let expected = json!([
        ["whole", "1", "50", "25", "$0.30"],
        ["stopped", "1", "–", "at least 9", "at least $0.09"],
    ]);
    assert_eq!(rows(&app).await, expected);
    app.click(&testid("usage-by-model")).await;
    app.find(&testid("usage-group").attr("data-key", "gated/test-model"))
        .await;
    assert_eq!(rows(&app).await, expected);
    fits(&app, "usage").await;
    close(&app).await;

    colours(&app, "dark").await;
    open(&app).await;
    app.wait_for_count(&testid("usage-row"), 2).await;
    fits(&app, "usage-dark").await;
    app.resize(400, 800).await;
    fits(&app, "usage-narrow-dark").await;
    close(&app).await;
    colours(&app, "light").await;
    open(&app).await;
    app.wait_for_count(&testid("usage-row"), 2).await;
    fits(&app, "usage-narrow").await;

    let answers = desk.answers();
    let cost = |at: usize| answers[at].usage.clone().unwrap().cost.unwrap();
    assert_eq!((cost(0).low, cost(0).high), (0.3, Some(0.3)));
    assert_eq!(cost(0).price.unwrap().date.as_deref(), Some("2026-01-31"));
    assert_eq!(cost(1).high, None);
}

#[tokio::test]
async fn a_list_of_prices_is_read_over_https_and_not_where_that_leads_to_http() {
    let tls = TlsServer::start().await;
    let desk = Desk::new().await;
    let launch = desk.launch().env("SSL_CERT_FILE", tls.ca_pem());
    let app = launch.start().await;
    app.find(&testid("composer")).await;
    open(&app).await;
    let address = format!("{}/prices.json", tls.base_url_of(Dialect::OpenaiChat));
    app.type_into(&testid("price-list-source"), &address).await;
    app.click(&testid("price-list-refresh")).await;
    let asked = tls.next_request().await;
    assert_eq!(asked.request.path, "/v1/prices.json");
    let list = json!({"date": "2026-11-01", "hosts": [{"host": "127.0.0.1", "models": [
        {"model": "test-model", "input": 2, "output": 8}]}]});
    asked.respond_json(200, &list);
    app.wait_for_text(&testid("price-list-read"), "Prices of 1 models")
        .await;
    let kept = std::fs::read_to_string(desk.folder().join("price-list.json")).unwrap();
    assert!(kept.contains("2026-11-01"), "{kept}");

    app.click(&testid("price-list-refresh")).await;
    let mut asked = tls.next_request().await;
    asked.send_headers(302, &[("location", "http://127.0.0.1:1/prices.json")]);
    asked.end();
    app.wait_for_text(&testid("price-list-problem"), "not encrypted")
        .await;
    let after = std::fs::read_to_string(desk.folder().join("price-list.json")).unwrap();
    assert_eq!(after, kept);
}

#[tokio::test]
async fn c23_a_stopped_anthropic_answer_says_how_its_request_and_its_text_are_known() {
    let desk = Desk::bare().await;
    let prices = json!({"date": "2026-01-31", "hosts": [{"host": "127.0.0.1", "models": [
        {"model": "claude-*", "input": 1000, "output": 10000}]}]});
    std::fs::write(desk.folder().join("prices.json"), prices.to_string()).unwrap();
    let models = ["claude-sonnet-4-5", "claude-opus-5"];
    // On this computer, so that nothing goes on after the stop.
    let provider = json!({"id": "here", "name": "Here", "api": "anthropic", "models": models,
        "base_url": desk.server.base_url_of(Dialect::Anthropic), "local": true});
    for (model, scene, tokens) in [
        (models[0], "usage-anthropic", "tokens kept"),
        (models[1], "usage-anthropic-hidden", "at least "),
    ] {
        desk.write_settings(&format!("here/{model}"), std::slice::from_ref(&provider));
        let app = desk.open().await;
        ask(&app, "What is a moraine?").await;
        let mut exchange = desk.server.next_request().await;
        let words = "A moraine is a heap of rubble that a glacier left behind.";
        exchange.say(&Say::text(words)).await;
        when(&app, "a.words.includes('left behind')").await;
        Means::Button.stop(&app).await;
        let answer = stopped(&app).await;
        assert_eq!(answer.usage.as_deref(), Some("estimated"));
        let receipt = answer.receipt.unwrap();
        assert!(receipt.contains(tokens), "{receipt}");
        app.click(&Locator::css(".receipt-toggle")).await;
        let opened = when(&app, "a.receipt.includes('last count')").await;
        let receipt = opened.receipt.unwrap();
        let dollars = if model == models[0] {
            "≈ $"
        } else {
            "at least $"
        };
        assert!(receipt.contains(dollars), "{receipt}");
        fits(&app, scene).await;
    }
    let app = desk.open().await;
    open(&app).await;
    app.click(&testid("usage-by-model")).await;
    app.find(&testid("usage-group").attr("data-key", "here/claude-opus-5"))
        .await;
    fits(&app, "usage-at-least").await;
    let rows = rows(&app).await;
    let sum = rows.as_array().unwrap().last().unwrap();
    let [_, _, _, tokens, cost] = &sum.as_array().unwrap()[..] else {
        panic!("{rows}");
    };
    assert!(tokens.as_str().unwrap().starts_with("at least "), "{rows}");
    assert!(cost.as_str().unwrap().starts_with("at least $"), "{rows}");
}
