//! The requests of a turn with tools, byte for byte: what is prepared once for all of them changes
//! nothing about any (rule C27).

use crate::answers::{message, said, text};
use crate::wire_phases::remote;
use serde_json::json;
use tacet_core::provider::ToolDefinition;
use tacet_core::{
    ModelRequest, Part, Reasoning, ResultContent, Role, Seal, ToolCall, ToolCallState, ToolResult,
};
use tacet_test_support::server::{Dialect, GatedServer};

/// Tools whose schemas no API takes as they are.
fn tools() -> Vec<ToolDefinition> {
    let search = json!({
        "type": "object",
        "properties": {
            "q": {"type": "string", "description": "What, \"exactly\"; é and \u{1f600}"},
            "odd name": {"type": "number", "minimum": 0.1},
        },
        "required": ["q", "odd name"],
        "additionalProperties": false,
        "anyOf": [{"properties": {"in": {"type": "string"}}}, {"required": ["q"]}],
    });
    ToolDefinition::all([
        ToolDefinition::new("search", "Finds pages.\nOr says why not.", search),
        ToolDefinition::new("files.read", "", json!(null)),
        ToolDefinition::new("files/read", "Reads.", json!({"type": "object"})),
    ])
}

fn call(call_id: &str, name: &str, arguments: &str) -> Part {
    Part::ToolCall(ToolCall {
        call_id: call_id.to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
        state: ToolCallState::Succeeded,
        seal: None,
    })
}

fn result(call_id: &str, text: &str, contents: Vec<ResultContent>) -> Part {
    Part::ToolResult(ToolResult {
        call_id: call_id.to_owned(),
        text: text.to_owned(),
        contents,
        state: ToolCallState::Succeeded,
        left_out: false,
    })
}

/// The steps of a turn, each with all that a model may say in one.
fn steps() -> [Vec<Part>; 3] {
    let picture = ResultContent::Image {
        media_type: "image/png".to_owned(),
        data: "iVBORw0KGgo=".into(),
    };
    let reasoning = Reasoning {
        text: "It is about ice.".to_owned(),
        seal: Some(Seal {
            issuer: "somebody else".to_owned(),
            data: "sealed".to_owned(),
        }),
        ..Reasoning::default()
    };
    [
        vec![
            Part::Reasoning(reasoning),
            text("I look."),
            call(
                "call_1",
                "search",
                "{\"q\": \"moraine\", \"odd name\": 1.50}",
            ),
            result("call_1", "Rubble of a \"glacier\".\n\u{7}", Vec::new()),
        ],
        vec![
            // Servers that number their calls begin anew, and models leave arguments out.
            call("call_1", "files_read", ""),
            call("call.2", "files_read_2", "{\"path\": \"/a\""),
            result("call_1", "", vec![picture]),
        ],
        vec![
            text("Once more."),
            call("call_3", "search", "{\"q\":\"drumlin\"}"),
            result("call_3", &"ice ".repeat(20), Vec::new()),
        ],
    ]
}

/// The body of each step's request, one a line.
fn bodies(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenaiChat => include_str!("requests/openai-chat.jsonl"),
        Dialect::OpenaiResponses => include_str!("requests/openai-responses.jsonl"),
        Dialect::Anthropic => include_str!("requests/anthropic.jsonl"),
        Dialect::Gemini => include_str!("requests/gemini.jsonl"),
        Dialect::GeminiInteractions => include_str!("requests/gemini-interactions.jsonl"),
        Dialect::Ollama => include_str!("requests/ollama.jsonl"),
    }
}

#[tokio::test]
async fn c27_the_requests_of_a_turn_with_tools_are_these_bytes_in_every_api() {
    let server = GatedServer::start().await;
    for dialect in Dialect::ALL {
        let provider = remote(&server, dialect);
        let question = said(Role::User, "What is a moraine?");
        let first = ModelRequest::new("some-model", [question])
            .with_instructions("Be brief.")
            .with_tools(tools());
        let mut parts = Vec::new();
        assert_eq!(bodies(dialect).lines().count(), steps().len());
        for (step, expected) in steps().into_iter().zip(bodies(dialect).lines()) {
            parts.extend(step);
            let so_far = message(Role::Assistant, parts.clone());
            let request = ModelRequest {
                so_far: Some(so_far.into()),
                ..first.clone()
            };
            let body = String::from_utf8(provider.body(&request)).unwrap();
            assert_eq!(body, expected, "{dialect}");
        }
    }
}
