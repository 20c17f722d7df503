//! The list of conversations: rename, delete and take it back, and a list of a thousand.

use crate::answer::when;
use crate::desk::Desk;
use crate::pictures::fits_everywhere;
use crate::stored::write_into;
use serde_json::json;
use std::path::PathBuf;
use tacet_core::store::{FILE, Store};
use tacet_core::{Cause, MessageState};
use tacet_test_support::patience::until;
use tacet_test_support::webdriver::{App, testid};

async fn choose(app: &App, action: &str) {
    app.click(&testid("conversation-more")).await;
    app.click(&testid(action)).await;
}

#[tokio::test]
async fn a_conversation_is_renamed_and_keeps_its_name() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    desk.converse(&app).await;
    choose(&app, "conversation-rename").await;
    let field = testid("conversation-rename-field");
    app.find(&field).await;
    // The old title is selected: what is typed takes its place.
    app.type_into(&field, "Ice and stones\u{E007}").await;
    app.wait_for_text(&testid("conversation-item"), "Ice and stones")
        .await;
    let title = &desk.export()["conversations"][0]["title"];
    assert_eq!(title, "Ice and stones");
}

#[tokio::test]
async fn c05_a_deleted_conversation_stops_and_comes_back_only_by_undo() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    let mut exchange = desk.writing(&app, "What is a moraine?", "The ice ").await;

    choose(&app, "conversation-delete").await;

    exchange.hung_up().await;
    app.wait_for_count(&testid("conversation-item"), 0).await;
    exchange.send_text_delta("came too late").await;
    assert_eq!(desk.export()["conversations"], json!([]));

    app.click(&testid("undo")).await;
    app.wait_for_count(&testid("conversation-item"), 1).await;
    let answer = when(&app, "a.state === 'interrupted'").await;
    assert_eq!(answer.text().trim(), "The ice");
    assert_eq!(desk.answers()[0].cause, Some(Cause::User));
    desk.converse(&app).await;
}

#[tokio::test]
async fn the_branch_that_was_chosen_last_is_shown_after_a_new_start() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    desk.answered_twice(
        &app,
        "What is a moraine?",
        "The first one.",
        "The second one.",
    )
    .await;
    app.click(&testid("branch-previous")).await;
    when(&app, "a.words.includes('first')").await;
    let first = desk.answers()[0].id.to_string();
    until("the choice to be kept", || {
        (desk.export()["conversations"][0]["head"] == first.as_str()).then_some(())
    })
    .await;
    app.close_window().await;
    app.wait_for_end().await;

    let app = desk.open().await;
    app.click(&testid("conversation-item")).await;
    let answer = when(&app, "a.state === 'complete'").await;
    assert_eq!(answer.text().trim(), "The first one.");
    app.wait_for_text(&testid("branches"), "1/2").await;
}

#[tokio::test]
async fn a_branch_is_deleted_brought_back_and_gone_for_good_after_a_new_start() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    desk.answered_twice(
        &app,
        "What is a moraine?",
        "The first one.",
        "SECRET-ANSWER",
    )
    .await;
    fits_everywhere(&app, "branches").await;

    app.click(&testid("branch-delete")).await;
    when(&app, "a.words.includes('first')").await;
    app.wait_for_count(&testid("branches"), 0).await;
    fits_everywhere(&app, "branch-deleted").await;
    let is_found = || desk.tacet(&["search", "SECRET"]).status.success();
    assert_eq!(desk.answers().len(), 1);
    assert!(!is_found());
    app.click(&testid("undo")).await;
    when(&app, "a.words.includes('SECRET')").await;
    app.wait_for_text(&testid("branches"), "2/2").await;
    assert_eq!(desk.answers().len(), 2);
    assert!(is_found());

    app.click(&testid("branch-delete")).await;
    when(&app, "a.words.includes('first')").await;
    desk.converse(&app).await;
    app.close_window().await;
    app.wait_for_end().await;
    assert_eq!(files_with_secrets(&desk), Vec::<PathBuf>::new());

    let app = desk.open().await;
    app.click(&testid("conversation-item")).await;
    when(&app, "a.words.includes('All is well.')").await;
    assert_eq!(desk.answers().len(), 2);
    assert!(!is_found());
    app.wait_for_count(&testid("branches"), 0).await;
    app.wait_for_count(&testid("undo"), 0).await;
}

/// The files of the data folder in which something of this name is.
fn files_with_secrets(desk: &Desk) -> Vec<PathBuf> {
    let files = std::fs::read_dir(desk.folder()).unwrap();
    let names = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.is_file());
    names
        .filter(|path| {
            let bytes = std::fs::read(path).unwrap();
            bytes.windows(7).any(|piece| piece == b"SECRET-")
        })
        .collect()
}

#[tokio::test]
async fn what_was_deleted_is_in_no_file_after_the_end() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    let exchange = desk
        .writing(&app, "Keep SECRET-QUESTION.", "SECRET-ANSWER")
        .await;
    exchange.complete(9, 3).await;
    when(&app, "a.state === 'complete'").await;
    choose(&app, "file-under").await;
    app.type_into(&testid("filing-tags"), "SECRET-TAG").await;
    app.type_into(&testid("filing-folder"), "SECRET-FOLDER\u{E007}")
        .await;
    app.wait_for_count(&testid("folder"), 1).await;
    assert!(!files_with_secrets(&desk).is_empty());
    choose(&app, "conversation-delete").await;
    app.wait_for_count(&testid("conversation-item"), 0).await;
    app.close_window().await;
    app.wait_for_end().await;
    assert_eq!(files_with_secrets(&desk), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn after_the_end_the_database_is_whole_without_its_log_whatever_could_not_be_removed() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    desk.converse(&app).await;
    choose(&app, "conversation-delete").await;
    app.wait_for_count(&testid("conversation-item"), 0).await;
    desk.converse(&app).await;
    // What was deleted cannot be removed from this copy of an older format.
    std::fs::create_dir(desk.folder().join("tacet.db.format-1")).unwrap();
    app.close_window().await;
    app.wait_for_end().await;

    let alone = tempfile::tempdir().unwrap();
    let database = desk.folder().join(FILE);
    std::fs::copy(&database, alone.path().join(FILE)).unwrap();
    let store = Store::open(alone.path()).unwrap();
    let [kept] = store
        .conversations_after(None, 2)
        .await
        .unwrap()
        .try_into()
        .unwrap();
    let messages = store.messages(kept.id).await.unwrap();
    assert_eq!(messages[1].text(), "All is well.");
    assert_eq!(messages[1].state, MessageState::Complete);
}

#[tokio::test]
async fn a_list_of_a_thousand_conversations_is_on_the_page_as_far_as_it_was_read() {
    let desk = Desk::new().await;
    let store = Store::open(desk.folder()).unwrap();
    for number in 0..1_000 {
        let exchange = ("What is ice?".to_owned(), "Frozen water.".to_owned());
        write_into(&store, &format!("Number {number}"), [exchange]).await;
    }
    drop(store);
    let app = desk.open().await;
    let items = testid("conversation-item");
    // Two pages: the end of the first is near the view.
    app.wait_for_count(&items, 80).await;
    let script = "const all = document.querySelectorAll(arguments[0]);
        all[all.length - 1].scrollIntoView();
        return all.length === 1000";
    let selector = json!(items.selector());
    app.wait_until("the whole list", script, &[selector]).await;
}

#[tokio::test]
async fn a_long_list_scrolls_in_its_place_and_its_foot_stays_in_view() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    desk.converse(&app).await;
    let fits = "const [list, foot] = document.querySelectorAll('aside nav, aside footer');
        const tall = document.createElement('div');
        tall.style.height = '3000px';
        list.append(tall);
        const fits = list.scrollHeight > 3000 && foot.offsetHeight > 0 &&
          list.getBoundingClientRect().bottom <= foot.getBoundingClientRect().top &&
          foot.getBoundingClientRect().bottom <= innerHeight;
        tall.remove();
        return fits";
    assert_eq!(app.run(fits, &[]).await, json!(true));
    app.resize(600, 500).await;
    app.click(&testid("toggle-sidebar")).await;
    app.wait_until("the list over a narrow window", fits, &[])
        .await;
}
