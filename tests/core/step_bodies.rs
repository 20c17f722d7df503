//! The requests of a turn with tools, byte for byte: what is prepared once for all of them changes
//! nothing about any (rule C27).

use crate::answers::{message, said, text};
use crate::wire_phases::remote;
use serde_json::json;
use tacet_core::history::Written;
use tacet_core::provider::{SoFar, ToolDefinition};
use tacet_core::{
    Effort, ModelRequest, Part, Provider, Reasoning, ResultContent, Role, Seal, ToolCall,
    ToolCallState, ToolResult,
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

/// Requests whose parts belong to others before and after them: a call that has its result only
/// later, a result before its call, an answer that was paused, and reasoning of the server's own.
fn odd(issuer: &str) -> Vec<Vec<Part>> {
    let reasoning = |data: &str| {
        Part::Reasoning(Reasoning {
            text: "It may be ice.".to_owned(),
            seal: Some(Seal {
                issuer: issuer.to_owned(),
                data: data.to_owned(),
            }),
            ..Reasoning::default()
        })
    };
    vec![
        vec![
            reasoning(r#"{"type":"thinking","signature":"c2ln"}"#),
            call("call_1", "search", "{\"q\":\"esker\"}"),
            call("call_1", "search", "{\"q\":\"kame\"}"),
            result("call_1", "A ridge.", Vec::new()),
            result("call_1", "A hill.", Vec::new()),
        ],
        // Paused twice, and then gone on with.
        vec![text("First, ")],
        vec![text("then "), text("last.")],
        vec![
            text(" So."),
            call("call_7", "search", "{}"),
            result("call_7", "Ice.", Vec::new()),
        ],
        vec![text(" \n")],
        vec![
            call("call_8", "search", "{"),
            call("call_9", "files_read", "{}"),
            result("call_9", "Sand.", Vec::new()),
        ],
        vec![
            text("And?"),
            call("call_8", "search", "{}"),
            result("call_8", "Late.", Vec::new()),
            result("call_8", "Now.", Vec::new()),
            result("call_0", "Of nobody.", Vec::new()),
        ],
        vec![
            text("Well."),
            call("call_0", "search", "{}"),
            result("call_0", "Whose?", Vec::new()),
        ],
        vec![reasoning("{}"), text("The end.")],
    ]
}

#[tokio::test]
async fn c27_a_request_that_takes_over_what_was_written_is_the_same_bytes_as_one_of_its_own() {
    let server = GatedServer::start().await;
    let long = "glacier ".repeat(20_000);
    for dialect in Dialect::ALL {
        let provider = remote(&server, dialect);
        // Claude 3.7 thinks with a budget, and not after an answer without thinking.
        for model in ["some-model", "claude-3-7-sonnet", "gemini-3-pro"] {
            let issuer = provider.rules(model).issuer.unwrap_or_default();
            let histories = [
                vec![said(Role::User, "What is a moraine?")],
                vec![
                    said(Role::User, &long),
                    message(Role::Assistant, steps().concat()),
                    said(Role::User, "And an esker?"),
                ],
                // What follows is one with the last message.
                vec![said(Role::User, "Hi"), said(Role::Assistant, "Hello.")],
                vec![said(Role::System, "Be kind."), said(Role::User, " ")],
            ];
            for history in histories {
                let mut request = ModelRequest::new(model, history)
                    .with_instructions("Be brief.")
                    .with_tools(tools());
                request.parameters.effort = Some(Effort::High);
                let mut so_far = SoFar::new(message(Role::Assistant, Vec::new()));
                let mut all = vec![Vec::new()];
                all.extend(steps().into_iter().chain(odd(&issuer)));
                for (number, piece) in all.iter().enumerate() {
                    so_far.add(piece);
                    request.so_far = (number > 0).then(|| so_far.clone());
                    // It was refused meanwhile.
                    request.without_seals = number > 6;
                    let own = ModelRequest {
                        so_far: request.so_far.as_ref().map(|it| it.message().into()),
                        written: Written::default(),
                        ..request.clone()
                    };
                    let body =
                        |request: &ModelRequest| String::from_utf8(provider.body(request)).unwrap();
                    assert_eq!(
                        body(&request),
                        body(&own),
                        "{dialect}, {model}, request {number}"
                    );
                }
            }
        }
    }
}
