use super::{conversation, conversations, open, text, turn};
use crate::recovery::{self, Recovered, RecoveryError, copies, recover, restore, set_aside};
use crate::schema::{self, Migration};
use crate::{FILE, Store, StoreError};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::path::Path;
use tacet_conversation::{Message, MessageState};
use tempfile::TempDir;

const PAGE: usize = 4096;

/// The texts of all messages, and whether the database is as a healthy one.
async fn texts(folder: &Path) -> BTreeSet<String> {
    let store = Store::open(folder).unwrap();
    let mut texts = BTreeSet::new();
    for conversation in conversations(&store).await {
        let messages = store.messages(conversation.id).await.unwrap();
        assert!(messages.is_empty() || conversation.head.is_some());
        texts.extend(messages.iter().map(Message::text));
    }
    drop(store);
    let database = Connection::open(folder.join(FILE)).unwrap();
    let sound: String = database
        .pragma_query_value(None, "quick_check", |row| row.get(0))
        .unwrap();
    assert_eq!(sound, "ok");
    let lost = database
        .prepare("PRAGMA foreign_key_check")
        .unwrap()
        .exists([])
        .unwrap();
    assert!(!lost, "a row without what it belongs to");
    texts
}

/// A folder with 20 conversations of two exchanges each, and their texts.
async fn full() -> (TempDir, BTreeSet<String>) {
    let (folder, store) = open();
    for number in 0..20 {
        let conversation = conversation();
        let mut parent = None;
        for exchange in 0..2 {
            let mut new = turn(&conversation, parent);
            let words = format!("Answer {number}.{exchange}. ");
            new.user_message.as_mut().unwrap().parts =
                vec![text(&format!("Question {number}.{exchange}"))];
            new.answer.state = MessageState::Complete;
            // Of different lengths, up to some pages each.
            new.answer.parts = vec![text(&words.repeat(1 + 60 * (number % 7) * (number % 3)))];
            parent = Some(new.answer.id);
            store.begin_turn(new).await.unwrap();
        }
    }
    drop(store);
    let all = texts(folder.path()).await;
    assert_eq!(all.len(), 80);
    (folder, all)
}

/// The same folder with these bytes as its database, and nothing of SQLite's beside it.
fn damaged(bytes: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(FILE), bytes).unwrap();
    folder
}

fn files(folder: &Path) -> BTreeSet<String> {
    let names = std::fs::read_dir(folder).unwrap().flatten();
    names
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

#[tokio::test]
async fn whichever_page_is_lost_the_rest_is_recovered_and_the_file_is_kept() {
    let (folder, all) = full().await;
    let bytes = std::fs::read(folder.path().join(FILE)).unwrap();
    let pages = bytes.len() / PAGE;
    assert!(pages > 40, "{pages}");
    let mut kept = Vec::new();
    for page in 0..pages {
        let mut broken = bytes.clone();
        broken[page * PAGE..(page + 1) * PAGE].fill(0xa5);
        let folder = damaged(&broken);
        let recovered = recover(folder.path()).unwrap();
        assert_eq!(
            std::fs::read(&recovered.kept_as).unwrap(),
            broken,
            "page {page}"
        );
        let found = texts(folder.path()).await;
        let is_all = found == all;
        assert!(is_all || !recovered.is_whole, "page {page} is lost unsaid");
        kept.push(found.intersection(&all).count());
        assert!(!files(folder.path()).contains("tacet.db.recovery"));
    }
    // A lost index costs nothing, a lost page of text what stood there.
    let least = kept.iter().min().unwrap();
    assert!(*least >= 20, "{kept:?}");
    let average = kept.iter().sum::<usize>() / kept.len();
    assert!(average >= 75, "{kept:?}");
}

/// What comes of a recovery, which has to come to an end whatever is in the file.
fn recover_in_time(folder: &Path, what: &str) -> Result<Recovered, RecoveryError> {
    let (done, ended) = std::sync::mpsc::channel();
    let place = folder.to_owned();
    std::thread::spawn(move || done.send(recover(&place)));
    let recovered = ended.recv_timeout(std::time::Duration::from_secs(60));
    recovered.unwrap_or_else(|_| panic!("{what}: it does not end"))
}

#[tokio::test]
async fn a_file_that_was_cut_off_keeps_what_stands_before_the_cut() {
    let (folder, all) = full().await;
    let bytes = std::fs::read(folder.path().join(FILE)).unwrap();
    // Half of so small a file are tables that have no row.
    for (share, least) in [(90, 60), (75, 10)] {
        let folder = damaged(&bytes[..bytes.len() * share / 100]);
        assert!(Store::open(folder.path()).is_err());
        let recovered = recover_in_time(folder.path(), &format!("{share} %")).unwrap();
        assert!(!recovered.is_whole);
        let found = texts(folder.path()).await;
        let kept = found.intersection(&all).count();
        assert!(kept >= least, "{share} %: {kept}");
    }
}

#[tokio::test]
async fn wherever_a_file_was_cut_off_its_recovery_ends() {
    let (folder, all) = full().await;
    let bytes = std::fs::read(folder.path().join(FILE)).unwrap();
    let mut most = 0;
    for pages in 1..bytes.len() / PAGE {
        let folder = damaged(&bytes[..pages * PAGE]);
        match recover_in_time(folder.path(), &format!("{pages} pages")) {
            Ok(recovered) => {
                assert!(!recovered.is_whole, "{pages} pages");
                let kept = texts(folder.path()).await.intersection(&all).count();
                most = most.max(kept);
            }
            Err(RecoveryError::Nothing { .. }) => {}
            Err(other) => panic!("{pages} pages: {other}"),
        }
    }
    assert!(most >= 70, "{most}");
}

#[tokio::test]
async fn what_nothing_can_be_read_from_is_left_as_it_is() {
    for bytes in [Vec::new(), b"Dear diary. ".repeat(999), vec![0; 64 * PAGE]] {
        let folder = damaged(&bytes);
        let refused = recover(folder.path()).unwrap_err();
        assert!(
            matches!(refused, RecoveryError::Nothing { .. }),
            "{refused}"
        );
        assert_eq!(std::fs::read(folder.path().join(FILE)).unwrap(), bytes);
        assert_eq!(files(folder.path()), [FILE.to_owned()].into());
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(FILE)).unwrap();
    assert!(matches!(
        recover(folder.path()),
        Err(RecoveryError::Nothing { .. })
    ));
}

#[tokio::test]
async fn a_healthy_database_is_recovered_whole_with_its_latest_writes() {
    let (folder, all) = full().await;
    // Another connection keeps the log of writes from being taken in at the end.
    let reader = Connection::open(folder.path().join(FILE)).unwrap();
    reader
        .execute_batch("BEGIN; SELECT * FROM message")
        .unwrap();
    let store = Store::open(folder.path()).unwrap();
    let mut new = turn(&conversation(), None);
    new.user_message.as_mut().unwrap().parts = vec![text("The newest")];
    new.answer.state = MessageState::Complete;
    store.begin_turn(new).await.unwrap();
    let copy = tempfile::tempdir().unwrap();
    for name in files(folder.path()) {
        std::fs::copy(folder.path().join(&name), copy.path().join(&name)).unwrap();
    }
    let recovered = recover(copy.path()).unwrap();
    assert!(recovered.is_whole);
    assert_eq!((recovered.conversations, recovered.messages), (21, 82));
    let found = texts(copy.path()).await;
    assert!(found.is_superset(&all) && found.contains("The newest"));
}

#[tokio::test]
async fn a_copy_from_before_a_newer_format_is_listed_and_put_in_place() {
    let (folder, all) = full().await;
    let next = Migration {
        version: schema::newest(&schema::migrations()) + 1,
        sql: "ALTER TABLE conversation ADD COLUMN starred INTEGER NOT NULL DEFAULT 0;",
    };
    let mut steps = schema::migrations();
    steps.push(&next);
    drop(schema::open(folder.path(), schema::PATIENCE, &steps).unwrap());
    assert!(matches!(
        Store::open(folder.path()),
        Err(StoreError::Newer { .. })
    ));
    std::fs::write(folder.path().join("tacet.db.notes"), "mine").unwrap();

    let found = copies(folder.path());
    let [copy] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(copy.conversations, 20);
    assert!(copy.modified > 0);
    let kept = restore(folder.path(), &copy.name).unwrap().unwrap();
    assert_eq!(texts(folder.path()).await, all);
    assert!(folder.path().join(&copy.name).exists());
    let newer = Connection::open(kept).unwrap();
    assert!(newer.prepare("SELECT starred FROM conversation").is_ok());
    let unknown = restore(folder.path(), "../elsewhere").unwrap_err();
    assert!(matches!(unknown, RecoveryError::NoSuchCopy { .. }));
}

#[tokio::test]
async fn what_is_put_aside_is_never_overwritten() {
    let (folder, _) = full().await;
    let first = set_aside(folder.path()).unwrap().unwrap();
    assert!(texts(folder.path()).await.is_empty());
    let second = set_aside(folder.path()).unwrap().unwrap();
    assert_ne!(first, second);
    assert_eq!(set_aside(folder.path()).unwrap(), None);
    assert_eq!(
        recovery::copies(folder.path()).len(),
        1,
        "an empty one is no help"
    );
}
