//! Calls that a server makes tasks of.

use super::script::{DONE, task_server};
use super::stopping::stopped_once;
use super::{Crooked, failed, run};
use serde_json::json;
use std::sync::Mutex;
use tacet_test_support::patience::{until, within};
use tacet_tool::elicitation::ElicitationAnswer;
use tacet_tool::mcp::TakenUp;
use tacet_tool::tool::{Progress, ToolConfirmation, ToolOutcome, call};
use tokio_util::sync::CancellationToken;

fn tasks(own: &str) -> Crooked {
    Crooked::new(&task_server(own))
}

#[tokio::test]
async fn a_task_is_asked_for_until_it_is_done_and_says_how_far_it_is() {
    let crooked = tasks(&format!(
        r#"ask_task() {{
            asked=$((asked + 1))
            if [ $asked -lt 3 ]; then task working ',"statusMessage":"part '$asked'"'; else {DONE}; fi
        }}"#
    ));
    let tool = crooked.tool().await;
    let seen = Mutex::new(Vec::new());
    let progress = |progress| seen.lock().unwrap().push(progress);
    let calling = call(&*tool, json!({}), CancellationToken::new(), &progress);
    let outcome = within("the result", calling).await;
    assert_eq!(outcome, ToolOutcome::text("done"));
    let messages: Vec<_> = seen
        .into_inner()
        .unwrap()
        .into_iter()
        .map(|progress| match progress {
            Progress::Step { message, .. } => message.unwrap(),
            Progress::Task(id) => format!("task {id}"),
            other => panic!("{other:?}"),
        })
        .collect();
    // Its id comes first: whoever keeps that can ask for it after a crash.
    assert_eq!(messages, ["task t1", "part 1", "part 2"]);
    assert!(crooked.wire().contains("io.modelcontextprotocol/tasks"));
}

#[tokio::test]
async fn c16_a_stop_cancels_the_task_and_says_whether_it_ended() {
    let ends = r#"cancel_task() { touch over; result '{"resultType":"complete"}'; }
        ask_task() { if [ -e over ]; then task cancelled; else task working; fi; }"#;
    let goes_on = r#"cancel_task() { result '{"resultType":"complete"}'; }"#;
    let silent = "cancel_task() { :; }";
    for (own, confirms) in [(ends, true), (goes_on, false), (silent, false)] {
        let crooked = tasks(own);
        let tool = crooked.tool().await;
        let polled = || crooked.wire().contains("tasks/get").then_some(());
        let confirmation = stopped_once(tool, until("the task at the server", polled)).await;
        let confirmed = matches!(confirmation, ToolConfirmation::Confirmed { .. });
        assert_eq!(confirmed, confirms, "{own}: {confirmation:?}");
        assert!(crooked.wire().contains("tasks/cancel"));
    }
}

#[tokio::test]
async fn a_task_that_asks_is_answered_once() {
    let mut crooked = tasks(&format!(
        r#"
        ask_task() {{
            if [ -e answered ]; then {DONE}; return; fi
            task input_required ',"inputRequests":{{"who":{{"method":"elicitation/create","params":{{"mode":"form","message":"Who?","requestedSchema":{{"type":"object","properties":{{}}}}}}}}}}'
        }}
        update_task() {{ result '{{"resultType":"complete"}}'; [ -e seen ] && touch answered; touch seen; (sleep 0.3; touch answered) & }}
        "#
    ));
    let tool = crooked.tool().await;
    let calling = crooked.calling(tool, CancellationToken::new());
    let question = within("the question", crooked.questions.recv())
        .await
        .unwrap();
    assert!(question.answer(ElicitationAnswer::Decline));
    let outcome = within("the result", calling).await.unwrap();
    assert_eq!(outcome, ToolOutcome::text("done"));
    assert_eq!(crooked.wire().matches("tasks/update").count(), 1);
    assert!(crooked.questions.try_recv().is_err());
}

#[tokio::test]
async fn a_task_that_fails_or_is_forgotten_is_a_failed_call() {
    for (own, reason) in [
        (
            r#"ask_task() { task failed ',"error":{"code":-32000,"message":"no oil"}'; }"#,
            "no oil",
        ),
        ("ask_task() { task cancelled; }", "cancelled the task"),
        (
            "ask_task() { error -32602 'unknown task'; }",
            "unknown task",
        ),
        ("ask_task() { exit 3; }", "exit code 3"),
    ] {
        let crooked = tasks(own);
        let words = failed(run(&*crooked.tool().await, json!({})).await);
        assert!(
            words.contains(reason) && words.contains("crooked"),
            "{words}"
        );
    }
}

/// Takes up the task `t1` until it has ended, or is stopped.
async fn taken_up(crooked: &Crooked, stop: &CancellationToken) -> TakenUp {
    let taking = crooked.servers.take_up("crooked", "t1", stop, &|_| {});
    within("the end of the task", taking).await.unwrap()
}

#[tokio::test]
async fn a_task_that_an_earlier_run_left_is_asked_for_by_its_id_and_gives_its_result() {
    let crooked = tasks(&format!(
        r#"ask_task() {{ if [ -e asked ]; then {DONE}; else touch asked; task working; fi; }}"#
    ));
    let end = taken_up(&crooked, &CancellationToken::new()).await;
    assert_eq!(end, TakenUp::Ended(ToolOutcome::text("done")));
    let wire = crooked.wire();
    assert_eq!(wire.matches(r#""taskId":"t1""#).count(), 2, "{wire}");
    assert!(!wire.contains("tools/call"), "{wire}");
    assert!(!wire.contains("tasks/cancel"), "{wire}");
}

#[tokio::test]
async fn a_task_that_its_server_does_not_know_any_more_is_given_up() {
    let crooked = tasks("ask_task() { error -32602 'unknown task'; }");
    let end = taken_up(&crooked, &CancellationToken::new()).await;
    assert_eq!(end, TakenUp::Unknown);
}

#[tokio::test]
async fn a_task_whose_server_is_gone_is_kept_to_be_asked_for_again_and_not_cancelled() {
    let crooked = tasks("ask_task() { exit 3; }");
    let end = taken_up(&crooked, &CancellationToken::new()).await;
    let TakenUp::Unreachable(words) = end else {
        panic!("{end:?}")
    };
    assert!(words.contains("exit code 3"), "{words}");
    let broken = Crooked::new("exit 1");
    let end = taken_up(&broken, &CancellationToken::new()).await;
    assert!(matches!(end, TakenUp::Unreachable(_)), "{end:?}");
    assert!(!crooked.wire().contains("tasks/cancel"));
}

#[tokio::test]
async fn a_question_of_a_task_that_was_taken_up_is_cancelled_since_nobody_can_be_asked() {
    let crooked = tasks(&format!(
        r#"
        ask_task() {{
            if [ -e answered ]; then {DONE}; return; fi
            task input_required ',"inputRequests":{{"who":{{"method":"elicitation/create","params":{{"mode":"form","message":"Who?","requestedSchema":{{"type":"object","properties":{{}}}}}}}}}}'
        }}
        update_task() {{ touch answered; result '{{"resultType":"complete"}}'; }}
        "#
    ));
    let end = taken_up(&crooked, &CancellationToken::new()).await;
    assert_eq!(end, TakenUp::Ended(ToolOutcome::text("done")));
    let wire = crooked.wire();
    assert!(wire.contains(r#""action":"cancel""#), "{wire}");
}

#[tokio::test]
async fn c16_a_stop_cancels_a_task_that_was_taken_up_and_says_whether_it_ended() {
    let crooked = tasks(
        r#"cancel_task() { touch over; result '{"resultType":"complete"}'; }
        ask_task() { if [ -e over ]; then task cancelled; else task working; fi; }"#,
    );
    let stop = CancellationToken::new();
    let taking = taken_up(&crooked, &stop);
    let stopping = async {
        until("the task at the server", || {
            crooked.wire().contains("tasks/get").then_some(())
        })
        .await;
        stop.cancel();
    };
    let (end, ()) = tokio::join!(taking, stopping);
    let TakenUp::Ended(ToolOutcome::Interrupted { confirmation, .. }) = end else {
        panic!("{end:?}")
    };
    assert!(matches!(confirmation, ToolConfirmation::Confirmed { .. }));
    assert!(crooked.wire().contains("tasks/cancel"));
}
