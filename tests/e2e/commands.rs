//! `tacet export`, `import`, `backup`, `move` and `search`: what they say, and their exit status.

use crate::desk::{Desk, executable};
use serde_json::json;
use std::path::Path;
use std::process::{Command, Output};

/// A desk with one conversation, of which `file` is the archive.
async fn desk_with(file: &Path) -> Desk {
    let conversation = json!([{"uuid": "c", "name": "Ice", "created_at": "2026-01-31T10:00:00Z",
        "updated_at": "2026-01-31T10:00:00Z", "chat_messages": [
            {"uuid": "1", "sender": "human", "text": "Ice?", "content": []},
            {"uuid": "2", "sender": "assistant", "text": "Cold.", "content": []}]}]);
    std::fs::write(file, conversation.to_string()).unwrap();
    let desk = Desk::bare().await;
    let imported = desk.tacet(&["import", file.to_str().unwrap()]);
    assert!(imported.status.success(), "{imported:?}");
    desk
}

/// What a command shows whose standard error is a terminal.
#[cfg(target_os = "linux")]
fn on_a_terminal(desk: &Desk, arguments: &[&str]) -> String {
    let shown = Command::new("script")
        .args(["--quiet", "--return", "--command"])
        .arg("\"$TACET\" $ARGUMENTS >/dev/null")
        .arg("/dev/null")
        .env("TACET", executable())
        .env("ARGUMENTS", arguments.join(" "))
        .env("TACET_DATA_DIR", desk.folder())
        .output()
        .expect("the terminal starts");
    assert!(shown.status.success(), "{shown:?}");
    String::from_utf8(shown.stdout).unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn how_far_a_command_is_is_shown_on_a_terminal_alone() {
    let place = tempfile::tempdir().unwrap();
    let in_place = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let (archive, first, second) = (in_place("archive"), in_place("first"), in_place("second"));
    let (there, back) = (in_place("there"), in_place("back"));
    let desk = desk_with(Path::new(&archive)).await;
    // The folder goes with the last of them.
    let commands = [
        (
            ["export", "--format=json"],
            ["export", "--format=jsonl"],
            "1 of 1 conversations",
        ),
        (
            ["import", &archive],
            ["import", &archive],
            "100 %, 1 conversations",
        ),
        (["backup", &first], ["backup", &second], "100 %"),
        (["move", &there], ["move", &back], "100 %"),
    ];
    for (shown, silent, words) in commands {
        let on_terminal = on_a_terminal(&desk, &shown);
        assert!(on_terminal.contains(words), "{shown:?}: {on_terminal:?}");
        assert!(on_terminal.ends_with("\r\u{1b}[K"), "{on_terminal:?}");
        let output = desk.tacet(&silent);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(output.stderr, b"", "{silent:?}");
    }
}

fn says(output: &Output, status: i32, words: &[&str]) {
    assert_eq!(output.status.code(), Some(status), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr);
    for word in words {
        assert!(told.contains(word), "{word:?} is not in {told:?}");
    }
}

#[tokio::test]
async fn a_command_that_cannot_do_its_work_says_why_by_words_and_its_exit_status() {
    let place = tempfile::tempdir().unwrap();
    let archive = place.path().join("archive");
    let desk = desk_with(&archive).await;
    let before = desk.export();
    let archive = archive.to_str().unwrap();
    let in_place = |name: &str| place.path().join(name).to_str().unwrap().to_owned();

    // There is no such folder, and none comes into being.
    let missing = in_place("missing");
    let nowhere = in_place("nowhere");
    for (command, status) in [
        (&["export"][..], 1),
        (&["backup", &nowhere], 1),
        (&["move", &nowhere], 1),
        (&["search", "Cold"], 2),
    ] {
        let output = desk.tacet(&[&["--data-dir", &missing], command].concat());
        says(&output, status, &["no data folder", &missing]);
        assert_eq!(output.stdout, b"", "{command:?}");
        assert!(!Path::new(&missing).exists() && !Path::new(&nowhere).exists());
    }

    // The target is there already.
    let refused = desk.tacet(&["backup", archive]);
    says(&refused, 1, &[archive, "is there already", "another name"]);
    says(
        &desk.tacet(&["move", archive]),
        1,
        &[archive, "is no folder"],
    );

    // The target cannot be written: there is a file where its folder should be, or nothing.
    for target in [in_place("archive/new"), in_place("missing/new")] {
        let refused = desk.tacet(&["backup", &target]);
        says(&refused, 1, &[&target, "can't be written", "folder"]);
    }
    let target = in_place("archive/new");
    says(
        &desk.tacet(&["move", &target]),
        1,
        &[&target, "stay where they are"],
    );
    says(
        &desk.tacet(&["--data-dir", archive, "import", archive]),
        1,
        &[archive, "can't be used"],
    );
    #[cfg(target_os = "linux")]
    for command in [
        &["export"][..],
        &["export", "--format=jsonl"],
        &["search", "Cold"],
    ] {
        let mut full = Command::new(executable());
        full.args(command).env("TACET_DATA_DIR", desk.folder());
        let full = full.stdout(std::fs::File::create("/dev/full").unwrap());
        let status = if command[0] == "search" { 2 } else { 1 };
        says(
            &full.output().unwrap(),
            status,
            &["could not be written", "space"],
        );
    }

    // Nothing was changed by all that, and what was left out can be had.
    assert_eq!(desk.export(), before);
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
    let found = desk.tacet(&["search", "Cold"]);
    says(&found, 0, &[]);
    says(&desk.tacet(&["search", "warm"]), 1, &[]);
    for misused in [
        &["backup"][..],
        &["move"],
        &["import"],
        &["search"],
        &["export", "all"],
    ] {
        says(&desk.tacet(misused), 2, &["tacet --help"]);
    }
    // A folder in which nothing was ever saved.
    let empty = Desk::bare().await;
    says(&empty.tacet(&["backup", &nowhere]), 1, &["nothing to copy"]);
    says(&empty.tacet(&["export"]), 0, &[]);
    says(&empty.tacet(&["search", "Cold"]), 1, &[]);
}
