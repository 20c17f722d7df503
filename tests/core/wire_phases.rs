//! The phase matrix of the other wires: a turn is stopped in each phase that it has there, and
//! each time the same things must hold.

use crate::answers::text;
use crate::turn_desk::{Desk, follow_up, question};
use std::sync::Arc;
use tacet_core::{
    Cause, ConnectionEnd, Endpoint, MessageState, Part, Phase, Remote, StopOutcome, ToolCallState,
    UsageSource, WireApi,
};
use tacet_test_support::server::{Dialect, Exchange, Finish, GatedServer, Say, Tokens};

/// The wire that speaks this dialect.
pub fn api(dialect: Dialect) -> WireApi {
    match dialect {
        Dialect::OpenaiChat => WireApi::OpenaiChat,
        Dialect::OpenaiResponses => WireApi::OpenaiResponses,
        Dialect::Anthropic => WireApi::Anthropic,
        Dialect::Gemini => WireApi::Gemini,
        Dialect::GeminiInteractions => WireApi::GeminiInteractions,
        Dialect::Ollama => WireApi::Ollama,
    }
}

/// The server as a provider that speaks this dialect.
pub fn remote(server: &GatedServer, dialect: Dialect) -> Remote {
    let endpoint = Endpoint::new(server.base_url_of(dialect), None);
    Remote::new(api(dialect), &endpoint).unwrap()
}

fn sends_calls_whole(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::Gemini | Dialect::Ollama)
}

/// How the figures are known of an answer that is stopped in `phase`: Anthropic counts the prompt
/// at the start, and Gemini says with everything how much it was so far.
fn source(phase: Phase, dialect: Dialect) -> UsageSource {
    match (dialect, phase) {
        (_, Phase::WaitingForHeaders) => UsageSource::Unknown,
        (Dialect::Anthropic, _) => UsageSource::Running,
        (_, Phase::WaitingForFirstToken) => UsageSource::Unknown,
        (Dialect::Gemini, _) => UsageSource::Running,
        _ => UsageSource::Estimated,
    }
}

/// What the server sends until the turn is in `phase`.
async fn lead_to(phase: Phase, dialect: Dialect, exchange: &mut Exchange) {
    match phase {
        Phase::WaitingForFirstToken => {
            exchange.open_stream().await;
            exchange.open_answer(None).await;
        }
        Phase::Reasoning => exchange.say(&Say::reasoning("Let me see")).await,
        Phase::Text => exchange.say(&Say::text("The ice ")).await,
        Phase::ToolArguments => {
            exchange.say(&Say::tool("call_1", "search")).await;
            exchange.say(&Say::arguments("{\"q\":1}")).await;
            if sends_calls_whole(dialect) {
                // A call goes out with what is said next.
                exchange.say(&Say::tool("call_2", "next")).await;
            }
        }
        Phase::WaitingForHeaders
        | Phase::Connecting
        | Phase::BuildingContext
        | Phase::Queued
        | Phase::LoadingModel
        | Phase::ReadingPrompt
        | Phase::WaitingToRetry
        | Phase::WaitingForApproval
        | Phase::RunningTools
        | Phase::BetweenRequests => {}
    }
}

fn check_kept(phase: Phase, parts: &[Part]) {
    match (phase, parts) {
        (Phase::Reasoning, [Part::Reasoning(reasoning)]) => {
            assert_eq!(reasoning.text, "Let me see");
        }
        (Phase::Text, parts) => assert_eq!(parts, [text("The ice ")]),
        (Phase::ToolArguments, [Part::ToolCall(call)]) => {
            // Not every API gives its calls ids.
            let made_up = call.call_id.ends_with("_call_0");
            assert!(call.call_id == "call_1" || made_up, "{}", call.call_id);
            assert_eq!(call.arguments, "{\"q\":1}");
            assert_eq!(call.state, ToolCallState::InterruptedBeforeRun);
        }
        (_, parts) => assert_eq!(parts, []),
    }
}

async fn stop_in(phase: Phase, dialect: Dialect) {
    let desk = Desk::open().await;
    let provider = desk.provider_of(dialect);
    let request = question("What is a moraine?");
    let turn = request.turn_id;
    desk.start_at(Arc::clone(&provider), request).await.unwrap();
    let watch = desk.watch(turn).await;
    let mut exchange = desk.server.next_request().await;
    lead_to(phase, dialect, &mut exchange).await;
    watch.reach(phase).await;
    match phase {
        Phase::Reasoning | Phase::Text => watch.receive(1).await,
        Phase::ToolArguments => watch.receive("{\"q\":1}".len()).await,
        _ => {}
    }

    let outcome = desk.stop(turn).await;

    let StopOutcome::Stopped {
        receipt: Some(receipt),
    } = outcome
    else {
        panic!("{outcome:?}");
    };
    exchange.hung_up().await;
    // What the server writes all the same reaches nobody.
    exchange.say(&Say::text("too late")).await;
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Interrupted);
    assert_eq!(end.cause, Some(Cause::User));
    check_kept(phase, &watch.parts());
    let usage = end.usage.expect("a usage row");
    let known = source(phase, dialect);
    assert_eq!(usage.source, known, "{phase:?}");
    let came = matches!(phase, Phase::Reasoning | Phase::Text | Phase::ToolArguments);
    assert_eq!(usage.output_tokens.is_some(), came, "{phase:?}: {usage:?}");
    if came {
        // Of an answer Anthropic says nothing before its end.
        let estimated = usage.output_known_as() == UsageSource::Estimated;
        assert!(
            estimated || dialect == Dialect::Gemini,
            "{phase:?}: {usage:?}"
        );
        let ends = dialect == Dialect::Ollama;
        assert_eq!(usage.at_least, !ends, "whether the server goes on");
    }
    assert_eq!(receipt.phase, phase);
    assert_eq!(receipt.connection, ConnectionEnd::Closed);
    assert_eq!(receipt.server_cancel, None);

    let answer = desk.answer(turn).await;
    check_kept(phase, &answer.parts);
    let again = follow_up(answer.conversation_id, answer.id, "And now?");
    let next = again.turn_id;
    desk.start_at(provider, again).await.unwrap();
    let watch = desk.watch(next).await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::text("All is well.")).await;
    exchange.finish(Finish::Stop, Tokens::new(9, 3)).await;
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Complete);
    let usage = end.usage.expect("a usage row");
    assert_eq!(usage.source, UsageSource::Reported);
    assert_eq!(
        (usage.input_tokens, usage.output_tokens),
        (Some(9), Some(3))
    );
    assert_eq!(desk.answer(next).await.text(), "All is well.");
    assert_eq!(desk.server.violations(), Vec::<String>::new());
    assert_eq!(desk.server.cancels(), []);
}

const PHASES: [Phase; 5] = [
    Phase::WaitingForHeaders,
    Phase::WaitingForFirstToken,
    Phase::Reasoning,
    Phase::Text,
    Phase::ToolArguments,
];

#[tokio::test]
async fn c02_stop_takes_effect_in_each_phase_of_openai_responses() {
    for phase in PHASES {
        stop_in(phase, Dialect::OpenaiResponses).await;
    }
}

#[tokio::test]
async fn c02_stop_takes_effect_in_each_phase_of_anthropic() {
    for phase in PHASES {
        stop_in(phase, Dialect::Anthropic).await;
    }
}

#[tokio::test]
async fn c02_stop_takes_effect_in_each_phase_of_gemini() {
    for phase in PHASES {
        stop_in(phase, Dialect::Gemini).await;
    }
}

#[tokio::test]
async fn c02_stop_takes_effect_in_each_phase_of_gemini_interactions() {
    for phase in PHASES {
        stop_in(phase, Dialect::GeminiInteractions).await;
    }
}

#[tokio::test]
async fn c02_stop_takes_effect_in_each_phase_of_ollama() {
    for phase in PHASES {
        stop_in(phase, Dialect::Ollama).await;
    }
}
