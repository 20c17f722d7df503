//! What OpenAI's Responses API refuses.
//!
//! The wording is OpenAI's own, from published error reports.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::HashSet;

pub(super) fn check(request: &Value) -> Result<(), String> {
    if request["model"].as_str().is_none_or(str::is_empty) {
        return Err("Missing required parameter: 'model'.".to_owned());
    }
    check_parameters(request)?;
    let items = match &request["input"] {
        Value::Null => return Err("Missing required parameter: 'input'.".to_owned()),
        Value::String(text) if text.is_empty() => {
            return Err("Invalid 'input': all messages must have non-empty content".to_owned());
        }
        Value::String(_) => return Ok(()),
        Value::Array(items) if items.is_empty() => {
            return Err("Invalid 'input': empty array. Expected an array with minimum length 1, but got an empty array instead.".to_owned());
        }
        Value::Array(items) => items,
        _ => {
            return Err(
                "Invalid type for 'input': expected one of an array of objects or string."
                    .to_owned(),
            );
        }
    };
    let is_stored = request["store"] != false;
    let mut ids = HashSet::new();
    for (at, item) in items.iter().enumerate() {
        if let Some(id) = item["id"].as_str()
            && !ids.insert(id)
        {
            return Err(format!(
                "Duplicate item found with id {id}. Remove duplicate items from your input and try again."
            ));
        }
        match kind(item) {
            Some("message") => check_message(at, item)?,
            Some("function_call") => check_call(at, item)?,
            Some("function_call_output") => check_output(at, item)?,
            Some("web_search_call") => check_id(at, item, "ws")?,
            Some("image_generation_call") => check_image(at, item)?,
            Some("reasoning") => check_reasoning(at, item, items.get(at + 1), is_stored)?,
            Some(other) => {
                return Err(format!(
                    "Invalid value: '{other}'. Supported values are: 'message', 'function_call', 'function_call_output' and 'reasoning' (input[{at}].type)."
                ));
            }
            None => return Err(format!("Missing required parameter: 'input[{at}].type'.")),
        }
    }
    check_answers(items)
}

/// A message may leave its type out.
fn kind(item: &Value) -> Option<&str> {
    let kind = item["type"].as_str();
    kind.or_else(|| item["role"].is_string().then_some("message"))
}

fn check_parameters(request: &Value) -> Result<(), String> {
    for (old, new) in [("messages", "input"), ("max_tokens", "max_output_tokens")] {
        if !request[old].is_null() {
            return Err(format!(
                "Unsupported parameter: '{old}'. In the Responses API, this parameter has moved to '{new}'. Try again with the new parameter."
            ));
        }
    }
    if !request["stream_options"]["include_usage"].is_null() {
        return Err("Unknown parameter: 'stream_options.include_usage'.".to_owned());
    }
    if let Some(most @ ..16) = request["max_output_tokens"].as_u64() {
        return Err(format!(
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got {most} instead."
        ));
    }
    if request["background"] == true && request["store"] == false {
        return Err("Background mode requires 'store' to be true.".to_owned());
    }
    Ok(())
}

/// An id of an earlier response is replayed under its own prefix.
fn check_id(at: usize, item: &Value, prefix: &str) -> Result<(), String> {
    match &item["id"] {
        Value::Null => Ok(()),
        Value::String(id) if id.starts_with(prefix) => Ok(()),
        id => Err(format!(
            "Invalid 'input[{at}].id': {id}. Expected an ID that begins with '{prefix}'."
        )),
    }
}

fn check_message(at: usize, item: &Value) -> Result<(), String> {
    let role = item["role"].as_str().unwrap_or_default();
    let allowed: &[&str] = match role {
        "user" | "system" | "developer" => &["input_text", "input_image", "input_file"],
        "assistant" => {
            check_id(at, item, "msg")?;
            &["output_text", "refusal"]
        }
        other => {
            return Err(format!(
                "Invalid value: '{other}'. Supported values are: 'assistant', 'system', 'developer', and 'user' (input[{at}].role)."
            ));
        }
    };
    let empty =
        || format!("Invalid 'input[{at}].content': all messages must have non-empty content");
    match &item["content"] {
        Value::String(text) if text.is_empty() => Err(empty()),
        Value::String(_) => Ok(()),
        Value::Array(parts) if parts.is_empty() => Err(empty()),
        Value::Array(parts) => parts.iter().enumerate().try_for_each(|(index, part)| {
            check_part(&format!("input[{at}].content[{index}]"), part, allowed)
        }),
        _ => Err(format!(
            "Missing required parameter: 'input[{at}].content'."
        )),
    }
}

fn check_part(place: &str, part: &Value, allowed: &[&str]) -> Result<(), String> {
    let kind = part["type"].as_str().unwrap_or_default();
    if !allowed.contains(&kind) {
        return Err(format!(
            "Invalid value: '{kind}'. Supported values are: '{}' ({place}).",
            allowed.join("' and '")
        ));
    }
    let any = |fields: &[&str]| {
        let mut given = fields.iter().map(|field| part[*field].as_str());
        given.any(|text| text.is_some_and(|text| !text.is_empty()))
    };
    let (sound, missing) = match kind {
        "input_image" => (is_image(part), "image_url"),
        "input_file" => (
            any(&["file_id", "file_url"]) || (any(&["file_data"]) && any(&["filename"])),
            "file_data",
        ),
        "refusal" => (any(&["refusal"]), "refusal"),
        _ => (any(&["text"]), "text"),
    };
    if sound {
        return Ok(());
    }
    Err(format!("Missing required parameter: '{place}.{missing}'."))
}

/// An image is at an address, is a file of the server's, or is in a data URL of base64.
fn is_image(part: &Value) -> bool {
    let given = |field: &str| part[field].as_str().filter(|text| !text.is_empty());
    match (given("image_url"), given("file_id")) {
        (Some(url), _) if url.starts_with("data:") => {
            let data = url
                .strip_prefix("data:image/")
                .and_then(|rest| rest.split_once(";base64,"));
            data.is_some_and(|(_, data)| STANDARD.decode(data).is_ok_and(|it| !it.is_empty()))
        }
        (Some(_), _) | (None, Some(_)) => true,
        (None, None) => false,
    }
}

fn check_call_id(at: usize, item: &Value) -> Result<(), String> {
    match item["call_id"].as_str() {
        None | Some("") => Err(format!(
            "Missing required parameter: 'input[{at}].call_id'."
        )),
        Some(id) if id.len() > 64 => Err(format!(
            "Invalid 'input[{at}].call_id': string too long. Expected a string with maximum length 64, but got a string with length {} instead.",
            id.len()
        )),
        Some(_) => Ok(()),
    }
}

fn check_call(at: usize, item: &Value) -> Result<(), String> {
    check_id(at, item, "fc")?;
    check_call_id(at, item)?;
    let name = item["name"].as_str().unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(allowed) {
        return Err(format!(
            "Invalid 'input[{at}].name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
        ));
    }
    let arguments = item["arguments"].as_str().map(serde_json::from_str);
    if matches!(arguments, Some(Ok(Value::Object(_)))) {
        return Ok(());
    }
    Err(format!(
        "Invalid type for 'input[{at}].arguments': expected a JSON string of an object, but got {} instead.",
        item["arguments"]
    ))
}

fn check_output(at: usize, item: &Value) -> Result<(), String> {
    check_id(at, item, "fc")?;
    check_call_id(at, item)?;
    match &item["output"] {
        Value::String(_) => Ok(()),
        Value::Array(parts) if !parts.is_empty() => {
            parts.iter().enumerate().try_for_each(|(index, part)| {
                let place = format!("input[{at}].output[{index}]");
                check_part(&place, part, &["input_text", "input_image", "input_file"])
            })
        }
        _ => Err(format!("Missing required parameter: 'input[{at}].output'.")),
    }
}

/// An image that the model made goes back whole.
fn check_image(at: usize, item: &Value) -> Result<(), String> {
    check_id(at, item, "ig")?;
    let whole = item["result"]
        .as_str()
        .is_some_and(|data| STANDARD.decode(data).is_ok_and(|bytes| !bytes.is_empty()));
    if whole && item["id"].is_string() {
        return Ok(());
    }
    Err(format!("Invalid value for 'input[{at}].result'."))
}

fn check_reasoning(
    at: usize,
    item: &Value,
    next: Option<&Value>,
    is_stored: bool,
) -> Result<(), String> {
    check_id(at, item, "rs")?;
    let Some(id) = item["id"].as_str() else {
        return Err(format!("Missing required parameter: 'input[{at}].id'."));
    };
    if !item["summary"].is_array() {
        return Err(format!(
            "Missing required parameter: 'input[{at}].summary'."
        ));
    }
    if !is_stored && item["encrypted_content"].as_str().is_none_or(str::is_empty) {
        return Err(format!(
            "Item with id '{id}' not found. Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input."
        ));
    }
    let follows = next.is_some_and(|next| match kind(next) {
        Some("message") => next["role"] == "assistant",
        Some("function_call" | "image_generation_call" | "web_search_call" | "reasoning") => true,
        _ => false,
    });
    if follows {
        return Ok(());
    }
    Err(format!(
        "Item '{id}' of type 'reasoning' was provided without its required following item."
    ))
}

/// Each call has one output after it, and each output its call before it.
fn check_answers(items: &[Value]) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    let mut known = HashSet::new();
    for item in items {
        let id = item["call_id"].as_str().unwrap_or_default();
        match kind(item) {
            Some("function_call") => {
                if !known.insert(id) {
                    return Err(format!("Duplicate function call with call_id {id}."));
                }
                open.push(id);
            }
            Some("function_call_output") => {
                let Some(position) = open.iter().position(|call| *call == id) else {
                    return Err(format!(
                        "No tool call found for function call output with call_id {id}."
                    ));
                };
                open.remove(position);
            }
            _ => {}
        }
    }
    match open.first() {
        Some(id) => Err(format!("No tool output found for function call {id}.")),
        None => Ok(()),
    }
}
