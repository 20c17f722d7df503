//! Each of the six APIs in the real window: a whole answer, a stop in each phase, and a history
//! that the API accepts afterwards.

use crate::answer::{Means, ask, stopped, when};
use crate::desk::Desk;
use serde_json::json;
use tacet_core::{ConnectionEnd, MessageState, Phase, UsageSource};
use tacet_test_support::server::{Dialect, Exchange, Finish, Say, Tokens};
use tacet_test_support::webdriver::App;

/// A desk whose app asks the gated server by this API.
async fn desk_at(dialect: Dialect) -> Desk {
    let desk = Desk::bare().await;
    let provider = json!({"id": "api", "name": "Provider", "api": dialect.api(),
        "base_url": desk.server.base_url_of(dialect), "models": ["test-model"]});
    desk.write_settings("api/test-model", &[provider]);
    desk
}

async fn say_all(exchange: &mut Exchange, says: &[Say]) {
    for say in says {
        exchange.say(say).await;
    }
}

/// Whether a call's arguments come in pieces; Gemini and Ollama send a call whole.
fn streams_arguments(dialect: Dialect) -> bool {
    match dialect {
        Dialect::OpenaiChat
        | Dialect::OpenaiResponses
        | Dialect::Anthropic
        | Dialect::GeminiInteractions => true,
        Dialect::Gemini | Dialect::Ollama => false,
    }
}

/// What the server sends until the turn is in `phase`, and how the page then looks.
async fn lead_to(phase: Phase, exchange: &mut Exchange) -> &'static str {
    match phase {
        Phase::WaitingForHeaders => "a.words.includes('Waiting for the server')",
        Phase::WaitingForFirstToken => {
            exchange.open_stream().await;
            "a.words.includes('Waiting for the first word')"
        }
        Phase::Reasoning => {
            exchange.say(&Say::reasoning("Let me see")).await;
            "a.parts[0]?.kind === 'reasoning' && a.words.includes('Let me see')"
        }
        Phase::Text => {
            exchange.say(&Say::text("The ice ")).await;
            "a.parts[0]?.kind === 'text' && a.words.includes('The ice')"
        }
        Phase::ToolArguments => {
            exchange.say(&Say::tool("call_1", "search")).await;
            exchange.say(&Say::arguments("{\"query\": \"mor")).await;
            "a.parts[0]?.state === 'receiving-arguments' && a.words.includes('mor')"
        }
        Phase::Queued
        | Phase::BuildingContext
        | Phase::LoadingModel
        | Phase::ReadingPrompt
        | Phase::Connecting
        | Phase::WaitingToRetry
        | Phase::WaitingForApproval
        | Phase::RunningTools
        | Phase::BetweenRequests => panic!("no server leads to {phase:?}"),
    }
}

async fn stop_in(phase: Phase, desk: &Desk, app: &App) {
    ask(app, "What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    let look = lead_to(phase, &mut exchange).await;
    when(app, &format!("a.state === 'streaming' && {look}")).await;
    let written = exchange.record().chunks_at.len();
    Means::Button.stop(app).await;
    assert_eq!(
        exchange.hung_up().await.chunks_written,
        written,
        "{phase:?}"
    );
    stopped(app).await;
}

/// A whole answer with everything that a model says.
async fn whole_answer(desk: &Desk, app: &App) {
    ask(app, "Look for a moraine.").await;
    let mut exchange = desk.server.next_request().await;
    let says = [
        Say::reasoning("Where is ice?"),
        Say::seal("c2VhbGVk"),
        Say::text("I look."),
        Say::tool("call_9", "search"),
        Say::arguments("{\"query\": "),
        Say::arguments("\"ice\"}"),
    ];
    say_all(&mut exchange, &says).await;
    let tokens = Tokens::new(21, 9).cached(4).reasoning(3);
    exchange.finish(Finish::ToolCalls, tokens).await;
    let answer = when(app, "a.state === 'complete'").await;
    let kinds: Vec<_> = answer.parts.iter().map(|part| part.kind.as_str()).collect();
    assert_eq!(kinds, ["reasoning", "text", "tool-call"]);
    assert!(answer.parts[2].text.contains("search"), "{answer:?}");
    assert_eq!(answer.usage.as_deref(), Some("reported"));
}

async fn speaks(dialect: Dialect) {
    let desk = desk_at(dialect).await;
    let app = desk.open().await;
    whole_answer(&desk, &app).await;
    let mut phases = vec![
        Phase::WaitingForHeaders,
        Phase::WaitingForFirstToken,
        Phase::Reasoning,
        Phase::Text,
    ];
    if streams_arguments(dialect) {
        phases.push(Phase::ToolArguments);
    }
    // All in one conversation: each next request carries what the stops before it have left.
    for &phase in &phases {
        stop_in(phase, &desk, &app).await;
    }
    ask(&app, "And now?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::text("All is well.")).await;
    exchange.finish(Finish::Stop, Tokens::new(90, 4)).await;
    when(
        &app,
        "a.state === 'complete' && a.words.includes('All is well.')",
    )
    .await;
    assert_eq!(desk.server.violations(), Vec::<String>::new());

    let answers = desk.answers();
    let figures = answers[0].usage.clone().expect("usage");
    assert_eq!(figures.source, UsageSource::Reported);
    assert_eq!(
        (figures.input_tokens, figures.output_tokens),
        (Some(21), Some(9))
    );
    let stops: Vec<_> = answers
        .iter()
        .filter(|answer| answer.state == MessageState::Interrupted)
        .map(|answer| {
            let receipt = answer.receipt.as_ref().expect("a receipt");
            assert_eq!(receipt.connection, ConnectionEnd::Closed);
            // No API here reports the tokens of an answer before its end.
            let source = receipt.usage.source;
            assert_ne!(source, UsageSource::Reported, "{receipt:?}");
            receipt.phase
        })
        .collect();
    assert_eq!(stops, phases);
}

#[tokio::test]
async fn c19_openai_chat_answers_stops_in_each_phase_and_takes_what_is_left() {
    speaks(Dialect::OpenaiChat).await;
}

#[tokio::test]
async fn c19_openai_responses_answers_stops_in_each_phase_and_takes_what_is_left() {
    speaks(Dialect::OpenaiResponses).await;
}

#[tokio::test]
async fn c19_anthropic_answers_stops_in_each_phase_and_takes_what_is_left() {
    speaks(Dialect::Anthropic).await;
}

#[tokio::test]
async fn c19_gemini_answers_stops_in_each_phase_and_takes_what_is_left() {
    speaks(Dialect::Gemini).await;
}

#[tokio::test]
async fn c19_gemini_interactions_answers_stops_in_each_phase_and_takes_what_is_left() {
    speaks(Dialect::GeminiInteractions).await;
}

#[tokio::test]
async fn c19_ollama_answers_stops_in_each_phase_and_takes_what_is_left() {
    speaks(Dialect::Ollama).await;
}

#[tokio::test]
async fn c19_one_conversation_goes_through_all_six_apis_with_a_stop_at_each() {
    let desk = Desk::bare().await;
    let providers: Vec<_> = Dialect::ALL
        .map(|dialect| {
            json!({"id": dialect.api(), "name": dialect.api(), "api": dialect.api(),
                "base_url": desk.server.base_url_of(dialect), "models": ["test-model"]})
        })
        .into();
    desk.write_settings("openai-chat/test-model", &providers);
    let app = desk.open().await;
    for round in 0..2 {
        for dialect in Dialect::ALL {
            choose(&app, dialect).await;
            ask(&app, "What is a moraine?").await;
            let mut exchange = desk.server.next_request().await;
            let says = [
                Say::reasoning("Let me see"),
                Say::seal("c2VhbGVk"),
                Say::text("The ice "),
                Say::tool("call_1", "search"),
            ];
            // The first round is stopped in the text, the second in a call where one can be.
            say_all(&mut exchange, &says[..3 + round]).await;
            when(
                &app,
                "a.state === 'streaming' && a.words.includes('The ice')",
            )
            .await;
            Means::Esc.stop(&app).await;
            exchange.hung_up().await;
            stopped(&app).await;
        }
    }
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

/// Chooses the model of that API's provider.
async fn choose(app: &App, dialect: Dialect) {
    use tacet_test_support::webdriver::testid;
    app.click(&testid("model-picker")).await;
    let model = format!("{}/test-model", dialect.api());
    app.click(&testid("model-option").attr("data-model", &model))
        .await;
    app.wait_for_text(&testid("model-picker"), dialect.api())
        .await;
}
