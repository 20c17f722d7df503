//! Commands of the shell.

use crate::zoo::{MARK, SUPERVISOR, ZOO, gone, marked};
use serde_json::json;
use std::sync::Mutex;
use tacet_test_support::patience::{until, within};
use tacet_tool::builtin::{Folders, RunCommand};
use tacet_tool::tool::{Progress, ResultContent, ToolConfirmation, ToolOutcome, call};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

fn tool() -> (RunCommand, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let folders = Folders::new([folder.path().to_owned()]).unwrap();
    (RunCommand::new(folders, SUPERVISOR.into()), folder)
}

async fn run(command: &str) -> ToolOutcome {
    let (tool, _folder) = tool();
    let arguments = json!({ "command": command });
    let calling = call(&tool, arguments, CancellationToken::new(), &|_| {});
    within("the command's end", calling).await
}

fn text(contents: &[ResultContent]) -> &str {
    match contents {
        [ResultContent::Text { text }] => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_command_gives_its_output_and_how_it_ended() {
    let outcome = run("echo one; echo zwei für drei").await;
    let ToolOutcome::Succeeded(contents) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(text(&contents), "one\nzwei für drei\n[exit code 0]");
    let outcome = run("echo wrong >&2; exit 3").await;
    let ToolOutcome::Failed(contents) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(text(&contents), "wrong\n[exit code 3]");
    let outcome = run("kill -9 $$").await;
    assert_eq!(outcome, ToolOutcome::failed("[ended by signal 9]"));
}

#[tokio::test]
async fn a_command_runs_in_the_folder_and_gets_no_input() {
    let (tool, folder) = tool();
    let arguments = json!({ "command": "cat; pwd -P" });
    let calling = call(&tool, arguments, CancellationToken::new(), &|_| {});
    let outcome = within("the command's end", calling).await;
    let folder = folder.path().canonicalize().unwrap();
    let expected = format!("{}\n[exit code 0]", folder.display());
    assert_eq!(outcome, ToolOutcome::text(expected));
}

#[tokio::test]
async fn c16_a_command_that_is_stopped_while_it_starts_ends_and_confirms_it() {
    let (tool, _folder) = tool();
    let stop = CancellationToken::new();
    let arguments = json!({ "command": "sleep 300" });
    let mut calling = Box::pin(call(&tool, arguments, stop.clone(), &|_| {}));
    tokio::select! {
        biased;
        outcome = &mut calling => panic!("it ended before it started: {outcome:?}"),
        () = std::future::ready(()) => {}
    }
    stop.cancel();
    let outcome = within("the command's end", calling).await;
    let ToolOutcome::Interrupted { confirmation, .. } = outcome else {
        panic!("{outcome:?}");
    };
    let confirmed = matches!(confirmation, ToolConfirmation::Confirmed { .. });
    assert!(confirmed, "{confirmation:?}");
}

#[tokio::test]
async fn what_a_command_leaves_running_does_not_hold_up_the_call() {
    let outcome = run("echo one; sleep 300 & setsid sleep 300 & exit 0").await;
    assert_eq!(outcome, ToolOutcome::text("one\n[exit code 0]"));
}

#[tokio::test]
async fn a_flood_is_kept_up_to_the_limit_and_what_is_dropped_is_counted() {
    let outcome = run("head -c 50000000 /dev/zero | tr '\\0' 'x'").await;
    let ToolOutcome::Succeeded(contents) = outcome else {
        panic!("{outcome:?}");
    };
    let (kept, note) = text(&contents).split_once('\n').unwrap();
    assert_eq!(kept.len(), 1024 * 1024);
    let dropped = 50_000_000 - 1024 * 1024;
    assert_eq!(
        note,
        format!("[{dropped} more bytes of output were dropped.][exit code 0]")
    );
}

#[tokio::test]
async fn c16_a_stop_ends_a_command_and_keeps_what_it_wrote() {
    for animal in &ZOO {
        let (tool, _folder) = tool();
        let stop = CancellationToken::new();
        let seen = Mutex::new(String::new());
        let progress = |progress| {
            if let Progress::Output(text) = progress {
                let mut seen = seen.lock().unwrap();
                seen.push_str(&text);
                if seen.contains("ready\n") {
                    stop.cancel();
                }
            }
        };
        let arguments = json!({ "command": animal.script });
        let calling = call(&tool, arguments, stop.clone(), &progress);
        let outcome = within("the end of the command", calling).await;
        let ToolOutcome::Interrupted {
            partial,
            confirmation,
        } = outcome
        else {
            panic!("{}: {outcome:?}", animal.name);
        };
        assert!(text(&partial).starts_with("ready\n"), "{}", animal.name);
        let killed = matches!(confirmation, ToolConfirmation::Killed { .. });
        let confirmed = matches!(confirmation, ToolConfirmation::Confirmed { .. });
        assert!(killed || confirmed, "{}: {confirmation:?}", animal.name);
    }
}

#[tokio::test]
async fn c16_a_call_that_is_dropped_ends_its_command() {
    let (tool, _folder) = tool();
    let mark = uuid::Uuid::now_v7().to_string();
    let command = format!("export {MARK}={mark}; setsid sleep 300 & sleep 300 & wait");
    let arguments = json!({ "command": command });
    {
        let calling = call(&tool, arguments, CancellationToken::new(), &|_| {});
        let running = until("both of its processes", || {
            (marked(&mark).len() == 2).then_some(())
        });
        tokio::select! {
            outcome = calling => panic!("{outcome:?}"),
            () = running => {}
        }
    }
    gone("the command", &mark).await;
}

#[tokio::test]
async fn a_command_does_not_get_the_variables_that_are_kept_from_it() {
    let (tool, _folder) = tool();
    let tool = tool.without(["CARGO_MANIFEST_DIR"]);
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let arguments = json!({ "command": "echo \"[$CARGO_MANIFEST_DIR]\"" });
    let calling = call(&tool, arguments, CancellationToken::new(), &|_| {});
    let outcome = within("the command's end", calling).await;
    assert_eq!(outcome, ToolOutcome::text("[]\n[exit code 0]"));
}
