//! What Anthropic's Messages API refuses.
//!
//! The wording is Anthropic's own, from its documentation and from published error reports.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::HashSet;

/// What differs between the models behind the Messages API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnthropicRules {
    /// A model whose name contains one of these refuses a conversation that ends with the
    /// assistant.
    pub refuse_prefill: Vec<String>,
}

impl Default for AnthropicRules {
    fn default() -> Self {
        let names = [
            "4-6", "4.6", "4-7", "4.7", "4-8", "4.8", "opus-5", "sonnet-5", "haiku-5", "fable",
        ];
        Self {
            refuse_prefill: names.map(str::to_owned).to_vec(),
        }
    }
}

impl AnthropicRules {
    pub(super) fn check(&self, model: &str, request: &Value) -> Result<(), String> {
        if request["model"].as_str().is_none_or(str::is_empty) {
            return Err("model: Field required".to_owned());
        }
        let Some(most) = request["max_tokens"].as_u64() else {
            return Err("max_tokens: Field required".to_owned());
        };
        if most == 0 {
            return Err("max_tokens: Input should be greater than or equal to 1".to_owned());
        }
        check_system(&request["system"])?;
        let thinks = check_thinking(&request["thinking"], most)?;
        let Some(messages) = request["messages"].as_array() else {
            return Err("messages: Field required".to_owned());
        };
        if messages.is_empty() {
            return Err("messages: at least one message is required".to_owned());
        }
        let last = messages.len() - 1;
        let mut previous = None;
        let mut called = Vec::new();
        let mut calls = HashSet::new();
        for (at, message) in messages.iter().enumerate() {
            let role = check_role(at, &message["role"], previous)?;
            let is_final = at == last && role == "assistant";
            let blocks = Blocks::of(at, message, is_final)?;
            for block in &blocks.blocks {
                check_block(at, role, block, &mut calls)?;
            }
            check_results(at, &blocks, &called)?;
            if role == "assistant" {
                check_order(at, &blocks, thinks)?;
                check_server_tools(at, &blocks, at == last)?;
            }
            called = blocks.ids("tool_use", "id");
            if !called.is_empty() && at == last {
                return Err(unanswered(at, &called));
            }
            if is_final {
                self.check_prefill(model, at, &blocks)?;
            }
            previous = Some(role);
        }
        Ok(())
    }

    fn check_prefill(&self, model: &str, at: usize, blocks: &Blocks<'_>) -> Result<(), String> {
        // A turn that the server paused goes on when it is sent back.
        if blocks
            .blocks
            .last()
            .is_some_and(|it| it["type"] == "server_tool_use")
        {
            return Ok(());
        }
        if self.refuse_prefill.iter().any(|name| model.contains(name)) {
            return Err("This model does not support assistant message prefill. The conversation must end with a user message.".to_owned());
        }
        // Text alone stands in the message itself.
        let last = blocks.blocks.last();
        let text = last.and_then(|block| block["text"].as_str().or(block["content"].as_str()));
        match text {
            Some(text) if text.ends_with(char::is_whitespace) => Err(format!(
                "messages.{at}: final assistant content cannot end with trailing whitespace"
            )),
            _ => Ok(()),
        }
    }
}

/// The content of a message as blocks, where text alone stands for one block.
struct Blocks<'a> {
    blocks: Vec<&'a Value>,
}

impl<'a> Blocks<'a> {
    fn of(at: usize, message: &'a Value, may_be_empty: bool) -> Result<Self, String> {
        let empty = || {
            format!(
                "messages.{at}: all messages must have non-empty content except for the optional final assistant message"
            )
        };
        let blocks = match &message["content"] {
            Value::String(text) if text.is_empty() && !may_be_empty => return Err(empty()),
            Value::String(text) if text.trim().is_empty() && !text.is_empty() => {
                return Err(
                    "messages: text content blocks must contain non-whitespace text".to_owned(),
                );
            }
            Value::String(_) => vec![message],
            Value::Array(blocks) if blocks.is_empty() && !may_be_empty => return Err(empty()),
            Value::Array(blocks) => blocks.iter().collect(),
            Value::Null => return Err(format!("messages.{at}.content: Field required")),
            _ => {
                return Err(format!(
                    "messages.{at}.content: Input should be a valid list"
                ));
            }
        };
        Ok(Self { blocks })
    }

    /// What these blocks name in `field`.
    fn ids(&self, kind: &str, field: &str) -> Vec<&'a str> {
        let named = self.blocks.iter().filter(|block| block["type"] == kind);
        named.filter_map(|block| block[field].as_str()).collect()
    }
}

fn check_system(system: &Value) -> Result<(), String> {
    match system {
        Value::Null => Ok(()),
        Value::String(text) if !text.is_empty() => Ok(()),
        Value::Array(blocks) if !blocks.is_empty() => {
            let full = |block: &Value| block["text"].as_str().is_some_and(|text| !text.is_empty());
            match blocks.iter().position(|block| !full(block)) {
                Some(_) => Err("system: text content blocks must be non-empty".to_owned()),
                None => Ok(()),
            }
        }
        _ => Err("system: text content blocks must be non-empty".to_owned()),
    }
}

/// Whether thinking is enabled.
fn check_thinking(thinking: &Value, most: u64) -> Result<bool, String> {
    match thinking["type"].as_str() {
        None | Some("disabled") => Ok(false),
        Some("adaptive" | "between_tools") => Ok(true),
        Some("enabled") => match thinking["budget_tokens"].as_u64() {
            None => Err("thinking.enabled.budget_tokens: Field required".to_owned()),
            Some(..1024) => Err(
                "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"
                    .to_owned(),
            ),
            Some(budget) if budget >= most => {
                Err("`max_tokens` must be greater than `thinking.budget_tokens`".to_owned())
            }
            Some(_) => Ok(true),
        },
        Some(other) => Err(format!(
            "thinking: Input tag '{other}' found using 'type' does not match any of the expected tags: 'disabled', 'enabled', 'adaptive'"
        )),
    }
}

fn check_role<'a>(at: usize, role: &'a Value, previous: Option<&str>) -> Result<&'a str, String> {
    match (role.as_str(), previous) {
        (Some("user"), None | Some("assistant")) => Ok("user"),
        (Some("assistant"), Some("user")) => Ok("assistant"),
        (Some("assistant"), None) => {
            Err("messages: first message must use the \"user\" role".to_owned())
        }
        (Some(role @ ("user" | "assistant")), Some(_)) => Err(format!(
            "messages: roles must alternate between \"user\" and \"assistant\", but found multiple \"{role}\" roles in a row"
        )),
        (Some("system"), _) => Err("messages: Unexpected role \"system\". The Messages API accepts a top-level `system` parameter, not \"system\" as an input message role.".to_owned()),
        (Some(other), _) => Err(format!(
            "messages: Unexpected role \"{other}\". Allowed roles are \"user\" or \"assistant\"."
        )),
        (None, _) => Err(format!("messages.{at}.role: Field required")),
    }
}

fn check_block<'a>(
    at: usize,
    role: &str,
    block: &'a Value,
    calls: &mut HashSet<&'a str>,
) -> Result<(), String> {
    // Content that is text alone has no type and was judged as a whole.
    let Some(kind) = block["type"].as_str() else {
        return match block["content"] {
            Value::String(_) => Ok(()),
            _ => Err(format!("messages.{at}.content: type: Field required")),
        };
    };
    match (kind, role) {
        ("text", _) => match block["text"].as_str() {
            Some("") => Err("messages: text content blocks must be non-empty".to_owned()),
            Some(text) if text.trim().is_empty() => {
                Err("messages: text content blocks must contain non-whitespace text".to_owned())
            }
            Some(_) => Ok(()),
            None => Err(format!("messages.{at}.content.text.text: Field required")),
        },
        ("image" | "document", "user") => check_source(at, kind, &block["source"]),
        ("tool_result", "user") => check_result(at, block),
        ("tool_use", "assistant") => check_call(at, block, calls),
        ("thinking", "assistant") => {
            if block["thinking"].as_str().is_none() {
                return Err(format!(
                    "messages.{at}.content.thinking.thinking: Field required"
                ));
            }
            match block["signature"].as_str() {
                None => Err(format!(
                    "messages.{at}.content.thinking.signature: Field required"
                )),
                Some("") => Err(format!(
                    "messages.{at}.content: Invalid `signature` in `thinking` block"
                )),
                Some(_) => Ok(()),
            }
        }
        ("redacted_thinking", "assistant") => match block["data"].as_str() {
            None | Some("") => Err(format!(
                "messages.{at}.content: Invalid `data` in `redacted_thinking` block"
            )),
            Some(_) => Ok(()),
        },
        ("server_tool_use", "assistant") => match &block["input"] {
            Value::Object(_) => Ok(()),
            _ => Err(format!(
                "messages.{at}.content.server_tool_use.input: Input should be a valid dictionary"
            )),
        },
        ("web_search_tool_result" | "compaction" | "mcp_tool_listing", "assistant") => Ok(()),
        ("tool_result", _) => Err(format!(
            "messages.{at}: `tool_result` blocks can only be in `user` messages"
        )),
        ("tool_use", _) => Err(format!(
            "messages.{at}: `tool_use` blocks can only be in `assistant` messages"
        )),
        (other, role) => Err(format!(
            "messages.{at}.content: Input tag '{other}' found using 'type' does not match any of the expected tags for role '{role}'"
        )),
    }
}

fn check_source(at: usize, kind: &str, source: &Value) -> Result<(), String> {
    let given = |field: &str| source[field].as_str().is_some_and(|text| !text.is_empty());
    let known = match kind {
        "image" => ["image/jpeg", "image/png", "image/gif", "image/webp"].as_slice(),
        _ => ["application/pdf"].as_slice(),
    };
    let media_type = source["media_type"].as_str().unwrap_or_default();
    match source["type"].as_str() {
        Some("base64")
            if kind == "image"
                && source["data"]
                    .as_str()
                    .is_some_and(|data| data.len() > MOST) =>
        {
            Err(format!(
                "messages.{at}.content.image.source.base64: image exceeds 5 MB maximum"
            ))
        }
        Some("base64") if given("data") && known.contains(&media_type) => {
            check_bytes(at, media_type, source["data"].as_str().unwrap_or_default())
        }
        Some("base64") => Err(format!(
            "messages.{at}.content.{kind}.source.base64.media_type: Input should be {}",
            known.join(" or ")
        )),
        Some("url") if given("url") => Ok(()),
        Some("file") if given("file_id") => Ok(()),
        Some("text") if kind == "document" && given("data") => Ok(()),
        _ => Err(format!(
            "messages.{at}.content.{kind}.source: Field required"
        )),
    }
}

/// The largest image, in characters of base64.
const MOST: usize = 5 * 1024 * 1024;

/// What is base64 at all is looked at: an image has to be of the type that is said of it.
fn check_bytes(at: usize, media_type: &str, data: &str) -> Result<(), String> {
    let Ok(bytes) = STANDARD.decode(data) else {
        return Err(format!(
            "messages.{at}.content.source.base64.data: Invalid base64 data"
        ));
    };
    let found = match bytes.as_slice() {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', ..] => "image/webp",
        _ => return Ok(()),
    };
    if found == media_type {
        return Ok(());
    }
    Err(format!(
        "messages.{at}.content.image.source.base64.media_type: Image does not match the provided media type {media_type}"
    ))
}

fn check_id(at: usize, kind: &str, field: &str, id: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !id.is_empty() && id.chars().all(allowed) {
        return Ok(());
    }
    Err(format!(
        "messages.{at}.content.{kind}.{field}: String should match pattern '^[a-zA-Z0-9_-]+$'"
    ))
}

fn check_call<'a>(at: usize, block: &'a Value, calls: &mut HashSet<&'a str>) -> Result<(), String> {
    let id = block["id"].as_str().unwrap_or_default();
    check_id(at, "tool_use", "id", id)?;
    if !calls.insert(id) {
        return Err("messages: `tool_use` ids must be unique".to_owned());
    }
    let name = block["name"].as_str().unwrap_or_default();
    check_id(at, "tool_use", "name", name)?;
    if name.len() > 200 {
        return Err(format!(
            "messages.{at}.content.tool_use.name: String should have at most 200 characters"
        ));
    }
    match &block["input"] {
        Value::Object(_) => Ok(()),
        Value::Null => Err(format!(
            "messages.{at}.content.tool_use.input: Field required"
        )),
        _ => Err(format!(
            "messages.{at}.content.tool_use.input: Input should be a valid dictionary"
        )),
    }
}

fn check_result(at: usize, block: &Value) -> Result<(), String> {
    let id = block["tool_use_id"].as_str().unwrap_or_default();
    check_id(at, "tool_result", "tool_use_id", id)?;
    match &block["content"] {
        Value::Null | Value::String(_) => Ok(()),
        Value::Array(inner) => inner.iter().try_for_each(|inner| match inner["type"].as_str() {
            Some("text" | "image" | "document") => {
                check_block(at, "user", inner, &mut HashSet::new())
            }
            _ => Err(format!("messages.{at}.content.tool_result.content: Input should be a valid text, image or document block")),
        }),
        _ => Err(format!("messages.{at}.content.tool_result.content: Input should be a valid string")),
    }
}

/// The results that open this message answer the calls of the one before, each once.
fn check_results(at: usize, blocks: &Blocks<'_>, called: &[&str]) -> Result<(), String> {
    let results = blocks.ids("tool_result", "tool_use_id");
    let mut answered = HashSet::new();
    for id in &results {
        if !called.contains(id) {
            return Err(format!(
                "messages.{at}.content.0: unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
            ));
        }
        if !answered.insert(*id) {
            return Err(format!(
                "messages.{at}.content: each tool_use must have a single result. Found multiple `tool_result` blocks with id: {id}"
            ));
        }
    }
    let opening = blocks.blocks.iter().take(results.len());
    let missing: Vec<&str> = called
        .iter()
        .copied()
        .filter(|id| !answered.contains(id))
        .collect();
    if missing.is_empty()
        && opening
            .into_iter()
            .all(|block| block["type"] == "tool_result")
    {
        return Ok(());
    }
    let missing = if missing.is_empty() { called } else { &missing };
    Err(unanswered(at.saturating_sub(1), missing))
}

fn unanswered(at: usize, ids: &[&str]) -> String {
    format!(
        "messages.{at}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
        ids.join(", ")
    )
}

/// Each result of the server's own tools follows its call in the same message, and a call without one
/// is the last block of all, where the server goes on.
fn check_server_tools(at: usize, blocks: &Blocks<'_>, is_last: bool) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    for (place, block) in blocks.blocks.iter().enumerate() {
        let kind = block["type"].as_str().unwrap_or_default();
        if kind == "server_tool_use" {
            open.push(block["id"].as_str().unwrap_or_default());
        } else if kind.ends_with("_tool_result") {
            let id = block["tool_use_id"].as_str().unwrap_or_default();
            let Some(place) = open.iter().position(|call| *call == id) else {
                return Err(format!(
                    "messages.{at}.content.{place}: unexpected `tool_use_id` found in `{kind}` blocks: {id}. Each `{kind}` block must have a corresponding `server_tool_use` block before it."
                ));
            };
            open.remove(place);
        }
    }
    let ends_open = blocks
        .blocks
        .last()
        .is_some_and(|it| it["type"] == "server_tool_use");
    match open.first() {
        Some(id) if !(is_last && ends_open) => Err(format!(
            "messages.{at}: `web_search` tool use with id `{id}` was found without a corresponding `web_search_tool_result` block"
        )),
        Some(_) | None => Ok(()),
    }
}

/// Thinking opens its turn, and a turn that ends with text says more than its thinking.
fn check_order(at: usize, blocks: &Blocks<'_>, thinks: bool) -> Result<(), String> {
    let is_thinking =
        |block: &&Value| block["type"] == "thinking" || block["type"] == "redacted_thinking";
    let first = blocks.blocks.first();
    let has_thinking = blocks.blocks.iter().any(is_thinking);
    if thinks
        && has_thinking
        && let Some(first) = first
        && !is_thinking(first)
    {
        let found = first["type"].as_str().unwrap_or("text");
        return Err(format!(
            "messages.{at}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{found}`. When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks)."
        ));
    }
    if blocks.blocks.last().is_some_and(is_thinking) {
        return Err(format!(
            "messages.{at}: The final block in an assistant message cannot be `thinking`."
        ));
    }
    Ok(())
}
