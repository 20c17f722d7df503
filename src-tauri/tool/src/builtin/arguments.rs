//! Arguments that were checked against the schema, taken out of their JSON.

use serde_json::Value;

/// The text called `name`; empty where it was left out.
pub fn text<'a>(arguments: &'a Value, name: &str) -> &'a str {
    arguments
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The number called `name`.
pub fn number(arguments: &Value, name: &str) -> Option<u64> {
    arguments.get(name).and_then(Value::as_u64)
}

/// The folder called `path`; the first that is open where it was left out.
pub fn folder(arguments: &Value) -> &str {
    arguments.get("path").and_then(Value::as_str).unwrap_or(".")
}
