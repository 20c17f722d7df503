//! The model picker, a provider's form and what is said of an error: wide and narrow, light and
//! dark, and by keyboard.

use crate::answer::{ask, when};
use crate::desk::Desk;
use crate::pictures::{close_settings, colours, fits, open_settings};
use serde_json::json;
use tacet_test_support::webdriver::{App, Key, Locator, testid};

const LONG_NAME: &str =
    "an-organisation-with-a-long-name/a-model-of-235-thousand-million-weights-in-four-bits";

fn option(model: &str) -> Locator {
    testid("model-option").attr("data-model", model)
}

async fn picker(app: &App, suffix: &str) {
    app.click(&testid("model-picker")).await;
    app.find(&option(&format!("gated/{LONG_NAME}"))).await;
    fits(app, &format!("picker{suffix}")).await;
    app.press(&[Key::Escape]).await;
    app.wait_for_count(&testid("model-search"), 0).await;
}

/// The form of a preset, from its beginning and at its end, where its buttons are.
async fn form(app: &App, suffix: &str) {
    open_settings(app).await;
    app.click(&testid("provider-add")).await;
    let choose = "const one = document.querySelector('[data-testid=provider-preset]');
        one.value = 'OpenAI'; one.dispatchEvent(new Event('change', {bubbles: true}));";
    app.find(&testid("provider-preset")).await;
    app.run(choose, &[]).await;
    let filled = "return document.querySelector('[data-testid=provider-url]').value !== ''";
    app.wait_until("the preset's address", filled, &[]).await;
    fits(app, &format!("form{suffix}")).await;
    let shown = "const save = document.querySelector('[data-testid=provider-save]');
        save.scrollIntoView({block: 'end'});
        const body = save.closest('[data-testid=settings-panel]').getBoundingClientRect();
        return save.getBoundingClientRect().bottom <= body.bottom";
    app.wait_until("the form's buttons", shown, &[]).await;
    fits(app, &format!("form-end{suffix}")).await;
    app.click(&testid("provider-cancel")).await;
    close_settings(app).await;
}

#[tokio::test]
async fn picker_form_and_error_fit_into_a_wide_and_a_narrow_window_light_and_dark() {
    let desk = Desk::new().await;
    desk.server.models(["test-model", LONG_NAME, "small"]);
    let app = desk.open().await;
    app.resize(1280, 800).await;
    app.click(&testid("model-picker")).await;
    app.find(&option("gated/small")).await;
    let searching = "return document.activeElement.dataset.testid === 'model-search'";
    app.wait_until("the search in focus", searching, &[]).await;
    // By keys alone: Tab leads from the search to the star of the model that Enter would take.
    app.press(&[Key::Down]).await;
    app.press(&[Key::Tab]).await;
    app.press(&[Key::Char(' ')]).await;
    let starred = "return document.activeElement.getAttribute('aria-pressed') === 'true'";
    app.wait_until("a favourite", starred, &[]).await;
    app.press(&[Key::Escape]).await;
    app.wait_for_count(&testid("model-search"), 0).await;

    ask(&app, "What is a moraine?").await;
    let exchange = desk.server.next_request().await;
    let words = "Incorrect API key provided: sk-nothing.";
    let error = json!({"error": {"message": words, "type": "invalid_request_error"}});
    exchange.respond_json(401, &error).await;
    when(&app, "a.state === 'incomplete'").await;
    let narrow = [
        ("", 1280, "light"),
        ("-dark", 1280, "dark"),
        ("-narrow-dark", 400, "dark"),
    ];
    for (suffix, width, theme) in narrow.into_iter().chain([("-narrow", 400, "light")]) {
        app.resize(width, 800).await;
        colours(&app, theme).await;
        fits(&app, &format!("error{suffix}")).await;
        picker(&app, suffix).await;
        form(&app, suffix).await;
    }

    // The error's button leads to the key of the provider that refused it.
    app.click(&testid("remedy")).await;
    let focused = "return document.activeElement.dataset.testid === 'provider-key'";
    app.wait_until("the key in focus", focused, &[]).await;
    fits(&app, "error-remedy-narrow").await;
}
