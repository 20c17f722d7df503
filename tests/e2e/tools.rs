//! Tools in the real window: a person is asked, what they allow runs, and everything of it ends when
//! they say so, when the app is quit, and when it is killed.

use crate::answer::{Means, ask, stopped, when};
use crate::desk::Desk;
use crate::pictures::fits_everywhere;
use serde_json::{Value, json};
use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tacet_core::{MessageState, Part, Phase, ToolCallState};
use tacet_test_support::patience::until;
use tacet_test_support::server::{Exchange, Finish, Say, Tokens};
use tacet_test_support::webdriver::{App, Key, testid};
use tempfile::TempDir;

/// How long anything of a tool may be there after its end.
const GONE: Duration = Duration::from_secs(1);

/// A desk whose settings open a folder to tools, with a file in it.
async fn desk() -> (Desk, TempDir) {
    let desk = Desk::new().await;
    let work = tempfile::Builder::new().prefix("tacet work ").tempdir();
    let work = work.unwrap();
    fs::write(work.path().join("notes.txt"), "A moraine is rubble.\n").unwrap();
    desk.open_folder(work.path());
    (desk, work)
}

/// Answers with calls of tools.
async fn call(exchange: Exchange, calls: &[(&str, Value)]) {
    let written = calls.iter().enumerate().map(|(place, (name, arguments))| {
        let id = format!("call_{place}");
        (id, *name, arguments.to_string())
    });
    let written: Vec<_> = written.collect();
    let calls = written
        .iter()
        .map(|(id, name, text)| (&**id, *name, &**text));
    exchange.call_tools(&calls.collect::<Vec<_>>()).await;
}

/// A command that leaves nothing out to stay: in the background, in another session, deaf to TERM.
/// `mark` is in the command line of each of its processes.
fn clinging(mark: u32) -> Value {
    let script = format!(
        "setsid sleep {mark} & nohup sleep {mark} >/dev/null 2>&1 & \
         sh -c 'trap \"\" TERM; while :; do sleep {mark}; done' & echo started; sleep {mark}"
    );
    json!({ "command": script })
}

/// Another one for each test, and each run.
fn mark() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    1_000_000_000 + (std::process::id() % 1_000_000) * 100 + next
}

/// The processes with that mark in their command line.
fn marked(mark: u32) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|process| {
        let line = fs::read(process.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        (line.contains(&mark.to_string()) && line.contains("sleep")).then_some(line)
    });
    lines.collect()
}

/// Waits until nothing with that mark is left, and says how long that took from `since`.
async fn gone(mark: u32, since: Instant) {
    until("the tool's processes to end", || {
        marked(mark).is_empty().then_some(())
    })
    .await;
    let took = since.elapsed();
    println!("all gone after {took:?}");
    assert!(took < GONE, "{took:?}");
}

/// Asks for the clinging command, allows it, and waits until it runs.
async fn running(desk: &Desk, app: &App, mark: u32) {
    ask(app, "Start it.").await;
    call(
        desk.server.next_request().await,
        &[("run_command", clinging(mark))],
    )
    .await;
    app.wait_for_text(&testid("approval-command"), "setsid")
        .await;
    // Where it would run, and what it would be given.
    app.wait_for_text(&testid("approval-folder"), "tacet work")
        .await;
    app.wait_for_text(&testid("approval-environment"), "environment variables")
        .await;
    assert!(marked(mark).is_empty(), "nobody has allowed it");
    app.click(&testid("approve-once")).await;
    // The command itself has the word, too.
    let said =
        "a.parts.some((part) => part.kind === 'tool-result' && part.text.includes('started'))";
    when(app, said).await;
    until("the processes", || (marked(mark).len() >= 4).then_some(())).await;
}

#[tokio::test]
async fn a_file_is_read_once_it_is_allowed_and_the_model_goes_on_with_what_is_in_it() {
    let (desk, _work) = desk().await;
    let app = desk.open().await;
    ask(&app, "What do my notes say?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::text("I look into them.")).await;
    call(exchange, &[("read_file", json!({"path": "notes.txt"}))]).await;
    app.find(&testid("approval")).await;
    fits_everywhere(&app, "tool-approval").await;
    // The keyboard alone: to the question, and its answer.
    app.press(&[Key::Control, Key::Char('j')]).await;
    app.press(&[Key::Char('y')]).await;
    let mut exchange = desk.server.next_request().await;
    let body = exchange.request.json().to_string();
    assert!(body.contains("A moraine is rubble."), "{body}");
    exchange
        .say(&Say::text("They say what a moraine is."))
        .await;
    exchange.finish(Finish::Stop, Tokens::new(40, 12)).await;
    let answer = when(&app, "a.state === 'complete'").await;
    let kinds: Vec<_> = answer.parts.iter().map(|part| part.kind.as_str()).collect();
    assert_eq!(kinds, ["text", "tool-call", "tool-result", "text"]);
    assert_eq!(answer.parts[1].state, "succeeded");
    let saved = desk.answers().remove(0);
    assert_eq!(saved.requests.len(), 2);
    assert_eq!(saved.usage.unwrap().output_tokens, Some(22));
    desk.converse(&app).await;
}

#[tokio::test]
async fn c16_stop_ends_a_command_with_all_that_it_started_and_keeps_what_it_wrote() {
    for means in Means::BOTH {
        let (desk, _work) = desk().await;
        let app = desk.open().await;
        let mark = mark();
        running(&desk, &app, mark).await;
        if means == Means::Button {
            fits_everywhere(&app, "tool-running").await;
        }
        let since = Instant::now();
        means.stop(&app).await;
        let answer = stopped(&app).await;
        gone(mark, since + Duration::from_millis(700)).await;
        assert_eq!(answer.parts[0].state, "interrupted-while-running");
        assert!(answer.parts[1].text.contains("started"), "{answer:?}");
        let saved = desk.answers().remove(0);
        let receipt = saved.receipt.unwrap();
        assert_eq!(receipt.phase, Phase::RunningTools);
        assert!(receipt.tools[0].confirmed, "{:?}", receipt.tools);
        assert!(receipt.processes_ended >= 1, "{receipt:?}");
        desk.converse(&app).await;
    }
}

#[tokio::test]
async fn c16_nothing_of_a_command_is_left_after_the_app_is_killed_and_the_call_is_marked() {
    let (desk, _work) = desk().await;
    let app = desk.open().await;
    let mark = mark();
    running(&desk, &app, mark).await;
    let since = Instant::now();
    app.process().kill();
    gone(mark, since).await;
    drop(app);
    let app = desk.open().await;
    app.click(&testid("conversation-item")).await;
    let answer = when(&app, "a.state === 'interrupted'").await;
    assert_eq!(answer.cause.as_deref(), Some("crash"));
    assert_eq!(answer.parts[0].state, "interrupted-while-running");
    desk.converse(&app).await;
}

#[tokio::test]
async fn c16_nothing_of_a_command_is_left_after_the_window_is_closed() {
    let (desk, _work) = desk().await;
    let app = desk.open().await;
    let mark = mark();
    running(&desk, &app, mark).await;
    app.close_window().await;
    let since = Instant::now();
    app.wait_for_end().await;
    gone(mark, since).await;
    let saved = desk.answers().remove(0);
    assert_eq!(saved.state, MessageState::Interrupted);
    let Part::ToolCall(call) = &saved.parts[0] else {
        panic!("{:?}", saved.parts);
    };
    assert_eq!(call.state, ToolCallState::InterruptedWhileRunning);
}

#[tokio::test]
async fn c14_three_in_parallel_that_are_stopped_stand_in_three_states_on_the_page_and_on_disk() {
    let (desk, _work) = desk().await;
    desk.set(
        "tools",
        json!({"read_only": ["tacet"], "programs": ["sleep"]}),
    );
    let app = desk.open().await;
    let mark = mark();
    ask(&app, "Do three things.").await;
    let three = [
        ("read_file", json!({"path": "notes.txt"})),
        ("run_command", json!({"command": format!("sleep {mark}")})),
        (
            "write_file",
            json!({"path": "new.txt", "content": "New words.\n"}),
        ),
    ];
    call(desk.server.next_request().await, &three).await;
    let states = "a.parts.slice(0, 3).map((part) => part.state).join() === \
                  'succeeded,running,waiting-for-approval'";
    when(&app, states).await;
    app.wait_for_text(&testid("approval-diff"), "+New words.")
        .await;
    fits_everywhere(&app, "tool-diff").await;
    Means::Esc.stop(&app).await;
    let answer = stopped(&app).await;
    let states: Vec<_> = answer
        .parts
        .iter()
        .map(|part| part.state.as_str())
        .collect();
    let expected = [
        "succeeded",
        "interrupted-while-running",
        "interrupted-before-run",
    ];
    assert_eq!(states[..3], expected);
    app.wait_for_count(&testid("approval"), 0).await;
    fits_everywhere(&app, "tools-stopped").await;
    gone(mark, Instant::now()).await;
    let export = desk.export();
    let parts = &export["conversations"][0]["messages"][1]["parts"];
    for (place, state) in expected.iter().enumerate() {
        assert_eq!(parts[place]["state"], *state, "{parts}");
    }
    desk.converse(&app).await;
}

#[tokio::test]
async fn c25_one_tool_is_stopped_alone_and_the_turn_ends_after_its_step() {
    let (desk, _work) = desk().await;
    desk.set("tools", json!({"programs": ["sleep"]}));
    let app = desk.open().await;
    let mark = mark();
    ask(&app, "Wait a while.").await;
    let sleep = json!({"command": format!("sleep {mark}")});
    call(desk.server.next_request().await, &[("run_command", sleep)]).await;
    until("the process", || (!marked(mark).is_empty()).then_some(())).await;
    app.find(&testid("stop-tool")).await;
    app.press(&[Key::Shift, Key::Escape]).await;
    app.wait_for_text(&testid("stop-after-step"), "Stops after this step")
        .await;
    let since = Instant::now();
    app.click(&testid("stop-tool")).await;
    let answer = stopped(&app).await;
    gone(mark, since).await;
    assert_eq!(answer.parts[0].state, "interrupted-while-running");
    assert_eq!(
        desk.server.chat_requests(),
        1,
        "the model was not asked again"
    );
    let receipt = desk.answers().remove(0).receipt.unwrap();
    assert_eq!(receipt.phase, Phase::BetweenRequests);
    desk.converse(&app).await;
}
