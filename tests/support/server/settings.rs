//! The settings of an app that asks the gated server.

use super::GatedServer;
use serde_json::{Value, json};

impl GatedServer {
    /// This server as the provider `gated`, with the model `test-model`.
    pub fn provider(&self) -> Value {
        json!({"id": "gated", "name": "Gated", "api": "openai-chat",
            "base_url": self.base_url(), "models": ["test-model"]})
    }

    /// Settings by which an app asks that model, with the fields of `more` in their place.
    ///
    /// # Panics
    /// When `more` is no object.
    pub fn settings(&self, more: Value) -> Value {
        let mut settings = json!({"version": 1, "titles": "first-words",
            "default_model": "gated/test-model", "providers": [self.provider()]});
        let Value::Object(more) = more else {
            panic!("no fields of settings: {more}");
        };
        for (field, value) in more {
            settings[field] = value;
        }
        settings
    }
}
