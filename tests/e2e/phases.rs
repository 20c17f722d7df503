//! Stop in each phase of a request, by the button and by Esc, in the real window.

use crate::answer::{Answer, Means, ask, stopped, when};
use crate::desk::Desk;
use serde_json::json;
use tacet_core::{ConnectionEnd, Phase};
use tacet_test_support::server::{BlackHole, Exchange, ReasoningField};
use tacet_test_support::webdriver::{App, testid};

/// What the server sends until the turn is in `phase`, and how the page then looks.
async fn lead_to(phase: Phase, exchange: &mut Exchange) -> &'static str {
    match phase {
        Phase::WaitingForHeaders => "a.words.includes('Waiting for the server')",
        Phase::WaitingForFirstToken => {
            exchange.open_stream().await;
            "a.words.includes('Waiting for the first word')"
        }
        Phase::Reasoning => {
            let field = ReasoningField::ReasoningContent;
            exchange.send_reasoning_delta(field, "Let me see").await;
            "a.parts[0]?.kind === 'reasoning' && a.words.includes('Let me see')"
        }
        Phase::Text => {
            exchange.send_text_delta("The ice ").await;
            "a.parts[0]?.kind === 'text' && a.words.includes('The ice')"
        }
        Phase::ToolArguments => {
            let name = Some("search");
            exchange
                .send_tool_delta(Some(0), Some("call_1"), name, "{\"query\": \"mor")
                .await;
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

/// What of it the page keeps.
fn check_kept(phase: Phase, answer: &Answer) {
    let kept: Vec<_> = answer
        .parts
        .iter()
        .map(|part| (part.kind.as_str(), part.state.as_str(), part.text.as_str()))
        .collect();
    match (phase, kept.as_slice()) {
        (Phase::Reasoning, [("reasoning", "interrupted", text)]) => {
            assert!(text.contains("Let me see"), "{text}");
        }
        (Phase::Text, [("text", "interrupted", text)]) => assert_eq!(text.trim(), "The ice"),
        (Phase::ToolArguments, [("tool-call", "interrupted-before-run", text)]) => {
            assert!(text.contains("search"), "{text}");
            assert!(text.contains("{\"query\": \"mor"), "{text}");
        }
        (Phase::WaitingForHeaders | Phase::WaitingForFirstToken, []) => {}
        (phase, kept) => panic!("{phase:?} left {kept:?}"),
    }
}

async fn stop_in(phase: Phase, means: Means, desk: &Desk, app: &App) {
    ask(app, "What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    let look = lead_to(phase, &mut exchange).await;
    when(app, &format!("a.state === 'streaming' && {look}")).await;
    let written = exchange.record().chunks_at.len();

    means.stop(app).await;

    let hang_up = exchange.hung_up().await;
    assert_eq!(hang_up.chunks_written, written, "{phase:?} by {means:?}");
    check_kept(phase, &stopped(app).await);
}

const AT_THE_SERVER: [Phase; 5] = [
    Phase::WaitingForHeaders,
    Phase::WaitingForFirstToken,
    Phase::Reasoning,
    Phase::Text,
    Phase::ToolArguments,
];

#[tokio::test]
async fn c02_button_and_esc_stop_in_every_phase_that_a_server_sees() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    // All in one conversation: each next request carries what the stops before it have left.
    for means in Means::BOTH {
        for phase in AT_THE_SERVER {
            stop_in(phase, means, &desk, &app).await;
        }
    }
    desk.converse(&app).await;

    let receipts = desk.answers().into_iter().filter_map(|one| one.receipt);
    let (phases, ends): (Vec<_>, Vec<_>) = receipts
        .map(|receipt| (receipt.phase, receipt.connection))
        .unzip();
    assert_eq!(phases, AT_THE_SERVER.repeat(2));
    assert_eq!(ends, [ConnectionEnd::Closed; 10]);
}

#[tokio::test]
async fn c02_button_and_esc_stop_while_connecting_and_another_model_goes_on() {
    let desk = Desk::bare().await;
    let black_hole = BlackHole::open();
    let lost = json!({"id": "lost", "name": "Lost", "api": "openai-chat",
        "base_url": black_hole.base_url(), "models": ["test-model"]});
    desk.write_settings("lost/test-model", &[lost]);
    let app = desk.open().await;
    for means in Means::BOTH {
        ask(&app, "What is a moraine?").await;
        black_hole.tried().await;
        when(&app, "a.words.includes('Connecting')").await;
        means.stop(&app).await;
        black_hole.abandoned().await;
        assert!(stopped(&app).await.parts.is_empty());
    }
    for answer in desk.answers() {
        let receipt = answer.receipt.expect("a receipt");
        assert_eq!(receipt.phase, Phase::Connecting);
        assert_eq!(receipt.connection, ConnectionEnd::NeverOpened);
    }

    app.click(&testid("model-picker")).await;
    app.click(&testid("model-option").attr("data-model", "gated/test-model"))
        .await;
    app.wait_for_text(&testid("model-picker"), "Gated").await;
    desk.converse(&app).await;
}
