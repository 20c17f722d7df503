//! Who may run what: a person is asked, and what they answer holds for what was asked (rule C18).

use crate::held_tool::{Toolbox, asked, calls, results, states};
use crate::turn_desk::{Desk, follow_up};
use tacet_core::{ApprovalAnswer, Cause, MessageState, StopOutcome, ToolCallState, TurnEventKind};

#[tokio::test]
async fn c18_nothing_of_a_step_runs_while_one_of_its_calls_waits_but_what_a_standing_rule_allows() {
    let desk = Desk::open().await;
    let tools = Toolbox::new();
    let three = [
        ("call_1", "look", "{}"),
        ("call_2", "ask", "{\"q\":\"a\"}"),
        ("call_3", "deaf", "{\"q\":\"b\"}"),
    ];
    let watch = tools.called(&desk, &three).await;
    let (ask, deaf) = (asked(&watch, "ask").await, asked(&watch, "deaf").await);
    let look = tools.reached().await;
    assert_eq!(look.tool, "look", "its rule stands");
    let once = ApprovalAnswer::Once;
    assert!(desk.turns.answer_approval(watch.turn, ask.part, once).await);
    assert!(tools.is_untouched().await, "the other still waits");
    let waits = desk.watch(watch.turn).await.snapshot;
    assert_eq!(waits.approvals, std::slice::from_ref(&deaf));
    let running = states(&waits.message.parts);
    let waiting = ToolCallState::WaitingForApproval;
    assert_eq!(running, [ToolCallState::Running, waiting, waiting]);
    assert!(
        desk.turns
            .answer_approval(watch.turn, deaf.part, ApprovalAnswer::Deny)
            .await
    );
    let ask = tools.reached().await;
    assert_eq!(ask.tool, "ask");
    ask.say("Asked.");
    look.say("Looked.");
    let exchange = desk.server.next_request().await;
    let body = exchange.request.json().to_string();
    assert!(body.contains("did not allow this call"), "{body}");
    exchange.complete(9, 3).await;
    assert_eq!(watch.end().await.state, MessageState::Complete);
    let answer = desk.answer(watch.turn).await;
    let succeeded = ToolCallState::Succeeded;
    assert_eq!(
        states(&answer.parts),
        [succeeded, succeeded, ToolCallState::Denied]
    );
    assert!(tools.is_untouched().await);
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_allowed_for_the_conversation_runs_unasked_from_then_on() {
    for lasting in [ApprovalAnswer::Conversation, ApprovalAnswer::Always] {
        let desk = Desk::open().await;
        let tools = Toolbox::new();
        let two = [("call_1", "ask", "{}"), ("call_2", "ask", "{}")];
        let watch = tools.called(&desk, &two).await;
        let first = asked(&watch, "ask").await;
        assert!(
            desk.turns
                .answer_approval(watch.turn, first.part, lasting)
                .await
        );
        for _ in 0..2 {
            tools.reached().await.say("Asked.");
        }
        desk.server
            .next_request()
            .await
            .call_tools(&[("call_3", "ask", "{}")])
            .await;
        tools.reached().await.say("Asked.");
        desk.server.next_request().await.complete(9, 3).await;
        assert_eq!(watch.end().await.state, MessageState::Complete);
        let questions = watch
            .events()
            .into_iter()
            .filter(|event| matches!(event.event, TurnEventKind::ApprovalAsked(_)));
        assert!(questions.count() <= 2, "the third was not asked about");
    }
}

#[tokio::test]
async fn what_is_allowed_for_the_conversation_holds_for_a_call_that_is_still_looked_at() {
    let desk = Desk::open().await;
    let tools = Toolbox::new();
    let two = [
        ("call_1", "ask", "{}"),
        ("call_2", "ask", "{\"q\":\"held\"}"),
    ];
    let watch = tools.called(&desk, &two).await;
    tools.previewing().await;
    let first = asked(&watch, "ask").await;
    let conversation = ApprovalAnswer::Conversation;
    let taken = desk
        .turns
        .answer_approval(watch.turn, first.part, conversation);
    assert!(taken.await);
    tools.show_preview();
    for _ in 0..2 {
        tools.reached().await.say("Asked.");
    }
    desk.server.next_request().await.complete(9, 3).await;
    assert_eq!(watch.end().await.state, MessageState::Complete);
    assert_eq!(asked(&watch, "ask").await, first, "nobody was asked twice");
}

#[tokio::test]
async fn c18_a_late_allow_does_nothing_and_the_model_is_told_that_it_did_not_run() {
    let desk = Desk::open().await;
    let tools = Toolbox::new();
    let watch = tools.called(&desk, &[("call_1", "ask", "{}")]).await;
    let request = asked(&watch, "ask").await;
    assert!(matches!(
        desk.stop(watch.turn).await,
        StopOutcome::Stopped { .. }
    ));
    let once = ApprovalAnswer::Once;
    assert!(
        !desk
            .turns
            .answer_approval(watch.turn, request.part, once)
            .await
    );
    watch.end().await;
    let answer = desk.answer(watch.turn).await;
    assert_eq!(states(&answer.parts), [ToolCallState::InterruptedBeforeRun]);
    assert_eq!(answer.cause, Some(Cause::User));
    assert!(tools.is_untouched().await);
    let next = follow_up(answer.conversation_id, answer.id, "And now?");
    desk.start(next).await;
    let exchange = desk.server.next_request().await;
    let body = exchange.request.json().to_string();
    let told = "These tool calls were not executed: ask";
    assert!(
        body.contains(told) && !body.contains("did not allow"),
        "{body}"
    );
    exchange.complete(9, 3).await;
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn c18_allow_and_stop_in_one_breath_ran_nothing_or_say_that_it_ran() {
    let desk = Desk::open().await;
    for round in 0..100 {
        let tools = Toolbox::new();
        let watch = tools.called(&desk, &[("call_1", "ask", "{}")]).await;
        let request = asked(&watch, "ask").await;
        let allow = desk
            .turns
            .answer_approval(watch.turn, request.part, ApprovalAnswer::Once);
        let stop = desk.stop(watch.turn);
        if round % 2 == 0 {
            tokio::join!(allow, stop);
        } else {
            tokio::join!(stop, allow);
        }
        let answer = desk.answer(watch.turn).await;
        let (_, made) = calls(&answer.parts).next().unwrap();
        let ran = !tools.is_untouched().await;
        let expected = if ran {
            ToolCallState::InterruptedWhileRunning
        } else {
            ToolCallState::InterruptedBeforeRun
        };
        assert_eq!(made.state, expected, "{round}");
        assert_eq!(results(&answer.parts).len(), usize::from(ran), "{round}");
    }
}
