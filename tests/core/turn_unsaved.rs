//! A disk that cannot take what was received: it is told, shown, sent along and tried again until it
//! is on disk (rules C04, C09).

use crate::turn_desk::{Desk, answer_on_disk, follow_up};
use crate::turn_watch::Watch;
use rusqlite::Connection;
use std::time::{Duration, Instant};
use tacet_core::store::{FILE, Store};
use tacet_core::{
    Cause, Message, MessageState, News, Receipt, STOP_LIMIT, TurnEventKind, TurnId, now,
};
use tacet_test_support::patience::{until, within};
use tacet_test_support::server::Exchange;
use tokio::sync::mpsc::UnboundedReceiver;

/// Waits until the end of an answer is told to be saved.
async fn saved(news: &mut UnboundedReceiver<News>, answer: &Message) -> Option<Box<Receipt>> {
    loop {
        let heard = within("the news", news.recv()).await;
        if let News::Saved {
            message_id,
            receipt,
            ..
        } = heard.expect("news")
        {
            assert_eq!(message_id, answer.id);
            return receipt;
        }
    }
}

fn other_program(desk: &Desk) -> Connection {
    Connection::open(desk.folder.path().join(FILE)).unwrap()
}

/// Has the database refuse some of what is written, as a disk may that is full.
fn refuse(desk: &Desk, what: &str) {
    let trigger =
        format!("CREATE TRIGGER refusal BEFORE {what} BEGIN SELECT RAISE(ABORT, 'no room'); END");
    other_program(desk).execute_batch(&trigger).unwrap();
}

fn allow(desk: &Desk) {
    let other = other_program(desk);
    other.execute_batch("DROP TRIGGER refusal").unwrap();
}

const ENDS: &str = "UPDATE OF state ON message";
const CHECKPOINTS: &str = "INSERT ON tail";

async fn writing(desk: &Desk, words: &str) -> (Watch, Exchange) {
    let watch = desk.ask("What is a moraine?").await;
    let mut exchange = desk.server.next_request().await;
    exchange.send_text_delta(words).await;
    watch.receive(words.len()).await;
    (watch, exchange)
}

/// Why nothing is saved, as it was told last.
fn told(watch: &Watch) -> Option<String> {
    let mut unsaved = watch.snapshot.unsaved.clone();
    for event in watch.events() {
        if let TurnEventKind::Unsaved { reason } = event.event {
            unsaved = reason;
        }
    }
    unsaved
}

/// What is on disk of an answer, without what is kept in memory.
fn row(desk: &Desk, turn: TurnId) -> Message {
    answer_on_disk(desk.folder.path(), turn).expect("a row")
}

#[tokio::test]
async fn c09_a_disk_that_hangs_holds_a_stop_up_for_two_seconds_and_the_end_is_saved_later() {
    let desk = Desk::open().await;
    let mut news = desk.news();
    let (watch, exchange) = writing(&desk, "A heap").await;
    let other = other_program(&desk);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    desk.stop(watch.turn).await;
    let took = began.elapsed();
    exchange.hung_up().await;
    assert!(took < STOP_LIMIT + Duration::from_millis(500), "{took:?}");
    let end = watch.told_end().await;
    assert_eq!(end.state, MessageState::Interrupted);
    let reason = end.unsaved.expect("it is not saved");
    assert!(reason.contains("has not answered"), "{reason}");
    assert_eq!(end.receipt.unwrap().token_to_commit_ms, None);
    other.execute_batch("COMMIT").unwrap();

    let answer = &watch.snapshot.message;
    let receipt = saved(&mut news, answer).await.expect("a receipt");
    assert!(receipt.token_to_commit_ms > Some(1_000.0), "{receipt:?}");
    let row = row(&desk, watch.turn);
    assert_eq!(row.text(), "A heap");
    assert_eq!(row.cause, Some(Cause::User));
    assert_eq!(row.receipt, Some(*receipt));
    assert_eq!(desk.store.unsaved(answer.conversation_id), []);
    desk.converse_after(&row).await;
}

#[tokio::test]
async fn c04_an_end_that_cannot_be_saved_is_shown_and_sent_along_and_saved_when_it_can_be() {
    let desk = Desk::open().await;
    let mut news = desk.news();
    let (watch, mut exchange) = writing(&desk, "A heap").await;
    refuse(&desk, ENDS);
    exchange.send_text_delta(" of rubble.").await;
    exchange.complete(7, 4).await;
    let end = watch.told_end().await;
    assert_eq!(end.state, MessageState::Complete);
    assert!(end.unsaved.expect("a reason").contains("no room"));

    // Whoever reads it meanwhile sees all of it, and that it is not saved.
    let answer = desk.answer(watch.turn).await;
    assert_eq!(
        (answer.state, &*answer.text()),
        (end.state, "A heap of rubble.")
    );
    assert_eq!(answer.usage, end.usage);
    let unsaved = desk.store.unsaved(answer.conversation_id);
    assert_eq!(unsaved.len(), 1);
    assert_eq!(unsaved[0].message_id, answer.id);
    let messages = desk.store.messages(answer.conversation_id).await.unwrap();
    assert_eq!(messages.last(), Some(&answer));
    let mut export = Vec::new();
    desk.store.export(&mut export).unwrap();
    let export = String::from_utf8(export).unwrap();
    assert!(export.contains("A heap of rubble."), "{export}");
    assert_eq!(row(&desk, watch.turn).state, MessageState::Streaming);

    // So does the model that is asked next.
    let next = follow_up(answer.conversation_id, answer.id, "In one word?");
    desk.start(next.clone()).await;
    let second = desk.server.next_request().await;
    assert!(
        second
            .request
            .json()
            .to_string()
            .contains("A heap of rubble.")
    );
    drop(second);
    assert_eq!(desk.server.violations(), Vec::<String>::new());
    allow(&desk);
    assert_eq!(saved(&mut news, &answer).await, None);
    assert_eq!(row(&desk, watch.turn), answer);
    assert_eq!(desk.store.unsaved(answer.conversation_id), []);
}

#[tokio::test]
async fn c04_a_checkpoint_that_fails_is_told_and_so_is_the_one_that_is_saved_again() {
    let desk = Desk::open().await;
    refuse(&desk, CHECKPOINTS);
    let (watch, mut exchange) = writing(&desk, "A heap").await;
    watch
        .until("to be told", |watch| told(watch).is_some())
        .await;
    assert!(told(&watch).unwrap().contains("no room"));
    // Who comes later is told too.
    let later = desk.watch(watch.turn).await;
    assert_eq!(later.snapshot.unsaved, told(&watch));
    assert_eq!(row(&desk, watch.turn).text(), "");

    exchange.send_text_delta(" of rubble").await;
    allow(&desk);
    watch
        .until("to be told again", |watch| told(watch).is_none())
        .await;
    assert_eq!(told(&later), None);
    let words = row(&desk, watch.turn).text();
    assert!("A heap of rubble".starts_with(&words), "{words:?}");
    assert!(words.starts_with("A heap"), "{words:?}");
    exchange.complete(7, 3).await;
    assert_eq!(watch.end().await.state, MessageState::Complete);
}

#[tokio::test]
async fn c04_a_disk_that_says_nothing_in_mid_stream_is_told_within_seconds() {
    let desk = Desk::open().await;
    let (watch, mut exchange) = writing(&desk, "A heap").await;
    let other = other_program(&desk);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    exchange.send_text_delta(" of rubble").await;
    watch
        .until("to be told", |watch| told(watch).is_some())
        .await;
    assert!(told(&watch).unwrap().contains("has not answered"));
    other.execute_batch("COMMIT").unwrap();
    watch
        .until("to be told again", |watch| told(watch).is_none())
        .await;
    assert_eq!(row(&desk, watch.turn).text(), "A heap of rubble");
    exchange.complete(7, 3).await;
    watch.end().await;
}

#[tokio::test]
async fn c04_a_deletion_saves_the_end_first_and_its_undo_brings_all_of_it_back() {
    let desk = Desk::open().await;
    let (watch, exchange) = writing(&desk, "A heap").await;
    refuse(&desk, ENDS);
    desk.stop(watch.turn).await;
    exchange.hung_up().await;
    let answer = desk.answer(watch.turn).await;
    let conversation = answer.conversation_id;
    // Nothing is deleted that could not come back.
    desk.store.delete(conversation, now()).await.unwrap_err();
    assert_eq!(desk.answer(watch.turn).await, answer);
    allow(&desk);
    assert!(desk.store.delete(conversation, now()).await.unwrap());
    assert_eq!(answer_on_disk(desk.folder.path(), watch.turn), None);
    assert_eq!(desk.store.unsaved(conversation), []);
    assert!(desk.store.restore(conversation).await.unwrap());
    let row = row(&desk, watch.turn);
    assert_eq!((row.text(), row.cause), (answer.text(), answer.cause));
}

#[tokio::test]
async fn c04_quitting_tries_once_more() {
    let desk = Desk::open().await;
    let (watch, exchange) = writing(&desk, "A heap").await;
    refuse(&desk, ENDS);
    desk.stop(watch.turn).await;
    exchange.hung_up().await;
    let answer = desk.answer(watch.turn).await;
    assert_eq!(desk.store.unsaved(answer.conversation_id).len(), 1);
    allow(&desk);
    within("the end", desk.turns.shut_down(Cause::AppQuit)).await;
    assert_eq!(row(&desk, watch.turn).text(), "A heap");
    assert_eq!(row(&desk, watch.turn).cause, Some(Cause::User));
}

#[tokio::test]
async fn c04_a_folder_that_is_taken_away_is_told_and_written_to_once_it_is_back() {
    let desk = Desk::open().await;
    let (watch, mut exchange) = writing(&desk, "A heap").await;
    let (here, elsewhere) = (
        desk.folder.path().to_owned(),
        desk.folder.path().with_extension("elsewhere"),
    );
    std::fs::rename(&here, &elsewhere).unwrap();
    exchange.send_text_delta(" of rubble").await;
    watch
        .until("to be told", |watch| told(watch).is_some())
        .await;
    assert!(
        told(&watch).unwrap().contains("is gone"),
        "{:?}",
        told(&watch)
    );
    // The sink of the watch looks at the disk at the end, where there is none now.
    desk.turns.page_gone("main");
    let mut news = desk.news();
    desk.stop(watch.turn).await;
    exchange.hung_up().await;
    std::fs::rename(&elsewhere, &here).unwrap();
    saved(&mut news, &watch.snapshot.message).await;
    assert_eq!(row(&desk, watch.turn).text(), "A heap of rubble");
}

#[tokio::test]
async fn c04_a_database_that_a_copy_took_the_place_of_is_opened_anew() {
    let desk = Desk::open().await;
    let (watch, mut exchange) = writing(&desk, "A heap").await;
    until("a checkpoint", || {
        (row(&desk, watch.turn).text() == "A heap").then_some(())
    })
    .await;
    let copy = desk.folder.path().join("copy");
    let other = other_program(&desk);
    other
        .execute("VACUUM INTO ?1", [copy.to_string_lossy()])
        .unwrap();
    drop(other);
    for suffix in ["-wal", "-shm"] {
        let log = desk.folder.path().join(format!("{FILE}{suffix}"));
        std::fs::remove_file(log).unwrap();
    }
    std::fs::rename(copy, desk.folder.path().join(FILE)).unwrap();
    exchange.send_text_delta(" of rubble.").await;
    exchange.complete(7, 3).await;
    watch.end().await;
    let row = row(&desk, watch.turn);
    assert_eq!(
        (row.state, &*row.text()),
        (MessageState::Complete, "A heap of rubble.")
    );
}

#[tokio::test]
async fn c04_a_database_that_another_one_took_the_place_of_is_told_and_not_taken_for_a_deletion() {
    let desk = Desk::open().await;
    let (watch, mut exchange) = writing(&desk, "A heap").await;
    let strange = tempfile::tempdir().unwrap();
    drop(Store::open(strange.path()).unwrap());
    for suffix in ["-wal", "-shm"] {
        let log = desk.folder.path().join(format!("{FILE}{suffix}"));
        std::fs::remove_file(log).unwrap();
    }
    let database = desk.folder.path().join(FILE);
    std::fs::copy(strange.path().join(FILE), database.with_extension("new")).unwrap();
    std::fs::rename(database.with_extension("new"), &database).unwrap();
    exchange.send_text_delta(" of rubble").await;
    watch
        .until("to be told", |watch| told(watch).is_some())
        .await;
    assert!(
        told(&watch).unwrap().contains("replaced"),
        "{:?}",
        told(&watch)
    );
    assert_eq!(watch.text(), "A heap of rubble");
    assert!(!exchange.is_hung_up());
}
