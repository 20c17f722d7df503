//! A call that its server made a task of, and an app that ends without notice while that runs: the
//! next run asks for the task, shows it, keeps what it gives, and can stop it.

use crate::answer::{ask, when};
use crate::desk::Desk;
use crate::pictures::fits_everywhere;
use crate::tool_servers::{allowed, desk_with, script, wire};
use std::fs;
use std::path::Path;
use tacet_core::{MessageState, Part, ToolCallState};
use tacet_test_support::patience::until;
use tacet_test_support::webdriver::{App, testid};

/// What of a task is asked of a server, each method once for each time.
fn asked(folder: &Path, method: &str) -> usize {
    let about = |message: &serde_json::Value| {
        message["method"] == method && message["params"]["taskId"] == "t1"
    };
    wire(folder).iter().filter(|it| about(it)).count()
}

/// Its work is over once there is a file `over`, whoever asks: it outlives its own process, as a
/// server at a remote place does.
fn lasting() -> String {
    script::task_server(&format!(
        r#"
        ask_task() {{ if [ -e down ]; then exit 3; elif [ -e cancelled ]; then task cancelled; elif [ -e over ]; then {}; else task working ',"statusMessage":"melting ice"'; fi; }}
        cancel_task() {{ touch cancelled; result '{{"resultType":"complete"}}'; }}
        "#,
        script::DONE
    ))
}

/// Kills an app while its tool's task runs.
async fn kill_while_it_runs(desk: &Desk) {
    let app = desk.open().await;
    ask(&app, "Melt it.").await;
    let exchange = desk.server.next_request().await;
    exchange.call_tools(&[("call_1", "first", "{}")]).await;
    allowed(&app, "first").await;
    app.wait_for_text(&testid("tool-progress"), "melting ice")
        .await;
    app.process().kill();
    app.process().ended().await;
}

/// An app that was killed while its tool's task ran, and the next one.
async fn killed_and_started_again(desk: &Desk, folder: &Path) -> App {
    kill_while_it_runs(desk).await;
    let before = asked(folder, "tasks/get");
    let app = desk.open().await;
    app.click(&testid("conversation-item")).await;
    until("the task to be asked for", || {
        (asked(folder, "tasks/get") > before).then_some(())
    })
    .await;
    says(&app, "Its server still works on it").await;
    app.wait_for_text(&testid("tool-progress"), "melting ice")
        .await;
    app
}

/// Waits until the call says that.
async fn says(app: &App, words: &str) {
    let condition = format!("a.parts[0]?.text.includes({})", serde_json::json!(words));
    when(app, &condition).await;
}

fn state(desk: &Desk) -> ToolCallState {
    match &desk.answers().remove(0).parts[0] {
        Part::ToolCall(call) => call.state,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_task_that_runs_when_the_app_is_killed_is_taken_up_by_the_next_and_its_result_kept() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk_with(&lasting(), folder.path()).await;
    let app = killed_and_started_again(&desk, folder.path()).await;
    assert_eq!(state(&desk), ToolCallState::InterruptedWhileRunning);
    fits_everywhere(&app, "part").await;

    fs::write(folder.path().join("over"), "").unwrap();
    when(&app, "a.parts.some(({kind, state, text}) => kind === 'tool-result' && state === 'succeeded' && text.includes('done'))").await;
    let answer = desk.answers().remove(0);
    assert_eq!(answer.state, MessageState::Interrupted);
    assert_eq!(state(&desk), ToolCallState::Succeeded);
    assert_eq!(asked(folder.path(), "tasks/cancel"), 0);
    assert_eq!(
        wire(folder.path())
            .iter()
            .filter(|it| it["method"] == "tools/call")
            .count(),
        1
    );

    // The model is told what came of it, and not that nobody knows.
    ask(&app, "Go on.").await;
    let exchange = desk.server.next_request().await;
    let body = exchange.request.json();
    let results: Vec<_> = body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["role"] == "tool")
        .collect();
    assert_eq!(results.len(), 1, "{body}");
    assert_eq!(results[0]["content"], "done");
    exchange.complete(30, 5).await;
    when(&app, "a.state === 'complete'").await;
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_server_that_cannot_be_asked_for_a_task_is_told_and_is_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk_with(&lasting(), folder.path()).await;
    kill_while_it_runs(&desk).await;
    let down = folder.path().join("down");
    fs::write(&down, "").unwrap();
    let app = desk.open().await;
    app.click(&testid("conversation-item")).await;
    let progress = testid("tool-progress");
    app.wait_for_text(&progress, "cannot be asked about it now")
        .await;
    fs::remove_file(&down).unwrap();
    // What was wrong before is not said of one that answers.
    app.wait_for_text(&progress, "melting ice").await;
    fs::write(folder.path().join("over"), "").unwrap();
    when(&app, "a.parts[0]?.state === 'succeeded'").await;
    assert_eq!(state(&desk), ToolCallState::Succeeded);
}

#[tokio::test]
async fn c25_a_task_that_was_taken_up_is_stopped_alone_with_all_and_with_the_app() {
    for way in ["stop-tool", "stop-all", "quit"] {
        let folder = tempfile::tempdir().unwrap();
        let desk = desk_with(&lasting(), folder.path()).await;
        let app = killed_and_started_again(&desk, folder.path()).await;
        if way == "quit" {
            app.close_window().await;
        } else {
            app.click(&testid(way)).await;
        }
        until("the cancel on the wire", || {
            (asked(folder.path(), "tasks/cancel") == 1).then_some(())
        })
        .await;
        if way == "stop-tool" {
            let said = r#"return [...document.querySelectorAll('[data-testid="notice"]')]
                .some((it) => it.textContent.includes("has ended what it still worked on"))"#;
            app.wait_until("what the server said", said, &[]).await;
        }
        if way != "quit" {
            says(&app, "its effect is unknown").await;
            app.close_window().await;
        }
        app.process().ended().await;
        drop(app);
        assert_eq!(state(&desk), ToolCallState::InterruptedWhileRunning);

        // And is not asked for any more.
        let before = asked(folder.path(), "tasks/get");
        let app = desk.open().await;
        app.click(&testid("conversation-item")).await;
        says(&app, "its effect is unknown").await;
        assert_eq!(asked(folder.path(), "tasks/get"), before, "{way}");
    }
}
