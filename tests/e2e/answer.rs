//! The answer that stands last on the page, and how a person gets one.

use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use tacet_test_support::patience::LIMIT;
use tacet_test_support::webdriver::{App, Key, testid};

/// An answer as the page shows it, read by its test ids.
#[derive(Debug, Deserialize)]
pub struct Answer {
    pub cause: Option<String>,
    pub parts: Vec<Part>,
    pub receipt: Option<String>,
    /// Where the usage figures come from.
    pub usage: Option<String>,
    /// What is said of one that is not saved.
    pub unsaved: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Part {
    pub kind: String,
    pub state: String,
    pub text: String,
}

impl Answer {
    /// The text of its text parts.
    pub fn text(&self) -> String {
        let texts = self.parts.iter().filter(|part| part.kind == "text");
        texts.map(|part| part.text.as_str()).collect()
    }
}

const READ: &str = r#"
const all = document.querySelectorAll('[data-testid="message"][data-role="assistant"]');
const last = all[all.length - 1];
const inside = (id) => last.querySelector(`[data-testid="${id}"]`);
const a = last && {
  state: last.dataset.state,
  cause: last.dataset.cause ?? null,
  parts: [...last.querySelectorAll('[data-testid="part"]')].map((part) => (
    {kind: part.dataset.kind, state: part.dataset.state, text: part.textContent})),
  words: last.textContent,
  receipt: inside("receipt")?.textContent ?? null,
  usage: inside("usage")?.dataset.source ?? null,
  unsaved: inside("unsaved")?.textContent ?? null,
  canCopyUnsaved: last.querySelector('[data-testid="unsaved"] [data-testid="copy"]') !== null,
};
"#;

/// The last answer, as soon as `condition`, a JavaScript expression over `a`, is true. Beside what
/// [`Answer`] has, `a` has the `state`, the `words`: all of them, those of buttons included, what is
/// said of an answer that is `unsaved`, and whether that `canCopyUnsaved`.
pub async fn when(app: &App, condition: &str) -> Answer {
    when_within(LIMIT, app, condition).await
}

/// As [`when`] with a limit of its own, for what a model on a slow machine does.
pub async fn when_within(limit: Duration, app: &App, condition: &str) -> Answer {
    let script = format!("{READ} return a && ({condition}) ? a : null;");
    let what = format!("an answer with {condition}");
    let found = app.wait_until_within(limit, &what, &script, &[]).await;
    serde_json::from_value(found).unwrap()
}

/// Types a question and presses Send.
pub async fn ask(app: &App, words: &str) {
    app.type_into(&testid("composer"), words).await;
    app.click(&testid("send")).await;
}

/// As [`ask`] with a text that nobody would type: it is put in as a paste is.
pub async fn ask_pasted(app: &App, words: &str) {
    let script = "const [composer, words] = [document.querySelector(arguments[0]), arguments[1]];
        composer.value = words; composer.dispatchEvent(new Event('input', {bubbles: true}));";
    let composer = testid("composer");
    app.find(&composer).await;
    app.run(script, &[json!(composer.selector()), json!(words)])
        .await;
    app.click(&testid("send")).await;
}

/// The two ways to stop what is on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    Button,
    Esc,
}

impl Means {
    pub const BOTH: [Self; 2] = [Self::Button, Self::Esc];

    pub async fn stop(self, app: &App) {
        match self {
            Self::Button => app.click(&testid("stop")).await,
            Self::Esc => app.press(&[Key::Escape]).await,
        }
    }
}

/// The last answer once it was stopped by the person and has its receipt.
pub async fn stopped(app: &App) -> Answer {
    let answer = when(app, "a.state === 'interrupted' && a.receipt !== null").await;
    assert_eq!(answer.cause.as_deref(), Some("user"));
    let receipt = answer.receipt.as_deref().unwrap_or_default();
    assert!(receipt.contains("Stopped by you"), "{receipt}");
    answer
}

/// Waits until these words stand in the composer.
pub async fn composer_says(app: &App, words: &str) {
    let says = "return document.querySelector(arguments[0])?.value === arguments[1]";
    let arguments = [json!(testid("composer").selector()), json!(words)];
    app.wait_until(&format!("a draft of {words:?}"), says, &arguments)
        .await;
}
