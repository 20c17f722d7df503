//! However a tool is ended, nothing of it is left.

use crate::zoo::{MARK, SUPERVISOR, ZOO, complete, gone, marked, shell, start};
use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;
use tacet_test_support::patience::within;
use tacet_tool::process::{END_LIMIT, EndedBy, StartError, Supervised, ToolCommand, ToolExit};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

#[tokio::test]
async fn c16_a_stop_leaves_nothing_of_any_tool() {
    for animal in &ZOO {
        let (tool, mark) = start(animal.script).await;
        complete(animal, &mark).await;
        let ended = tool.end().await;
        assert_eq!(marked(&mark), [] as [String; 0], "{}", animal.name);
        println!("{}: {ended:?}", animal.name);
        assert!(ended.count as usize >= animal.count, "{ended:?}");
        assert!(ended.took < END_LIMIT, "{ended:?}");
        let kill = animal.name.contains("TERM");
        let by = if kill { EndedBy::Kill } else { EndedBy::Term };
        assert_eq!(ended.by, by, "{}", animal.name);
    }
}

#[tokio::test]
async fn c16_a_tool_that_is_dropped_ends_with_all_that_it_started() {
    for animal in &ZOO {
        let (tool, mark) = start(animal.script).await;
        complete(animal, &mark).await;
        drop(tool);
        gone(animal.name, &mark).await;
    }
}

#[tokio::test]
async fn c16_no_tool_outlives_an_app_that_is_killed() {
    for animal in &ZOO {
        let (_, mark) = shell("");
        let mut app = tokio::process::Command::new(SUPERVISOR)
            .args(["sh", "-c", animal.script])
            .env(MARK, &mark)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(app.stdout.take().unwrap());
        let mut line = String::new();
        within("the script to be ready", stdout.read_line(&mut line))
            .await
            .unwrap();
        complete(animal, &mark).await;
        let begun = Instant::now();
        app.kill().await.unwrap();
        gone(animal.name, &mark).await;
        println!(
            "{}: {:?} after the kill of the app",
            animal.name,
            begun.elapsed()
        );
    }
}

#[tokio::test]
async fn a_grandchild_that_holds_the_pipe_does_not_hold_up_the_end_of_the_call() {
    let (mut tool, mark) = start("sleep 300 & setsid sleep 300 & echo ready; exit 7").await;
    let exit = within("the tool's own end", tool.exited()).await;
    assert_eq!(
        exit,
        Some(ToolExit {
            code: Some(7),
            signal: None
        })
    );
    let mut stdout = tool.stdout.take().unwrap();
    let ended = tool.end().await;
    assert_eq!((ended.count, ended.by), (2, EndedBy::Term));
    assert_eq!(marked(&mark), [] as [String; 0]);
    let mut rest = Vec::new();
    within("the end of the output", stdout.read_to_end(&mut rest))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_tool_that_ends_when_its_input_is_closed_gets_no_signal() {
    let (tool, _) = start("trap 'echo TERM >&2' TERM; echo ready; cat").await;
    let ended = tool.end().await;
    assert_eq!(ended.by, EndedBy::InputClosed);
}

#[tokio::test]
async fn what_goes_through_the_pipes_is_untouched() {
    let (command, _) = shell("cat; echo words >&2; exit 3");
    let mut tool = Supervised::spawn(Path::new(SUPERVISOR), &command)
        .await
        .unwrap();
    let bytes: Vec<u8> = (0..300_000_u32)
        .map(|number| (number % 251) as u8)
        .collect();
    let mut stdin = tool.stdin.take().unwrap();
    let sent = bytes.clone();
    let sending = tokio::spawn(async move { stdin.write_all(&sent).await });
    let (mut out, mut errors) = (Vec::new(), String::new());
    let mut stdout = tool.stdout.take().unwrap();
    within("its output", stdout.read_to_end(&mut out))
        .await
        .unwrap();
    let mut stderr = tool.stderr.take().unwrap();
    within("its errors", stderr.read_to_string(&mut errors))
        .await
        .unwrap();
    sending.await.unwrap().unwrap();
    assert!(out == bytes, "{} bytes of {}", out.len(), bytes.len());
    assert_eq!(errors, "words\n");
    let exit = within("its end", tool.exited()).await.unwrap();
    assert_eq!(exit.code, Some(3));
    let ended = tool.end().await;
    assert_eq!((ended.count, ended.by), (0, EndedBy::Itself));
}

#[tokio::test]
async fn a_tool_that_crashes_says_by_which_signal() {
    let (mut tool, _) = start("echo ready; kill -SEGV $$").await;
    let exit = within("its end", tool.exited()).await.unwrap();
    assert_eq!((exit.code, exit.signal), (None, Some(11)));
}

#[tokio::test]
async fn a_supervisor_that_is_told_to_end_ends_its_tool_first() {
    let (mut tool, mark) = start("(setsid sleep 300 &); echo ready; sleep 300").await;
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", tool.pid())).unwrap();
    let parent = stat.rsplit_once(") ").unwrap().1.split(' ').nth(1).unwrap();
    let supervisor = Pid::from_raw(parent.parse().unwrap()).unwrap();
    kill_process(supervisor, Signal::TERM).unwrap();
    within("the tool's own end", tool.exited()).await;
    gone("a tool whose supervisor was told to end", &mark).await;
}

#[tokio::test]
async fn a_program_or_a_folder_that_is_not_there_is_named() {
    let (command, _) = shell("");
    let wrong = ToolCommand {
        program: "no-such-program".into(),
        ..command.clone()
    };
    let error = Supervised::spawn(Path::new(SUPERVISOR), &wrong)
        .await
        .err()
        .unwrap();
    assert!(matches!(error, StartError::Program { .. }), "{error}");
    assert!(error.to_string().contains("no-such-program"), "{error}");
    let wrong = ToolCommand {
        withheld: Vec::new(),
        folder: "/no/such/folder".into(),
        ..command
    };
    let error = Supervised::spawn(Path::new(SUPERVISOR), &wrong)
        .await
        .err()
        .unwrap();
    assert!(matches!(error, StartError::Folder(_)), "{error}");
}
