//! What answers took and cost, under each of them and summed up.

use crate::answer::{Means, ask, stopped, when};
use crate::desk::Desk;
use crate::pictures::{colours, fits};
use serde_json::{Value, json};
use tacet_test_support::webdriver::{App, Key, testid};

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
    // 11 tokens at 70 % without the request, to 130 % with it: 41 characters in all.
    let expected = json!([
        ["whole", "1", "50", "25", "$0.30"],
        ["stopped", "1", "–", "11", "≈ $0.077–0.16"],
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
    assert_eq!((cost(0).low, cost(0).high), (0.3, 0.3));
    assert_eq!(cost(0).price.unwrap().date.as_deref(), Some("2026-01-31"));
    assert!(cost(1).low < cost(1).high);
}
