//! `reasoning_details`, OpenRouter's form of reasoning: text, summary and encrypted pieces, which
//! go back as they were (its guide "Reasoning tokens", "Preserving reasoning").

use crate::decode::text;
use serde_json::{Map, Value};

/// The details of a piece of reasoning, put together from what a stream gives of each.
#[derive(Debug, Default)]
pub(super) struct Details {
    details: Vec<Map<String, Value>>,
}

impl Details {
    /// Takes in what a delta has of them, and gives what is new of their words.
    pub(super) fn take(&mut self, delta: &Value) -> String {
        let mut words = String::new();
        let new = delta.as_array().into_iter().flatten();
        for detail in new.filter_map(Value::as_object) {
            let shown = ["text", "summary"].map(|name| detail.get(name).map_or("", text));
            if self.grow(detail) {
                words.extend(shown);
                continue;
            }
            if !self.details.is_empty() && shown.iter().any(|text| !text.is_empty()) {
                words.push_str("\n\n");
            }
            words.extend(shown);
            self.details.push(detail.clone());
        }
        words
    }

    /// Adds to the last detail, where this is more of the same.
    fn grow(&mut self, more: &Map<String, Value>) -> bool {
        let Some(last) = self.details.last_mut() else {
            return false;
        };
        let same = |name: &str| last.get(name) == more.get(name);
        let name = match more.get("type").map_or("", text) {
            "reasoning.text" => "text",
            "reasoning.summary" => "summary",
            _ => return false,
        };
        if !same("type") || !same("index") {
            return false;
        }
        for (field, value) in more {
            match (last.get_mut(field), value) {
                (Some(Value::String(known)), Value::String(more)) if field == name => {
                    known.push_str(more);
                }
                // What is said later, such as the signature, takes the place of what was not known.
                (_, Value::Null) => {}
                _ => drop(last.insert(field.clone(), value.clone())),
            }
        }
        true
    }

    /// All of them as JSON; what comes now belongs to other reasoning.
    pub(super) fn end(&mut self) -> Option<String> {
        let details = std::mem::take(&mut self.details);
        let details: Value = details.into_iter().map(Value::Object).collect();
        (details != Value::Array(Vec::new())).then(|| details.to_string())
    }
}
