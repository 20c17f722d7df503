use super::{checkpoint, conversation, open, open_with_turn, text, turn};
use crate::schema::{self, Migration};
use crate::{Checkpointed, FILE, Store, StoreError};
use rusqlite::Connection;
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};
use tacet_conversation::{Message, MessageState, Role, TurnId};

const SHORT: Duration = Duration::from_millis(50);

fn export(folder: &Path) -> Value {
    let mut out = Vec::new();
    Store::open_read_only(folder)
        .unwrap()
        .export(&mut out)
        .unwrap();
    serde_json::from_slice(&out).unwrap()
}

/// The format that this program writes.
fn newest() -> u32 {
    let steps = schema::migrations();
    steps.iter().map(|step| step.version).max().unwrap()
}

#[tokio::test]
async fn a_newer_database_is_refused_and_left_as_it_is() {
    let (folder, store) = open();
    drop(store);
    let path = folder.path().join(FILE);
    let newer = Connection::open(&path).unwrap();
    newer
        .pragma_update(None, "user_version", newest() + 1)
        .unwrap();
    newer.close().unwrap();
    let before = std::fs::read(&path).unwrap();

    let refused = Store::open(folder.path()).unwrap_err();
    assert!(matches!(
        refused,
        StoreError::Newer {
            found,
            known,
            ..
        } if known == newest() && found == known + 1
    ));
    let words = refused.to_string();
    assert!(words.contains("Nothing was changed"), "{words}");
    assert!(words.contains(&path.display().to_string()), "{words}");
    assert!(matches!(
        Store::open_read_only(folder.path()),
        Err(StoreError::Newer { .. })
    ));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_copy_is_made_before_an_older_database_is_brought_up_to_date() {
    let (folder, store) = open();
    let conversation = conversation();
    store.begin_turn(turn(&conversation, None)).await.unwrap();
    drop(store);
    let next = Migration {
        version: newest() + 1,
        sql: "ALTER TABLE conversation ADD COLUMN starred INTEGER NOT NULL DEFAULT 0;",
    };
    let mut steps = schema::migrations();
    steps.push(&next);

    let migrated = schema::open(folder.path(), SHORT, &steps).unwrap();
    let pinned: i64 = migrated
        .query_row("SELECT starred FROM conversation", [], |row| row.get(0))
        .unwrap();
    assert_eq!(pinned, 0);
    let copy = folder.path().join(format!("tacet.db.format-{}", newest()));
    let copy = Connection::open(copy).unwrap();
    let title: String = copy
        .query_row("SELECT title FROM conversation", [], |row| row.get(0))
        .unwrap();
    assert_eq!(title, conversation.title);
    assert!(copy.prepare("SELECT starred FROM conversation").is_err());
    let version: u32 = copy
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, newest());
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_database_as_it_was() {
    let (folder, store) = open();
    drop(store);
    let broken = Migration {
        version: newest() + 1,
        sql: "ALTER TABLE conversation ADD COLUMN starred INTEGER; SELECT nonsense;",
    };
    let mut steps = schema::migrations();
    steps.push(&broken);
    assert!(schema::open(folder.path(), SHORT, &steps).is_err());
    assert!(Store::open(folder.path()).is_ok());
}

#[tokio::test]
async fn a_file_that_is_no_database_of_ours_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    let junk = b"Dear diary, this is not a database at all.".repeat(40);
    std::fs::write(&path, &junk).unwrap();
    let refused = Store::open(folder.path()).unwrap_err();
    assert!(
        matches!(refused, StoreError::NotADatabase { .. }),
        "{refused}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), junk);

    std::fs::remove_file(&path).unwrap();
    let foreign = Connection::open(&path).unwrap();
    foreign.execute_batch("CREATE TABLE recipes (id)").unwrap();
    drop(foreign);
    let refused = Store::open(folder.path()).unwrap_err();
    assert!(matches!(refused, StoreError::NotADatabase { .. }));
}

#[tokio::test]
async fn a_database_that_was_emptied_is_told_and_left_as_it_is() {
    let (folder, store) = open();
    store.begin_turn(turn(&conversation(), None)).await.unwrap();
    drop(store);
    let path = folder.path().join(FILE);
    std::fs::write(&path, "").unwrap();
    let refused = Store::open(folder.path()).unwrap_err();
    assert!(matches!(refused, StoreError::Emptied { .. }), "{refused}");
    let words = refused.to_string();
    assert!(words.contains("Nothing was changed"), "{words}");
    assert!(words.contains(&path.display().to_string()), "{words}");
    let reading = Store::open_read_only(folder.path());
    assert!(matches!(reading, Err(StoreError::Emptied { .. })));
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);

    // Moved away, it is a wish to begin anew.
    std::fs::remove_file(&path).unwrap();
    assert_eq!(export(folder.path())["conversations"], Value::Array(vec![]));
    assert!(Store::open(folder.path()).is_ok());
}

#[tokio::test]
async fn what_was_written_last_is_not_thrown_away_with_an_emptied_database() {
    let (folder, store, _) = open_with_turn().await;
    let wal = std::fs::read(folder.path().join("tacet.db-wal")).unwrap();
    drop(store);
    for emptied in [true, false] {
        let other = tempfile::tempdir().unwrap();
        let other_wal = other.path().join("tacet.db-wal");
        std::fs::write(&other_wal, &wal).unwrap();
        if emptied {
            std::fs::write(other.path().join(FILE), "").unwrap();
        }
        let refused = Store::open(other.path()).unwrap_err();
        assert!(matches!(refused, StoreError::Emptied { .. }), "{refused}");
        assert_eq!(std::fs::read(&other_wal).unwrap(), wal);
    }
}

#[tokio::test]
async fn an_emptied_database_beside_an_older_copy_is_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(FILE), "").unwrap();
    assert!(
        Store::open(folder.path()).is_ok(),
        "a first start that was cut off is one"
    );

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(FILE), "").unwrap();
    std::fs::write(folder.path().join("tacet.db.format-1"), "a copy").unwrap();
    let refused = Store::open(folder.path()).unwrap_err();
    assert!(matches!(refused, StoreError::Emptied { .. }), "{refused}");
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_but_the_owner_can_read_the_database_or_what_belongs_to_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("data");
    std::fs::create_dir(&folder).unwrap();
    let modes = || {
        let entries = std::fs::read_dir(&folder).unwrap();
        let files = entries.map(|entry| entry.unwrap().path());
        let mut modes: Vec<_> = files.chain([folder.clone()]).collect();
        modes.sort();
        let mode = |path: &std::path::PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let mode = std::fs::metadata(path).unwrap().permissions().mode();
            (name, mode & 0o7777)
        };
        modes.iter().map(mode).collect::<Vec<_>>()
    };
    let expected = [
        ("data", 0o700),
        (FILE, 0o600),
        ("tacet.db-shm", 0o600),
        ("tacet.db-wal", 0o600),
        ("tacet.db.created", 0o600),
        ("tacet.db.format-1", 0o600),
    ]
    .map(|(name, mode)| (name.to_owned(), mode));
    let store = Store::open(&folder).unwrap();
    store.begin_turn(turn(&conversation(), None)).await.unwrap();
    std::fs::write(folder.join("tacet.db.format-1"), "").unwrap();
    drop(store);
    for (name, _) in modes() {
        let open = std::fs::Permissions::from_mode(if name == "data" { 0o755 } else { 0o644 });
        let path = if name == "data" {
            folder.clone()
        } else {
            folder.join(name)
        };
        std::fs::set_permissions(path, open).unwrap();
    }

    let store = Store::open(&folder).unwrap();
    store.begin_turn(turn(&conversation(), None)).await.unwrap();
    assert_eq!(modes(), expected);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    std::fs::write(&file, "").unwrap();
    let refused = Store::open(&file.join("data")).unwrap_err();
    assert!(matches!(refused, StoreError::Folder { .. }));
    assert!(refused.to_string().contains("a file"), "{refused}");
}

#[tokio::test]
async fn a_locked_database_is_an_error_in_words() {
    let (folder, store) = open();
    drop(store);
    let other = Connection::open(folder.path().join(FILE)).unwrap();
    other
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;")
        .unwrap();
    let refused = schema::open(folder.path(), SHORT, &schema::migrations()).unwrap_err();
    assert!(matches!(refused, StoreError::Locked), "{refused:?}");
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_what_was_saved_stays() {
    let (_folder, store, new) = open_with_turn().await;
    let mut saved = Checkpointed::default();
    checkpoint(&store, &new, &mut saved, &[text("kept")]).await;
    let limit = |pages: u32| {
        store.run(move |connection| {
            connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
            Ok(())
        })
    };
    limit(1).await.unwrap();

    let long = [text(&format!("kept{}", " and more".repeat(20_000)))];
    let pieces = saved.advance(&long);
    let refused = store.checkpoint(new.answer.id, new.turn_id, pieces).await;
    assert!(matches!(refused, Err(StoreError::DiskFull)), "{refused:?}");
    let stored = store.messages(new.conversation.id).await.unwrap();
    assert_eq!(stored[1].parts, [text("kept")]);

    limit(1_000_000).await.unwrap();
    checkpoint(&store, &new, &mut Checkpointed::default(), &long).await;
    let stored = store.messages(new.conversation.id).await.unwrap();
    assert_eq!(stored[1].parts, long);
}

#[tokio::test]
async fn a_folder_without_a_database_exports_an_empty_list() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere");
    let empty = serde_json::json!({"version": 1, "conversations": []});
    assert_eq!(export(&nowhere), empty);
    assert!(!nowhere.exists(), "reading made a folder");
    drop(Store::open(folder.path()).unwrap());
    assert_eq!(export(folder.path()), empty);
}

#[tokio::test]
async fn the_export_has_every_message_while_the_app_is_writing() {
    let (folder, store) = open();
    let (shown, deleted) = (conversation(), conversation());
    let new = turn(&shown, None);
    store.begin_turn(new.clone()).await.unwrap();
    store.begin_turn(turn(&deleted, None)).await.unwrap();
    store.delete(deleted.id, 3_000).await.unwrap();
    let mut saved = Checkpointed::default();
    checkpoint(&store, &new, &mut saved, &[text("so far")]).await;

    let mut own = Vec::new();
    store.export(&mut own).unwrap();
    let exported = export(folder.path());
    assert_eq!(serde_json::from_slice::<Value>(&own).unwrap(), exported);
    let conversations = exported["conversations"].as_array().unwrap();
    assert_eq!(conversations.len(), 1);
    assert_eq!(conversations[0]["title"], "Glaciers");
    assert_eq!(conversations[0]["updatedAt"], 1_001);
    let messages: Vec<Message> =
        serde_json::from_value(conversations[0]["messages"].clone()).unwrap();
    assert_eq!(messages, store.messages(shown.id).await.unwrap());
    assert_eq!(messages[1].parts, [text("so far")]);
    assert_eq!(messages[1].state, MessageState::Streaming);
}

#[tokio::test]
async fn a_long_conversation_is_read_at_once_and_a_branch_leaves_its_siblings_out() {
    let (_folder, store) = open();
    let conversation = conversation();
    let mut chain = Vec::new();
    let mut sibling = None;
    for index in 0..1_000 {
        let mut new = turn(&conversation, chain.last().map(|last: &Message| last.id));
        new.answer.state = MessageState::Complete;
        new.answer.parts = vec![text(&format!("Answer {index}."))];
        if index == 500 {
            let mut retry = super::message(conversation.id, Role::Assistant, TurnId::new());
            retry.parent_id = new.answer.parent_id;
            sibling = Some(retry);
        }
        chain.extend(new.user_message.clone());
        chain.push(new.answer.clone());
        store.begin_turn(new).await.unwrap();
    }
    let sibling = sibling.unwrap();
    let mut retry = turn(&conversation, None);
    retry.user_message = None;
    retry.turn_id = sibling.turn_id.unwrap();
    retry.answer = sibling.clone();
    store.begin_turn(retry).await.unwrap();

    let began = Instant::now();
    let all = store.messages(conversation.id).await.unwrap();
    let took = began.elapsed();
    assert_eq!(all[..2_000], chain);
    assert_eq!(all[2_000], sibling);
    // Two queries take some 20 ms in a debug build; the limit only catches a change of kind.
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(store.branch(chain[1_999].id).await.unwrap(), chain);
    let branch = store.branch(sibling.id).await.unwrap();
    assert_eq!(branch[..1_001], chain[..1_001]);
    assert_eq!(branch[1_001..], std::slice::from_ref(&sibling)[..]);

    assert!(store.set_head(conversation.id, chain[9].id).await.unwrap());
    let foreign = tacet_conversation::MessageId::new();
    assert!(!store.set_head(conversation.id, foreign).await.unwrap());
    let shown = store.conversation(conversation.id).await.unwrap().unwrap();
    assert_eq!(shown.head, Some(chain[9].id));
}
