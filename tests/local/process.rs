//! The worker as a process: it dies with its parent, its death is told, and idle it goes.

use crate::model::{answers, embedded, executable, file, long_answer, rest, until};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tacet_core::{ErrorCategory, ModelEvent, Provider};
use tacet_local::{Embedded, WORKER_ARGUMENT};

#[tokio::test]
async fn the_death_of_the_worker_is_told_and_the_next_message_starts_another() {
    let provider = embedded();
    for (signal, name) in [
        (Signal::KILL, "SIGKILL"),
        (Signal::ILL, "SIGILL"),
        (Signal::ABORT, "SIGABRT"),
    ] {
        let mut stream = provider.stream(long_answer());
        until(&mut stream, |event| matches!(event, ModelEvent::Text(_))).await;
        let id = provider.worker_id().unwrap();
        kill_process(pid(id), signal).unwrap();
        let (_, error) = rest(stream).await;
        let error = error.unwrap();
        assert_eq!(error.category, ErrorCategory::Engine);
        assert!(error.message.contains(name), "{error}");
        assert!(error.message.contains("starts a new process"), "{error}");
        assert_eq!(provider.worker_id(), None);
        answers(&provider).await;
        assert_ne!(provider.worker_id(), Some(id));
    }
}

#[tokio::test]
async fn a_worker_that_died_between_two_turns_is_not_missed() {
    let provider = embedded();
    answers(&provider).await;
    let id = provider.worker_id().unwrap();
    kill_process(pid(id), Signal::KILL).unwrap();
    until_gone(id).await;
    answers(&provider).await;
}

#[tokio::test]
async fn an_idle_worker_gives_its_memory_back() {
    let provider = Embedded::new(executable(), &file(), Duration::from_millis(1));
    answers(&provider).await;
    if let Some(id) = provider.worker_id() {
        until_gone(id).await;
    }
    answers(&provider).await;
}

#[tokio::test]
async fn dropping_the_provider_ends_the_worker() {
    let provider = embedded();
    answers(&provider).await;
    let id = provider.worker_id().unwrap();
    drop(provider);
    until_gone(id).await;
}

#[tokio::test]
async fn the_worker_ends_when_its_parent_is_killed() {
    let mut parent = Command::new(executable())
        .args(["ask", "Write a very long story about a lighthouse."])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0];
    parent
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut first)
        .unwrap();
    let workers = children(parent.id());
    let [worker] = workers[..] else {
        panic!("one worker, not {workers:?}")
    };
    parent.kill().unwrap();
    parent.wait().unwrap();
    until_gone(worker).await;
}

#[test]
fn the_worker_ends_in_the_midst_of_reading_when_its_input_closes() {
    let mut worker = Command::new(executable())
        .arg(WORKER_ARGUMENT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let order = serde_json::json!({
        "order": "answer",
        "number": 1,
        "model_file": file().path,
        "conversation": [{ "role": "user", "content": "The tide comes in. ".repeat(1500) }],
        "sampling": {},
    });
    let mut orders = worker.stdin.take().unwrap();
    writeln!(orders, "{order}").unwrap();
    let mut reports = BufReader::new(worker.stdout.take().unwrap()).lines();
    let reading = |line: String| line.contains("\"reading\"");
    assert!(reports.by_ref().map(Result::unwrap).any(reading));
    drop(orders);
    assert!(worker.wait().unwrap().success());
    assert_eq!(reports.count(), 0, "it did not finish its work first");
}

#[test]
fn stray_prints_of_a_library_do_not_reach_the_reports() {
    let mut worker = Command::new(executable())
        .arg(WORKER_ARGUMENT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut orders = worker.stdin.take().unwrap();
    // Answered when the worker has claimed its output.
    let order = serde_json::json!({
        "order": "answer", "number": 1, "model_file": "/none", "conversation": [], "sampling": {},
    });
    writeln!(orders, "{order}").unwrap();
    let mut line = String::new();
    // Held to the end: a worker whose reports nobody can read ends itself.
    let mut reports = BufReader::new(worker.stdout.take().unwrap());
    reports.read_line(&mut line).unwrap();
    let printed = std::fs::read_link(format!("/proc/{}/fd/1", worker.id())).unwrap();
    let errors = std::fs::read_link(format!("/proc/{}/fd/2", worker.id())).unwrap();
    assert_eq!(printed, errors);
    drop(orders);
    worker.wait().unwrap();
}

pub fn pid(id: u32) -> Pid {
    Pid::from_raw(i32::try_from(id).unwrap()).unwrap()
}

/// The processes that `parent` has started; each is listed with the thread that started it.
fn children(parent: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{parent}/task")).unwrap();
    let lists: Vec<String> = threads
        .filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("children")).ok())
        .collect();
    let ids = lists.iter().flat_map(|list| list.split_whitespace());
    ids.map(|id| id.parse().unwrap()).collect()
}

/// Waits until the process is gone, or a zombie that nobody fetches.
async fn until_gone(id: u32) {
    let limit = Instant::now() + Duration::from_secs(20);
    loop {
        let state = std::fs::read_to_string(format!("/proc/{id}/stat"));
        match state {
            Err(_) => return,
            Ok(state)
                if state
                    .rsplit(')')
                    .next()
                    .unwrap()
                    .trim_start()
                    .starts_with('Z') =>
            {
                return;
            }
            Ok(state) => assert!(Instant::now() < limit, "still there: {state}"),
        }
        tokio::task::yield_now().await;
    }
}

/// Waits until nothing of the process is left, not even a zombie.
pub async fn until_fetched(id: u32) {
    let limit = Instant::now() + Duration::from_secs(20);
    while Path::new(&format!("/proc/{id}")).exists() {
        assert!(Instant::now() < limit, "still there");
        tokio::task::yield_now().await;
    }
}
