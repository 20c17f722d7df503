//! Conversations that stand in the data folder before the app starts.

use std::path::Path;
use tacet_core::store::{Claim, NewTurn, Store};
use tacet_core::{
    Conversation, ConversationId, Filing, Message, MessageId, MessageState, Part, Role, TurnId, now,
};

/// Writes one conversation of whole exchanges, each a question and its answer, and gives the ids of
/// the answers.
pub async fn write_conversation(
    folder: &Path,
    title: &str,
    exchanges: impl IntoIterator<Item = (String, String)>,
) -> Vec<MessageId> {
    write_into(&Store::open(folder).unwrap(), title, exchanges).await
}

/// The same into a store that is open.
pub async fn write_into(
    store: &Store,
    title: &str,
    exchanges: impl IntoIterator<Item = (String, String)>,
) -> Vec<MessageId> {
    let conversation = conversation(title);
    let mut answers = Vec::new();
    for (question, answer) in exchanges {
        let mut new = turn(&conversation, answers.last().copied(), &question);
        new.answer.state = MessageState::Complete;
        new.answer.ended_at = Some(now());
        new.answer.parts = vec![Part::Text { text: answer }];
        answers.push(new.answer.id);
        store.begin_turn(new).await.unwrap();
    }
    answers
}

/// A new conversation.
pub fn conversation(title: &str) -> Conversation {
    Conversation {
        id: ConversationId::new(),
        title: title.to_owned(),
        created_at: now(),
        updated_at: now(),
        head: None,
        filing: Filing::default(),
    }
}

/// A turn in it that has just begun, below `parent`.
pub fn turn(conversation: &Conversation, parent: Option<MessageId>, question: &str) -> NewTurn {
    let turn_id = TurnId::new();
    let question = Message {
        conversation_id: conversation.id,
        parent_id: parent,
        turn_id: Some(turn_id),
        ..Message::from_user(question)
    };
    let answer = Message {
        conversation_id: conversation.id,
        parent_id: Some(question.id),
        turn_id: Some(turn_id),
        role: Role::Assistant,
        state: MessageState::Streaming,
        ended_at: None,
        parts: Vec::new(),
        ..Message::from_user("")
    };
    NewTurn {
        claim: Claim::default(),
        settings: None,
        conversation: conversation.clone(),
        user_message: Some(question),
        answer,
        turn_id,
    }
}
