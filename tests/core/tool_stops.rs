//! How tools end: one alone, with the turn, after the step, and what a stop leaves (rules C14 to
//! C18, C25, C26).

use crate::held_tool::{Toolbox, asked, calls, results, states};
use crate::turn_desk::{Desk, follow_up};
use std::future::{pending, ready};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tacet_core::{
    Cause, ConnectionEnd, MessageState, Parameters, Phase, ToolCallState, ToolConfirmation,
};
use tacet_test_support::patience::within;
use tacet_test_support::server::Dialect;

#[tokio::test]
async fn c14_three_in_parallel_that_are_stopped_end_in_three_states_and_the_next_request_is_valid()
{
    for dialect in Dialect::ALL {
        let desk = Desk::open().await;
        let tools = Toolbox::new();
        let question = crate::turn_desk::question("Look.");
        let watch = tools
            .ask_at(&desk, desk.provider_of(dialect), question)
            .await;
        let three = [
            ("call_1", "look", "{\"q\":\"done\"}"),
            ("call_2", "look", "{\"q\":\"running\"}"),
            ("call_3", "ask", "{}"),
        ];
        desk.server.next_request().await.call_tools(&three).await;
        let (one, two) = (tools.reached().await, tools.reached().await);
        let (done, running) = if one.arguments["q"] == "done" {
            (one, two)
        } else {
            (two, one)
        };
        done.say("Finished before.");
        running.write("half of ");
        asked(&watch, "ask").await;
        watch
            .until("what came", |watch| {
                let said = results(&watch.parts()).join("|");
                said.contains("Finished before.") && said.contains("half of ")
            })
            .await;
        let receipt = desk.stopped(watch.turn).await;
        assert!(running.stop.is_cancelled());
        assert_eq!(receipt.phase, Phase::WaitingForApproval);
        assert_eq!(receipt.connection, ConnectionEnd::Finished);
        assert_eq!(receipt.requests.len(), 1);
        let confirmed = Some(ToolConfirmation::Confirmed { ms: 3 });
        let said: Vec<_> = receipt.tools.iter().map(|it| it.confirmation).collect();
        assert_eq!(said, [None, confirmed, None]);
        assert!(receipt.unconfirmed.is_empty(), "{:?}", receipt.unconfirmed);
        watch.end().await;
        let answer = desk.answer(watch.turn).await;
        let expected = [
            ToolCallState::Succeeded,
            ToolCallState::InterruptedWhileRunning,
            ToolCallState::InterruptedBeforeRun,
        ];
        assert_eq!(states(&answer.parts), expected, "{dialect}");
        assert_eq!(answer.receipt, Some(receipt));
        let mut said = results(&answer.parts);
        said.sort_unstable();
        assert_eq!(said, ["Finished before.", "half of "], "{dialect}");

        // The next request is valid, keeps the result, and says what became of the others.
        let next = follow_up(answer.conversation_id, answer.id, "And now?");
        let watch = tools.ask_at(&desk, desk.provider_of(dialect), next).await;
        let exchange = desk.server.next_request().await;
        let body = exchange.request.json().to_string();
        for words in [
            "Finished before.",
            "half of ",
            "may have run in part: look",
            "not executed: ask",
        ] {
            assert!(body.contains(words), "{dialect}, {words}: {body}");
        }
        exchange.complete(9, 3).await;
        watch.end().await;
        assert_eq!(desk.server.violations(), Vec::<String>::new(), "{dialect}");
    }
}

#[tokio::test]
async fn c25_a_tool_that_is_stopped_alone_tells_the_model_so_and_the_turn_goes_on() {
    let desk = Desk::open().await;
    let tools = Toolbox::new();
    let two = [
        ("call_1", "look", "{}"),
        ("call_2", "look", "{\"q\":\"other\"}"),
    ];
    let watch = tools.called(&desk, &two).await;
    let (one, two) = (tools.reached().await, tools.reached().await);
    let (first, other) = if one.arguments.get("q").is_none() {
        (one, two)
    } else {
        (two, one)
    };
    first.write("partly");
    watch
        .until("what it wrote", |watch| {
            results(&watch.parts()).contains(&"partly")
        })
        .await;
    let parts = watch.parts();
    let (place, _) = calls(&parts).next().unwrap();
    assert!(desk.turns.stop_tool(watch.turn, place).await);
    assert!(first.stop.is_cancelled() && !other.stop.is_cancelled());
    other.say("Seen.");
    let exchange = desk.server.next_request().await;
    assert!(
        !desk.turns.stop_tool(watch.turn, place).await,
        "it has ended"
    );
    let body = exchange.request.json().to_string();
    assert!(
        body.contains("partly") && body.contains("The user stopped this tool"),
        "{body}"
    );
    exchange.complete(9, 3).await;
    let end = watch.end().await;
    assert_eq!((end.state, end.receipt), (MessageState::Complete, None));
    let answer = desk.answer(watch.turn).await;
    let expected = [
        ToolCallState::InterruptedWhileRunning,
        ToolCallState::Succeeded,
    ];
    assert_eq!(states(&answer.parts), expected);
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn c25_a_call_that_waits_can_be_stopped_alone_and_never_runs() {
    let desk = Desk::open().await;
    let tools = Toolbox::new();
    let watch = tools.called(&desk, &[("call_1", "ask", "{}")]).await;
    let request = asked(&watch, "ask").await;
    assert!(desk.turns.stop_tool(watch.turn, request.part).await);
    let exchange = desk.server.next_request().await;
    let body = exchange.request.json().to_string();
    assert!(
        body.contains("The user stopped this call before it ran"),
        "{body}"
    );
    exchange.complete(9, 3).await;
    watch.end().await;
    let answer = desk.answer(watch.turn).await;
    assert_eq!(states(&answer.parts), [ToolCallState::InterruptedBeforeRun]);
    assert!(tools.is_untouched().await);
}

#[tokio::test]
async fn c25_stop_after_this_step_lets_the_tools_end_and_asks_the_model_nothing_more() {
    let desk = Desk::open().await;
    let tools = Toolbox::new();
    let watch = tools.ask(&desk, "Look.").await;
    let exchange = desk.server.next_request().await;
    assert!(desk.turns.stop_after_step(watch.turn, None).await);
    assert!(desk.watch(watch.turn).await.snapshot.ends_after_step);
    exchange.call_tools(&[("call_1", "look", "{}")]).await;
    let reached = tools.reached().await;
    assert!(!reached.stop.is_cancelled());
    reached.say("Seen to the end.");
    let end = watch.end().await;
    assert_eq!(
        (end.state, end.cause),
        (MessageState::Interrupted, Some(Cause::User))
    );
    let receipt = end.receipt.unwrap();
    assert_eq!(receipt.phase, Phase::BetweenRequests);
    assert_eq!(receipt.connection, ConnectionEnd::Finished);
    let answer = desk.answer(watch.turn).await;
    assert_eq!(states(&answer.parts), [ToolCallState::Succeeded]);
    assert_eq!(results(&answer.parts), ["Seen to the end."]);
    assert_eq!(desk.server.records().len(), 1, "no second request");
    assert!(
        !desk.turns.stop_after_step(watch.turn, None).await,
        "it has ended"
    );
    desk.converse_after(&answer).await;
}

#[tokio::test]
async fn c25_stop_after_this_step_changes_nothing_about_an_answer_that_calls_no_tool() {
    let desk = Desk::open().await;
    let tools = Toolbox::new();
    let watch = tools.ask(&desk, "Look.").await;
    let exchange = desk.server.next_request().await;
    assert!(desk.turns.stop_after_step(watch.turn, None).await);
    exchange.complete(9, 3).await;
    let end = watch.end().await;
    assert_eq!((end.state, end.receipt), (MessageState::Complete, None));
}

#[tokio::test]
async fn c09_a_tool_that_does_not_listen_holds_nothing_up_and_is_named() {
    let desk = Desk::open().await;
    let tools = Toolbox::new();
    let two = [("call_1", "deaf", "{}"), ("call_2", "look", "{}")];
    let watch = tools.called(&desk, &two).await;
    let request = asked(&watch, "deaf").await;
    let once = tacet_core::ApprovalAnswer::Once;
    assert!(
        desk.turns
            .answer_approval(watch.turn, request.part, once)
            .await
    );
    let (one, two) = (tools.reached().await, tools.reached().await);
    let deaf = if one.tool == "deaf" { one } else { two };
    let began = Instant::now();
    let receipt = desk.stopped(watch.turn).await;
    assert!(began.elapsed() < Duration::from_secs(2) + Duration::from_millis(300));
    let silent = receipt
        .tools
        .iter()
        .find(|tool| tool.name == "deaf")
        .unwrap();
    assert!(
        matches!(silent.confirmation, Some(ToolConfirmation::ToldAndSilent { ms }) if ms >= 1_700)
    );
    assert!(!silent.confirmed);
    assert_eq!(receipt.unconfirmed.len(), 1);
    assert!(
        receipt.unconfirmed[0].contains("The server “held” was told to stop deaf"),
        "{:?}",
        receipt.unconfirmed
    );
    watch.end().await;
    // What it says now is late (rule C05).
    deaf.say("Too late.");
    let answer = desk.answer(watch.turn).await;
    let interrupted = ToolCallState::InterruptedWhileRunning;
    assert_eq!(states(&answer.parts), [interrupted, interrupted]);
    desk.converse_after(&answer).await;
    assert!(!results(&desk.answer(watch.turn).await.parts).contains(&"Too late."));
}

#[tokio::test]
async fn c02_a_turn_stops_while_its_tools_are_made_ready() {
    let desk = Desk::open().await;
    let request = crate::turn_desk::question("Look.");
    let turn = request.turn_id;
    let started = desk.turns.start_with_tools(
        request,
        ready(Ok(Arc::clone(&desk.provider))),
        pending(),
        Parameters::default(),
    );
    within("the turn to start", started).await.unwrap();
    let watch = desk.watch(turn).await;
    let receipt = desk.stopped(turn).await;
    assert_eq!(receipt.connection, ConnectionEnd::NeverOpened);
    assert_eq!(watch.end().await.state, MessageState::Interrupted);
    assert!(desk.server.records().is_empty());
}

#[tokio::test]
async fn c02_a_later_request_stops_as_the_first_does_and_what_came_before_is_kept() {
    let desk = Desk::open().await;
    let tools = Toolbox::new();
    let watch = tools.called(&desk, &[("call_1", "look", "{}")]).await;
    tools.reached().await.say("Seen.");
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("It is ").await;
    watch
        .until("the text", |watch| watch.text() == "It is ")
        .await;
    let receipt = desk.stopped(watch.turn).await;
    exchange.hung_up().await;
    assert_eq!(receipt.phase, Phase::Text);
    assert_eq!(receipt.connection, ConnectionEnd::Closed);
    assert_eq!(receipt.requests.len(), 2);
    watch.end().await;
    let answer = desk.answer(watch.turn).await;
    assert_eq!(answer.text(), "It is ");
    assert_eq!(results(&answer.parts), ["Seen."]);
    assert_eq!(answer.requests.len(), 2);
    assert_eq!(answer.requests[0].usage.output_tokens, Some(10));
    desk.converse_after(&answer).await;
}
