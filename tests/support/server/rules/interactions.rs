//! What Google's Interactions API refuses: fields and words after the types of its own client packages
//! (npm's `@google/genai` 2.32, PyPI's `google-genai` 3.6), and what of a history is not one.

use super::shape::{each, object, word};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::HashSet;

type Judged = Result<(), String>;

pub(super) fn check(request: &Value) -> Judged {
    const MAY: &[&str] = &[
        "background",
        "generation_config",
        "previous_interaction_id",
        "response_format",
        "safety_settings",
        "service_tier",
        "store",
        "stream",
        "system_instruction",
        "tools",
    ];
    object("request", request, &["input", "model"], MAY)?;
    if request["model"].as_str().is_none_or(str::is_empty) {
        return Err("model: required field is not set.".to_owned());
    }
    if request["background"] == true && request["store"] == false {
        return Err("background=true requires store=true.".to_owned());
    }
    let instruction = &request["system_instruction"];
    if !instruction.is_null() && instruction.as_str().is_none_or(str::is_empty) {
        return Err("system_instruction: must be a text.".to_owned());
    }
    check_config(&request["generation_config"])?;
    let steps = match &request["input"] {
        Value::String(text) if !text.is_empty() => return Ok(()),
        Value::Array(steps) if !steps.is_empty() => steps,
        _ => return Err("input: required field is not set.".to_owned()),
    };
    each("input", &request["input"], check_step)?;
    check_order(steps)
}

fn check_config(config: &Value) -> Judged {
    const MAY: &[&str] = &[
        "max_output_tokens",
        "seed",
        "stop_sequences",
        "temperature",
        "thinking_level",
        "thinking_summaries",
        "tool_choice",
        "top_p",
    ];
    if config.is_null() {
        return Ok(());
    }
    object("generation_config", config, &[], MAY)?;
    let levels = ["minimal", "low", "medium", "high", "xhigh"];
    let place = "generation_config.thinking_level";
    word(place, &config["thinking_level"], &levels)?;
    let place = "generation_config.thinking_summaries";
    word(place, &config["thinking_summaries"], &["auto", "none"])?;
    match config["temperature"].as_f64() {
        Some(temperature) if !(0.0..=2.0).contains(&temperature) => Err(format!(
            "generation_config.temperature: {temperature} is not in [0, 2]."
        )),
        Some(_) | None => Ok(()),
    }
}

fn check_step(place: &str, step: &Value) -> Judged {
    let signature = ["signature"];
    match step["type"].as_str().unwrap_or_default() {
        "user_input" | "model_output" => {
            object(place, step, &["content", "type"], &[])?;
            not_empty(place, &step["content"])?;
            each(&format!("{place}.content"), &step["content"], check_content)
        }
        "thought" => {
            object(place, step, &["signature", "type"], &["summary"])?;
            base64(&format!("{place}.signature"), &step["signature"])?;
            each(&format!("{place}.summary"), &step["summary"], check_content)
        }
        "function_call" => {
            object(
                place,
                step,
                &["arguments", "id", "name", "type"],
                &signature,
            )?;
            named(place, step, &["id", "name"])?;
            if !step["arguments"].is_object() {
                return Err(format!("{place}.arguments: expected an object."));
            }
            Ok(())
        }
        "function_result" => {
            let may = ["is_error", "name"];
            object(place, step, &["call_id", "result", "type"], &may)?;
            named(place, step, &["call_id"])?;
            match &step["result"] {
                Value::String(text) if !text.is_empty() => Ok(()),
                Value::Object(_) => Ok(()),
                Value::Array(list) if !list.is_empty() => {
                    each(&format!("{place}.result"), &step["result"], check_content)
                }
                _ => Err(format!("{place}.result: required field is not set.")),
            }
        }
        "google_search_call" | "code_execution_call" | "url_context_call" => {
            let may = ["search_type", "signature"];
            object(place, step, &["arguments", "id", "type"], &may)?;
            named(place, step, &["id"])
        }
        "google_search_result" | "code_execution_result" | "url_context_result" => {
            let may = ["is_error", "signature"];
            object(place, step, &["call_id", "result", "type"], &may)?;
            named(place, step, &["call_id"])
        }
        other => Err(format!("{place}.type: unknown step type '{other}'.")),
    }
}

fn check_content(place: &str, content: &Value) -> Judged {
    const IMAGES: &[&str] = &[
        "image/png",
        "image/jpeg",
        "image/webp",
        "image/heic",
        "image/heif",
        "image/gif",
        "image/bmp",
        "image/tiff",
    ];
    let of = |types: &[&str]| {
        object(
            place,
            content,
            &["data", "mime_type", "type"],
            &["resolution"],
        )?;
        let is_known = content["mime_type"]
            .as_str()
            .is_some_and(|it| types.contains(&it));
        if !is_known {
            return Err(format!("{place}.mime_type: Unsupported MIME type."));
        }
        base64(&format!("{place}.data"), &content["data"])
    };
    match content["type"].as_str().unwrap_or_default() {
        "text" => {
            object(place, content, &["text", "type"], &["annotations"])?;
            named(place, content, &["text"])
        }
        "image" => of(IMAGES),
        "document" => of(&["application/pdf", "text/csv"]),
        other => Err(format!("{place}.type: unknown content type '{other}'.")),
    }
}

fn not_empty(place: &str, list: &Value) -> Judged {
    match list.as_array() {
        Some(list) if !list.is_empty() => Ok(()),
        Some(_) | None => Err(format!("{place}.content: must not be empty.")),
    }
}

/// Fields that are texts and not empty.
fn named(place: &str, value: &Value, fields: &[&str]) -> Judged {
    let empty = |name: &&&str| value[**name].as_str().is_none_or(str::is_empty);
    match fields.iter().find(empty) {
        Some(name) => Err(format!("{place}.{name}: must not be empty.")),
        None => Ok(()),
    }
}

fn base64(place: &str, value: &Value) -> Judged {
    match value.as_str() {
        Some(text) if !text.is_empty() && STANDARD.decode(text).is_ok() => Ok(()),
        Some(_) | None => Err(format!("{place}: Base64 decoding failed.")),
    }
}

/// What stands in which order: the turns of both sides, and each call with its result.
fn check_order(steps: &[Value]) -> Judged {
    let kind = |step: &Value| step["type"].as_str().unwrap_or_default().to_owned();
    if kind(&steps[0]) != "user_input" {
        return Err("input[0]: the first step must be a user_input.".to_owned());
    }
    let (mut ids, mut open, mut hosted) = (HashSet::new(), Vec::new(), Vec::new());
    let mut previous = String::new();
    for (at, step) in steps.iter().enumerate() {
        let place = format!("input[{at}]");
        let kind = kind(step);
        if kind != "function_result" && previous == "function_result" && !open.is_empty() {
            return Err(unanswered(&place));
        }
        match kind.as_str() {
            "user_input" => {
                if !open.is_empty() {
                    return Err(unanswered(&place));
                }
                if ["user_input", "function_result"].contains(&previous.as_str()) {
                    return Err(format!(
                        "{place}: Please ensure that multiturn requests alternate between user and model."
                    ));
                }
            }
            "function_call" => {
                if !ids.insert(step["id"].clone()) {
                    return Err(format!("{place}.id: {} is used twice.", step["id"]));
                }
                open.push(step["id"].clone());
            }
            "function_result" => {
                let call = open.iter().position(|id| *id == step["call_id"]);
                let Some(call) = call else {
                    return Err(format!(
                        "{place}.call_id: {} is the id of no function_call before it.",
                        step["call_id"]
                    ));
                };
                open.remove(call);
            }
            server if server.ends_with("_call") => hosted.push(step["id"].clone()),
            server if server.ends_with("_result") => {
                let Some(call) = hosted.iter().position(|id| *id == step["call_id"]) else {
                    return Err(format!("{place}.call_id: there is no such call before it."));
                };
                hosted.remove(call);
            }
            _ => {}
        }
        previous = kind;
    }
    if !open.is_empty() {
        return Err(unanswered("input"));
    }
    if !hosted.is_empty() {
        return Err("input: a call of a server's tool has no result.".to_owned());
    }
    if !["user_input", "function_result"].contains(&previous.as_str()) {
        return Err("input: the last step must be a user_input or a function_result.".to_owned());
    }
    Ok(())
}

fn unanswered(place: &str) -> String {
    format!("{place}: each function_call must be answered by a function_result with its call_id.")
}
