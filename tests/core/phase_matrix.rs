//! The phase matrix: a turn over HTTP is stopped in each phase that it has, and each time the
//! same things must hold.

use crate::answers::text;
use crate::hand_driven::{Close, HandDriven, says};
use crate::turn_desk::{Desk, chat_at, follow_up, question};
use crate::turn_watch::Watch;
use futures::FutureExt;
use tacet_core::{
    Cause, ConnectionEnd, MessageState, Part, Phase, StopOutcome, ToolCallState, TurnEvent,
    TurnEventKind, UsageSource,
};
use tacet_test_support::server::{BlackHole, Exchange, Frame, ReasoningField};
use tokio::sync::oneshot;

/// What the server sends until the turn is in `phase`, and the frames that it would go on with.
async fn lead_to(phase: Phase, exchange: &mut Exchange) {
    match phase {
        Phase::WaitingForFirstToken => exchange.open_stream().await,
        Phase::Reasoning => {
            let field = ReasoningField::ReasoningContent;
            exchange.send_reasoning_delta(field, "Let me see").await;
        }
        Phase::Text => exchange.send_text_delta("The ice ").await,
        Phase::ToolArguments => {
            let name = Some("search");
            exchange
                .send_tool_delta(Some(0), Some("call_1"), name, "{\"query\": \"mor")
                .await;
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

/// What is kept of it. The duration of a reasoning is the turn's own measurement.
fn check_kept(phase: Phase, parts: &[Part]) {
    match (phase, parts) {
        (Phase::Reasoning, [Part::Reasoning(reasoning)]) => {
            assert_eq!(reasoning.text, "Let me see");
            assert!(reasoning.duration_ms.is_some());
        }
        (Phase::Text, parts) => assert_eq!(parts, [text("The ice ")]),
        (Phase::ToolArguments, [Part::ToolCall(call)]) => {
            assert_eq!(call.arguments, "{\"query\": \"mor");
            assert_eq!(call.state, ToolCallState::InterruptedBeforeRun);
        }
        (_, parts) => assert_eq!(parts, []),
    }
}

/// Stops a turn at the gated server in `phase` and checks what must hold.
async fn stop_at_the_server_in(phase: Phase) {
    let desk = Desk::open().await;
    let watch = desk.ask("What is a moraine?").await;
    let second = desk.watch(watch.turn).await;
    let mut exchange = desk.server.next_request().await;
    lead_to(phase, &mut exchange).await;
    watch.reach(phase).await;
    if phase != Phase::WaitingForHeaders && phase != Phase::WaitingForFirstToken {
        watch.receive(1).await;
    }
    let written = exchange.record().chunks_at.len();

    let outcome = desk.stop(watch.turn).await;

    let StopOutcome::Stopped { receipt } = outcome else {
        panic!("{outcome:?}");
    };
    let hang_up = exchange.hung_up().await;
    assert_eq!(hang_up.chunks_written, written);
    // What the server writes all the same reaches nobody.
    for _ in 0..3 {
        exchange.send(&Frame::text("too late")).await;
    }
    let end = watch.end().await;
    assert_eq!(second.end().await, end);
    assert_eq!(end.state, MessageState::Interrupted);
    assert_eq!(end.cause, Some(Cause::User));
    check_kept(phase, &watch.parts());
    let usage = end.usage.expect("a usage row for the request");
    let source = if watch.parts().is_empty() {
        UsageSource::Unknown
    } else {
        UsageSource::Estimated
    };
    assert_eq!(usage.source, source);
    let receipt = receipt.expect("a receipt");
    assert_eq!(Some(&*receipt), end.receipt.as_ref());
    assert_eq!(receipt.phase, phase);
    assert_eq!(receipt.connection, ConnectionEnd::Closed);

    let answer = desk.answer(watch.turn).await;
    check_kept(phase, &answer.parts);
    desk.converse_after(&answer).await;
}

#[tokio::test]
async fn c02_stop_takes_effect_while_waiting_for_headers() {
    stop_at_the_server_in(Phase::WaitingForHeaders).await;
}

#[tokio::test]
async fn c02_stop_takes_effect_while_waiting_for_the_first_token() {
    stop_at_the_server_in(Phase::WaitingForFirstToken).await;
}

#[tokio::test]
async fn c02_stop_takes_effect_while_the_model_reasons() {
    stop_at_the_server_in(Phase::Reasoning).await;
}

#[tokio::test]
async fn c02_stop_takes_effect_while_the_model_writes() {
    stop_at_the_server_in(Phase::Text).await;
}

#[tokio::test]
async fn c02_stop_takes_effect_while_the_model_writes_tool_arguments() {
    stop_at_the_server_in(Phase::ToolArguments).await;
}

#[tokio::test]
async fn c02_stop_takes_effect_while_connecting() {
    let black_hole = BlackHole::open();
    let desk = Desk::open().await;
    let request = question("What is a moraine?");
    let turn = request.turn_id;
    let lost = chat_at(&black_hole.base_url());
    desk.start_at(lost, request).await.unwrap();
    let watch = desk.watch(turn).await;
    watch.reach(Phase::Connecting).await;
    black_hole.tried().await;

    let outcome = desk.stop(turn).await;

    black_hole.abandoned().await;
    assert!(matches!(outcome, StopOutcome::Stopped { receipt: Some(_) }));
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Interrupted);
    assert_eq!(end.usage.expect("a row").source, UsageSource::Unknown);
    let receipt = end.receipt.expect("a receipt");
    assert_eq!(receipt.phase, Phase::Connecting);
    assert_eq!(receipt.connection, ConnectionEnd::NeverOpened);
    desk.converse_after(&desk.answer(turn).await).await;
}

#[tokio::test]
async fn c02_stop_takes_effect_while_the_context_is_built() {
    let desk = Desk::open().await;
    let request = question("What is a moraine?");
    let turn = request.turn_id;
    let mut starting = desk.start(request).boxed();
    // The first poll registers the turn and hands it to its task, which has not run yet.
    assert!(futures::poll!(&mut starting).is_pending());

    let (outcome, started) = tokio::join!(desk.stop(turn), starting);

    assert!(!started.already);
    let StopOutcome::Stopped { receipt } = outcome else {
        panic!("{outcome:?}");
    };
    let receipt = receipt.expect("a receipt");
    assert_eq!(receipt.phase, Phase::BuildingContext);
    assert_eq!(receipt.connection, ConnectionEnd::NeverOpened);
    let answer = desk.answer(turn).await;
    assert_eq!(answer.state, MessageState::Interrupted);
    assert_eq!(answer.cause, Some(Cause::User));
    assert_eq!(answer.usage, None, "no request was made");
    assert_eq!(answer.receipt, Some(*receipt));
    assert_eq!(desk.server.connections(), 0);
    desk.converse_after(&answer).await;
}

#[tokio::test]
async fn c02_stop_takes_effect_while_a_turn_waits_for_the_one_before_it() {
    let desk = Desk::open().await;
    let (let_connection_close, told) = oneshot::channel();
    let (provider, hand) = HandDriven::one(Close::When(told));
    let first = question("What is a moraine?");
    let started = desk.start_at(provider, first.clone()).await.unwrap();
    let watch = desk.watch(first.turn_id).await;
    hand.send(says("A heap")).unwrap();
    watch.receive(1).await;
    let next = follow_up(first.conversation_id, started.answer.id, "And a kame?");
    let turn = next.turn_id;
    let is_stopping = |watch: &Watch| {
        let events = watch.events();
        events
            .iter()
            .any(|event| event.event == TurnEventKind::Stopping)
    };
    let stop = async {
        watch.until("the first turn to stop", is_stopping).await;
        desk.stop(turn).await
    };

    let (started, outcome) = tokio::join!(desk.start(next), stop);

    assert!(!started.already);
    let StopOutcome::Stopped { receipt } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(receipt.expect("a receipt").phase, Phase::BuildingContext);
    assert_eq!(desk.server.connections(), 0);
    let ended = |event: &TurnEvent| matches!(event.event, TurnEventKind::Ended(_));
    assert!(!watch.events().iter().any(ended), "the wait was over");
    let_connection_close.send(()).unwrap();
    assert_eq!(watch.end().await.cause, Some(Cause::Replaced));
}
