//! Taking conversations in that come from a file: an export of Tacet, or what was made of another
//! app's. What is known already is brought up to date, and nothing is doubled.

use super::conversation::{self, Presence};
use super::message::{self, Loaded};
use super::{Store, StoreError, branch, durability, receipt, request};
use rusqlite::Connection;
use tacet_conversation::{
    Cause, Conversation, ConversationId, ConversationSettings, Message, MessageId, MessageState,
    Part,
};

/// What the store has of a conversation that is to be taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Nothing. It is not shown until it is here as a whole.
    New,
    /// It is here, or was deleted and is here again.
    Known,
    /// It is just being removed for good.
    Leaving,
}

/// What became of messages that were taken in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// They were not here.
    pub added: u64,
    /// They were here and took the content of the file.
    pub changed: u64,
    /// They came after a message that is in neither, and stand at the beginning now.
    pub uprooted: u64,
    /// Another conversation has a message of the same id; they were left out.
    pub left_out: u64,
}

impl Store {
    /// Begins to take a conversation in. Its messages follow, then [`Store::end_import`].
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn begin_import(&self, conversation: Conversation) -> Result<Arrival, StoreError> {
        self.run(move |connection| begin(connection, &conversation))
            .await
    }

    /// Takes messages in, each after its parent. One that is here takes the content of the file where
    /// that is as new as what is here (`conversation` is as the file has it), and does not run.
    ///
    /// # Errors
    /// When the database cannot be read or written; none of these messages was taken in then.
    pub async fn import_messages(
        &self,
        conversation: Conversation,
        messages: Vec<Message>,
    ) -> Result<Taken, StoreError> {
        let taken = self.run(move |connection| {
            durability::relaxed(connection, |connection| {
                take_in(connection, &conversation, &messages)
            })
        });
        let (taken, changed) = taken.await?;
        if !changed.is_empty() {
            self.index_anew(changed);
        }
        Ok(taken)
    }

    /// Ends what [`Store::begin_import`] began: a new conversation is shown, one that is known takes
    /// title, branch and settings, where there are some, of a file that is as new. Answers whether anything changed.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn end_import(
        &self,
        conversation: Conversation,
        settings: Option<ConversationSettings>,
    ) -> Result<bool, StoreError> {
        let ended = self.run(move |connection| end(connection, &conversation, settings.as_ref()));
        let changed = ended.await?;
        self.index_soon();
        Ok(changed)
    }

    /// Gives up a new conversation that did not arrive as a whole.
    ///
    /// # Errors
    /// When the database cannot be written; it is removed at the next start then.
    pub async fn abandon_import(&self, id: ConversationId) -> Result<(), StoreError> {
        self.run(move |connection| conversation::abandon(connection, id))
            .await
    }
}

fn begin(connection: &mut Connection, new: &Conversation) -> Result<Arrival, StoreError> {
    let transaction = connection.transaction()?;
    let arrival = match conversation::presence(&transaction, new.id)? {
        Presence::Absent => {
            conversation::insert_hidden(&transaction, new)?;
            Arrival::New
        }
        Presence::Present => Arrival::Known,
        Presence::Deleted if conversation::is_arriving(&transaction, new.id)? => Arrival::New,
        Presence::Deleted if conversation::restore(&transaction, new.id)? => Arrival::Known,
        Presence::Deleted => Arrival::Leaving,
    };
    transaction.commit()?;
    Ok(arrival)
}

/// Answers also which messages have other content now.
fn take_in(
    connection: &mut Connection,
    conversation: &Conversation,
    messages: &[Message],
) -> Result<(Taken, Vec<MessageId>), StoreError> {
    let transaction = connection.transaction()?;
    let (mut taken, mut changed) = (Taken::default(), Vec::new());
    let here = conversation::updated_at(&transaction, conversation.id)?;
    let is_newer = here.is_some_and(|here| conversation.updated_at >= here);
    for message in messages {
        let message = ended(message, conversation.id);
        let place = match conversation::of_message(&transaction, message.id)? {
            // What was deleted with its branch comes back with it.
            Some(place) if place != conversation.id => {
                let back = branch::reclaim(&transaction, conversation.id, message.id)?;
                taken.added += u64::try_from(back).unwrap_or(u64::MAX);
                conversation::of_message(&transaction, message.id)?
            }
            place => place,
        };
        match place {
            None => {
                taken.added += 1;
                taken.uprooted += u64::from(insert(&transaction, message)?);
            }
            Some(place) if place != conversation.id => taken.left_out += 1,
            Some(_) => {
                let known = message::one(&transaction, message.id)?;
                let may_change = |known: &Loaded| {
                    is_newer
                        && known.message.state != MessageState::Streaming
                        && (known.is_damaged || !is_same(&known.message, &message))
                };
                if known.as_ref().is_some_and(may_change) {
                    replace(&transaction, &message)?;
                    changed.push(message.id);
                    taken.changed += 1;
                }
            }
        }
    }
    transaction.commit()?;
    Ok((taken, changed))
}

/// The message as it is kept: one that was being written when the file was made has ended.
fn ended(message: &Message, conversation: ConversationId) -> Message {
    let mut message = message.clone();
    message.conversation_id = conversation;
    if message.state == MessageState::Streaming {
        message.state = MessageState::Interrupted;
        message.cause = Some(Cause::Crash);
        message.ended_at = Some(message.created_at);
    }
    for part in &mut message.parts {
        match part {
            Part::ToolCall(call) => call.state = call.state.when_interrupted(),
            Part::ToolResult(result) => result.state = result.state.when_interrupted(),
            Part::Text { .. }
            | Part::Reasoning(_)
            | Part::Attachment(_)
            | Part::Citations { .. }
            | Part::ServerTool(_) => {}
        }
    }
    message
}

/// Whether all that can be changed is the same.
fn is_same(known: &Message, message: &Message) -> bool {
    let other = Message {
        parent_id: known.parent_id,
        turn_id: known.turn_id,
        role: known.role,
        created_at: known.created_at,
        ..message.clone()
    };
    *known == other
}

/// The message, where there is such a one in that conversation.
fn within(
    connection: &Connection,
    conversation: ConversationId,
    id: Option<MessageId>,
) -> Result<Option<MessageId>, StoreError> {
    let place = id
        .map(|id| conversation::of_message(connection, id))
        .transpose()?
        .flatten();
    Ok(id.filter(|_| place == Some(conversation)))
}

/// Answers whether its parent is missing.
fn insert(connection: &Connection, mut message: Message) -> Result<bool, StoreError> {
    let parent = within(connection, message.conversation_id, message.parent_id)?;
    let uprooted = parent.is_none() && message.parent_id.is_some();
    message.parent_id = parent;
    message::insert(connection, &message)?;
    receipt::put(connection, &message)?;
    Ok(uprooted)
}

fn replace(connection: &Connection, message: &Message) -> Result<(), StoreError> {
    request::remove_all(connection, message.id)?;
    message::settle(connection, message)?;
    receipt::put(connection, message)
}

fn end(
    connection: &mut Connection,
    conversation: &Conversation,
    settings: Option<&ConversationSettings>,
) -> Result<bool, StoreError> {
    let transaction = connection.transaction()?;
    let head = match within(&transaction, conversation.id, conversation.head)? {
        None => message::newest(&transaction, conversation.id)?,
        head => head,
    };
    let arrived = Conversation {
        head,
        ..conversation.clone()
    };
    let mut changed = conversation::arrive(&transaction, &arrived)?
        || conversation::bring_up_to_date(&transaction, &arrived)?;
    let here = conversation::updated_at(&transaction, conversation.id)?;
    if let Some(settings) = settings
        && here.is_some_and(|here| here <= conversation.updated_at)
        && conversation::settings(&transaction, conversation.id)?.as_ref() != Some(settings)
    {
        changed |= conversation::set_settings(&transaction, conversation.id, settings)?;
    }
    transaction.commit()?;
    Ok(changed)
}
