//! Tests of the store on real files.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod blob;
mod branch;
mod damage;
mod deletion;
mod file;
mod filing;
mod indexing;
mod map;
mod page;
mod reading;
mod recovery;
mod relocation;
mod round_trip;
mod search;
mod settings;
mod task;
mod turn;
mod usage;

use crate::{Checkpointed, Claim, NewTurn, Store};
use tacet_conversation::{
    Conversation, ConversationId, Filing, Message, MessageId, MessageState, ModelRef, Part, Role,
    TurnId,
};
use tempfile::TempDir;

/// A store in a folder of its own.
fn open() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

/// The same with a turn that has begun.
async fn open_with_turn() -> (TempDir, Store, NewTurn) {
    let (folder, store) = open();
    let new = turn(&conversation(), None);
    store.begin_turn(new.clone()).await.unwrap();
    (folder, store, new)
}

fn conversation() -> Conversation {
    Conversation {
        id: ConversationId::new(),
        title: "Glaciers".to_owned(),
        created_at: 1_000,
        updated_at: 1_000,
        head: None,
        filing: Filing::default(),
    }
}

/// All that are listed.
async fn conversations(store: &Store) -> Vec<Conversation> {
    let (listed, more) = store.first_conversations(1_000).await.unwrap();
    assert!(!more);
    listed
}

fn text(text: &str) -> Part {
    Part::Text {
        text: text.to_owned(),
    }
}

fn message(conversation: ConversationId, role: Role, turn: TurnId) -> Message {
    Message {
        id: MessageId::new(),
        conversation_id: conversation,
        parent_id: None,
        turn_id: Some(turn),
        role,
        state: MessageState::Complete,
        cause: None,
        model: Some(ModelRef {
            provider: "embedded".to_owned(),
            model: "smol".to_owned(),
        }),
        parts: Vec::new(),
        finish_reason: None,
        usage: None,
        failed_attempts: Vec::new(),
        requests: Vec::new(),
        receipt: None,
        error: None,
        created_at: 1_001,
        ended_at: Some(1_001),
    }
}

/// A turn with a question after `parent` and an empty running answer.
fn turn(conversation: &Conversation, parent: Option<MessageId>) -> NewTurn {
    let turn_id = TurnId::new();
    let mut question = message(conversation.id, Role::User, turn_id);
    question.parent_id = parent;
    question.parts.push(text("What is a moraine?"));
    let mut answer = message(conversation.id, Role::Assistant, turn_id);
    answer.parent_id = Some(question.id);
    answer.state = MessageState::Streaming;
    answer.ended_at = None;
    NewTurn {
        conversation: conversation.clone(),
        settings: None,
        user_message: Some(question),
        answer,
        turn_id,
        claim: Claim::default(),
    }
}

async fn checkpoint(store: &Store, new: &NewTurn, saved: &mut Checkpointed, parts: &[Part]) {
    let pieces = saved.advance(parts);
    assert!(
        store
            .checkpoint(new.answer.id, new.turn_id, pieces)
            .await
            .unwrap()
    );
}
