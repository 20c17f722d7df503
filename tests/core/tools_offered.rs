//! Tools that a request offers: each API takes them, what the model calls comes back whole, and the
//! next request with the result is valid. A call that was cut off is none (rule C15).

use crate::answers::{message, said};
use crate::wire_phases::remote;
use serde_json::{Value, json};
use std::sync::Arc;
use tacet_core::provider::{ToolDefinition, ToolList};
use tacet_core::{
    Answer, Change, Generation, Message, MessageState, ModelRequest, Part, Remote, Role, ToolCall,
    ToolCallState, ToolResult,
};
use tacet_test_support::server::{Dialect, Exchange, Finish, GatedServer, Say, Tokens};

/// A schema as tools of other people have them.
fn search() -> ToolDefinition {
    let schema = json!({
        "type": "object",
        "properties": {"q": {"type": "string"}, "in": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
        "required": ["q"],
        "additionalProperties": false,
    });
    ToolDefinition::new("search", "Finds pages.", schema)
}

/// Tools whose names and schemas no API takes as they are.
fn offered() -> ToolList {
    let long = "files.read/".repeat(8);
    let rest = [
        ToolDefinition::new(&long, "Reads.", Value::Null),
        ToolDefinition::new(
            &format!("{long}again"),
            "Reads again.",
            json!({"type": "object"}),
        ),
    ];
    ToolDefinition::all([search()].into_iter().chain(rest)).into()
}

fn provider(server: &GatedServer, dialect: Dialect) -> Arc<Remote> {
    Arc::new(remote(server, dialect))
}

/// Drives a generation while `write` answers; its changes and its answer.
async fn answered(
    provider: Arc<Remote>,
    request: ModelRequest,
    server: &GatedServer,
    write: impl AsyncFnOnce(Exchange),
) -> (Vec<Change>, Answer) {
    let mut generation = Generation::start(provider, request);
    let mut changes = Vec::new();
    let drive = async {
        while let Some(change) = generation.next().await {
            changes.push(change);
        }
    };
    tokio::join!(drive, async { write(server.next_request().await).await });
    (changes, generation.into_answer())
}

/// The call that is among the parts, and its state.
fn call(parts: &[Part]) -> &ToolCall {
    let mut calls = parts.iter().filter_map(|part| match part {
        Part::ToolCall(call) => Some(call),
        Part::Text { .. }
        | Part::Reasoning(_)
        | Part::ToolResult(_)
        | Part::Attachment(_)
        | Part::Citations { .. }
        | Part::ServerTool(_) => None,
    });
    calls.next().expect("a call")
}

fn names(dialect: Dialect, body: &Value) -> Vec<String> {
    let functions = match dialect {
        Dialect::Gemini => &body["tools"][0]["functionDeclarations"],
        Dialect::OpenaiChat
        | Dialect::OpenaiResponses
        | Dialect::Anthropic
        | Dialect::GeminiInteractions
        | Dialect::Ollama => &body["tools"],
    };
    let functions = functions.as_array().into_iter().flatten();
    let named = functions.filter_map(|tool| {
        let name = tool["name"]
            .as_str()
            .or_else(|| tool["function"]["name"].as_str());
        name.map(str::to_owned)
    });
    named.collect()
}

#[tokio::test]
async fn c14_a_call_of_a_whole_answer_waits_and_its_result_goes_back_in_every_api() {
    for dialect in Dialect::ALL {
        let server = GatedServer::start().await;
        let provider = provider(&server, dialect);
        let question = said(Role::User, "What is a moraine?");
        let request = ModelRequest::new("m", [question.clone()]).with_tools(offered());
        let mut seen = Value::Null;
        let write = async |mut exchange: Exchange| {
            seen = exchange.request.json();
            exchange.say(&Say::text("I look.")).await;
            exchange.say(&Say::tool("call_1", "search")).await;
            exchange.say(&Say::arguments("{\"q\":\"moraine\"}")).await;
            exchange
                .finish(Finish::ToolCalls, Tokens::new(20, 10))
                .await;
        };
        let (changes, answer) = answered(Arc::clone(&provider), request, &server, write).await;
        let expected: Vec<String> = offered().iter().map(|it| it.name().to_owned()).collect();
        assert_eq!(names(dialect, &seen), expected, "{dialect}");
        assert_eq!(answer.state, MessageState::Complete);
        let made = call(&answer.parts).clone();
        assert_eq!(
            (made.name.as_str(), made.input()),
            ("search", json!({"q": "moraine"}))
        );
        assert_eq!(made.state, ToolCallState::WaitingForApproval, "{dialect}");
        let waits = |change: &Change| matches!(change, Change::ToolCallState { state, .. } if !state.is_final());
        assert!(changes.iter().any(waits), "{dialect}: it is told");

        let mut parts = answer.parts;
        for part in &mut parts {
            if let Part::ToolCall(call) = part {
                call.state = ToolCallState::Succeeded;
            }
        }
        parts.push(Part::ToolResult(ToolResult {
            call_id: made.call_id,
            text: "Rubble of a glacier.".to_owned(),
            contents: Vec::new(),
            state: ToolCallState::Succeeded,
            left_out: false,
        }));
        let step: Message = message(Role::Assistant, parts);
        let next = ModelRequest::new("m", [question, step]).with_tools(offered());
        let mut second = Value::Null;
        let write = async |exchange: Exchange| {
            second = exchange.request.json();
            exchange.complete(30, 5).await;
        };
        let (_, answer) = answered(provider, next, &server, write).await;
        assert_eq!(
            answer.state,
            MessageState::Complete,
            "{dialect}: {answer:?}"
        );
        assert!(second.to_string().contains("Rubble of a glacier."));
        assert_eq!(
            second["tools"], seen["tools"],
            "{dialect}: the same (rule C27)"
        );
        assert_eq!(server.violations(), Vec::<String>::new(), "{dialect}");
    }
}

#[tokio::test]
async fn c15_a_call_that_was_cut_off_waits_for_nobody() {
    for dialect in [
        Dialect::OpenaiChat,
        Dialect::OpenaiResponses,
        Dialect::Anthropic,
    ] {
        let server = GatedServer::start().await;
        let request = ModelRequest::new("m", [said(Role::User, "Look.")]).with_tools(offered());
        let mut generation = Generation::start(provider(&server, dialect), request);
        let stop = generation.stop_handle();
        let serve = async {
            let mut exchange = server.next_request().await;
            exchange.say(&Say::tool("call_1", "search")).await;
            exchange.say(&Say::arguments("{\"q\":")).await;
            exchange.hung_up().await;
        };
        let drive = async {
            while let Some(change) = generation.next().await {
                if matches!(change, Change::Appended { .. }) {
                    stop.stop(tacet_core::Cause::User);
                }
            }
        };
        tokio::join!(serve, drive);
        let answer = generation.into_answer();
        assert_eq!(answer.state, MessageState::Interrupted);
        let cut = call(&answer.parts);
        assert_eq!(cut.arguments, "{\"q\":");
        assert_eq!(cut.state, ToolCallState::InterruptedBeforeRun, "{dialect}");
    }
}

#[tokio::test]
async fn a_request_without_tools_has_no_list_of_them() {
    for dialect in Dialect::ALL {
        let server = GatedServer::start().await;
        let body =
            provider(&server, dialect).body(&ModelRequest::new("m", [said(Role::User, "Hello?")]));
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert!(body.get("tools").is_none(), "{dialect}");
    }
}
