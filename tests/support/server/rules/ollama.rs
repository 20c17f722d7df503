//! What Ollama refuses: little, since its templates take nearly any history, but its types are
//! Go's.
//!
//! The wording is that of Ollama's server and of Go's JSON and base64 decoders.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

pub(super) fn check(request: &Value) -> Result<(), String> {
    typed(&request["model"], Type::String, "model")?;
    if request["model"].as_str().is_none_or(str::is_empty) {
        return Err("model is required".to_owned());
    }
    typed(&request["options"], Type::Object, "options")?;
    typed(&request["stream"], Type::Bool, "stream")?;
    typed(&request["messages"], Type::Array, "messages")?;
    let messages = request["messages"].as_array();
    messages.into_iter().flatten().try_for_each(check_message)
}

fn check_message(message: &Value) -> Result<(), String> {
    typed(message, Type::Object, "messages")?;
    match message["role"].as_str() {
        Some("system" | "user" | "assistant" | "tool") => {}
        other => {
            return Err(format!(
                "invalid role: {}, must be one of [\"system\", \"user\", \"assistant\", \"tool\"]",
                other.unwrap_or_default()
            ));
        }
    }
    for field in ["content", "thinking", "tool_name", "tool_call_id"] {
        typed(&message[field], Type::String, &format!("messages.{field}"))?;
    }
    typed(&message["images"], Type::Array, "messages.images")?;
    for image in message["images"].as_array().into_iter().flatten() {
        typed(image, Type::String, "messages.images")?;
        if let Err(error) = STANDARD.decode(image.as_str().unwrap_or_default()) {
            return Err(format!("illegal base64 data in an image: {error}"));
        }
    }
    typed(&message["tool_calls"], Type::Array, "messages.tool_calls")?;
    let calls = message["tool_calls"].as_array().into_iter().flatten();
    for call in calls {
        let function = &call["function"];
        let place = "messages.tool_calls.function";
        typed(function, Type::Object, place)?;
        typed(&function["name"], Type::String, &format!("{place}.name"))?;
        let arguments = format!("{place}.arguments");
        typed(&function["arguments"], Type::Arguments, &arguments)?;
        if function["name"].as_str().is_none_or(str::is_empty) {
            return Err("tool call function name is required".to_owned());
        }
    }
    Ok(())
}

/// The types of the fields that are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Bool,
    String,
    Array,
    Object,
    /// An object with a Go type of its own.
    Arguments,
}

/// Go leaves a field alone that is null or missing.
fn typed(value: &Value, wanted: Type, place: &str) -> Result<(), String> {
    let (name, found) = match value {
        Value::Null => return Ok(()),
        Value::Bool(_) => ("bool", Some(Type::Bool)),
        Value::Number(_) => ("number", None),
        Value::String(_) => ("string", Some(Type::String)),
        Value::Array(_) => ("array", Some(Type::Array)),
        Value::Object(_) => ("object", Some(Type::Object)),
    };
    let is_object = wanted == Type::Arguments && found == Some(Type::Object);
    if found == Some(wanted) || is_object {
        return Ok(());
    }
    let go = match wanted {
        Type::Bool => "bool",
        Type::String => "string",
        Type::Array => "[]",
        Type::Object => "map[string]interface {}",
        Type::Arguments => "api.ToolCallFunctionArguments",
    };
    Err(format!(
        "json: cannot unmarshal {name} into Go struct field ChatRequest.{place} of type {go}"
    ))
}
