//! When the index is compared with the conversations, and when it is believed.

use super::open;
use super::search::{answered, find, index, messages};
use crate::{SEARCH_FILE, Store};
use std::path::Path;

/// The messages that the index has, by their numbers.
fn indexed(folder: &Path) -> Vec<i64> {
    let index = rusqlite::Connection::open(folder.join(SEARCH_FILE)).unwrap();
    let mut numbers = index
        .prepare("SELECT seq FROM indexed ORDER BY seq")
        .unwrap();
    let numbers = numbers.query_map([], |row| row.get(0)).unwrap();
    numbers.map(Result::unwrap).collect()
}

/// Keeps the index, and returns when it has `number`.
fn index_to(store: &Store, folder: &Path, number: i64) {
    store.keep_index();
    while !indexed(folder).contains(&number) {
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn the_index_is_compared_at_a_start_only_where_something_was_removed_or_replaced() {
    let (folder, store) = open();
    let first = answered(&store, "A drumlin.").await;
    let second = answered(&store, "An esker.").await;
    index(&store).await;
    drop(store);
    assert_eq!(indexed(folder.path()), [1, 2, 3, 4]);
    // Whoever compares finds it missing.
    let take_out = || {
        rusqlite::Connection::open(folder.path().join(SEARCH_FILE))
            .unwrap()
            .execute("DELETE FROM indexed WHERE seq = 3", [])
            .unwrap()
    };
    take_out();
    let store = Store::open(folder.path()).unwrap();
    let third = answered(&store, "A kame.").await;
    index_to(&store, folder.path(), 6);
    assert_eq!(indexed(folder.path()), [1, 2, 4, 5, 6]);
    drop(store);

    // By somebody else, who keeps no index.
    let store = Store::open(folder.path()).unwrap();
    assert!(store.delete(first.conversation_id, 1).await.unwrap());
    store.purge_deleted(1).await.unwrap();
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    index_to(&store, folder.path(), 3);
    store.purge_index().await.unwrap();
    assert_eq!(indexed(folder.path()), [3, 4, 5, 6]);
    assert_eq!(messages(&store, "drumlin").await, []);
    assert_eq!(messages(&store, "esker").await, [second.id]);
    assert_eq!(messages(&store, "kame").await, [third.id]);
}

#[tokio::test]
async fn the_index_of_later_messages_than_those_of_a_copy_is_not_believed() {
    let (folder, store) = open();
    answered(&store, "A drumlin.").await;
    index(&store).await;
    let copy = folder.path().join("copy.db");
    Store::back_up(folder.path(), &copy, &mut |_| {}).unwrap();
    answered(&store, "An esker.").await;
    index(&store).await;
    drop(store);
    let database = folder.path().join(crate::FILE);
    for suffix in ["-wal", "-shm"] {
        drop(std::fs::remove_file(crate::file::beside(&database, suffix)));
    }
    std::fs::rename(copy, database).unwrap();
    let store = Store::open(folder.path()).unwrap();
    // It has the number that the esker had.
    let kame = answered(&store, "A kame.").await;
    store.keep_index();
    while find(&store, "kame").await.indexing.is_some() {
        std::thread::yield_now();
    }
    assert_eq!(messages(&store, "kame").await, [kame.id]);
    assert_eq!(messages(&store, "esker").await, []);
}
