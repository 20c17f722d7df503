//! What comes of the server's own tools, whose blocks go back as they came (Anthropic's "Server
//! tools", "Web search tool", "Compaction").

use crate::decode::{Waiting, text};
use serde_json::{Value, json};

/// The blocks of the server's own tools that are open or wait for their result.
#[derive(Debug, Default)]
pub(super) struct ServerTools {
    /// The calls whose results have not come, as blocks.
    waiting: Waiting,
}

/// A call with its result, or one that the server goes on with later.
#[derive(Debug, PartialEq)]
pub(super) struct Ended {
    /// The tool.
    pub(super) name: String,
    /// What it was asked, for people.
    pub(super) input: String,
    /// As they go back.
    pub(super) blocks: Vec<Value>,
}

/// Whether a block is a call of one of these tools.
pub(super) fn is_call(block: &Value) -> bool {
    matches!(text(&block["type"]), "server_tool_use" | "mcp_tool_use")
}

/// Whether a block is a result of one. That of the client's own tools does not come from here.
pub(super) fn is_result(block: &Value) -> bool {
    text(&block["type"]).ends_with("_tool_result")
}

/// Whether a block is none of either and goes back all the same.
pub(super) fn is_kept(block: &Value) -> bool {
    matches!(
        text(&block["type"]),
        "compaction" | "container_upload" | "mcp_tool_listing"
    )
}

impl ServerTools {
    /// A call is whole. `input` is its JSON as it came in pieces; empty where it came at the start.
    pub(super) fn called(&mut self, mut call: Value, input: &str) {
        if let Ok(input @ Value::Object(_)) = serde_json::from_str(input) {
            call["input"] = input;
        }
        if !call["input"].is_object() {
            call["input"] = json!({});
        }
        self.waiting.called(call);
    }

    /// A result came. One that belongs to no call would be refused, and is passed over.
    pub(super) fn answered(&mut self, result: &Value) -> Option<Ended> {
        let id = &result["tool_use_id"];
        let call = self.waiting.answered(|call| call["id"] == *id)?;
        Some(ended(vec![call, result.clone()]))
    }

    /// The calls that the server goes on with when it is asked again.
    pub(super) fn paused(&mut self) -> Vec<Ended> {
        let waiting = self.waiting.rest().into_iter();
        waiting.map(|call| ended(vec![call])).collect()
    }
}

fn ended(blocks: Vec<Value>) -> Ended {
    let call = &blocks[0];
    let fields = ["query", "url", "command", "code"];
    let asked = fields.into_iter().map(|name| text(&call["input"][name]));
    Ended {
        name: text(&call["name"]).to_owned(),
        input: asked
            .into_iter()
            .find(|asked| !asked.is_empty())
            .unwrap_or_default()
            .to_owned(),
        blocks,
    }
}
