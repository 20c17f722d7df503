//! The tools that a request offers, after the types that the providers publish with their own client
//! packages (see `shape.rs` for the versions), and the limits in their references.

use super::super::dialect::Dialect;
use super::shape::object;
use serde_json::Value;
use std::collections::HashSet;

/// Judges `tools`, where a request has them.
pub(super) fn check(dialect: Dialect, request: &Value) -> Result<(), String> {
    let tools = &request["tools"];
    if tools.is_null() {
        return Ok(());
    }
    let Some(tools) = tools.as_array().filter(|tools| !tools.is_empty()) else {
        return Err("[] is too short - 'tools'".to_owned());
    };
    let mut names = HashSet::new();
    for (at, tool) in tools.iter().enumerate() {
        let place = format!("tools[{at}]");
        for function in functions(dialect, &place, tool)? {
            let name = check_function(dialect, &place, function)?;
            if !names.insert(name.to_owned()) {
                return Err(format!("{place}: tool names must be unique: '{name}'"));
            }
        }
    }
    Ok(())
}

/// The functions in one entry of the list.
fn functions<'a>(dialect: Dialect, place: &str, tool: &'a Value) -> Result<Vec<&'a Value>, String> {
    match dialect {
        Dialect::OpenaiChat | Dialect::Ollama => {
            object(place, tool, &["type", "function"], &[])?;
            is_function(place, tool)?;
            Ok(vec![&tool["function"]])
        }
        Dialect::OpenaiResponses => match tool["type"].as_str() {
            Some("web_search") => object(place, tool, &["type"], &[]).map(|()| Vec::new()),
            Some("image_generation") => {
                object(place, tool, &["type"], &["partial_images"]).map(|()| Vec::new())
            }
            Some(_) | None => {
                is_function(place, tool)?;
                Ok(vec![tool])
            }
        },
        Dialect::Anthropic if tool["type"] == "web_search_20250305" => {
            object(place, tool, &["name", "type"], &["max_uses"])?;
            if tool["name"] == "web_search" {
                Ok(Vec::new())
            } else {
                Err(format!("{place}.name: Input should be 'web_search'"))
            }
        }
        Dialect::Gemini if !tool["googleSearch"].is_null() => {
            object(place, tool, &["googleSearch"], &[]).map(|()| Vec::new())
        }
        Dialect::GeminiInteractions if tool["type"] == "google_search" => {
            object(place, tool, &["type"], &["search_types"]).map(|()| Vec::new())
        }
        Dialect::GeminiInteractions => {
            is_function(place, tool)?;
            Ok(vec![tool])
        }
        Dialect::Anthropic => Ok(vec![tool]),
        Dialect::Gemini => {
            object(place, tool, &["functionDeclarations"], &[])?;
            let declared = tool["functionDeclarations"].as_array();
            let declared = declared.filter(|declared| !declared.is_empty());
            let missing = || format!("{place}: functionDeclarations must not be empty");
            Ok(declared.ok_or_else(missing)?.iter().collect())
        }
    }
}

fn is_function(place: &str, tool: &Value) -> Result<(), String> {
    if tool["type"] == "function" {
        Ok(())
    } else {
        Err(format!(
            "Invalid value: '{place}.type': expected 'function'."
        ))
    }
}

/// Keywords that are refused at the top of a schema: OpenAI's and Anthropic's own words.
fn check_top(dialect: Dialect, place: &str, name: &str, schema: &Value) -> Result<(), String> {
    let has = |keywords: &[&str]| keywords.iter().any(|keyword| !schema[*keyword].is_null());
    match dialect {
        Dialect::OpenaiChat | Dialect::OpenaiResponses
            if has(&["oneOf", "anyOf", "allOf", "enum", "not"]) =>
        {
            Err(format!(
                "Invalid schema for function '{name}': schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level."
            ))
        }
        Dialect::Anthropic if has(&["oneOf", "anyOf", "allOf"]) => Err(format!(
            "{place}.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level"
        )),
        Dialect::OpenaiChat
        | Dialect::OpenaiResponses
        | Dialect::Anthropic
        | Dialect::Gemini
        | Dialect::GeminiInteractions
        | Dialect::Ollama => Ok(()),
    }
}

/// Anthropic takes only plain names of properties, at every depth.
fn check_property_names(place: &str, schema: &Value) -> Result<(), String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    if let Some(properties) = schema["properties"].as_object() {
        let is_plain = |name: &String| (1..=64).contains(&name.len()) && name.bytes().all(plain);
        if let Some(name) = properties.keys().find(|name| !is_plain(name)) {
            return Err(format!(
                "{place}.custom.input_schema.properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{{1,64}}$' ({name})"
            ));
        }
        properties
            .values()
            .try_for_each(|property| check_property_names(place, property))?;
    }
    match &schema["items"] {
        items @ Value::Object(_) => check_property_names(place, items),
        _ => Ok(()),
    }
}

/// Judges one function, and gives its name.
fn check_function<'a>(
    dialect: Dialect,
    place: &str,
    function: &'a Value,
) -> Result<&'a str, String> {
    let (must, may, schema): (&[&str], &[&str], _) = match dialect {
        Dialect::OpenaiChat => (
            &["name"],
            &["description", "parameters", "strict"],
            "parameters",
        ),
        // Ollama's own type has all of them optional; its server takes no tool without a name.
        Dialect::Ollama => (&["name"], &["description", "parameters"], "parameters"),
        Dialect::OpenaiResponses => (
            &["type", "name", "parameters", "strict"],
            &["description"],
            "parameters",
        ),
        Dialect::Anthropic => (
            &["name", "input_schema"],
            &["description", "cache_control", "type"],
            "input_schema",
        ),
        Dialect::Gemini => (
            &["name"],
            &["description", "parametersJsonSchema"],
            "parametersJsonSchema",
        ),
        Dialect::GeminiInteractions => (
            &["type", "name"],
            &["description", "parameters"],
            "parameters",
        ),
    };
    if function["name"].is_null() {
        return Err(format!("Missing required parameter: '{place}.name'."));
    }
    object(place, function, must, may)?;
    let name = function["name"].as_str().unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
        return Err(format!(
            "Invalid '{place}.name': string does not match pattern '^[a-zA-Z0-9_-]{{1,64}}$'."
        ));
    }
    let may_begin = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let is_google = matches!(dialect, Dialect::Gemini | Dialect::GeminiInteractions);
    if is_google && !name.bytes().next().is_some_and(may_begin) {
        return Err(format!(
            "* GenerateContentRequest.{place}.name: Invalid function name. Must start with a letter or an underscore."
        ));
    }
    let schema = &function[schema];
    if schema.is_null() {
        return Ok(name);
    }
    if schema["type"] != "object" {
        return Err(format!(
            "Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"'."
        ));
    }
    check_top(dialect, place, name, schema)?;
    if dialect == Dialect::Anthropic {
        check_property_names(place, schema)?;
    }
    if !schema["properties"].is_object() {
        return Err(format!(
            "Invalid schema for function '{name}': object schema missing properties."
        ));
    }
    Ok(name)
}
