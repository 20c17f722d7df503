//! Starts that cannot work: each shows a window that says why, and with buttons that help.

use crate::answer::{ask, when};
use crate::desk::Desk;
use crate::pictures::fits_everywhere;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use tacet_core::store::FILE;
use tacet_test_support::patience::until;
use tacet_test_support::webdriver::{App, Key, Launch, testid};

/// A desk with one answered question, whose app has ended.
async fn used_desk() -> Desk {
    let desk = Desk::new().await;
    let app = desk.open().await;
    desk.converse(&app).await;
    app.close_window().await;
    app.wait_for_end().await;
    desk
}

/// Starts an app that shows why it cannot show the conversations.
async fn failed(launch: Launch, kind: &str, scene: &str) -> App {
    let app = launch.outlives_its_page().start().await;
    app.find(&testid("reason").attr("data-kind", kind)).await;
    fits_everywhere(&app, &format!("failed-{scene}")).await;
    app
}

/// Presses a button after which the process starts anew, and drives what comes then.
async fn leave_by(app: &mut App, button: &str) {
    app.leave_by(&testid(button)).await;
    app.reconnect().await;
}

/// Tries once more, and finds the answer that was there before.
async fn all_is_there_again(desk: &Desk, mut app: App) {
    leave_by(&mut app, "try-again").await;
    app.click(&testid("conversation-item")).await;
    app.wait_for_text(
        &testid("message").attr("data-role", "assistant"),
        "All is well.",
    )
    .await;
    desk.converse(&app).await;
}

fn database(desk: &Desk) -> PathBuf {
    desk.folder().join(FILE)
}

/// Whether the owner of the folder may write there.
fn may_write(desk: &Desk, allowed: bool) {
    use std::os::unix::fs::PermissionsExt;
    let mode = if allowed { 0o755 } else { 0o555 };
    std::fs::set_permissions(desk.folder(), PermissionsExt::from_mode(mode)).unwrap();
    let mode = if allowed { 0o644 } else { 0o444 };
    for entry in std::fs::read_dir(desk.folder()).unwrap().flatten() {
        if entry.path().is_file() {
            std::fs::set_permissions(entry.path(), PermissionsExt::from_mode(mode)).unwrap();
        }
    }
}

/// Overwrites the page of a file that begins a table.
fn break_table(database: &Path, table: &str) {
    let root: u64 = Connection::open(database)
        .unwrap()
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = ?1",
            [table],
            |row| row.get(0),
        )
        .unwrap();
    let mut bytes = std::fs::read(database).unwrap();
    let start = usize::try_from(root - 1).unwrap() * 4096;
    bytes[start..start + 4096].fill(0xa5);
    std::fs::write(database, bytes).unwrap();
}

#[tokio::test]
async fn what_can_be_read_of_a_damaged_database_is_saved_into_a_new_one() {
    let desk = used_desk().await;
    let mut bytes = std::fs::read(database(&desk)).unwrap();
    bytes[..100].fill(0xa5);
    std::fs::write(database(&desk), &bytes).unwrap();
    let app = failed(desk.launch(), "damaged", "damaged").await;
    assert!(app.output().contains("is damaged"), "{}", app.output());
    app.press(&[Key::Enter]).await;
    app.wait_for_text(&testid("done"), "1 conversation").await;
    let kept = desk.folder().join("tacet.db.kept-1");
    assert_eq!(std::fs::read(kept).unwrap(), bytes);
    all_is_there_again(&desk, app).await;
}

#[tokio::test]
async fn while_the_conversations_are_opened_the_window_says_so() {
    let desk = used_desk().await;
    // What is read on the way waits until somebody writes into it.
    let prices = desk.folder().join("prices.json");
    let made = std::process::Command::new("mkfifo").arg(&prices).status();
    assert!(made.unwrap().success());
    let app = desk.launch().start().await;
    app.wait_for_text(&testid("opening"), "Opening your conversations")
        .await;
    let list = r#"{"date": "2026-01-31", "hosts": []}"#;
    tokio::task::spawn_blocking(move || std::fs::write(prices, list).unwrap())
        .await
        .unwrap();
    app.find(&testid("composer")).await;
    app.wait_for_count(&testid("opening"), 0).await;
    app.wait_for_count(&testid("conversation-item"), 1).await;
    desk.converse(&app).await;
    app.close_window().await;
    app.wait_for_end().await;
}

#[tokio::test]
async fn where_they_cannot_be_opened_after_a_while_another_window_says_why() {
    let desk = used_desk().await;
    let holder = Connection::open(database(&desk)).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let app = desk.launch().outlives_its_page().start().await;
    app.find(&testid("opening")).await;
    let page = app.process().page().expect("a page");
    until("the reason", || {
        let words = "Another program is using the database";
        app.output().contains(words).then_some(())
    })
    .await;
    // The driver has no way to the other window's page.
    page.ended().await;
    app.wait_for_window(true).await;
    app.close_window().await;
    app.wait_for_end().await;
    drop(holder);
}

#[tokio::test]
async fn a_database_that_was_cut_off_is_told_and_kept() {
    let desk = used_desk().await;
    let bytes = std::fs::read(database(&desk)).unwrap();
    let cut = &bytes[..bytes.len() / 2];
    std::fs::write(database(&desk), cut).unwrap();
    let mut app = failed(desk.launch(), "damaged", "truncated").await;
    app.find(&testid("recover")).await;
    assert_eq!(std::fs::read(database(&desk)).unwrap(), cut);
    app.click(&testid("start-empty")).await;
    app.wait_for_text(&testid("done"), "tacet.db.kept-1").await;
    assert_eq!(
        std::fs::read(desk.folder().join("tacet.db.kept-1")).unwrap(),
        cut
    );
    leave_by(&mut app, "try-again").await;
    desk.converse(&app).await;
}

#[tokio::test]
async fn a_database_that_may_not_be_read_is_told_and_left_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let desk = used_desk().await;
    let allow = |mode| std::fs::set_permissions(database(&desk), PermissionsExt::from_mode(mode));
    allow(0o000).unwrap();
    let launch = desk.launch().without_root_powers();
    let app = failed(launch, "folder", "unreadable").await;
    app.click(&testid("read-only")).await;
    app.wait_for_text(&testid("problem"), "cannot be used")
        .await;
    allow(0o600).unwrap();
    all_is_there_again(&desk, app).await;
}

#[tokio::test]
async fn a_table_that_cannot_be_read_is_told_at_the_start() {
    let desk = used_desk().await;
    break_table(&database(&desk), "conversation");
    let app = failed(desk.launch(), "damaged", "table").await;
    app.click(&testid("recover")).await;
    app.wait_for_text(&testid("done"), "1 conversation").await;
    all_is_there_again(&desk, app).await;
}

#[tokio::test]
async fn a_copy_from_before_a_newer_tacet_is_put_in_place() {
    let desk = used_desk().await;
    let newer = Connection::open(database(&desk)).unwrap();
    let copy = desk.folder().join("tacet.db.format-1");
    newer.execute("VACUUM INTO ?1", [copy.to_str()]).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    newer.close().unwrap();
    let app = failed(desk.launch(), "newer", "newer").await;
    app.click(&testid("restore")).await;
    app.wait_for_text(&testid("done"), "tacet.db.kept-1").await;
    assert!(copy.exists());
    all_is_there_again(&desk, app).await;
}

#[tokio::test]
async fn what_nothing_can_be_read_from_is_put_aside() {
    for emptied in [true, false] {
        let desk = used_desk().await;
        std::fs::remove_file(database(&desk)).unwrap();
        let scene = if emptied { "emptied" } else { "directory" };
        match emptied {
            true => std::fs::write(database(&desk), "").unwrap(),
            false => std::fs::create_dir(database(&desk)).unwrap(),
        }
        let mut app = failed(desk.launch(), "damaged", scene).await;
        app.wait_for_count(&testid("recover"), 0).await;
        app.click(&testid("start-empty")).await;
        app.wait_for_text(&testid("done"), "tacet.db.kept-1").await;
        leave_by(&mut app, "try-again").await;
        desk.converse(&app).await;
        assert!(desk.folder().join("tacet.db.kept-1").exists());
    }
}

#[tokio::test]
async fn a_second_tacet_on_another_bus_names_the_first_and_offers_another_folder() {
    let desk = Desk::new().await;
    let first = desk.open().await;
    let mut second = failed(desk.launch(), "in-use", "in-use").await;
    let process = format!("process {}", first.process().id());
    second.wait_for_text(&testid("reason"), &process).await;

    second.click(&testid("other-folder")).await;
    second.type_into(&testid("folder"), "elsewhere").await;
    second.click(&testid("use-folder")).await;
    second.wait_for_text(&testid("problem"), "whole path").await;
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::copy(desk.settings_file(), elsewhere.path().join("settings.json")).unwrap();
    let folder = second.find(&testid("folder")).await;
    folder.clear().await;
    folder.type_text(&elsewhere.path().to_string_lossy()).await;
    leave_by(&mut second, "use-folder").await;
    desk.converse(&second).await;
    desk.converse(&first).await;
    assert!(elsewhere.path().join(FILE).exists());
}

#[tokio::test]
async fn a_second_tacet_gets_the_folder_once_the_first_has_gone() {
    let desk = used_desk().await;
    let first = desk.open().await;
    let mut second = failed(desk.launch(), "in-use", "in-use-again").await;
    leave_by(&mut second, "try-again").await;
    second
        .find(&testid("reason").attr("data-kind", "in-use"))
        .await;
    first.close_window().await;
    first.wait_for_end().await;
    all_is_there_again(&desk, second).await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told_and_left_as_it_is() {
    let desk = used_desk().await;
    let before = std::fs::read(database(&desk)).unwrap();
    may_write(&desk, false);
    let app = failed(
        desk.launch().without_root_powers(),
        "folder",
        "read-only-folder",
    )
    .await;
    app.wait_for_text(&testid("reason"), "Nothing was changed")
        .await;
    assert_eq!(std::fs::read(database(&desk)).unwrap(), before);
    may_write(&desk, true);
    all_is_there_again(&desk, app).await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_read_copied_and_sent_nothing_from() {
    let desk = used_desk().await;
    let before = std::fs::read(database(&desk)).unwrap();
    may_write(&desk, false);
    let home = tempfile::tempdir().unwrap();
    let launch = desk.launch().env("HOME", home.path());
    let mut app = failed(
        launch.without_root_powers(),
        "folder",
        "read-only-folder-again",
    )
    .await;
    leave_by(&mut app, "read-only").await;
    app.wait_for_text(&testid("read-only"), "Opened read-only")
        .await;
    app.click(&testid("conversation-item")).await;
    when(&app, "a.words.includes('All is well.')").await;
    fits_everywhere(&app, "read-only").await;

    ask(&app, "And then?").await;
    app.wait_for_text(&testid("notice"), "nothing can be sent")
        .await;
    app.wait_until(
        "the message to be back",
        "return document.querySelector('[data-testid=composer]').value === 'And then?'",
        &[],
    )
    .await;
    assert_eq!(desk.server.chat_requests(), 1);
    app.click(&testid("save-copy")).await;
    app.wait_for_text(&testid("notice").attr("data-level", "info"), "Saved to")
        .await;
    let saved = std::fs::read_to_string(home.path().join("Tacet conversations.json")).unwrap();
    assert!(saved.contains("All is well."), "{saved}");

    assert_eq!(std::fs::read(database(&desk)).unwrap(), before);
    may_write(&desk, true);
    all_is_there_again(&desk, app).await;
}

#[tokio::test]
async fn a_disk_without_room_for_a_new_folder_is_told_at_the_start() {
    let desk = Desk::new().await;
    let disk = tempfile::tempdir().unwrap();
    let launch = Launch::new(crate::desk::executable())
        .env("TACET_DATA_DIR", disk.path())
        .on_full_disk(disk.path(), desk.folder());
    let app = failed(launch, "disk-full", "disk-full").await;
    app.wait_for_text(&testid("reason"), "disk is full").await;
}

#[tokio::test]
async fn the_page_that_says_why_comes_back_when_its_process_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "mine").unwrap();
    let launch = Launch::new(crate::desk::executable()).env("TACET_DATA_DIR", &file);
    let mut app = failed(launch, "folder", "page-again").await;
    let page = app.process().page().unwrap();
    page.kill();
    page.ended().await;
    app.reconnect().await;
    app.wait_for_text(&testid("reason"), "Nothing was changed")
        .await;
    app.leave_by(&testid("quit")).await;
    app.process().ended().await;
}

#[tokio::test]
async fn a_data_folder_that_is_a_file_is_told_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "mine").unwrap();
    let launch = Launch::new(crate::desk::executable()).env("TACET_DATA_DIR", &file);
    let app = failed(launch, "folder", "file").await;
    // Esc does what the button does (failure-page.test.ts), and here the driver would lose its answer.
    app.leave_by(&testid("quit")).await;
    app.process().ended().await;
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
}
