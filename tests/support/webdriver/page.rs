//! The page inside the window: finding, waiting, clicking, typing, running scripts.

use super::app::App;
use super::element::Element;
use super::key::{Key, chord};
use super::locator::Locator;
use crate::patience::LIMIT;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// How often the page is asked whether it has reached a state.
const LOOK: Duration = Duration::from_millis(10);

/// A script that makes the engine throw away what nothing holds any more: it does that when much is
/// taken at once, and by itself only after hundreds of megabytes. These are never written to, so they
/// take nothing.
pub const COLLECT: &str =
    "for (let taken = 0; taken < 40; taken += 1) new ArrayBuffer(64 * 1024 * 1024)";

impl App {
    /// All elements that the locator names, in the order of the page.
    pub async fn all(&self, locator: &Locator) -> Vec<Element<'_>> {
        let body = json!({"using": "css selector", "value": locator.selector()});
        let found = self.post("/elements", body).await;
        let found = found.as_array().into_iter().flatten();
        found
            .filter_map(|value| Element::from_value(self, value))
            .collect()
    }

    /// The first such element, waited for.
    ///
    /// # Panics
    /// When there is none after the usual limit.
    pub async fn find(&self, locator: &Locator) -> Element<'_> {
        let script = "return document.querySelector(arguments[0])";
        let found = self
            .wait_until(
                &format!("an element {locator}"),
                script,
                &[json!(locator.selector())],
            )
            .await;
        match Element::from_value(self, &found) {
            Some(element) => element,
            None => panic!("the driver gives no reference for {locator}: {found}"),
        }
    }

    /// Waits until exactly so many elements match.
    ///
    /// # Panics
    /// When they do not after the usual limit.
    pub async fn wait_for_count(&self, locator: &Locator, count: usize) {
        let script = "return document.querySelectorAll(arguments[0]).length === arguments[1]";
        let arguments = [json!(locator.selector()), json!(count)];
        let what = format!("{count} elements {locator}");
        self.wait_until(&what, script, &arguments).await;
    }

    /// Waits until the first such element's text contains `words`.
    ///
    /// # Panics
    /// When it does not after the usual limit.
    pub async fn wait_for_text(&self, locator: &Locator, words: &str) {
        let script =
            "return !!document.querySelector(arguments[0])?.textContent.includes(arguments[1])";
        let arguments = [json!(locator.selector()), json!(words)];
        let what = format!("{words:?} in {locator}");
        self.wait_until(&what, script, &arguments).await;
    }

    /// Clicks the first such element once it is there and enabled.
    ///
    /// # Panics
    /// When it is not after the usual limit.
    pub async fn click(&self, locator: &Locator) {
        let script = "const e = document.querySelector(arguments[0]); return !!e && !e.disabled";
        let what = format!("an enabled {locator}");
        self.wait_until(&what, script, &[json!(locator.selector())])
            .await;
        self.find(locator).await.click().await;
    }

    /// Types into the first such element, waited for.
    ///
    /// # Panics
    /// When there is none after the usual limit.
    pub async fn type_into(&self, locator: &Locator, text: &str) {
        self.find(locator).await.type_text(text).await;
    }

    /// Presses keys together, in this order, wherever the focus is.
    pub async fn press(&self, keys: &[Key]) {
        self.post("/actions", chord(keys)).await;
    }

    /// Runs a script's text as the body of a function and gives what it returns.
    pub async fn run(&self, script: &str, arguments: &[Value]) -> Value {
        self.post(
            "/execute/sync",
            json!({"script": script, "args": arguments}),
        )
        .await
    }

    /// As [`App::run`], for a script that calls its last argument with the result.
    pub async fn run_async(&self, script: &str, arguments: &[Value]) -> Value {
        self.post(
            "/execute/async",
            json!({"script": script, "args": arguments}),
        )
        .await
    }

    /// Waits until what has changed just now is on the screen, and what that brings has been told:
    /// two frames.
    pub async fn drawn(&self) {
        let frames = "const done = arguments[0];
            requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))";
        self.run_async(frames, &[]).await;
    }

    /// Repeats a script until it returns something true, and gives that. A page that is just being
    /// loaded counts as not yet.
    ///
    /// # Panics
    /// When the usual limit passes, with `what` in the message.
    pub async fn wait_until(&self, what: &str, script: &str, arguments: &[Value]) -> Value {
        self.wait_until_within(LIMIT, what, script, arguments).await
    }

    /// As [`App::wait_until`] with a limit of its own, for what a model on a slow machine does.
    ///
    /// # Panics
    /// When the limit passes, with `what` in the message.
    pub async fn wait_until_within(
        &self,
        limit: Duration,
        what: &str,
        script: &str,
        arguments: &[Value],
    ) -> Value {
        let mut last = Ok(Value::Null);
        let waited = tokio::time::timeout(limit, async {
            loop {
                let body = json!({"script": script, "args": arguments});
                last = self
                    .command(Method::POST, "/execute/sync", Some(body))
                    .await;
                if let Ok(value) = &last
                    && is_true(value)
                {
                    return value.clone();
                }
                tokio::time::sleep(LOOK).await;
            }
        })
        .await;
        match waited {
            Ok(value) => value,
            Err(_) => panic!("waited {limit:?} for {what}, and it did not come; last: {last:?}"),
        }
    }

    /// Reloads the page.
    pub async fn reload(&self) {
        self.post("/refresh", json!({})).await;
    }
}

/// Truth as a script has it.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}
