//! Taking conversations in and out: by command beside the window and without it, and in the window.

use crate::answer::{stopped, when};
use crate::desk::Desk;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;
use tacet_test_support::patience::until;
use tacet_test_support::webdriver::{App, Key, testid};

fn words(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test]
async fn an_export_is_imported_beside_an_open_window_that_shows_it_at_once_and_goes_on() {
    let other = Desk::new().await;
    let app = other.open().await;
    let exchange = other
        .writing(&app, "What is a drumlin?", "A hill of the ice.")
        .await;
    app.click(&testid("stop")).await;
    exchange.hung_up().await;
    stopped(&app).await;
    let exported = words(&other.tacet(&["export"]));
    let file = other.folder().join("export.json");
    std::fs::write(&file, &exported).unwrap();
    let file = file.to_str().unwrap();

    let desk = Desk::new().await;
    let here = desk.open().await;
    let mut exchange = desk.writing(&here, "What is a moraine?", "A heap ").await;
    let said = words(&desk.tacet(&["import", file]));
    assert!(said.contains("1 conversations added"), "{said}");
    here.wait_for_count(&testid("conversation-item"), 2).await;
    // The answer that was being written is none the worse for it.
    exchange.send_text_delta("of stones.").await;
    exchange.complete(9, 3).await;
    when(
        &here,
        "a.state === 'complete' && a.words.includes('of stones.')",
    )
    .await;
    here.press(&[Key::Control, Key::Shift, Key::Char('f')])
        .await;
    here.type_into(&testid("search"), "hill").await;
    here.wait_for_count(&testid("search-result"), 1).await;
    here.press(&[Key::Enter]).await;
    let answer = when(
        &here,
        "a.state === 'interrupted' && a.words.includes('hill')",
    )
    .await;
    assert_eq!(answer.cause.as_deref(), Some("user"));
    desk.converse(&here).await;
    here.close_window().await;
    here.wait_for_end().await;

    // Once more, into an empty folder: what comes out is what went in.
    let empty = Desk::new().await;
    words(&empty.tacet(&["import", file]));
    assert_eq!(words(&empty.tacet(&["export"])), exported);
    let said = words(&empty.tacet(&["import", file, file]));
    assert_eq!(
        said.matches("0 conversations added, 0 brought up to date, 1 the same")
            .count(),
        2
    );
    assert_eq!(words(&empty.tacet(&["export"])), exported);
    let lines = words(&empty.tacet(&["export", "--format", "jsonl"]));
    assert_eq!(lines.lines().count(), 4);
    let document: Value = serde_json::from_str(&exported).unwrap();
    let id = document["conversations"][0]["id"].as_str().unwrap();
    let markdown = ["export", "--format", "markdown", "--conversation", id];
    let markdown = words(&empty.tacet(&markdown));
    assert!(markdown.starts_with("# What is a drumlin?\n"), "{markdown}");
    assert!(markdown.contains("*Stopped by you."), "{markdown}");
}

#[tokio::test]
async fn what_cannot_be_imported_is_told_and_changes_nothing() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    desk.converse(&app).await;
    let before = desk.export();
    let missing = desk.tacet(&["import", "/nowhere/export.json"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("/nowhere/export.json"));
    let junk = desk.folder().join("junk");
    std::fs::write(&junk, "Dear diary").unwrap();
    let refused = desk.tacet(&["import", junk.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(desk.tacet(&["import"]).status.code(), Some(2));
    let unknown = [
        "export",
        "--conversation",
        "00000000-0000-7000-8000-000000000000",
    ];
    assert_eq!(desk.tacet(&unknown).status.code(), Some(1));
    assert_eq!(desk.export(), before);
}

#[tokio::test]
async fn a_backup_is_made_while_an_answer_is_written_and_is_a_whole_database() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    desk.converse(&app).await;
    let mut exchange = desk.writing(&app, "What is ice?", "Frozen ").await;
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("tacet.db");
    words(&desk.tacet(&["backup", copy.to_str().unwrap()]));
    // Nothing is overwritten.
    let again = desk.tacet(&["backup", copy.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1));
    exchange.send_text_delta("water.").await;
    exchange.complete(9, 3).await;
    when(
        &app,
        "a.state === 'complete' && a.words.includes('Frozen water.')",
    )
    .await;
    let database = rusqlite::Connection::open(&copy).unwrap();
    let check: String = database
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
    let messages: u32 = database
        .query_row("SELECT count(*) FROM message", [], |row| row.get(0))
        .unwrap();
    assert_eq!(messages, 4);
}

#[tokio::test]
async fn in_the_window_a_file_is_imported_and_a_backup_is_made_and_put_back() {
    let desk = Desk::new().await;
    let file = desk.folder().join("claude.json");
    let conversation = json!([{"uuid": "c", "name": "Ice", "created_at": "2026-01-31T10:00:00Z",
        "updated_at": "2026-01-31T10:00:00Z", "chat_messages": [
            {"uuid": "1", "sender": "human", "text": "Ice?", "content": []},
            {"uuid": "2", "sender": "assistant", "text": "Cold.", "content": []}]}]);
    std::fs::write(&file, conversation.to_string()).unwrap();
    let mut app = desk.launch().outlives_its_page().start().await;
    app.find(&testid("composer")).await;
    desk.converse(&app).await;
    crate::pictures::open_settings(&app).await;
    app.click(&testid("backup")).await;
    app.wait_for_count(&testid("backup-copy"), 1).await;
    app.type_into(&testid("import-path"), file.to_str().unwrap())
        .await;
    app.click(&testid("import")).await;
    app.wait_for_text(&testid("import-report"), "1 conversation added")
        .await;
    app.wait_for_count(&testid("conversation-item"), 2).await;
    crate::pictures::fits_everywhere(&app, "data").await;
    app.click(&testid("backup-restore")).await;
    app.leave_by(&testid("backup-restore")).await;
    app.reconnect().await;
    app.wait_for_count(&testid("conversation-item"), 1).await;
    let export = desk.export();
    assert_eq!(export["conversations"].as_array().unwrap().len(), 1);
    let kept = std::fs::read_dir(desk.folder()).unwrap();
    let mut names = kept.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(names.any(|name| name.starts_with("tacet.db.kept-")));
}

/// Moves the data folder, in the settings, and drives the page of the app that starts there.
async fn move_to(app: &mut App, folder: &Path) {
    app.type_into(&testid("move-path"), folder.to_str().unwrap())
        .await;
    app.click(&testid("move")).await;
    app.wait_for_text(&testid("move"), "Move and restart?")
        .await;
    app.leave_by(&testid("move")).await;
    app.reconnect().await;
}

#[tokio::test]
async fn in_the_window_the_data_folder_is_moved_and_found_there_from_then_on() {
    let desk = Desk::new().await;
    let mut app = desk.launch().outlives_its_page().start().await;
    app.find(&testid("composer")).await;
    desk.converse(&app).await;
    let before = desk.export();
    let place = tempfile::tempdir().unwrap();
    let new = place.path().join("disk/tacet");
    crate::pictures::open_settings(&app).await;
    app.type_into(&testid("move-path"), desk.folder().to_str().unwrap())
        .await;
    app.click(&testid("move")).await;
    app.click(&testid("move")).await;
    app.wait_for_text(&testid("move-problem"), "data folder")
        .await;
    app.find(&testid("move-path")).await.clear().await;
    move_to(&mut app, &new).await;
    app.wait_for_count(&testid("conversation-item"), 1).await;
    assert!(new.join("tacet.db").is_file());
    // What stands where it was leads there, for commands as well.
    assert_eq!(desk.export(), before);
    until("what was left to be cleared", || {
        let left = std::fs::read_dir(desk.folder()).unwrap();
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        (left == ["moved-to.json"]).then_some(())
    })
    .await;
    desk.converse(&app).await;

    // And back to where it was.
    crate::pictures::open_settings(&app).await;
    move_to(&mut app, desk.folder()).await;
    app.wait_for_count(&testid("conversation-item"), 2).await;
    assert!(desk.folder().join("tacet.db").is_file());
    assert!(!desk.folder().join("moved-to.json").exists());
    desk.converse(&app).await;
}
