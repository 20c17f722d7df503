//! Branches in pages.

use super::{conversation, message, open, turn};
use crate::{BranchPage, NewTurn, PageEnd, Store};
use tacet_conversation::{
    Attachment, Conversation, ConversationId, Message, MessageId, Part, Role, ServerTool, TurnId,
};

/// Asks `turns` questions, each after the answer before it, and gives the ids from `parent` on.
pub(super) async fn ask(
    store: &Store,
    to: &Conversation,
    parent: Option<MessageId>,
    turns: usize,
) -> Vec<MessageId> {
    let mut ids: Vec<MessageId> = Vec::new();
    for _ in 0..turns {
        let new = turn(to, ids.last().copied().or(parent));
        let question = new.user_message.as_ref().map(|question| question.id);
        ids.extend(question);
        ids.push(new.answer.id);
        store.begin_turn(new).await.unwrap();
    }
    ids
}

/// Answers a question once more.
pub(super) async fn retry(store: &Store, to: &Conversation, question: MessageId) -> MessageId {
    let turn_id = TurnId::new();
    let mut answer = message(to.id, Role::Assistant, turn_id);
    answer.parent_id = Some(question);
    let new = NewTurn {
        user_message: None,
        answer,
        turn_id,
        ..turn(to, None)
    };
    let id = new.answer.id;
    store.begin_turn(new).await.unwrap();
    id
}

async fn page(store: &Store, id: ConversationId, end: PageEnd, limit: u32) -> BranchPage {
    store.branch_page(id, end, limit).await.unwrap().unwrap()
}

fn ids(messages: &[Message]) -> Vec<MessageId> {
    messages.iter().map(|message| message.id).collect()
}

#[tokio::test]
async fn a_long_branch_is_read_page_by_page_from_its_end_to_its_root() {
    let (_folder, store) = open();
    let to = conversation();
    let all = ask(&store, &to, None, 10).await;
    let mut read = Vec::new();
    let mut end = PageEnd::Head;
    loop {
        let page = page(&store, to.id, end, 6).await;
        assert!(page.messages.len() <= 6);
        assert!(page.siblings.is_empty());
        end = PageEnd::Before(page.messages[0].id);
        let last = page.messages[0].parent_id.is_none();
        read.splice(0..0, page.messages);
        if last {
            break;
        }
    }
    assert_eq!(ids(&read), all);
    assert_eq!(read, store.branch(all[19]).await.unwrap());
    let between = async |before: usize, through: MessageId| {
        let before = all[before];
        let end = PageEnd::Between { before, through };
        ids(&page(&store, to.id, end, 6).await.messages)
    };
    assert_eq!(between(18, all[3]).await, all[3..18], "as far as it has to");
    assert_eq!(
        between(18, all[15]).await,
        all[12..18],
        "and a page at least"
    );
    assert_eq!(between(18, all[19]).await, all[12..18]);
    assert_eq!(between(0, all[3]).await, []);
    let above_the_root = page(&store, to.id, PageEnd::Before(all[0]), 6).await;
    assert_eq!(above_the_root, BranchPage::default());
}

#[tokio::test]
async fn a_page_knows_the_siblings_of_its_messages_and_leads_to_the_newest_leaf_below_each() {
    let (_folder, store) = open();
    let to = conversation();
    let first = ask(&store, &to, None, 3).await;
    let other = retry(&store, &to, first[2]).await;
    let below = ask(&store, &to, Some(other), 4).await;
    let another_root = ask(&store, &to, None, 1).await;

    let shown = page(&store, to.id, PageEnd::Through(first[2]), 4).await;
    let expected: Vec<_> = [first[2], other].into_iter().chain(below.clone()).collect();
    assert_eq!(
        ids(&shown.messages),
        expected,
        "back to the message, whatever the limit"
    );
    assert_eq!(shown.siblings.len(), 1);
    assert_eq!(shown.siblings[&other], [first[3], other]);

    let left = page(&store, to.id, PageEnd::Through(first[3]), 60).await;
    assert_eq!(ids(&left.messages), first);
    assert_eq!(left.siblings[&first[3]], [first[3], other]);
    assert_eq!(left.siblings[&first[0]], [first[0], another_root[0]]);
    assert_eq!(left.siblings.len(), 2);

    assert!(store.set_head(to.id, below[1]).await.unwrap());
    let headed = page(&store, to.id, PageEnd::Head, 2).await;
    assert_eq!(ids(&headed.messages), below[..2]);
}

#[tokio::test]
async fn there_is_no_page_of_what_is_not_there() {
    let (_folder, store) = open();
    let to = conversation();
    let here = ask(&store, &to, None, 1).await;
    let elsewhere = conversation();
    ask(&store, &elsewhere, None, 1).await;
    let none = async |id, end| store.branch_page(id, end, 6).await.unwrap().is_none();
    assert!(none(ConversationId::new(), PageEnd::Head).await);
    for strange in [MessageId::new(), here[0]] {
        assert!(none(elsewhere.id, PageEnd::Before(strange)).await);
        assert!(none(elsewhere.id, PageEnd::Through(strange)).await);
    }
    assert!(store.delete(to.id, 1).await.unwrap());
    assert!(none(to.id, PageEnd::Head).await);
    assert!(none(to.id, PageEnd::Through(here[0])).await);
}

#[tokio::test]
async fn messages_are_there_as_long_as_their_conversation_is() {
    let (_folder, store) = open();
    let (to, other) = (conversation(), conversation());
    let here = ask(&store, &to, None, 1).await;
    let elsewhere = ask(&store, &other, None, 1).await;
    let asked = vec![here[1], MessageId::new(), elsewhere[0]];
    let there = store.those_there(asked.clone()).await.unwrap();
    assert_eq!(there, [here[1], elsewhere[0]].into());
    assert!(store.delete(other.id, 1).await.unwrap());
    assert_eq!(store.those_there(asked).await.unwrap(), [here[1]].into());
}

#[tokio::test]
async fn words_are_found_above_a_page_on_its_branch_alone() {
    let (_folder, store) = open();
    let to = conversation();
    let all = ask(&store, &to, None, 3).await;
    retry(&store, &to, all[0]).await;
    let above = async |before: MessageId, words: &str| {
        let found = store.find_above(to.id, before, words.to_owned()).await;
        let found = found.unwrap().into_iter();
        let place = |it: crate::FoundAbove| (it.message_id, it.part, it.in_name, it.count);
        found.map(place).collect::<Vec<_>>()
    };
    let asked = |place: usize| (all[place], 0, false, 1);
    assert_eq!(
        above(all[5], "MORAINE").await,
        [asked(0), asked(2), asked(4)]
    );
    assert_eq!(above(all[2], "moraine?").await, [asked(0)]);
    // `a` stands in `What`, by itself, and in `moraine`.
    assert_eq!(above(all[1], "a").await, [(all[0], 0, false, 3)]);
    assert_eq!(above(all[0], "moraine").await, []);
    assert_eq!(above(all[5], " ").await, []);
    assert_eq!(above(MessageId::new(), "moraine").await, []);
}

#[tokio::test]
async fn words_are_found_above_a_page_in_names_and_texts_and_not_in_the_bytes_of_files() {
    let (_folder, store) = open();
    let to = conversation();
    let file = |name: &str, text: &str, base64| {
        Part::Attachment(Attachment {
            name: name.to_owned(),
            media_type: "text/plain".to_owned(),
            text: text.into(),
            base64,
            ..Attachment::default()
        })
    };
    let mut new = turn(&to, None);
    let question = new.user_message.as_mut().unwrap();
    question.parts = vec![
        file("Aare.png", "aareaare", true),
        file("Täler.txt", "Die AARE.", false),
        Part::ServerTool(ServerTool {
            name: "aare".to_owned(),
            input: String::new(),
            seal: None,
        }),
    ];
    let id = question.id;
    let before = new.answer.id;
    store.begin_turn(new).await.unwrap();
    let found = async |words: &str| {
        let found = store.find_above(to.id, before, words.to_owned()).await;
        let place = |it: crate::FoundAbove| (it.message_id, it.part, it.in_name, it.count);
        found.unwrap().into_iter().map(place).collect::<Vec<_>>()
    };
    assert_eq!(found("aare").await, [(id, 0, true, 1), (id, 1, false, 1)]);
    assert_eq!(found("TALER").await, [(id, 1, true, 1)]);
}
