//! What the Gemini API refuses.
//!
//! The wording is Google's own, from its documentation and from published error reports.

use super::shape::object;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

pub(super) fn check(model: &str, request: &Value) -> Result<(), String> {
    let contents = request["contents"].as_array();
    let Some(contents) = contents.filter(|contents| !contents.is_empty()) else {
        return Err("* GenerateContentRequest.contents: contents is not specified".to_owned());
    };
    let instruction = &request["systemInstruction"];
    if !instruction.is_null() {
        check_parts(model, "system_instruction", &instruction["parts"])?;
    }
    for (at, content) in contents.iter().enumerate() {
        check_content(model, at, content)?;
    }
    if contents[0]["role"] == "model" {
        return Err("First content should be with role 'user', got model".to_owned());
    }
    check_turns(contents)
}

fn check_content(model: &str, at: usize, content: &Value) -> Result<(), String> {
    let place = format!("contents[{at}]");
    check_parts(model, &place, &content["parts"])?;
    let calls = count(content, "functionCall");
    let results = count(content, "functionResponse");
    match content["role"].as_str() {
        Some("model") if results == 0 => {}
        // A lone user message may leave its role out.
        None | Some("user" | "function") if calls == 0 => return Ok(()),
        _ => return Err("Please use a valid role: user, model.".to_owned()),
    }
    if count(content, "executableCode") != count(content, "codeExecutionResult") {
        return Err(
            "Please ensure that each executable code part is followed by its result.".to_owned(),
        );
    }
    if count(content, "toolCall") != count(content, "toolResponse") {
        return Err(
            "Please ensure that each tool call part is followed by its response.".to_owned(),
        );
    }
    let mut parts = parts(content);
    let first_call = parts.find(|part| !part["functionCall"].is_null());
    if let Some(call) = first_call
        && model.contains("gemini-3")
        && call["thoughtSignature"].as_str().is_none_or(str::is_empty)
    {
        let name = call["functionCall"]["name"].as_str().unwrap_or_default();
        return Err(format!(
            "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call `default_api:{name}` , position {}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.",
            at + 1
        ));
    }
    Ok(())
}

fn parts(content: &Value) -> impl Iterator<Item = &Value> {
    content["parts"].as_array().into_iter().flatten()
}

fn count(content: &Value, kind: &str) -> usize {
    parts(content).filter(|part| !part[kind].is_null()).count()
}

fn check_parts(model: &str, place: &str, parts: &Value) -> Result<(), String> {
    let parts = parts.as_array().filter(|parts| !parts.is_empty());
    let Some(parts) = parts else {
        return Err(format!(
            "* GenerateContentRequest.{place}.parts: contents.parts must not be empty."
        ));
    };
    for (index, part) in parts.iter().enumerate() {
        check_part(model, &format!("{place}.parts[{index}]"), part)?;
    }
    Ok(())
}

fn check_part(model: &str, place: &str, part: &Value) -> Result<(), String> {
    let text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let signed = text(&part["thoughtSignature"]);
    let fields = [
        "text",
        "inlineData",
        "fileData",
        "functionCall",
        "functionResponse",
        "executableCode",
        "codeExecutionResult",
        "toolCall",
        "toolResponse",
    ];
    let given: Vec<&str> = fields
        .into_iter()
        .filter(|field| !part[*field].is_null())
        .collect();
    match given.as_slice() {
        // A signature may come in a part whose text is empty, and goes back in it.
        ["text"] if text(&part["text"]) || (signed && part["text"].is_string()) => Ok(()),
        ["text"] => Err(format!(
            "* GenerateContentRequest.{place}.text: contents.parts must not be empty."
        )),
        ["inlineData"]
            if text(&part["inlineData"]["mimeType"]) && text(&part["inlineData"]["data"]) =>
        {
            Ok(())
        }
        ["inlineData"] => Err(format!(
            "* GenerateContentRequest.{place}.inline_data: mime_type and data are required."
        )),
        ["fileData"] if text(&part["fileData"]["fileUri"]) => Ok(()),
        ["fileData"] => Err(format!(
            "* GenerateContentRequest.{place}.file_data.file_uri: required field is not set."
        )),
        ["functionCall"] => check_function(
            &format!("{place}.function_call"),
            &part["functionCall"],
            "args",
        ),
        ["functionResponse"] => {
            let place = format!("{place}.function_response");
            let response = &part["functionResponse"];
            if response["response"].is_null() {
                return Err(format!(
                    "* GenerateContentRequest.{place}.response: required field is not set."
                ));
            }
            check_pictures(model, &place, &response["parts"])?;
            check_function(&place, response, "response")
        }
        ["executableCode"]
            if text(&part["executableCode"]["code"])
                && text(&part["executableCode"]["language"]) =>
        {
            Ok(())
        }
        ["executableCode"] => Err(format!(
            "* GenerateContentRequest.{place}.executable_code: language and code are required."
        )),
        ["codeExecutionResult"] if text(&part["codeExecutionResult"]["outcome"]) => Ok(()),
        ["codeExecutionResult"] => Err(format!(
            "* GenerateContentRequest.{place}.code_execution_result.outcome: required field is not set."
        )),
        ["toolCall" | "toolResponse"] => Ok(()),
        [] => Err(format!(
            "* GenerateContentRequest.{place}.data: required oneof field 'data' must have one initialized field"
        )),
        _ => Err(format!(
            "Invalid value at '{place}' (oneof), oneof field 'data' is already set. Cannot set '{}'",
            given[1]
        )),
    }
}

/// Pictures of a response: from Gemini 3 on, and of a few types ("Multimodal function responses").
fn check_pictures(model: &str, place: &str, pictures: &Value) -> Result<(), String> {
    const TYPES: &[&str] = &[
        "image/png",
        "image/jpeg",
        "image/webp",
        "application/pdf",
        "text/plain",
    ];
    let Some(pictures) = pictures.as_array() else {
        return match pictures {
            Value::Null => Ok(()),
            _ => Err(format!("Invalid value at '{place}.parts', {pictures}")),
        };
    };
    if !model.contains("gemini-3") {
        return Err(format!(
            "* GenerateContentRequest.{place}.parts: multimodal function responses are not supported by this model"
        ));
    }
    for picture in pictures {
        object(place, picture, &["inlineData"], &[])?;
        let data = &picture["inlineData"];
        // The display name is Vertex's alone.
        object(place, data, &["mimeType", "data"], &[])?;
        let known = data["mimeType"]
            .as_str()
            .is_some_and(|it| TYPES.contains(&it));
        let whole = data["data"]
            .as_str()
            .is_some_and(|it| STANDARD.decode(it).is_ok());
        if !known || !whole {
            return Err(format!(
                "* GenerateContentRequest.{place}.parts.inline_data: Unsupported MIME type or base64"
            ));
        }
    }
    Ok(())
}

fn check_function(place: &str, function: &Value, object: &str) -> Result<(), String> {
    if function["name"].as_str().is_none_or(str::is_empty) {
        return Err(format!(
            "* GenerateContentRequest.{place}.name: [FIELD_INVALID] Name cannot be empty."
        ));
    }
    match &function[object] {
        Value::Null | Value::Object(_) => Ok(()),
        other => Err(format!(
            "Invalid value at '{place}.{object}' (type.googleapis.com/google.protobuf.Struct), {other}"
        )),
    }
}

fn check_turns(contents: &[Value]) -> Result<(), String> {
    let mut previous: Option<&Value> = None;
    let mut called = 0;
    for content in contents {
        let calls = count(content, "functionCall");
        let results = count(content, "functionResponse");
        if calls > 0 && previous.is_none_or(|previous| previous["role"] == "model") {
            return Err("Please ensure that function call turn comes immediately after a user turn or after a function response turn.".to_owned());
        }
        if results > 0 && called == 0 {
            return Err("Please ensure that function response turn comes immediately after a function call turn.".to_owned());
        }
        if results != called {
            return Err(unequal());
        }
        // A result that the user's own words follow is refused as well.
        let is_user = |content: &Value| content["role"] != "model";
        if previous.is_some_and(is_user) && is_user(content) {
            return Err(
                "Please ensure that multiturn requests alternate between user and model."
                    .to_owned(),
            );
        }
        called = calls;
        previous = Some(content);
    }
    if called > 0 {
        return Err(unequal());
    }
    if previous.is_some_and(|last| last["role"] == "model") {
        return Err(
            "Please ensure that multiturn requests end with a user role or a function response."
                .to_owned(),
        );
    }
    Ok(())
}

fn unequal() -> String {
    "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.".to_owned()
}
