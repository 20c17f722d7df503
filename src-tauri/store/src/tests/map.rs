//! The map of a conversation.

use super::page::{ask, retry};
use super::{checkpoint, conversation, message, open, open_with_turn, text, turn};
use crate::{Checkpointed, Stretch, map, message as table};
use tacet_conversation::{
    Attachment, Cause, Conversation, ConversationId, Message, MessageId, MessageState, Part, Role,
    ToolCall, TurnId,
};

/// What tells stretches apart: where each forks off, its length, and its ends.
type Shape = (Option<u32>, u32, MessageId, Option<MessageId>);

fn shapes(map: &[Stretch]) -> Vec<Shape> {
    let shape = |one: &Stretch| {
        let last = one.last.as_ref().map(|last| last.id);
        (one.above, one.messages, one.first.id, last)
    };
    map.iter().map(shape).collect()
}

#[tokio::test]
async fn a_chain_is_one_stretch_and_forks_are_mapped_in_the_order_of_their_making() {
    let (_folder, store) = open();
    let to = conversation();
    let first = ask(&store, &to, None, 3).await;
    let map = async || store.map(to.id).await.unwrap().unwrap();
    let alone = (None, 6, first[0], Some(first[5]));
    assert_eq!(shapes(&map().await), [alone]);

    // A fork after three messages, one below its second branch, and another beginning.
    let other = retry(&store, &to, first[2]).await;
    let below = ask(&store, &to, Some(other), 2).await;
    let inner = retry(&store, &to, below[2]).await;
    let root = ask(&store, &to, None, 1).await;
    let expected = [
        (None, 3, first[0], Some(first[2])),
        (Some(0), 3, first[3], Some(first[5])),
        (Some(0), 4, other, Some(below[2])),
        (Some(2), 1, below[3], None),
        (Some(2), 1, inner, None),
        (None, 2, root[0], Some(root[1])),
    ];
    assert_eq!(shapes(&map().await), expected);
}

#[tokio::test]
async fn there_is_no_map_of_what_is_not_there_and_an_empty_one_of_an_empty_conversation() {
    let (_folder, store) = open();
    let to = conversation();
    ask(&store, &to, None, 1).await;
    assert_eq!(store.map(ConversationId::new()).await.unwrap(), None);
    assert!(store.delete(to.id, 1).await.unwrap());
    assert_eq!(store.map(to.id).await.unwrap(), None);
}

#[tokio::test]
async fn a_deleted_branch_is_on_no_map_until_it_comes_back() {
    let (_folder, store) = open();
    let to = conversation();
    let first = ask(&store, &to, None, 1).await;
    let other = retry(&store, &to, first[0]).await;
    let below = ask(&store, &to, Some(other), 1).await;
    let map = async || shapes(&store.map(to.id).await.unwrap().unwrap());
    let whole = [
        (None, 1, first[0], None),
        (Some(0), 1, first[1], None),
        (Some(0), 3, other, Some(below[1])),
    ];
    assert_eq!(map().await, whole);
    let deleted = store.delete_branch(other, 1).await.unwrap().unwrap();
    assert_eq!(map().await, [(None, 2, first[0], Some(first[1]))]);
    assert_eq!(store.map(deleted.branch_id).await.unwrap(), None);
    store.restore_branch(deleted.branch_id).await.unwrap();
    assert_eq!(map().await, whole);
}

#[tokio::test]
async fn a_message_is_mapped_with_its_first_words_its_end_and_its_model() {
    let (_folder, store, new) = open_with_turn().await;
    let map = async || store.map(new.conversation.id).await.unwrap().unwrap();
    let parts = [text(" \n"), text("Half of an answer")];
    checkpoint(&store, &new, &mut Checkpointed::default(), &parts).await;
    let [only] = &map().await[..] else { panic!() };
    assert_eq!(only.first.role, Role::User);
    assert_eq!(only.first.excerpt, "What is a moraine?");
    let last = only.last.as_ref().unwrap();
    assert_eq!(last.state, MessageState::Streaming);
    assert_eq!(last.excerpt, "Half of an answer");
    assert_eq!(last.model, new.answer.model);
    assert_eq!(last.created_at, new.answer.created_at);

    let mut end = new.answer.clone();
    end.state = MessageState::Interrupted;
    end.cause = Some(Cause::User);
    end.parts = vec![text(&"ö".repeat(500))];
    // Not written yet, and shown all the same.
    store.hold(end.clone(), "The disk is full.".to_owned());
    for _ in 0..2 {
        let last = map().await.remove(0).last.unwrap();
        assert_eq!(last.state, MessageState::Interrupted);
        assert_eq!(last.cause, Some(Cause::User));
        assert_eq!(last.excerpt, "ö".repeat(120));
        assert!(store.finish(end.clone()).await.is_ok());
        store.release(end.id);
    }
}

#[tokio::test]
async fn a_message_without_text_is_mapped_by_the_name_of_its_file_or_tool() {
    let (_folder, store) = open();
    let to = conversation();
    let mut new = turn(&to, None);
    let file = Attachment {
        name: "glacier.png".to_owned(),
        text: "AAAA".into(),
        base64: true,
        ..Attachment::default()
    };
    new.user_message.as_mut().unwrap().parts = vec![Part::Attachment(file)];
    new.answer.parts = vec![Part::ToolCall(ToolCall {
        call_id: "1".to_owned(),
        name: "read_file".to_owned(),
        arguments: "{}".to_owned(),
        state: tacet_conversation::ToolCallState::Running,
        seal: None,
    })];
    store.begin_turn(new).await.unwrap();
    let [only] = &store.map(to.id).await.unwrap().unwrap()[..] else {
        panic!()
    };
    assert_eq!(only.first.excerpt, "glacier.png");
    assert_eq!(only.last.as_ref().unwrap().excerpt, "read_file");
}

/// Has the store write messages of `to`, each below the one that `parent` gives by its place.
async fn write(
    store: &crate::Store,
    to: &Conversation,
    count: usize,
    parent: impl Fn(usize) -> Option<usize>,
) -> Vec<MessageId> {
    ask(store, to, None, 1).await;
    let mut messages: Vec<Message> = Vec::with_capacity(count);
    for place in 0..count {
        let mut one = message(to.id, Role::User, TurnId::new());
        one.parent_id = parent(place).map(|above| messages[above].id);
        messages.push(one);
    }
    let ids = messages.iter().map(|one| one.id).collect();
    let written = store.run(move |connection| {
        let transaction = connection.transaction()?;
        for one in &messages {
            table::insert(&transaction, one)?;
        }
        Ok(transaction.commit()?)
    });
    written.await.unwrap();
    ids
}

#[tokio::test]
async fn a_conversation_of_ten_thousand_messages_in_a_row_is_two_stretches() {
    let (_folder, store) = open();
    let to = conversation();
    let ids = write(&store, &to, 10_000, |place| place.checked_sub(1)).await;
    let map = store.map(to.id).await.unwrap().unwrap();
    assert_eq!(map.len(), 2);
    let row = (None, 10_000, ids[0], ids.last().copied());
    assert_eq!(shapes(&map)[1], row);
}

#[tokio::test]
async fn forks_within_each_other_are_mapped_however_many_there_are() {
    let (_folder, store) = open();
    let to = conversation();
    // Each even place goes on with the next two, of which the odd one is the end of a branch.
    let parent = |place: usize| match place {
        0 => None,
        odd if odd % 2 == 1 => Some(odd - 1),
        even => Some(even - 2),
    };
    let ids = write(&store, &to, 10_001, parent).await;
    let map = store.map(to.id).await.unwrap().unwrap();
    assert_eq!(map.len(), 10_002);
    let inmost = map.last().unwrap();
    assert_eq!(inmost.first.id, ids[10_000]);
    let mut forks = 0;
    let mut at = inmost;
    while let Some(above) = at.above {
        at = &map[above as usize];
        forks += 1;
    }
    assert_eq!(forks, 5_000);
    assert_eq!(at.first.id, ids[0]);
}

#[tokio::test]
async fn the_messages_of_a_map_are_found_by_their_indices() {
    let (_folder, store) = open();
    let to = conversation();
    ask(&store, &to, None, 1).await;
    let plan = store.readers.run(|connection| {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", map::TREE))?;
        let rows = statement.query_map(["x"], |row| row.get("detail"))?;
        Ok(rows.collect::<Result<Vec<String>, _>>()?)
    });
    assert_eq!(
        plan.await.unwrap(),
        ["SEARCH message USING INDEX message_conversation (conversation_id=?)"]
    );
}
