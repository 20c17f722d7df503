//! The page's process ends while an answer is being written, as when memory runs out.

use crate::answer::{Means, stopped, when};
use crate::desk::Desk;
use crate::pictures::fits_everywhere;
use std::path::{Path, PathBuf};
use tacet_test_support::patience::until;
use tacet_test_support::webdriver::{App, Key, testid};

async fn open(desk: &Desk) -> App {
    // What is saved for the person lands in the home folder.
    let launch = desk.launch().env("HOME", desk.folder());
    let app = launch.outlives_its_page().start().await;
    app.find(&testid("composer")).await;
    app
}

/// Kills the page's process and drives the page that comes after it.
async fn kill_the_page(app: &mut App) {
    let page = until("the page's process", || app.process().page()).await;
    page.kill();
    page.ended().await;
    app.reconnect().await;
}

#[tokio::test]
async fn c13_a_page_whose_process_was_killed_comes_back_with_its_answer_and_its_stop() {
    for means in Means::BOTH {
        let desk = Desk::new().await;
        let mut app = open(&desk).await;
        let mut exchange = desk.writing(&app, "What is firn?", "Old snow, ").await;
        let page = app.process().page().unwrap();
        page.kill();
        page.ended().await;
        exchange.send_text_delta("more than a year ").await;
        app.reconnect().await;
        app.wait_for_text(&testid("notice"), "ended unexpectedly")
            .await;
        exchange.send_text_delta("old, and not yet ice").await;
        let answer = when(&app, "a.words.includes('not yet ice')").await;
        let whole = "Old snow, more than a year old, and not yet ice";
        assert_eq!(answer.text().trim(), whole);

        means.stop(&app).await;
        exchange.hung_up().await;
        stopped(&app).await;
        assert_eq!(desk.answers()[0].text(), whole);
        desk.converse(&app).await;
    }
}

#[tokio::test]
async fn what_was_typed_outlives_the_page_and_is_in_the_file_of_drafts_alone() {
    let desk = Desk::new().await;
    let mut app = open(&desk).await;
    desk.converse(&app).await;
    app.type_into(&testid("composer"), "SECRET-DRAFT").await;
    app.click(&testid("edit")).await;
    app.type_into(&testid("edit-text"), " SECRET-EDIT").await;
    kill_the_page(&mut app).await;
    let there = "const value = (id) => document.querySelector(`[data-testid=${id}]`)?.value ?? '';
        return value('composer') === 'SECRET-DRAFT'
            && value('edit-text').endsWith('SECRET-EDIT')";
    app.wait_until("what was typed", there, &[]).await;
    let mut files = files_with(desk.folder(), b"SECRET-");
    // It is written about half a second after it was typed.
    files.retain(|path| path.file_name() != Some("drafts.json".as_ref()));
    assert_eq!(files, Vec::<PathBuf>::new());
}

/// The files in a folder, and below it, that have these bytes.
fn files_with(folder: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, bytes));
        } else if std::fs::read(&path)
            .is_ok_and(|file| file.windows(bytes.len()).any(|piece| piece == bytes))
        {
            found.push(path);
        }
    }
    found
}

#[tokio::test]
async fn a_page_that_dies_three_times_in_a_minute_gives_way_to_one_that_stops_and_saves() {
    let desk = Desk::new().await;
    let mut app = open(&desk).await;
    let exchange = desk.writing(&app, "What is firn?", "Old snow.").await;
    for _ in 0..2 {
        kill_the_page(&mut app).await;
        when(&app, "a.words.includes('Old snow.')").await;
    }
    app.find(&testid("notice")).await;
    fits_everywhere(&app, "page-came-back").await;
    kill_the_page(&mut app).await;
    app.wait_for_text(&testid("reason"), "three times").await;
    app.find(&testid("reload")).await;
    fits_everywhere(&app, "page-given-up").await;

    app.press(&[Key::Escape]).await;
    exchange.hung_up().await;
    app.wait_for_text(&testid("done"), "Stopped one answer")
        .await;
    app.click(&testid("save-copy")).await;
    app.wait_for_text(&testid("done"), "Saved to").await;
    let saved = std::fs::read_to_string(desk.folder().join("Tacet conversations.json")).unwrap();
    assert!(saved.contains("Old snow."), "{saved}");

    app.click(&testid("reload")).await;
    stopped(&app).await;
    desk.converse(&app).await;
    // The page that replaced it was the app's, too: it has not been told of yet.
    app.wait_for_text(&testid("notice"), "ended unexpectedly")
        .await;
}

#[tokio::test]
async fn a_page_that_is_given_up_offers_to_quit_and_nothing_is_lost() {
    let desk = Desk::new().await;
    let mut app = open(&desk).await;
    let exchange = desk.writing(&app, "What is firn?", "Old snow.").await;
    for _ in 0..3 {
        kill_the_page(&mut app).await;
    }
    app.leave_by(&testid("quit")).await;
    exchange.hung_up().await;
    app.process().ended().await;
    assert_eq!(desk.answers()[0].text(), "Old snow.");
}
