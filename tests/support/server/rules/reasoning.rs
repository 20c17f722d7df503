//! What models refuse of how they are to reason and to choose their words, each in the words of its
//! provider. A model of no known name takes everything.

use super::Dialect;
use serde_json::Value;

pub(super) fn check(dialect: Dialect, model: &str, request: &Value) -> Result<(), String> {
    match dialect {
        Dialect::OpenaiChat => {
            let effort = ("reasoning_effort", &request["reasoning_effort"]);
            openai(model, effort, None, &request["temperature"])
        }
        Dialect::OpenaiResponses => {
            let reasoning = &request["reasoning"];
            let effort = ("reasoning.effort", &reasoning["effort"]);
            let summary = Some(&reasoning["summary"]).filter(|summary| !summary.is_null());
            openai(model, effort, summary, &request["temperature"])
        }
        Dialect::Anthropic => anthropic(model, request),
        Dialect::Gemini => gemini(model, &request["generationConfig"]["thinkingConfig"]),
        Dialect::GeminiInteractions => {
            // It knows levels alone, in the words of the other API.
            let config = &request["generation_config"];
            let name = model.rsplit('/').next().unwrap_or(model);
            let asked =
                !config["thinking_level"].is_null() || !config["thinking_summaries"].is_null();
            let old = ["gemini-1", "gemini-2.0", "gemma"];
            if asked && old.iter().any(|start| name.starts_with(start)) {
                return Err("Thinking is not supported by this model.".to_owned());
            }
            if name.starts_with("gemini-3-pro") && config["thinking_level"] == "medium" {
                return Err("Thinking level MEDIUM is not supported for this model.".to_owned());
            }
            Ok(())
        }
        Dialect::Ollama => match &request["think"] {
            Value::Null | Value::Bool(_) => Ok(()),
            Value::String(level) if ["low", "medium", "high"].contains(&level.as_str()) => Ok(()),
            other => Err(format!("invalid think value: {other}")),
        },
    }
}

fn openai(
    model: &str,
    (field, effort): (&str, &Value),
    summary: Option<&Value>,
    temperature: &Value,
) -> Result<(), String> {
    let unsupported = |field: &str| {
        Err(format!(
            "Unsupported parameter: '{field}' is not supported with this model."
        ))
    };
    let starts = |names: &[&str]| names.iter().any(|name| model.starts_with(name));
    if starts(&["gpt-4", "gpt-3.5"]) {
        return match (effort, summary) {
            (Value::Null, None) => Ok(()),
            (Value::Null, Some(_)) => unsupported("reasoning.summary"),
            _ => unsupported(field),
        };
    }
    if !starts(&["gpt-5", "o1", "o3", "o4"]) {
        return Ok(());
    }
    if !temperature.is_null() && temperature != 1.0 {
        return unsupported("temperature");
    }
    let levels: &[&str] = if starts(&["gpt-5.1"]) {
        &["none", "low", "medium", "high"]
    } else if starts(&["gpt-5."]) {
        &["none", "low", "medium", "high", "xhigh"]
    } else if starts(&["gpt-5"]) {
        &["minimal", "low", "medium", "high"]
    } else {
        &["low", "medium", "high"]
    };
    match effort.as_str() {
        Some(level) if !levels.contains(&level) => Err(format!(
            "Unsupported value: '{field}' does not support '{level}' with this model. Supported \
             values are: {levels:?}."
        )),
        Some(_) | None => Ok(()),
    }
}

fn anthropic(model: &str, request: &Value) -> Result<(), String> {
    let Some(name) = model.strip_prefix("claude-") else {
        return Ok(());
    };
    let is = |names: &[&str]| names.iter().any(|known| name.contains(known));
    let newest = is(&["5-5", "fable", "mythos", "-5"]) && !is(&["-3-5", "3-5-", "4-5"]);
    let adaptive = newest || is(&["4-6", "4-7", "4-8"]);
    let (thinking, temperature) = (&request["thinking"], &request["temperature"]);
    let warm = !temperature.is_null() && temperature != 1.0;
    if warm && (newest || is(&["4-7", "4-8"])) {
        return Err("`temperature` is deprecated for this model.".to_owned());
    }
    match thinking["type"].as_str() {
        Some("enabled") if newest || is(&["4-7", "4-8"]) => Err(
            "\"thinking.type.enabled\" is not supported for this model. Use \
             \"thinking.type.adaptive\" and \"output_config.effort\" to control thinking behavior."
                .to_owned(),
        ),
        Some("enabled") if warm => {
            Err("`temperature` may only be set to 1 when thinking is enabled.".to_owned())
        }
        Some("enabled") if is(&["3-5", "3-opus", "3-haiku"]) => {
            Err("thinking: Extra inputs are not permitted".to_owned())
        }
        Some("enabled") => began_with_thinking(&request["messages"]),
        Some("adaptive") if !adaptive => {
            Err("adaptive thinking is not supported on this model".to_owned())
        }
        Some("disabled") if is(&["opus-5-5", "fable", "mythos", "sonnet-5-5"]) => {
            Err("\"thinking.type.disabled\" is not supported for this model.".to_owned())
        }
        Some("between_tools") if !is(&["sonnet-5-5"]) => {
            Err("\"thinking.type.between_tools\" is not supported for this model.".to_owned())
        }
        _ if !adaptive && !request["output_config"].is_null() => Err(
            "output_config.effort: This model does not support the effort parameter.".to_owned(),
        ),
        _ => Ok(()),
    }
}

/// With a budget, an answer that stands last, or whose tools have just answered, began with thinking.
fn began_with_thinking(messages: &Value) -> Result<(), String> {
    let messages: Vec<&Value> = messages.as_array().into_iter().flatten().collect();
    let begins = |message: &Value, kinds: &[&str]| {
        let kind = message["content"][0]["type"].as_str().unwrap_or("text");
        kinds.contains(&kind)
    };
    let (at, last) = match messages.as_slice() {
        [.., last] if last["role"] == "assistant" => (messages.len() - 1, *last),
        [.., answer, last] if begins(last, &["tool_result"]) => (messages.len() - 2, *answer),
        _ => return Ok(()),
    };
    if begins(last, &["thinking", "redacted_thinking"]) {
        return Ok(());
    }
    Err(format!(
        "messages.{at}.content.0.type: Expected `thinking` or `redacted_thinking`, but found \
         another. When `thinking` is enabled, a final `assistant` message must start with a \
         thinking block."
    ))
}

fn gemini(model: &str, config: &Value) -> Result<(), String> {
    if config.is_null() {
        return Ok(());
    }
    let name = model.rsplit('/').next().unwrap_or(model);
    let (level, budget) = (&config["thinkingLevel"], &config["thinkingBudget"]);
    let old = ["gemini-1", "gemini-2.0", "gemma"];
    if old.iter().any(|start| name.starts_with(start)) {
        return Err(
            "Unable to submit request because thinking is not supported by this model.".to_owned(),
        );
    }
    if !level.is_null() && !budget.is_null() {
        return Err("You can only set only one of thinking budget and thinking level.".to_owned());
    }
    if !level.is_null() && name.starts_with("gemini-2") {
        return Err("Thinking level is not supported for this model.".to_owned());
    }
    if name.starts_with("gemini-3-pro") && level == "medium" {
        return Err("Thinking level MEDIUM is not supported for this model.".to_owned());
    }
    if name.starts_with("gemini-2.5-pro") && budget == 0 {
        return Err("Budget 0 is invalid. This model only works in thinking mode.".to_owned());
    }
    Ok(())
}
