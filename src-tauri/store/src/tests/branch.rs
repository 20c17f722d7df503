//! Branches that were deleted, and brought back.

use super::search::{index, messages};
use super::{checkpoint, conversation, open, text, turn};
use crate::{Checkpointed, Grouping, NewTurn, PageEnd, Store, StoreError, recovery};
use tacet_conversation::{
    Cause, Conversation, ConversationId, Message, MessageId, MessageState, TextTally, TurnId, Usage,
};
use tempfile::TempDir;

/// A question below `parent`, with an answer that has ended; both say this word.
async fn say(
    store: &Store,
    to: &Conversation,
    parent: Option<MessageId>,
    word: &str,
) -> [MessageId; 2] {
    let mut new = turn(to, parent);
    let question = new.user_message.as_mut().unwrap();
    question.parts = vec![text(&format!("{word} question"))];
    let ids = [question.id, new.answer.id];
    store.begin_turn(new.clone()).await.unwrap();
    finish(store, new.answer, word).await;
    ids
}

async fn finish(store: &Store, mut answer: Message, word: &str) {
    answer.state = MessageState::Complete;
    answer.ended_at = Some(2_000);
    answer.parts = vec![text(&format!("{word} answer"))];
    answer.usage = Some(Usage::estimated(&TextTally::of(word), "smol"));
    assert!(store.finish(answer).await.unwrap());
}

/// Answers a question once more, and does not end.
async fn begin_retry(store: &Store, to: &Conversation, question: MessageId) -> NewTurn {
    let mut new = turn(to, None);
    new.user_message = None;
    new.turn_id = TurnId::new();
    new.answer.turn_id = Some(new.turn_id);
    new.answer.parent_id = Some(question);
    store.begin_turn(new.clone()).await.unwrap();
    new
}

async fn retry(store: &Store, to: &Conversation, question: MessageId, word: &str) -> MessageId {
    let new = begin_retry(store, to, question).await;
    let id = new.answer.id;
    finish(store, new.answer, word).await;
    id
}

/// A conversation with three answers to its first question. Below the second, which is shown, is
/// another question, with two answers itself.
struct Forked {
    folder: TempDir,
    store: Store,
    to: Conversation,
    question: MessageId,
    /// The three.
    answers: [MessageId; 3],
    below: MessageId,
    /// The two.
    inner: [MessageId; 2],
}

impl Forked {
    async fn new() -> Self {
        let (folder, store) = open();
        let to = conversation();
        let [question, first] = say(&store, &to, None, "drumlin").await;
        let second = retry(&store, &to, question, "esker").await;
        let third = retry(&store, &to, question, "kame").await;
        let [below, one] = say(&store, &to, Some(second), "moraine").await;
        let other = retry(&store, &to, below, "sandur").await;
        Self {
            folder,
            store,
            to,
            question,
            answers: [first, second, third],
            below,
            inner: [one, other],
        }
    }

    fn export(&self) -> String {
        let mut out = Vec::new();
        let mut reader = self.store.reader().unwrap();
        assert!(reader.export_one(self.to.id, &mut out).unwrap().is_some());
        String::from_utf8(out).unwrap()
    }

    async fn head(&self) -> Option<MessageId> {
        let found = self.store.conversation(self.to.id).await.unwrap();
        found.unwrap().head
    }

    async fn ids(&self) -> Vec<MessageId> {
        let all = self.store.messages(self.to.id).await.unwrap();
        all.iter().map(|message| message.id).collect()
    }

    /// Deletes the branch of a message; answers by what it is brought back.
    async fn delete(&self, root: MessageId, at: i64) -> ConversationId {
        let deleted = self.store.delete_branch(root, at).await.unwrap().unwrap();
        assert_eq!(self.head().await, Some(deleted.head));
        deleted.branch_id
    }

    async fn restore(&self, branch: ConversationId) -> Option<MessageId> {
        self.store
            .restore_branch(branch)
            .await
            .unwrap()
            .unwrap()
            .head
    }

    /// The siblings of the first answer.
    async fn shown_answers(&self) -> Vec<MessageId> {
        let end = PageEnd::Through(self.question);
        let page = self.store.branch_page(self.to.id, end, 60).await.unwrap();
        let page = page.unwrap();
        let first = page.messages[1].id;
        page.siblings.get(&first).cloned().unwrap_or(vec![first])
    }
}

#[tokio::test]
async fn a_deleted_branch_is_nowhere_and_comes_back_as_it_was() {
    let forked = Forked::new().await;
    let (store, [first, second, third]) = (&forked.store, forked.answers);
    let before = forked.export();
    let deleted = store.delete_branch(second, 1_000).await.unwrap().unwrap();
    let gone = [second, forked.below, forked.inner[0], forked.inner[1]];
    assert_eq!(deleted.messages, gone);
    assert_eq!(deleted.head, first, "the branch before it");
    assert_eq!(forked.head().await, Some(first));
    assert_eq!(forked.ids().await, [forked.question, first, third]);
    assert_eq!(forked.shown_answers().await, [first, third]);
    for id in gone {
        assert_eq!(store.message(id).await.unwrap(), None);
        assert_eq!(store.branch(id).await.unwrap(), []);
        assert!(!forked.export().contains(&id.to_string()));
        for end in [PageEnd::Through(id), PageEnd::Before(id)] {
            let page = store.branch_page(forked.to.id, end, 9).await.unwrap();
            assert_eq!(page, None);
        }
        let words = "question".to_owned();
        let above = store.find_above(forked.to.id, id, words).await.unwrap();
        assert_eq!(above, []);
        assert!(!store.set_head(forked.to.id, id).await.unwrap());
        assert!(!store.leave_out(id, 0, true).await.unwrap());
        assert_eq!(store.branch_from(id).await.unwrap(), []);
        assert_eq!(store.delete_branch(id, 1_000).await.unwrap(), None);
    }
    for word in ["esker", "moraine", "sandur"] {
        assert_eq!(messages(store, word).await, [], "{word}");
    }
    let totals = store.usage_totals(Grouping::Conversation).unwrap();
    assert_eq!(totals.len(), 1);
    assert_eq!(totals[0].others.answers, 2);

    assert_eq!(
        forked.restore(deleted.branch_id).await,
        Some(forked.inner[1])
    );
    assert_eq!(forked.export(), before);
    assert_eq!(forked.shown_answers().await, forked.answers);
    assert_eq!(messages(store, "sandur").await, [forked.inner[1]]);
    assert_eq!(store.restore_branch(deleted.branch_id).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_shown_after_a_deletion_is_beside_it_at_its_newest_leaf() {
    let forked = Forked::new().await;
    let [first, second, third] = forked.answers;
    // Another branch is shown, and stays.
    forked.delete(first, 1_000).await;
    assert_eq!(forked.head().await, Some(forked.inner[1]));
    assert!(forked.store.set_head(forked.to.id, third).await.unwrap());
    let last = forked.delete(third, 1_000).await;
    assert_eq!(forked.head().await, Some(forked.inner[1]), "before it");
    forked.restore(last).await;
    assert!(
        forked
            .store
            .set_head(forked.to.id, forked.below)
            .await
            .unwrap()
    );
    forked.delete(second, 1_000).await;
    assert_eq!(forked.head().await, Some(third), "after it");
}

#[tokio::test]
async fn the_newest_leaf_is_none_that_was_deleted() {
    let forked = Forked::new().await;
    let [first, second, _] = forked.answers;
    let [one, other] = forked.inner;
    forked.delete(other, 1_000).await;
    assert_eq!(forked.head().await, Some(one));
    assert!(forked.store.set_head(forked.to.id, first).await.unwrap());
    let page = PageEnd::Through(second);
    let page = forked.store.branch_page(forked.to.id, page, 9).await;
    let page = page.unwrap().unwrap();
    assert_eq!(page.messages.last().unwrap().id, one);
    assert_eq!(page.siblings.get(&one), None);
}

#[tokio::test]
async fn only_one_of_several_branches_can_be_deleted_the_first_messages_among_them() {
    let forked = Forked::new().await;
    let store = &forked.store;
    let before = forked.export();
    for alone in [forked.question, forked.below] {
        let refused = store.delete_branch(alone, 1_000).await;
        assert!(
            matches!(refused, Err(StoreError::OnlyBranch)),
            "{refused:?}"
        );
        let refused = store.branch_from(alone).await;
        assert!(
            matches!(refused, Err(StoreError::OnlyBranch)),
            "{refused:?}"
        );
    }
    assert_eq!(forked.export(), before);
    let unknown = store.delete_branch(MessageId::new(), 1_000).await.unwrap();
    assert_eq!(unknown, None);

    let [other_root, answer] = say(store, &forked.to, None, "arete").await;
    let before = forked.export();
    assert_eq!(
        store.branch_from(other_root).await.unwrap(),
        [other_root, answer]
    );
    let branch = forked.delete(forked.question, 1_000).await;
    assert_eq!(forked.ids().await, [other_root, answer]);
    assert_eq!(forked.head().await, Some(answer));
    // No other conversation's first message is beside it.
    say(store, &conversation(), None, "cirque").await;
    let refused = store.delete_branch(other_root, 1_000).await;
    assert!(
        matches!(refused, Err(StoreError::OnlyBranch)),
        "{refused:?}"
    );
    forked.restore(branch).await;
    assert_eq!(
        forked.head().await,
        Some(forked.answers[2]),
        "its newest leaf"
    );
    assert!(store.set_head(forked.to.id, answer).await.unwrap());
    assert_eq!(forked.export(), before);
}

#[tokio::test]
async fn deletions_within_each_other_are_undone_in_any_order() {
    for inner_first in [true, false] {
        let forked = Forked::new().await;
        let before = forked.export();
        let inner = forked.delete(forked.inner[1], 1_000).await;
        let outer = forked.delete(forked.answers[1], 2_000).await;
        if inner_first {
            assert_eq!(
                forked.restore(inner).await,
                None,
                "it is in what is deleted"
            );
            assert_eq!(forked.ids().await.len(), 3);
            assert_eq!(forked.restore(outer).await, Some(forked.inner[0]));
        } else {
            assert_eq!(forked.restore(outer).await, Some(forked.inner[0]));
            assert_eq!(forked.ids().await.len(), 6);
            assert_eq!(forked.restore(inner).await, Some(forked.inner[1]));
        }
        let shown = forked.inner[1];
        assert!(forked.store.set_head(forked.to.id, shown).await.unwrap());
        assert_eq!(forked.export(), before);
    }
}

#[tokio::test]
async fn a_conversation_that_comes_back_has_its_deletions_within_it_to_undo() {
    let forked = Forked::new().await;
    let before = forked.export();
    let branch = forked.delete(forked.answers[1], 1_000).await;
    assert!(forked.store.delete(forked.to.id, 2_000).await.unwrap());
    assert_eq!(forked.restore(branch).await, None, "nothing of it is shown");
    assert!(forked.store.restore(forked.to.id).await.unwrap());
    assert!(
        forked
            .store
            .set_head(forked.to.id, forked.inner[1])
            .await
            .unwrap()
    );
    assert_eq!(forked.export(), before);

    let branch = forked.delete(forked.answers[1], 1_000).await;
    assert!(!forked.store.restore(branch).await.unwrap(), "it is none");
    assert!(forked.store.delete(forked.to.id, 2_000).await.unwrap());
    assert!(forked.store.restore(forked.to.id).await.unwrap());
    assert_eq!(forked.restore(branch).await, Some(forked.inner[1]));
    assert_eq!(forked.export(), before);
}

#[tokio::test]
async fn c05_what_runs_in_a_deleted_branch_ends_and_what_runs_elsewhere_goes_on() {
    let forked = Forked::new().await;
    let (store, to) = (&forked.store, &forked.to);
    let inside = begin_retry(store, to, forked.below).await;
    let unsaved = begin_retry(store, to, forked.below).await;
    let elsewhere = begin_retry(store, to, forked.question).await;
    let unsaved_elsewhere = begin_retry(store, to, forked.question).await;
    for new in [&inside, &elsewhere] {
        let said = [text("So far")];
        checkpoint(store, new, &mut Checkpointed::default(), &said).await;
    }
    let end = |new: &NewTurn| Message {
        state: MessageState::Complete,
        ended_at: Some(3_000),
        parts: vec![text("All of it")],
        ..new.answer.clone()
    };
    for new in [&unsaved, &unsaved_elsewhere] {
        store.hold(end(new), "The disk is full.".to_owned());
    }
    let branch = forked.delete(forked.answers[1], 4_000).await;
    let [still_unsaved] = store.unsaved(to.id).try_into().unwrap();
    assert_eq!(still_unsaved.message_id, unsaved_elsewhere.answer.id);
    let late = Checkpointed::default().advance(&[text("Too late")]);
    let id = inside.answer.id;
    let written = store.checkpoint(id, inside.turn_id, late.clone());
    assert!(!written.await.unwrap());
    assert!(!store.finish(end(&inside)).await.unwrap());
    let (id, turn_id) = (elsewhere.answer.id, elsewhere.turn_id);
    assert!(store.checkpoint(id, turn_id, late).await.unwrap());
    assert!(store.finish(end(&elsewhere)).await.unwrap());

    forked.restore(branch).await;
    let stopped = store.message(inside.answer.id).await.unwrap().unwrap();
    assert_eq!(stopped.state, MessageState::Interrupted);
    assert_eq!(stopped.cause, Some(Cause::User));
    assert_eq!(stopped.text(), "So far");
    let saved = store.message(unsaved.answer.id).await.unwrap().unwrap();
    assert_eq!(saved.state, MessageState::Complete);
    assert_eq!(saved.text(), "All of it");
}

#[tokio::test]
async fn c05_nothing_is_added_to_a_deleted_branch() {
    let forked = Forked::new().await;
    let branch = forked.delete(forked.answers[1], 1_000).await;
    let before = forked.export();
    for parent in [forked.answers[1], forked.inner[0]] {
        let begun = forked.store.begin_turn(turn(&forked.to, Some(parent)));
        let refused = begun.await;
        assert!(
            matches!(refused, Err(StoreError::BranchDeleted)),
            "{refused:?}"
        );
    }
    assert_eq!(forked.export(), before);
    forked.restore(branch).await;
    let new = turn(&forked.to, Some(forked.inner[0]));
    forked.store.begin_turn(new).await.unwrap();
}

#[tokio::test]
async fn the_index_needs_no_look_at_what_only_moved() {
    let forked = Forked::new().await;
    index(&forked.store).await;
    let stamp = async || {
        let read = forked.store.readers.run(|connection| {
            let stamp = "SELECT stamp FROM message_stamp";
            Ok(connection.query_row(stamp, [], |row| row.get::<_, i64>(0))?)
        });
        read.await.unwrap()
    };
    let before = stamp().await;
    let branch = forked.delete(forked.answers[1], 1_000).await;
    assert_eq!(messages(&forked.store, "moraine").await, []);
    forked.restore(branch).await;
    assert_eq!(messages(&forked.store, "moraine").await.len(), 2);
    assert_eq!(stamp().await, before);
    let branch = forked.delete(forked.answers[1], 1_000).await;
    forked.store.purge_deleted(1_000).await.unwrap();
    assert_ne!(stamp().await, before);
    assert_eq!(forked.store.restore_branch(branch).await.unwrap(), None);
    assert_eq!(messages(&forked.store, "moraine").await, []);
}

#[tokio::test]
async fn a_deleted_branch_that_is_not_known_as_one_any_more_is_recovered_as_a_conversation() {
    let forked = Forked::new().await;
    let branch = forked.delete(forked.answers[1], 1_000).await;
    let lose = move |connection: &mut rusqlite::Connection| {
        connection.pragma_update(None, "foreign_keys", false)?;
        connection.execute("DELETE FROM conversation WHERE id = ?1", [branch])?;
        Ok(())
    };
    forked.store.run(lose).await.unwrap();
    let Forked {
        folder,
        store,
        to,
        answers,
        ..
    } = forked;
    drop(store);
    let recovered = recovery::recover(folder.path()).unwrap();
    assert!(!recovered.is_whole);
    assert_eq!(recovered.conversations, 2);
    let store = Store::open(folder.path()).unwrap();
    let found = store.conversation(branch).await.unwrap().unwrap();
    assert_eq!(found.title, "Recovered conversation");
    let messages = store.messages(branch).await.unwrap();
    assert_eq!(messages.len(), 4);
    assert_eq!((messages[0].id, messages[0].parent_id), (answers[1], None));
    assert_eq!(store.messages(to.id).await.unwrap().len(), 3);
}
