//! The app's executable as the supervisor of a tool.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;
use tacet_test_support::patience::within;
use tacet_tool::process::{EndedBy, Supervised, ToolCommand};
use tokio::io::{AsyncBufReadExt, BufReader};

#[tokio::test]
async fn c16_the_apps_executable_supervises_a_tool_and_ends_what_left_its_group() {
    let command = ToolCommand {
        program: "sh".into(),
        args: vec!["-c".into(), "setsid sleep 300 & echo ready; wait".into()],
        env: BTreeMap::new(),
        withheld: Vec::new(),
        folder: std::env::temp_dir(),
    };
    let begun = Instant::now();
    let executable = Path::new(env!("CARGO_BIN_EXE_tacet"));
    let mut tool = Supervised::spawn(executable, &command).await.unwrap();
    println!("started in {:?}", begun.elapsed());
    let mut stdout = BufReader::new(tool.stdout.take().unwrap());
    let mut line = String::new();
    within("the tool's word", stdout.read_line(&mut line))
        .await
        .unwrap();
    assert_eq!(line, "ready\n");
    let ended = tool.end().await;
    assert_eq!((ended.count, ended.by), (2, EndedBy::Term));
}
