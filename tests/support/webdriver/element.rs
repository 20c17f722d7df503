//! One element of the page, held by the driver's reference to it.

use super::app::App;
use serde_json::{Value, json};

/// The key of an element reference, fixed by the W3C WebDriver recommendation.
const REFERENCE: &str = "element-6066-11e4-a52e-4f735466cecf";

/// An element that was found; it goes stale when the page takes it away.
#[derive(Debug, Clone)]
pub struct Element<'a> {
    app: &'a App,
    reference: String,
}

impl<'a> Element<'a> {
    pub(super) fn from_value(app: &'a App, value: &Value) -> Option<Self> {
        let reference = value[REFERENCE].as_str()?.to_owned();
        Some(Self { app, reference })
    }

    /// As an argument of a script.
    pub fn argument(&self) -> Value {
        json!({REFERENCE: self.reference})
    }

    /// The text as it is rendered.
    pub async fn text(&self) -> String {
        let value = self.get("text").await;
        value.as_str().unwrap_or_default().to_owned()
    }

    /// An attribute's value, or `None` where it is absent.
    pub async fn attribute(&self, name: &str) -> Option<String> {
        let value = self.get(&format!("attribute/{name}")).await;
        value.as_str().map(str::to_owned)
    }

    /// A property's value, such as `value` or `scrollTop`.
    pub async fn property(&self, name: &str) -> Value {
        self.get(&format!("property/{name}")).await
    }

    /// Whether it is enabled.
    pub async fn is_enabled(&self) -> bool {
        self.get("enabled").await == json!(true)
    }

    /// Clicks into its middle with the left button.
    pub async fn click(&self) {
        self.post("click", json!({})).await;
    }

    /// Types into it, after giving it the focus.
    pub async fn type_text(&self, text: &str) {
        self.post("value", json!({"text": text})).await;
    }

    /// Empties it.
    pub async fn clear(&self) {
        self.post("clear", json!({})).await;
    }

    async fn get(&self, what: &str) -> Value {
        let path = format!("/element/{}/{what}", self.reference);
        self.app.get(&path).await
    }

    async fn post(&self, what: &str, body: Value) {
        let path = format!("/element/{}/{what}", self.reference);
        self.app.post(&path, body).await;
    }
}
