//! Reads beside writes.

use super::{checkpoint, conversation, conversations, open, open_with_turn, text, turn};
use crate::{Checkpointed, FILE, read_only};
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;
use tacet_conversation::MessageState;
use tokio::time::timeout;

/// So long nothing takes that waits for nothing.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_commit_and_other_reads_go_through_while_a_large_read_is_under_way() {
    let (_folder, store, new) = open_with_turn().await;
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (release, held) = mpsc::channel::<()>();
    let count = |connection: &Connection| -> u32 {
        let sql = "SELECT count(*) FROM message WHERE state = 'streaming'";
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let long = store.readers.run(move |connection| {
        let before = count(connection);
        begun.send(()).unwrap();
        held.recv().unwrap();
        Ok((before, count(connection)))
    });
    let read = async {
        has_begun.await.unwrap();
        let mut stopped = new.answer.clone();
        stopped.state = MessageState::Interrupted;
        stopped.parts = vec![text("kept")];
        let finish = store.finish(stopped.clone());
        assert!(timeout(PATIENCE, finish).await.unwrap().unwrap());
        let other = timeout(PATIENCE, store.message(stopped.id)).await;
        assert_eq!(other.unwrap().unwrap(), Some(stopped));
        release.send(()).unwrap();
    };
    let (long, ()) = futures::join!(long, read);
    assert_eq!(long.unwrap(), (1, 1), "a read saw two moments");
}

#[tokio::test]
async fn no_read_waits_for_the_thread_that_writes() {
    let (_folder, store, new) = open_with_turn().await;
    let (release, held) = mpsc::channel::<()>();
    let mut busy = Box::pin(store.run(move |_| {
        held.recv().unwrap();
        Ok(())
    }));
    assert!(futures::poll!(&mut busy).is_pending());
    let (id, answer) = (new.conversation.id, new.answer.id);
    let reads = async {
        assert_eq!(conversations(&store).await.len(), 1);
        assert!(store.conversation(id).await.unwrap().is_some());
        assert_eq!(store.messages(id).await.unwrap().len(), 2);
        assert!(store.message(answer).await.unwrap().is_some());
        assert_eq!(store.branch(answer).await.unwrap().len(), 2);
        assert!(store.answer_of(new.turn_id).await.unwrap().is_some());
        assert!(store.awaited_records(0, 50).await.unwrap().is_empty());
    };
    timeout(PATIENCE, reads).await.expect("no read waits");
    release.send(()).unwrap();
    busy.await.unwrap();
}

#[tokio::test]
async fn a_read_that_fails_or_panics_costs_itself_only() {
    let (_folder, store, new) = open_with_turn().await;
    let panicked = store.readers.run::<()>(|_| panic!("on purpose")).await;
    assert!(panicked.is_err());
    let refused = store.readers.run(|connection| {
        connection.execute("DELETE FROM conversation", [])?;
        Ok(())
    });
    assert!(refused.await.is_err(), "a reader wrote");
    assert_eq!(store.messages(new.conversation.id).await.unwrap().len(), 2);
}

/// What stands in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_database_beside_which_nothing_can_be_written_is_read_with_its_latest_writes() {
    let (folder, store, new) = open_with_turn().await;
    // A name that would end an address early.
    let other = folder.path().join("100%25 sure? #1");
    std::fs::create_dir(&other).unwrap();
    let count = |path: &Path| -> u32 {
        let opened = read_only::open_unwritable(path, 1).unwrap().unwrap();
        let sql = "SELECT count(*) FROM message";
        opened
            .connection
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    };
    for file in [FILE, "tacet.db-wal"] {
        std::fs::copy(folder.path().join(file), other.join(file)).unwrap();
    }
    assert_eq!(count(&other.join(FILE)), 2, "what stood in the log only");
    assert_eq!(names(&other), [FILE, "tacet.db-wal"]);

    store
        .begin_turn(turn(&new.conversation, Some(new.answer.id)))
        .await
        .unwrap();
    drop(store);
    std::fs::remove_file(other.join("tacet.db-wal")).unwrap();
    std::fs::copy(folder.path().join(FILE), other.join(FILE)).unwrap();
    assert_eq!(count(&other.join(FILE)), 4);
    assert_eq!(names(&other), [FILE]);
}

/// The level of `PRAGMA synchronous` that was in force when a row was written, by the table.
async fn levels_of_writes(write: impl AsyncFnOnce(&crate::Store)) -> Vec<(String, u32)> {
    let (_folder, store) = open();
    store
        .run(|connection| {
            connection.execute_batch(
                "CREATE TEMP TABLE seen (what TEXT, level INTEGER);
                 CREATE TEMP TRIGGER inserted AFTER INSERT ON main.message BEGIN
                   INSERT INTO seen SELECT 'begin', synchronous FROM pragma_synchronous;
                 END;
                 CREATE TEMP TRIGGER updated AFTER UPDATE ON main.message BEGIN
                   INSERT INTO seen SELECT 'end', synchronous FROM pragma_synchronous;
                 END;
                 CREATE TEMP TRIGGER grown AFTER INSERT ON main.tail BEGIN
                   INSERT INTO seen SELECT 'checkpoint', synchronous FROM pragma_synchronous;
                 END;",
            )?;
            Ok(())
        })
        .await
        .unwrap();
    write(&store).await;
    store
        .run(|connection| {
            let mut seen = connection.prepare("SELECT what, level FROM seen")?;
            let seen = seen.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(seen.collect::<Result<_, _>>()?)
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn what_a_person_sent_and_how_an_answer_ended_outlive_a_power_cut() {
    const NORMAL: u32 = 1;
    const FULL: u32 = 2;
    let levels = levels_of_writes(async |store| {
        let mut new = turn(&conversation(), None);
        store.begin_turn(new.clone()).await.unwrap();
        checkpoint(store, &new, &mut Checkpointed::default(), &[text("so far")]).await;
        new.answer.state = MessageState::Complete;
        assert!(store.finish(new.answer).await.unwrap());
    });
    let expected = [
        ("begin", FULL),
        ("begin", FULL),
        ("checkpoint", NORMAL),
        ("end", FULL),
    ];
    let expected = expected.map(|(what, level)| (what.to_owned(), level));
    assert_eq!(levels.await, expected);
}

#[tokio::test]
async fn a_branch_is_handed_on_message_by_message_with_what_is_not_saved_of_it() {
    let (_folder, store, new) = open_with_turn().await;
    let mut end = new.answer.clone();
    end.state = MessageState::Interrupted;
    end.parts = vec![text("kept in memory")];
    store.hold(end.clone(), "The disk is full.".to_owned());
    let push = |all: &mut Vec<_>, message| all.push(message);
    let read = store.fold_branch(end.id, Vec::new(), push).await.unwrap();
    assert_eq!(read, store.branch(end.id).await.unwrap());
    assert_eq!(read.last(), Some(&end));
    assert_eq!(read.len(), 2);
    let unknown = tacet_conversation::MessageId::new();
    let none = store.fold_branch(unknown, Vec::new(), push).await.unwrap();
    assert_eq!(none, []);
}
