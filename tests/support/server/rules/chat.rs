//! The rules by which providers refuse a Chat Completions request, gathered into one strict judge,
//! so that a history spoiled by a stopped turn fails a test instead of a user's next message.
//!
//! The wording is the providers' own; sources: OpenAI's and DeepSeek's published error texts, and
//! the chat templates that llama.cpp and vLLM apply for the alternation of roles.

use serde_json::Value;
use std::collections::HashSet;

/// What is demanded beyond the rules that every Chat Completions server shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChatRules {
    /// User and assistant must alternate and a system message may only come first, as many chat
    /// templates of local models demand.
    pub alternation: bool,
    /// As many tool messages as calls, counted before their ids are looked at; what follows a tool
    /// message is another one or the assistant; the last message is not the assistant's, unless it
    /// is marked as a prefix. All as Mistral demands.
    pub mistral_order: bool,
    /// The ids of calls are nine letters and digits, as Mistral demands.
    pub mistral_ids: bool,
    /// A call of a tool has its reasoning in `reasoning_content`, as DeepSeek and Moonshot demand of
    /// models that think; to all others it must not be sent.
    pub reasoning_demanded: bool,
}

/// Judges a request by the rules that every Chat Completions server shares.
///
/// # Errors
/// The first rule that is broken, in a provider's words.
pub fn validate_chat_request(request: &Value) -> Result<(), String> {
    ChatRules::default().check(request)
}

impl ChatRules {
    /// As the templates of many local models have it.
    pub const LOCAL: Self = Self {
        alternation: true,
        mistral_order: false,
        mistral_ids: false,
        reasoning_demanded: false,
    };

    /// As Mistral's own API has it.
    pub const MISTRAL: Self = Self {
        alternation: false,
        mistral_order: true,
        mistral_ids: true,
        reasoning_demanded: false,
    };

    /// Judges a request's body.
    ///
    /// # Errors
    /// As [`ChatRules::check`], or that the bytes are not JSON.
    pub fn check_bytes(&self, body: &[u8]) -> Result<(), String> {
        let request = serde_json::from_slice(body).map_err(|error| {
            format!("We could not parse the JSON body of your request: {error}")
        })?;
        self.check(&request)
    }

    /// Judges a request.
    ///
    /// # Errors
    /// The first rule that is broken, in a provider's words.
    pub fn check(&self, request: &Value) -> Result<(), String> {
        if request["model"].as_str().is_none_or(str::is_empty) {
            return Err("you must provide a model parameter".to_owned());
        }
        let Some(messages) = request["messages"].as_array() else {
            return Err("Missing required parameter: 'messages'.".to_owned());
        };
        if messages.is_empty() {
            return Err("[] is too short - 'messages'".to_owned());
        }
        for (at, message) in messages.iter().enumerate() {
            check_reasoning(at, message, self.reasoning_demanded)?;
            check_message(at, message)?;
        }
        if self.mistral_ids {
            check_mistral_ids(messages)?;
        }
        if self.mistral_order {
            check_mistral_order(messages)?;
        }
        check_tool_answers(messages)?;
        let first = messages.iter().find(|message| !is_instruction(message));
        if first.is_none_or(|message| message["role"] != "user") {
            return Err(
                "the first message that is not a system message must be from the user".to_owned(),
            );
        }
        if self.alternation {
            check_alternation(messages)?;
        }
        Ok(())
    }
}

fn is_instruction(message: &Value) -> bool {
    message["role"] == "system" || message["role"] == "developer"
}

/// DeepSeek's documentation of its reasoning model (R1): reasoning in the input messages is answered
/// with 400. That of its later ones, and Moonshot's: without it a call of a tool is.
fn check_reasoning(at: usize, message: &Value, demanded: bool) -> Result<(), String> {
    let given = &message["reasoning_content"];
    let is_call = message["tool_calls"].is_array();
    match given.as_str() {
        None if demanded && is_call => Err(format!(
            "thinking is enabled but reasoning_content is missing in assistant tool call message at index {at}"
        )),
        None if given.is_null() && message["reasoning"].is_null() => Ok(()),
        Some(text) if demanded && !text.is_empty() => Ok(()),
        Some(_) | None => Err(format!(
            "messages[{at}]: 'reasoning_content' must not be sent back"
        )),
    }
}

fn check_message(at: usize, message: &Value) -> Result<(), String> {
    match message["role"].as_str() {
        Some("assistant") => {
            let calls = &message["tool_calls"];
            let images = &message["images"];
            if calls.is_null() && images.is_null() && message["content"].is_null() {
                return Err(
                    "Invalid assistant message: content or tool_calls must be set".to_owned(),
                );
            }
            if !message["content"].is_null() {
                check_content(at, &message["content"])?;
            }
            check_calls(at, calls)
        }
        Some("tool") => {
            if message["tool_call_id"].as_str().is_none_or(str::is_empty) {
                return Err(format!(
                    "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id' (messages[{at}])."
                ));
            }
            let parts = message["content"].as_array().into_iter().flatten();
            let mut kinds = parts.filter_map(|part| part["type"].as_str());
            if let Some(other) = kinds.find(|kind| *kind != "text") {
                return Err(format!(
                    "Invalid value: '{other}'. Supported values are: 'text' (messages[{at}].content)."
                ));
            }
            check_content(at, &message["content"])
        }
        Some("system" | "developer" | "user") => check_content(at, &message["content"]),
        Some(other) => Err(format!(
            "Invalid value: '{other}'. Supported values are: 'system', 'assistant', 'user', 'tool' and 'developer' (messages[{at}].role)."
        )),
        None => Err(format!(
            "Missing required parameter: 'messages[{at}].role'."
        )),
    }
}

fn check_content(at: usize, content: &Value) -> Result<(), String> {
    match content {
        Value::String(text) if text.is_empty() => Err(format!(
            "messages[{at}]: all messages must have non-empty content"
        )),
        Value::String(_) => Ok(()),
        Value::Array(parts) if parts.is_empty() => Err(format!(
            "messages[{at}]: all messages must have non-empty content"
        )),
        Value::Array(parts) => parts.iter().try_for_each(|part| check_part(at, part)),
        _ => Err(format!(
            "Invalid type for 'messages[{at}].content': expected one of a string or array of objects."
        )),
    }
}

fn check_part(at: usize, part: &Value) -> Result<(), String> {
    let sound = match part["type"].as_str() {
        Some("text") => part["text"].as_str().is_some_and(|text| !text.is_empty()),
        Some("image_url") => part["image_url"]["url"].is_string(),
        Some("file") => part["file"]["file_data"].is_string(),
        _ => false,
    };
    if sound {
        return Ok(());
    }
    Err(format!("Invalid content part in messages[{at}]: {part}"))
}

fn check_calls(at: usize, calls: &Value) -> Result<(), String> {
    let calls = match calls {
        Value::Null => return Ok(()),
        Value::Array(calls) => calls,
        _ => {
            return Err(format!(
                "Invalid type for 'messages[{at}].tool_calls': expected an array."
            ));
        }
    };
    if calls.is_empty() {
        return Err(format!("[] is too short - 'messages.{at}.tool_calls'"));
    }
    let mut ids = HashSet::new();
    for call in calls {
        let function = &call["function"];
        if call["type"] != "function" {
            return Err(format!(
                "Missing required parameter: 'messages[{at}].tool_calls[].type'."
            ));
        }
        match call["id"].as_str() {
            None | Some("") => {
                return Err(format!(
                    "Missing required parameter: 'messages[{at}].tool_calls[].id'."
                ));
            }
            Some(id) if !ids.insert(id) => {
                return Err(format!(
                    "Duplicate value for 'tool_call_id' of '{id}' in messages[{at}]"
                ));
            }
            Some(_) => {}
        }
        let name = function["name"].as_str().unwrap_or_default();
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || name.len() > 64 || !name.chars().all(allowed) {
            return Err(format!(
                "Invalid 'messages[{at}].tool_calls[].function.name': expected a string that matches the pattern '^[a-zA-Z0-9_-]{{1,64}}$'."
            ));
        }
        let arguments = function["arguments"].as_str().map(serde_json::from_str);
        if !matches!(arguments, Some(Ok(Value::Object(_)))) {
            return Err(format!(
                "messages[{at}].tool_calls[].function.arguments must be a JSON string of an object, got {}",
                function["arguments"]
            ));
        }
    }
    Ok(())
}

/// Each call is answered once, directly after its message, and nothing else is answered.
fn check_tool_answers(messages: &[Value]) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        if message["role"] == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            let Some(position) = open.iter().position(|known| *known == id) else {
                return Err(format!(
                    "messages with role 'tool' must be a response to a preceding message with 'tool_calls' (messages[{at}], '{id}')"
                ));
            };
            open.remove(position);
            continue;
        }
        answered(&open)?;
        let calls = message["tool_calls"].as_array();
        open = calls
            .into_iter()
            .flatten()
            .filter_map(|call| call["id"].as_str())
            .collect();
    }
    answered(&open)
}

fn answered(open: &[&str]) -> Result<(), String> {
    if open.is_empty() {
        return Ok(());
    }
    Err(format!(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: {}",
        open.join(", ")
    ))
}

/// As the templates of many local models have it; tool messages and the assistant messages that
/// call tools belong to one assistant turn.
fn check_alternation(messages: &[Value]) -> Result<(), String> {
    let mut previous = None;
    for (at, message) in messages.iter().enumerate() {
        if is_instruction(message) {
            if at > 0 {
                return Err("System message must be at the beginning.".to_owned());
            }
            continue;
        }
        let role = message["role"].as_str().unwrap_or_default();
        if matches!(
            (previous, role),
            (Some("user"), "user") | (Some("assistant"), "assistant")
        ) {
            return Err(
                "Conversation roles must alternate user/assistant/user/assistant/...".to_owned(),
            );
        }
        previous = Some(role);
    }
    Ok(())
}

fn check_mistral_ids(messages: &[Value]) -> Result<(), String> {
    let calls = |message: &Value| {
        let calls = message["tool_calls"].as_array().cloned();
        calls.unwrap_or_default()
    };
    let ids = messages.iter().flat_map(|message| {
        let answered = message["tool_call_id"].clone();
        let called = calls(message).into_iter().map(|call| call["id"].clone());
        called.chain([answered])
    });
    for id in ids.filter_map(|id| id.as_str().map(str::to_owned)) {
        if id.len() != 9 || !id.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(format!(
                "Tool call id was {id} but must be a-z, A-Z, 0-9, with a length of 9."
            ));
        }
    }
    Ok(())
}

fn check_mistral_order(messages: &[Value]) -> Result<(), String> {
    let mut calls = 0;
    let mut previous = "";
    for message in messages {
        let role = message["role"].as_str().unwrap_or_default();
        if role == "tool" {
            calls -= 1;
        } else {
            if calls != 0 {
                return Err(unequal());
            }
            if previous == "tool" && role != "assistant" {
                return Err(format!("Unexpected role '{role}' after role 'tool'"));
            }
            let called = message["tool_calls"].as_array().map_or(0, Vec::len);
            calls = i64::try_from(called).unwrap_or(i64::MAX);
        }
        previous = role;
    }
    if calls != 0 {
        return Err(unequal());
    }
    match messages.last() {
        Some(last) if last["role"] == "assistant" && last["prefix"] != true => Err(
            "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant".to_owned(),
        ),
        _ => Ok(()),
    }
}

fn unequal() -> String {
    "Not the same number of function calls and responses".to_owned()
}
