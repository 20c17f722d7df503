//! `tacet export`: everything that is known, as JSON, without a window.

use crate::answer::{ask, stopped, when};
use crate::desk::{Desk, executable};
use crate::pictures::fits_everywhere;
use serde_json::{Value, json};
use std::process::Command;
#[cfg(unix)]
use std::{collections::BTreeMap, os::unix::fs::PermissionsExt, path::Path, process::Output};
use tacet_core::store::FILE;
use tacet_test_support::webdriver::testid;

#[tokio::test]
async fn c11_the_export_has_messages_states_causes_usage_with_source_and_receipts() {
    let desk = Desk::new().await;
    assert_eq!(desk.export(), json!({"version": 1, "conversations": []}));
    let app = desk.open().await;
    ask(&app, "What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("A heap of stones.").await;
    exchange.complete(9, 4).await;
    when(&app, "a.state === 'complete' && a.usage === 'reported'").await;
    ask(&app, "Look it up.").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta("One moment.").await;
    exchange
        .send_tool_delta(Some(0), Some("call_1"), Some("search"), "{\"query\": \"mor")
        .await;
    when(&app, "a.words.includes('mor')").await;
    app.click(&testid("stop")).await;
    assert_eq!(stopped(&app).await.usage.as_deref(), Some("estimated"));

    // While the app runs, and after it has ended, the export says the same.
    let export = desk.export();
    app.close_window().await;
    app.wait_for_end().await;
    assert_eq!(desk.export(), export);

    let messages = &export["conversations"][0]["messages"];
    let roles: Vec<_> = messages.as_array().unwrap().iter().collect();
    let word = |message: &Value, name: &str| message[name].as_str().map(str::to_owned);
    let roles: Vec<_> = roles.iter().filter_map(|one| word(one, "role")).collect();
    assert_eq!(roles, ["user", "assistant", "user", "assistant"]);
    let whole = &messages[1];
    assert_eq!(whole["state"], "complete");
    assert_eq!(whole["cause"], Value::Null);
    assert_eq!(whole["usage"]["source"], "reported");
    assert_eq!(whole["usage"]["inputTokens"], 9);
    assert_eq!(whole["usage"]["outputTokens"], 4);
    assert_eq!(whole["receipt"], Value::Null);
    let cut = &messages[3];
    assert_eq!(cut["state"], "interrupted");
    assert_eq!(cut["cause"], "user");
    assert_eq!(cut["usage"]["source"], "estimated");
    assert_eq!(cut["receipt"]["phase"], "tool-arguments");
    assert_eq!(cut["receipt"]["connection"], "closed");
    let call = &cut["parts"][1];
    assert_eq!(call["kind"], "tool-call");
    assert_eq!(call["state"], "interrupted-before-run");
    assert_eq!(call["arguments"], "{\"query\": \"mor");
}

/// Who may read what, by the file's place in the folder; only what the web view keeps in its own
/// folder is left out.
#[cfg(unix)]
fn modes(folder: &Path) -> BTreeMap<String, u32> {
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap());
    let named = files.map(|file| {
        let name = file.file_name().to_string_lossy().into_owned();
        (name, mode(&file.path()))
    });
    named.chain([(".".to_owned(), mode(folder))]).collect()
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_on_the_computer_can_read_what_is_in_the_data_folder() {
    let desk = Desk::new().await;
    std::fs::write(
        desk.folder().join("prices.json"),
        "{\"date\": \"2026-01-31\", \"hosts\": []}",
    )
    .unwrap();
    let everybody = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(desk.folder(), everybody).unwrap();
    let app = desk.open().await;
    desk.converse(&app).await;
    let running = modes(desk.folder());
    app.close_window().await;
    app.wait_for_end().await;
    let ended = modes(desk.folder());
    let mut expected: BTreeMap<String, u32> = BTreeMap::from([(".".to_owned(), 0o700)]);
    expected.insert("webview".to_owned(), 0o700);
    for name in [
        "lock",
        "prices.json",
        "search.db",
        "settings.json",
        "tacet.db",
        "tacet.db.created",
        "window.json",
    ] {
        expected.insert(name.to_owned(), 0o600);
    }
    for name in [
        "search.db-shm",
        "search.db-wal",
        "tacet.db-shm",
        "tacet.db-wal",
    ] {
        expected.insert(name.to_owned(), 0o600);
    }
    assert_eq!(running, expected);
    assert!(
        ended
            .iter()
            .all(|(name, mode)| expected.get(name) == Some(mode)),
        "{ended:?}"
    );
}

/// What `tacet export` says where it may not write. The superuser may write everywhere, so that it
/// gives this right up.
#[cfg(unix)]
fn export_without_writing(folder: &Path) -> Output {
    let writes = std::fs::write(folder.join("a file"), "").is_ok();
    let mut command = if writes {
        std::fs::remove_file(folder.join("a file")).unwrap();
        let mut command = Command::new("setpriv");
        command
            .arg("--bounding-set=-dac_override")
            .arg(executable());
        command
    } else {
        Command::new(executable())
    };
    command.arg("export").env("TACET_DATA_DIR", folder);
    command.output().expect("the executable starts")
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_in_which_nothing_can_be_written_is_exported() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    desk.converse(&app).await;
    let export = desk.export();
    // Killed, the app leaves its latest writes in the log.
    app.process().kill();
    app.process().ended().await;
    drop(app);
    let read_only = std::fs::Permissions::from_mode(0o500);
    let writable = std::fs::Permissions::from_mode(0o700);
    let logs = ["tacet.db-wal", "tacet.db-shm"].map(|name| desk.folder().join(name));
    assert!(std::fs::metadata(&logs[0]).unwrap().len() > 0);
    std::fs::remove_file(&logs[1]).unwrap();
    for log in [true, false] {
        if !log {
            // As after an orderly end.
            drop(tacet_core::store::Store::open(desk.folder()).unwrap());
            assert!(!logs[0].exists());
        }
        std::fs::set_permissions(desk.folder(), read_only.clone()).unwrap();
        let output = export_without_writing(desk.folder());
        std::fs::set_permissions(desk.folder(), writable.clone()).unwrap();
        assert!(output.status.success(), "{output:?}");
        let read: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(read, export);
    }
}

#[test]
fn an_argument_that_is_not_understood_ends_with_words_and_not_with_a_window() {
    let output = Command::new(executable())
        .arg("exprot")
        .output()
        .expect("the executable starts");
    assert!(!output.status.success());
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("exprot"), "{words}");
    assert!(words.contains("tacet --help"), "{words}");
}

#[test]
fn a_display_that_does_not_answer_is_told_in_words() {
    for (name, value) in [("DISPLAY", ":987"), ("WAYLAND_DISPLAY", "nowhere")] {
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new(executable())
            .arg("--data-dir")
            .arg(folder.path().join("data"))
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("GDK_BACKEND")
            .env(name, value)
            .output()
            .expect("the executable starts");
        assert_eq!(output.status.code(), Some(1));
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(words.contains(&format!("{name}={value}")), "{words}");
        assert!(!words.contains("panicked"), "{words}");
        assert!(!folder.path().join("data").exists());
    }
}

#[tokio::test]
async fn what_a_damaged_message_still_has_is_shown_and_exported_and_both_say_so() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    desk.converse(&app).await;
    app.close_window().await;
    app.wait_for_end().await;
    let whole = desk.tacet(&["export"]);
    assert_eq!(String::from_utf8(whole.stderr).unwrap(), "");
    let database = rusqlite::Connection::open(desk.folder().join(FILE)).unwrap();
    let damage = "UPDATE message SET finish_reason = '?' WHERE role = 'assistant'";
    assert_eq!(database.execute(damage, []).unwrap(), 1);
    drop(database);
    let id = desk.export()["conversations"][0]["id"].clone();
    let markdown = [
        "--format",
        "markdown",
        "--conversation",
        id.as_str().unwrap(),
    ];
    for (options, says) in [
        (&[][..], "All is well."),
        (&["--format", "jsonl"], "All is well."),
        (
            &markdown,
            "All is well.\n\n*Something of this message cannot be read",
        ),
    ] {
        let output = desk.tacet(&[&["export"], options].concat());
        assert!(output.status.success(), "{output:?}");
        let words = String::from_utf8(output.stdout).unwrap();
        assert!(words.contains(says), "{words}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.starts_with("tacet: one message is damaged."), "{told}");
    }
    let app = desk.open().await;
    app.click(&testid("conversation-item")).await;
    app.wait_for_count(&testid("damaged"), 1).await;
    fits_everywhere(&app, "damaged").await;
}
