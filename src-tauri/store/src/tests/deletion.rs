//! What was deleted, once that cannot be undone any more.

use super::search::index;
use super::{checkpoint, conversation, conversations, open, text, turn};
use crate::{Checkpointed, NewTurn, Store, StoreError, UNDO_LIMIT};
use std::path::Path;
use std::sync::mpsc;
use tacet_conversation::{Conversation, ConversationId, MessageId, MessageState};

/// A conversation whose title and messages say this word, and were checkpointed on the way.
async fn tell(store: &Store, word: &str, turns: usize) -> ConversationId {
    let mut told = conversation();
    told.title = format!("{word} title");
    tell_below(store, &told, None, word, turns).await;
    told.id
}

/// The same below a message; answers the messages.
async fn tell_below(
    store: &Store,
    told: &Conversation,
    mut parent: Option<MessageId>,
    word: &str,
    turns: usize,
) -> Vec<MessageId> {
    let mut all = Vec::new();
    for number in 0..turns {
        let mut new: NewTurn = turn(told, parent);
        if let Some(question) = &mut new.user_message {
            question.parts = vec![text(&format!("{word} question {number}"))];
        }
        store.begin_turn(new.clone()).await.unwrap();
        let mut saved = Checkpointed::default();
        checkpoint(store, &new, &mut saved, &[text(&format!("{word} so far"))]).await;
        let mut answer = new.answer;
        answer.state = MessageState::Complete;
        // Of all sizes: in the page of its row, and on pages of its own.
        answer.parts = vec![text(&format!("{word} answer ").repeat(1 + number * number))];
        assert!(store.finish(answer.clone()).await.unwrap());
        parent = Some(answer.id);
        all.extend(new.user_message.map(|question| question.id));
        all.push(answer.id);
    }
    all
}

/// The files in a folder that have this word somewhere.
pub(super) fn files_with(folder: &Path, word: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        if bytes
            .windows(word.len())
            .any(|piece| piece == word.as_bytes())
        {
            found.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    found
}

async fn copy_as_older_format(store: &Store, folder: &Path) {
    let copy = folder.join("tacet.db.format-1");
    store
        .run(move |connection| {
            connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn what_was_deleted_is_in_no_file_once_it_cannot_be_undone() {
    let (folder, store) = open();
    let mut doomed = Vec::new();
    for _ in 0..6 {
        tell(&store, "harmless", 12).await;
        doomed.push(tell(&store, "SECRET", 12).await);
    }
    copy_as_older_format(&store, folder.path()).await;
    for (at, id) in (1_000..).zip(&doomed) {
        assert!(store.delete(*id, at).await.unwrap());
    }
    assert!(!files_with(folder.path(), "SECRET").is_empty());
    assert!(
        store.restore(doomed[5]).await.unwrap(),
        "it can be undone until then"
    );
    assert!(store.delete(doomed[5], 2_000).await.unwrap());

    store.purge_deleted(1_999).await.unwrap();
    assert!(!store.restore(doomed[0]).await.unwrap());
    assert!(
        store.restore(doomed[5]).await.unwrap(),
        "it was deleted later"
    );
    assert_eq!(store.messages(doomed[5]).await.unwrap().len(), 24);
    assert!(store.delete(doomed[5], 2_000).await.unwrap());

    store.purge_deleted(2_000).await.unwrap();
    assert_eq!(files_with(folder.path(), "SECRET"), Vec::<String>::new());
    assert_eq!(conversations(&store).await.len(), 6);
    let mut copy = files_with(folder.path(), "harmless");
    copy.sort();
    assert_eq!(copy, ["tacet.db", "tacet.db.format-1"]);
}

#[tokio::test]
async fn a_copy_that_is_damaged_does_not_keep_what_was_deleted() {
    let (folder, store) = open();
    let id = tell(&store, "SECRET", 2).await;
    let copy = folder.path().join("tacet.db.format-1");
    std::fs::write(&copy, "SECRET, and no database".repeat(100)).unwrap();
    assert!(store.delete(id, 1_000).await.unwrap());
    store.purge_deleted(1_000).await.unwrap();
    assert_eq!(files_with(folder.path(), "SECRET"), Vec::<String>::new());
}

#[tokio::test]
async fn a_copy_that_cannot_be_cleaned_is_told_and_cleaned_the_next_time() {
    let (folder, store) = open();
    let id = tell(&store, "SECRET", 2).await;
    copy_as_older_format(&store, folder.path()).await;
    let copy = folder.path().join("tacet.db.format-1");
    let aside = folder.path().join("aside");
    std::fs::rename(&copy, &aside).unwrap();
    std::fs::create_dir(&copy).unwrap();
    assert!(store.delete(id, 1_000).await.unwrap());
    let refused = store.purge_deleted(1_000).await;
    assert!(
        matches!(refused, Err(StoreError::Database(_))),
        "{refused:?}"
    );
    assert!(!store.restore(id).await.unwrap());

    std::fs::remove_dir(&copy).unwrap();
    std::fs::rename(&aside, &copy).unwrap();
    store.purge_deleted(1_000).await.unwrap();
    assert_eq!(files_with(folder.path(), "SECRET"), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn the_log_is_emptied_when_its_last_reader_has_gone_and_no_write_waits_for_that() {
    let (folder, store) = open();
    let id = tell(&store, "SECRET", 2).await;
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (release, held) = mpsc::channel::<()>();
    let mut reading = Box::pin(store.readers.run(move |connection| {
        let count = "SELECT count(*) FROM message";
        let count: u32 = connection.query_row(count, [], |row| row.get(0))?;
        begun.send(()).unwrap();
        held.recv().unwrap();
        Ok(count)
    }));
    assert!(futures::poll!(&mut reading).is_pending());
    has_begun.await.unwrap();
    assert!(store.delete(id, 1_000).await.unwrap());
    let purging = store.clone();
    let purge = tokio::spawn(async move { purging.purge_deleted(1_000).await });
    tell(&store, "harmless", 2).await;
    assert_ne!(files_with(folder.path(), "SECRET"), Vec::<String>::new());
    assert!(!purge.is_finished());
    release.send(()).unwrap();
    assert_eq!(reading.await.unwrap(), 4);
    purge.await.unwrap().unwrap();
    assert_eq!(files_with(folder.path(), "SECRET"), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_deletion_can_be_undone_for_as_long_as_it_is_said() {
    let (folder, store) = open();
    let id = tell(&store, "SECRET", 1).await;
    assert!(store.delete(id, 1_000).await.unwrap());
    let began = tokio::time::Instant::now();
    store.purge_after_undo(1_000).await.unwrap();
    assert!(began.elapsed() >= UNDO_LIMIT);
    assert_eq!(files_with(folder.path(), "SECRET"), Vec::<String>::new());
}

/// A conversation of two exchanges that say `harmless`, after the first of which there are branches,
/// one for each of these words.
async fn tell_branches(store: &Store, words: &[&str]) -> (Conversation, Vec<Vec<MessageId>>) {
    let told = conversation();
    let trunk = tell_below(store, &told, None, "harmless", 2).await;
    let mut branches = Vec::new();
    for word in words {
        branches.push(tell_below(store, &told, Some(trunk[1]), word, 3).await);
    }
    (told, branches)
}

async fn delete_branch(store: &Store, root: MessageId, at: i64) -> ConversationId {
    let deleted = store.delete_branch(root, at).await.unwrap();
    deleted.unwrap().branch_id
}

/// Whether every row has what it belongs to, and every conversation what it shows, in this file of the
/// folder.
fn is_sound(folder: &Path, file: &str) -> bool {
    let database = rusqlite::Connection::open(folder.join(file)).unwrap();
    let lost = [
        "PRAGMA foreign_key_check",
        "SELECT 1 FROM conversation WHERE head NOT IN (SELECT id FROM message)",
    ];
    let mut lost = lost.iter().map(|sql| database.prepare(sql).unwrap());
    lost.all(|mut statement| !statement.exists([]).unwrap())
}

#[tokio::test]
async fn a_branch_that_was_deleted_is_in_no_file_once_it_cannot_be_undone() {
    let (folder, store) = open();
    let (told, branches) = tell_branches(&store, &["SECRET", "harmless", "CONCEALED"]).await;
    index(&store).await;
    // The index has small letters.
    assert!(!files_with(folder.path(), "secret").is_empty());
    let copy = folder.path().join("tacet.db.format-1");
    copy_as_older_format(&store, folder.path()).await;
    let first = delete_branch(&store, branches[0][0], 1_000).await;
    let later = delete_branch(&store, branches[2][0], 2_000).await;
    // A copy of this format has them as branches that were deleted.
    std::fs::rename(&copy, folder.path().join("tacet.db.format-13")).unwrap();
    copy_as_older_format(&store, folder.path()).await;
    for file in ["tacet.db.format-1", "tacet.db.format-13"] {
        assert!(files_with(folder.path(), "SECRET").contains(&file.to_owned()));
    }
    store.purge_deleted(1_999).await.unwrap();
    for word in ["SECRET", "secret"] {
        assert_eq!(files_with(folder.path(), word), Vec::<String>::new());
    }
    assert_eq!(store.restore_branch(first).await.unwrap(), None);
    let restored = store.restore_branch(later).await.unwrap().unwrap();
    assert_eq!(restored.head, Some(branches[2][5]));
    assert_eq!(store.messages(told.id).await.unwrap().len(), 16);

    delete_branch(&store, branches[2][0], 2_000).await;
    store.purge_deleted(2_000).await.unwrap();
    for word in ["CONCEALED", "concealed"] {
        assert_eq!(files_with(folder.path(), word), Vec::<String>::new());
    }
    assert_eq!(store.messages(told.id).await.unwrap().len(), 10);
    let with = files_with(folder.path(), "harmless");
    for file in ["tacet.db", "tacet.db.format-1", "tacet.db.format-13"] {
        assert!(with.contains(&file.to_owned()), "{with:?}");
        assert!(is_sound(folder.path(), file), "{file}");
    }
}

#[tokio::test]
async fn what_is_gone_for_good_takes_the_deleted_branches_in_it_along_whatever_the_clock_said() {
    for times in [[1_000, 2_000, 3_000], [3_000, 2_000, 1_000]] {
        let (folder, store) = open();
        let (told, branches) = tell_branches(&store, &["SECRET", "SECRET"]).await;
        let within = tell_below(&store, &told, Some(branches[0][1]), "SECRET", 2).await;
        let inner = delete_branch(&store, within[0], times[0]).await;
        let outer = delete_branch(&store, branches[0][0], times[1]).await;
        let beside = delete_branch(&store, branches[1][0], times[1]).await;
        assert!(store.delete(told.id, times[2]).await.unwrap());
        copy_as_older_format(&store, folder.path()).await;
        store.purge_deleted(times[2]).await.unwrap();
        for branch in [inner, outer, beside] {
            assert_eq!(store.restore_branch(branch).await.unwrap(), None);
        }
        assert_eq!(files_with(folder.path(), "SECRET"), Vec::<String>::new());
        assert_eq!(files_with(folder.path(), "harmless"), Vec::<String>::new());
        for file in ["tacet.db", "tacet.db.format-1"] {
            assert!(is_sound(folder.path(), file), "{file}");
        }
    }
}

#[tokio::test]
async fn a_deleted_branch_takes_along_what_was_deleted_in_it_and_leaves_what_was_deleted_later() {
    let (folder, store) = open();
    let (told, branches) = tell_branches(&store, &["SECRET", "harmless"]).await;
    let within = tell_below(&store, &told, Some(branches[0][1]), "SECRET", 2).await;
    let inner = delete_branch(&store, within[0], 2_000).await;
    delete_branch(&store, branches[0][0], 1_000).await;
    let later = delete_branch(&store, branches[1][0], 2_000).await;
    store.purge_deleted(1_500).await.unwrap();
    assert_eq!(store.restore_branch(inner).await.unwrap(), None);
    assert_eq!(files_with(folder.path(), "SECRET"), Vec::<String>::new());
    assert!(store.restore_branch(later).await.unwrap().is_some());
    assert_eq!(store.messages(told.id).await.unwrap().len(), 10);
}

#[tokio::test]
async fn a_copy_that_cannot_be_cleaned_of_a_branch_is_cleaned_the_next_time() {
    let (folder, store) = open();
    let (told, branches) = tell_branches(&store, &["SECRET"]).await;
    copy_as_older_format(&store, folder.path()).await;
    let copy = folder.path().join("tacet.db.format-1");
    let aside = folder.path().join("aside");
    std::fs::rename(&copy, &aside).unwrap();
    std::fs::create_dir(&copy).unwrap();
    let branch = delete_branch(&store, branches[0][0], 1_000).await;
    assert!(store.purge_deleted(1_000).await.is_err());
    assert_eq!(store.restore_branch(branch).await.unwrap(), None);
    drop(store);

    std::fs::remove_dir(&copy).unwrap();
    std::fs::rename(&aside, &copy).unwrap();
    let store = Store::open(folder.path()).unwrap();
    store.mend_after_crash(2_000).await.unwrap();
    store.purge_deleted(2_000).await.unwrap();
    assert_eq!(files_with(folder.path(), "SECRET"), Vec::<String>::new());
    assert_eq!(store.messages(told.id).await.unwrap().len(), 4);
}

#[tokio::test]
async fn the_deletion_of_a_branch_cannot_be_undone_after_a_new_start() {
    let (folder, store) = open();
    let (told, branches) = tell_branches(&store, &["SECRET"]).await;
    let branch = delete_branch(&store, branches[0][0], 1_000).await;
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    store.mend_after_crash(500).await.unwrap();
    assert_eq!(store.restore_branch(branch).await.unwrap(), None);
    store.purge_deleted(500).await.unwrap();
    assert_eq!(files_with(folder.path(), "SECRET"), Vec::<String>::new());
    assert_eq!(store.messages(told.id).await.unwrap().len(), 4);
}
