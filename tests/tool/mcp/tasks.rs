//! Calls that a server makes tasks of.

use super::script::server;
use super::stopping::stopped_once;
use super::{Crooked, failed, run};
use serde_json::json;
use std::sync::Mutex;
use tacet_test_support::patience::{until, within};
use tacet_tool::elicitation::ElicitationAnswer;
use tacet_tool::mcp::Era;
use tacet_tool::tool::{Progress, ToolConfirmation, ToolOutcome, call};
use tokio_util::sync::CancellationToken;

/// What each task has: `task STATUS MORE` answers with one.
const TASK: &str = r#"
base() { printf '"taskId":"t1","status":"%s","createdAt":"2026-01-01T00:00:00Z","lastUpdatedAt":"2026-01-01T00:00:00Z","ttlMs":null,"pollIntervalMs":50' "$1"; }
task() { result "{\"resultType\":\"complete\",$(base $1)$2}"; }
call() { asked=0; result "{\"resultType\":\"task\",$(base working)}"; }
ask_task() { task working; }
"#;

fn tasks(own: &str) -> Crooked {
    Crooked::new(&server(Era::Stateless, &format!("{TASK}{own}")))
}

const DONE: &str = r#"task completed ',"result":{"content":[{"type":"text","text":"done"}]}'"#;

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
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(messages, ["part 1", "part 2"]);
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
