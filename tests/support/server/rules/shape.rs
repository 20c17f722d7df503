//! The fields that each object of a request may have and those that it must, after the types that
//! the providers publish with their own client packages: npm's `openai` 6.49, `@anthropic-ai/sdk`
//! 1.14, `@google/genai` 2.32, `ollama` 0.6.4 and `@mistralai/mistralai` 2.7. Only what a chat sends
//! is known here.

use super::super::dialect::Dialect;
use serde_json::Value;

type Judged = Result<(), String>;

/// Judges the fields of a request and of all that is in it.
pub(super) fn check(dialect: Dialect, request: &Value) -> Judged {
    match dialect {
        Dialect::OpenaiChat => chat(request),
        Dialect::OpenaiResponses => responses(request),
        Dialect::Anthropic => anthropic(request),
        Dialect::Gemini => gemini(request),
        // Judged with the rest of it.
        Dialect::GeminiInteractions => Ok(()),
        Dialect::Ollama => ollama(request),
    }
}

/// An object that must have the first fields and may have the others.
pub(super) fn object(place: &str, value: &Value, must: &[&str], may: &[&str]) -> Judged {
    let Some(fields) = value.as_object() else {
        return Err(format!("Invalid type for '{place}': expected an object."));
    };
    let known = |name: &str| must.contains(&name) || may.contains(&name);
    if let Some(name) = fields.keys().find(|name| !known(name)) {
        return Err(format!("Unknown parameter: '{place}.{name}'."));
    }
    match must.iter().find(|name| !fields.contains_key(**name)) {
        Some(name) => Err(format!("Missing required parameter: '{place}.{name}'.")),
        None => Ok(()),
    }
}

/// A field with one of a few words, where it is there.
pub(super) fn word(place: &str, value: &Value, words: &[&str]) -> Judged {
    match value {
        Value::Null => Ok(()),
        Value::String(text) if words.contains(&text.as_str()) => Ok(()),
        other => Err(format!(
            "Invalid value: {other}. Supported values are: '{}' ({place}).",
            words.join("', '")
        )),
    }
}

/// Judges each entry of a list; text or nothing in its place is judged elsewhere.
pub(super) fn each(place: &str, list: &Value, judge: impl Fn(&str, &Value) -> Judged) -> Judged {
    let entries = list.as_array().into_iter().flatten();
    let mut entries = entries.enumerate();
    entries.try_for_each(|(at, entry)| judge(&format!("{place}[{at}]"), entry))
}

/// The words of several APIs for one kind of content.
fn kind(value: &Value) -> &str {
    value["type"].as_str().unwrap_or_default()
}

fn chat(request: &Value) -> Judged {
    const MAY: &[&str] = &[
        "frequency_penalty",
        "max_completion_tokens",
        "max_tokens",
        "n",
        "parallel_tool_calls",
        "presence_penalty",
        "reasoning_effort",
        "response_format",
        "seed",
        "stop",
        "stream",
        "stream_options",
        "temperature",
        "tool_choice",
        "tools",
        "top_p",
        "user",
        // Mistral's names.
        "prompt_mode",
        "random_seed",
        "safe_prompt",
        // OpenRouter's for images and for the web.
        "modalities",
        "plugins",
        // OpenRouter's, and that of DeepSeek, Moonshot and Z.ai.
        "reasoning",
        "thinking",
        // llama.cpp's, which Tacet asks servers of somebody's own for.
        "return_progress",
        "timings_per_token",
    ];
    object("request", request, &["messages", "model"], MAY)?;
    each("messages", &request["messages"], |place, message| {
        let (must, may): (&[&str], &[&str]) = match message["role"].as_str() {
            Some("assistant") => (
                &["role"],
                &[
                    "audio",
                    "content",
                    "function_call",
                    "name",
                    "refusal",
                    "tool_calls",
                    // OpenRouter's, from models that make images.
                    "images",
                    // Mistral's mark of an answer to go on with.
                    "prefix",
                    // DeepSeek's and OpenRouter's, from servers that gave them.
                    "reasoning_content",
                    "reasoning_details",
                ],
            ),
            Some("tool") => (&["content", "role", "tool_call_id"], &["name"]),
            _ => (&["content", "role"], &["name"]),
        };
        object(place, message, must, may)?;
        each(&format!("{place}.content"), &message["content"], chat_part)?;
        each(&format!("{place}.images"), &message["images"], chat_part)?;
        let calls = format!("{place}.tool_calls");
        each(&calls, &message["tool_calls"], |place, call| {
            // `extra_content` is Google's, on its address of this API.
            object(place, call, &["function", "id", "type"], &["extra_content"])?;
            let function = format!("{place}.function");
            object(&function, &call["function"], &["arguments", "name"], &[])
        })
    })
}

fn chat_part(place: &str, part: &Value) -> Judged {
    match kind(part) {
        "image_url" => {
            object(place, part, &["image_url", "type"], &[])?;
            let place = format!("{place}.image_url");
            object(&place, &part["image_url"], &["url"], &["detail"])
        }
        "file" => {
            object(place, part, &["file", "type"], &[])?;
            let fields = ["file_data", "file_id", "filename"];
            object(&format!("{place}.file"), &part["file"], &[], &fields)
        }
        _ => object(place, part, &["text", "type"], &[]),
    }
}

fn responses(request: &Value) -> Judged {
    const MAY: &[&str] = &[
        "background",
        "include",
        "instructions",
        "max_output_tokens",
        "metadata",
        "parallel_tool_calls",
        "previous_response_id",
        "reasoning",
        "store",
        "stream",
        "temperature",
        "text",
        "tool_choice",
        "tools",
        "top_p",
        "truncation",
    ];
    object("request", request, &["input", "model"], MAY)?;
    each("input", &request["input"], |place, item| {
        let status = [
            "in_progress",
            "completed",
            "incomplete",
            "generating",
            "searching",
            "failed",
        ];
        word(&format!("{place}.status"), &item["status"], &status)?;
        match kind(item) {
            "function_call" => {
                let must = ["arguments", "call_id", "name", "type"];
                object(place, item, &must, &["id", "status"])
            }
            "function_call_output" => object(
                place,
                item,
                &["call_id", "output", "type"],
                &["id", "status"],
            ),
            "web_search_call" => object(place, item, &["id", "status", "type"], &["action"]),
            "image_generation_call" => {
                object(place, item, &["id", "result", "status", "type"], &[])
            }
            "reasoning" => {
                let may = ["content", "encrypted_content", "status"];
                object(place, item, &["id", "summary", "type"], &may)?;
                let summary = format!("{place}.summary");
                each(&summary, &item["summary"], |place, part| {
                    object(place, part, &["text", "type"], &[])?;
                    word(place, &part["type"], &["summary_text"])
                })
            }
            _ => {
                let may = ["id", "phase", "status", "type"];
                object(place, item, &["content", "role"], &may)?;
                let phases = ["commentary", "final_answer"];
                word(&format!("{place}.phase"), &item["phase"], &phases)?;
                each(&format!("{place}.content"), &item["content"], input_part)
            }
        }
    })
}

fn input_part(place: &str, part: &Value) -> Judged {
    match kind(part) {
        "output_text" => {
            object(place, part, &["annotations", "text", "type"], &["logprobs"])?;
            match part["annotations"] {
                Value::Array(_) => Ok(()),
                _ => Err(format!(
                    "Invalid type for '{place}.annotations': expected an array."
                )),
            }
        }
        "refusal" => object(place, part, &["refusal", "type"], &[]),
        "input_image" => {
            object(place, part, &["detail", "type"], &["file_id", "image_url"])?;
            let details = ["low", "high", "auto", "original"];
            word(&format!("{place}.detail"), &part["detail"], &details)
        }
        "input_file" => {
            let may = ["detail", "file_data", "file_id", "file_url", "filename"];
            object(place, part, &["type"], &may)
        }
        _ => object(place, part, &["text", "type"], &[]),
    }
}

fn anthropic(request: &Value) -> Judged {
    const MAY: &[&str] = &[
        "container",
        "metadata",
        "output_config",
        "service_tier",
        "stop_sequences",
        "stream",
        "system",
        "temperature",
        "thinking",
        "tool_choice",
        "tools",
        "top_k",
        "top_p",
    ];
    object(
        "request",
        request,
        &["max_tokens", "messages", "model"],
        MAY,
    )?;
    each("messages", &request["messages"], |place, message| {
        object(place, message, &["content", "role"], &[])?;
        each(&format!("{place}.content"), &message["content"], block)
    })
}

fn block(place: &str, block: &Value) -> Judged {
    let cached = "cache_control";
    match kind(block) {
        "thinking" => object(place, block, &["signature", "thinking", "type"], &[]),
        "redacted_thinking" => object(place, block, &["data", "type"], &[]),
        "tool_use" => object(place, block, &["id", "input", "name", "type"], &[cached]),
        "tool_result" => {
            let may = [cached, "content", "is_error"];
            object(place, block, &["tool_use_id", "type"], &may)?;
            each(&format!("{place}.content"), &block["content"], self::block)
        }
        "server_tool_use" => object(
            place,
            block,
            &["id", "input", "name", "type"],
            &[cached, "caller"],
        ),
        "web_search_tool_result" => object(
            place,
            block,
            &["content", "tool_use_id", "type"],
            &[cached, "caller"],
        ),
        "compaction" => object(
            place,
            block,
            &["content", "type"],
            &[cached, "encrypted_content", "signature", "tool_changes"],
        ),
        "mcp_tool_listing" => object(place, block, &["mcp_server_name", "tools", "type"], &[]),
        "image" => object(place, block, &["source", "type"], &[cached]),
        "document" => {
            let may = [cached, "citations", "context", "title"];
            object(place, block, &["source", "type"], &may)
        }
        _ => object(place, block, &["text", "type"], &[cached, "citations"]),
    }?;
    match &block["source"] {
        Value::Null => Ok(()),
        source => {
            let may = ["data", "file_id", "media_type", "url"];
            object(&format!("{place}.source"), source, &["type"], &may)
        }
    }
}

fn gemini(request: &Value) -> Judged {
    const MAY: &[&str] = &[
        "cachedContent",
        "generationConfig",
        "model",
        "safetySettings",
        "systemInstruction",
        "toolConfig",
        "tools",
    ];
    const CONFIG: &[&str] = &[
        "maxOutputTokens",
        "responseMimeType",
        "responseSchema",
        "seed",
        "stopSequences",
        "temperature",
        "thinkingConfig",
        "topK",
        "topP",
    ];
    object("request", request, &["contents"], MAY)?;
    if !request["generationConfig"].is_null() {
        object(
            "generationConfig",
            &request["generationConfig"],
            &[],
            CONFIG,
        )?;
    }
    each("contents", &request["contents"], |place, content| {
        object(place, content, &["parts"], &["role"])?;
        each(&format!("{place}.parts"), &content["parts"], gemini_part)
    })
}

fn gemini_part(place: &str, part: &Value) -> Judged {
    const MAY: &[&str] = &[
        "codeExecutionResult",
        "executableCode",
        "fileData",
        "functionCall",
        "functionResponse",
        "inlineData",
        "text",
        "thought",
        "thoughtSignature",
        "toolCall",
        "toolResponse",
    ];
    object(place, part, &[], MAY)?;
    let inner: [(&str, &[&str]); 7] = [
        ("codeExecutionResult", &["id", "outcome", "output"]),
        ("executableCode", &["code", "id", "language"]),
        ("functionCall", &["args", "id", "name"]),
        (
            "functionResponse",
            &["id", "name", "parts", "response", "scheduling"],
        ),
        ("inlineData", &["data", "displayName", "mimeType"]),
        ("toolCall", &["args", "id", "toolType"]),
        ("toolResponse", &["id", "response", "toolType"]),
    ];
    inner.into_iter().try_for_each(|(name, may)| {
        if part[name].is_null() {
            return Ok(());
        }
        object(&format!("{place}.{name}"), &part[name], &[], may)
    })
}

fn ollama(request: &Value) -> Judged {
    const MAY: &[&str] = &[
        "format",
        "keep_alive",
        "logprobs",
        "messages",
        "options",
        "stream",
        "think",
        "tools",
        "top_logprobs",
    ];
    object("request", request, &["model"], MAY)?;
    each("messages", &request["messages"], |place, message| {
        let may = [
            "images",
            "thinking",
            "tool_calls",
            "tool_name",
            // Of the server's own type, not yet of the package's.
            "tool_call_id",
        ];
        object(place, message, &["content", "role"], &may)?;
        let calls = format!("{place}.tool_calls");
        each(&calls, &message["tool_calls"], |place, call| {
            object(place, call, &["function"], &["id"])?;
            let function = format!("{place}.function");
            object(
                &function,
                &call["function"],
                &["arguments", "name"],
                &["index"],
            )
        })
    })
}
