//! What is bound stays bound (rule C27): after a stop, a continuation, another model, another effort or
//! other instructions, each API takes what is sent next, and sealed reasoning travels where it was
//! sealed for and nowhere else.

use crate::answers::{message, said, text};
use crate::hanging_up::drain;
use crate::recordings::{Recordings, wires};
use crate::turn_desk::{Desk, follow_up, question};
use crate::wire_phases::remote;
use serde_json::Value;
use std::sync::Arc;
use tacet_core::history::{RepairChange, preview};
use tacet_core::provider::{ToolDefinition, ToolList};
use tacet_core::{
    Effort, Generation, Goal, Message, MessageState, ModelRequest, Parameters, Part, Provider,
    Remote, Role,
};
use tacet_test_support::server::{Dialect, Finish, GatedServer, Refusal, Rules, Say, Tokens};

const BRIEF: &str = "Be brief.";
const CLAUDE: &str = "claude-opus-5";

fn claude(server: &GatedServer) -> Arc<Remote> {
    Arc::new(remote(server, Dialect::Anthropic))
}

/// An answer with sealed thinking, under these instructions.
async fn thoughtful(server: &GatedServer, provider: &Arc<Remote>) -> Vec<Part> {
    let request = ModelRequest::new(CLAUDE, [said(Role::User, "one")]).with_instructions(BRIEF);
    let mut generation = Generation::start(Arc::clone(provider) as Arc<dyn Provider>, request);
    let drive = async { while generation.next().await.is_some() {} };
    tokio::join!(drive, async {
        let mut exchange = server.next_request().await;
        for say in [
            Say::reasoning("Hm."),
            Say::seal("c2VhbA=="),
            Say::text("Two."),
        ] {
            exchange.say(&say).await;
        }
        exchange.finish(Finish::Stop, Tokens::new(9, 3)).await;
    });
    generation.into_answer().parts
}

fn history(parts: Vec<Part>) -> [Message; 3] {
    [
        said(Role::User, "one"),
        message(Role::Assistant, parts),
        said(Role::User, "three"),
    ]
}

/// Whether the thinking goes along.
fn travels(provider: &Remote, request: &ModelRequest) -> bool {
    let body: Value = serde_json::from_slice(&provider.body(request)).unwrap();
    let judged = Rules::default().check(Dialect::Anthropic, &request.model, &body);
    assert_eq!(judged, Ok(()), "{body}");
    body["messages"].to_string().contains("c2VhbA==")
}

#[tokio::test]
async fn c27_thinking_that_is_bound_goes_back_under_its_instructions_tools_and_model_alone() {
    let server = GatedServer::start().await;
    let provider = claude(&server);
    let history = history(thoughtful(&server, &provider).await);
    let plain = ModelRequest::new(CLAUDE, &history[..]).with_instructions(BRIEF);
    assert!(travels(&provider, &plain));
    let others = plain.clone().with_instructions("Be long.");
    assert!(!travels(&provider, &others));
    let tool = ToolDefinition::new("search", "Finds pages.", serde_json::json!({}));
    let tools = plain.clone().with_tools([tool]);
    assert!(!travels(&provider, &tools));
    let other_model = ModelRequest {
        model: "claude-haiku-5-5".to_owned(),
        ..plain.clone()
    };
    assert!(!travels(&provider, &other_model));
    // Back again, and with another effort.
    let mut back = plain.clone();
    assert!(travels(&provider, &back));
    back.parameters.effort = Some(Effort::Most);
    assert!(travels(&provider, &back));
}

#[tokio::test]
async fn c27_the_preview_says_what_other_instructions_leave_out() {
    let server = GatedServer::start().await;
    let provider = claude(&server);
    let history = history(thoughtful(&server, &provider).await);
    let changes = |instructions, tools: Option<&ToolList>| {
        let rules = provider.rules(CLAUDE).bound_to(instructions, tools);
        let told = preview(&history[..2], &rules).into_iter();
        told.map(|repair| repair.change).collect::<Vec<_>>()
    };
    assert_eq!(changes(BRIEF, Some(&ToolList::default())), []);
    assert_eq!(changes(BRIEF, None), []);
    let left_out = [RepairChange::ReasoningLeftOut];
    assert_eq!(changes("Be long.", None), left_out);
    let tool = ToolDefinition::new("search", "Finds pages.", serde_json::json!({}));
    assert_eq!(changes(BRIEF, Some(&[tool].into())), left_out);
}

#[tokio::test]
async fn c27_a_refusal_of_sealed_reasoning_is_answered_by_one_request_without_it() {
    for (words, again) in [
        (
            "messages.1.content.0: This thinking block is bound to a different conversation.",
            true,
        ),
        (
            "messages.1.content.0: Invalid `signature` in `thinking` block",
            true,
        ),
        (
            "messages.1: all messages must have non-empty content",
            false,
        ),
    ] {
        let server = GatedServer::start().await;
        let provider = claude(&server);
        let history = history(thoughtful(&server, &provider).await);
        let before = server.requests();
        let request = ModelRequest::new(CLAUDE, &history[..]).with_instructions(BRIEF);
        let ((_, error), sealed) = tokio::join!(drain(provider.stream(request)), async {
            let refusal = Refusal::BadRequest(words.to_owned());
            let exchange = server.next_request().await;
            let mut sealed = vec![exchange.request.json().to_string().contains("c2VhbA==")];
            exchange.refuse(&refusal).await;
            if again {
                let exchange = server.next_request().await;
                sealed.push(exchange.request.json().to_string().contains("c2VhbA=="));
                // Refused once more, it is the end.
                exchange.refuse(&refusal).await;
            }
            sealed
        });
        assert!(error.is_some(), "{words}");
        let expected: &[bool] = if again { &[true, false] } else { &[true] };
        assert_eq!(sealed, expected, "{words}");
        assert_eq!(server.requests() - before, expected.len(), "{words}");
    }
}

#[tokio::test]
async fn c27_a_receipt_says_that_refused_reasoning_was_left_out() {
    let desk = Desk::open().await;
    let provider: Arc<dyn Provider> = desk.provider_of(Dialect::Anthropic);
    let request = question("one");
    let turn = request.turn_id;
    desk.start_at(Arc::clone(&provider), request).await.unwrap();
    let watch = desk.watch(turn).await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::reasoning("Hm.")).await;
    exchange.say(&Say::seal("c2VhbA==")).await;
    exchange.say(&Say::text("two")).await;
    exchange.finish(Finish::Stop, Tokens::new(7, 3)).await;
    watch.told_end().await;
    let answer = desk.answer(turn).await;
    let request = follow_up(answer.conversation_id, answer.id, "three");
    let turn = request.turn_id;
    desk.start_at(provider, request).await.unwrap();
    let watch = desk.watch(turn).await;
    let words = "messages.1.content.0: Invalid `signature` in `thinking` block";
    let refusal = Refusal::BadRequest(words.to_owned());
    desk.server.next_request().await.refuse(&refusal).await;
    let mut again = desk.server.next_request().await;
    again.say(&Say::text("four")).await;
    watch.receive(4).await;
    let receipt = desk.stopped(turn).await;
    assert!(receipt.without_seals, "{receipt:?}");
}

/// What a person may change before the next request.
fn requests(model: &str, history: &[Message]) -> Vec<(&'static str, ModelRequest)> {
    let plain = ModelRequest::new(model, history).with_instructions(BRIEF);
    let effort = |effort| ModelRequest {
        parameters: Parameters {
            effort: Some(effort),
            temperature: Some(0.5),
            ..Parameters::default()
        },
        ..plain.clone()
    };
    let tool = ToolDefinition::new("search", "Finds pages.", serde_json::json!({}));
    let mut all = vec![
        ("most", effort(Effort::Most)),
        ("off", effort(Effort::Off)),
        ("tools", plain.clone().with_tools([tool])),
        ("instructions", plain.clone().with_instructions("Be long.")),
        ("as before", plain.clone()),
    ];
    if let [before @ .., answer, _] = history
        && answer.can_be_continued()
    {
        let mut begun = before.to_vec();
        begun.push(answer.clone());
        let continued = ModelRequest::new(model, begun).with_instructions(BRIEF);
        all.push((
            "continued",
            ModelRequest {
                goal: Goal::Continue,
                parameters: effort(Effort::High).parameters,
                ..continued
            },
        ));
    }
    all
}

/// The wires with the newest models as well.
const NEWEST: [(Dialect, &[&str]); 6] = [
    (Dialect::OpenaiChat, &["gpt-5.4", "gpt-4o"]),
    (Dialect::OpenaiResponses, &["gpt-5", "o3", "gpt-4.1"]),
    (
        Dialect::Anthropic,
        &[
            "claude-sonnet-4-5",
            "claude-opus-4-7",
            "claude-opus-5",
            "claude-haiku-5-5",
            "claude-fable-5-1",
        ],
    ),
    (Dialect::Gemini, &["gemini-2.5-pro", "gemini-3-flash"]),
    (
        Dialect::GeminiInteractions,
        &["gemini-2.5-pro", "gemini-3.5-flash"],
    ),
    (Dialect::Ollama, &["gpt-oss:20b"]),
];

fn judge(to: &Recordings, history: &[Message], place: &str) {
    let newest = NEWEST.iter().find(|(dialect, _)| *dialect == to.dialect);
    let newest = newest.map_or(&[][..], |(_, models)| models);
    for model in to.models.iter().chain(newest) {
        for (what, request) in requests(model, history) {
            let body: Value = serde_json::from_slice(&to.provider.body(&request)).unwrap();
            let judged = Rules::default().check(to.dialect, model, &body);
            assert_eq!(
                judged,
                Ok(()),
                "{place}, then {} {model}, {what}: {body}",
                to.dialect
            );
        }
    }
}

#[test]
fn c19_whatever_is_changed_after_a_stop_the_next_request_is_valid_from_each_api_to_each() {
    for from in wires() {
        for (name, bytes) in from.streams {
            // One of forty: what differs in between, other matrices look at.
            for answer in from.stopped_answers(bytes).into_iter().step_by(40) {
                let history = [said(Role::User, "one"), answer, said(Role::User, "two")];
                for to in wires() {
                    judge(to, &history, &format!("{} {name}", from.dialect));
                }
            }
        }
    }
}

#[test]
fn c27_an_answer_that_was_continued_and_then_calls_a_tool_stays_valid() {
    for from in wires() {
        let begun = Message {
            state: MessageState::Interrupted,
            ..message(Role::Assistant, vec![text("The ice ")])
        };
        let rest = from.stopped_answers(from.streams[0].1).pop().unwrap();
        let parts = begun.parts.iter().chain(&rest.parts).cloned().collect();
        let history = history(parts);
        for to in wires() {
            judge(to, &history, &format!("continued by {}", from.dialect));
        }
    }
}
