//! A tool call that is gathered piece by piece for an API that sends calls whole.

use serde_json::{Map, Value};

#[derive(Debug, Clone)]
pub(super) struct GatheredCall {
    pub id: String,
    pub name: String,
    /// The seal of the reasoning that led to it.
    pub seal: Option<String>,
    pub arguments: String,
}

impl GatheredCall {
    /// The arguments as an object; none at all are an empty one.
    ///
    /// # Panics
    /// When the test has the model say arguments that are no object: these APIs cannot send them.
    pub(super) fn object(&self) -> Map<String, Value> {
        if self.arguments.is_empty() {
            return Map::new();
        }
        match serde_json::from_str(&self.arguments) {
            Ok(object) => object,
            Err(error) => panic!(
                "this API sends a call whole, and {:?} is no object: {error}",
                self.arguments
            ),
        }
    }
}
