//! The writes of a turn: each belongs to one turn, and none is accepted late (rule C05).

use super::conversation::{self, Presence};
use super::message::{self, Loaded, Selection};
use super::tail::Checkpoint;
use super::{StoreError, durability, part, request, tail, task};
use rusqlite::{Connection, OptionalExtension};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tacet_conversation::{
    Cause, Conversation, ConversationId, ConversationSettings, Message, MessageId, MessageState,
    Millis, Part, RequestRecord, TextTally, TurnId, Usage,
};

/// What a turn writes before its first network byte.
#[derive(Clone, Debug)]
pub struct NewTurn {
    /// The conversation; inserted if it is absent, else only its head and time are moved on.
    pub conversation: Conversation,
    /// How the conversation is answered from now on; absent where that stays as it is.
    pub settings: Option<ConversationSettings>,
    /// The person's message, where the turn begins with one.
    pub user_message: Option<Message>,
    /// The answer: `streaming`, and empty so far. It becomes the conversation's head.
    pub answer: Message,
    /// The turn; both messages carry it.
    pub turn_id: TurnId,
    /// Whether it is to be written at all: it is claimed right before the commit.
    pub claim: Claim,
}

/// Settles between a write that is under way and somebody who does not want to wait for it any
/// longer: whoever takes it first has it. Clones are the same claim.
#[derive(Clone, Debug, Default)]
pub struct Claim(Arc<AtomicBool>);

impl Claim {
    /// Takes it; `false` when it was taken before.
    #[must_use]
    pub fn take(&self) -> bool {
        !self.0.swap(true, Ordering::SeqCst)
    }
}

/// Whether a turn is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is, and was written.
    New,
    /// Its claim was taken by somebody else; nothing was written.
    GivenUp,
    /// The same turn was begun before; nothing was written.
    AlreadyThere {
        /// The answer that it was begun with.
        answer: MessageId,
    },
}

/// The message that answers in a turn.
pub(super) fn answer_of(
    connection: &Connection,
    turn: TurnId,
) -> Result<Option<MessageId>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT id FROM message WHERE turn_id = ?1 AND role = 'assistant'")?
        .query_row([turn], |row| row.get(0))
        .optional()?)
}

pub(super) fn begin(connection: &mut Connection, new: &NewTurn) -> Result<Begun, StoreError> {
    let transaction = connection.transaction()?;
    let id = new.conversation.id;
    match conversation::presence(&transaction, id)? {
        Presence::Deleted => return Err(StoreError::ConversationDeleted),
        Presence::Absent => conversation::insert(&transaction, &new.conversation)?,
        Presence::Present => {}
    }
    if let Some(answer) = answer_of(&transaction, new.turn_id)? {
        return Ok(Begun::AlreadyThere { answer });
    }
    let first = new.user_message.as_ref().unwrap_or(&new.answer);
    if let Some(parent) = first.parent_id
        && conversation::of_message(&transaction, parent)?.is_some_and(|of| of != id)
    {
        return Err(StoreError::BranchDeleted);
    }
    if let Some(user_message) = &new.user_message {
        message::insert(&transaction, user_message)?;
    }
    message::insert(&transaction, &new.answer)?;
    if let Some(settings) = &new.settings {
        conversation::set_settings(&transaction, id, settings)?;
    }
    conversation::extend(&transaction, id, new.answer.id, new.answer.created_at)?;
    if !new.claim.take() {
        return Ok(Begun::GivenUp);
    }
    transaction.commit()?;
    Ok(Begun::New)
}

pub(super) fn checkpoint(
    connection: &mut Connection,
    answer: MessageId,
    turn: TurnId,
    new: &Checkpoint,
) -> Result<bool, StoreError> {
    durability::relaxed(connection, |connection| {
        let transaction = connection.transaction()?;
        if !is_running(&transaction, answer, Some(turn))? {
            return is_known(&transaction, answer).map(|()| false);
        }
        if new.whole {
            tail::remove_all(&transaction, answer)?;
            part::remove_all(&transaction, answer)?;
        }
        for checkpoint in &new.parts {
            part::upsert_head(&transaction, answer, checkpoint.ordinal, &checkpoint.part)?;
            tail::append(&transaction, answer, checkpoint)?;
        }
        request::upsert_all(&transaction, answer, &new.requests)?;
        transaction.commit()?;
        Ok(true)
    })
}

pub(super) fn finish(connection: &mut Connection, answer: &Message) -> Result<bool, StoreError> {
    let transaction = connection.transaction()?;
    if !is_running(&transaction, answer.id, answer.turn_id)? {
        return is_known(&transaction, answer.id).map(|()| false);
    }
    message::settle(&transaction, answer)?;
    task::forget_all(&transaction, answer.id)?;
    transaction.commit()?;
    Ok(true)
}

/// Deletes a conversation. An answer that runs in it ends here: what its turn writes later is
/// refused, and an undo must not bring back an answer that seems to run. `ends` are those of its
/// answers that could not be written before.
pub(super) fn delete(
    connection: &mut Connection,
    id: ConversationId,
    now: Millis,
    ends: &[Message],
) -> Result<bool, StoreError> {
    let transaction = connection.transaction()?;
    end_all(&transaction, id, now, ends)?;
    let deleted = conversation::delete(&transaction, id, now)?;
    transaction.commit()?;
    Ok(deleted)
}

/// Ends the answers that run in a conversation: with `ends`, where these are of them.
pub(super) fn end_all(
    connection: &Connection,
    id: ConversationId,
    now: Millis,
    ends: &[Message],
) -> Result<(), StoreError> {
    for end in ends {
        if is_running(connection, end.id, end.turn_id)? {
            message::settle(connection, end)?;
            task::forget_all(connection, end.id)?;
        }
    }
    interrupt(connection, Some(id), Cause::User, now)?;
    Ok(())
}

/// Ends what the last run left open. What was deleted in it is deleted for good, and what did not
/// arrive as a whole.
pub(super) fn mend(connection: &mut Connection, now: Millis) -> Result<Vec<MessageId>, StoreError> {
    let transaction = connection.transaction()?;
    conversation::abandon_all(&transaction)?;
    conversation::make_final(&transaction, Millis::MAX)?;
    let mended = interrupt(&transaction, None, Cause::Crash, now)?;
    transaction.commit()?;
    Ok(mended)
}

fn interrupt(
    connection: &Connection,
    conversation: Option<ConversationId>,
    cause: Cause,
    now: Millis,
) -> Result<Vec<MessageId>, StoreError> {
    let mut running = Vec::new();
    message::each(connection, Selection::Streaming(conversation), |loaded| {
        running.push(loaded);
        Ok::<_, StoreError>(())
    })?;
    let mut ended = Vec::with_capacity(running.len());
    for Loaded {
        message: mut answer,
        is_damaged,
    } in running
    {
        for part in &mut answer.parts {
            match part {
                Part::ToolCall(call) => call.state = call.state.when_interrupted(),
                Part::Text { .. }
                | Part::Reasoning(_)
                | Part::ToolResult(_)
                | Part::Attachment(_)
                | Part::Citations { .. }
                | Part::ServerTool(_) => {}
            }
        }
        estimate_last_request(&mut answer);
        answer.state = MessageState::Interrupted;
        answer.cause = Some(cause);
        answer.ended_at = Some(now);
        if is_damaged {
            message::interrupt(connection, &answer)?;
        } else {
            message::settle(connection, &answer)?;
        }
        if cause == Cause::Crash {
            task::leave_open(connection, &answer)?;
        } else {
            task::forget_all(connection, answer.id)?;
        }
        ended.push(answer.id);
    }
    Ok(ended)
}

/// Adds the request that was open when the app ended, by what is here of its answer; those before it
/// have their figures already.
fn estimate_last_request(answer: &mut Message) {
    let mut requests = answer.all_requests();
    let ended = requests.iter().rfind(|request| !request.made_again);
    let (step, said) = match ended {
        None => (0, answer.parts.as_slice()),
        Some(ended) => {
            let result = |part: &Part| matches!(part, Part::ToolResult(_));
            let Some(last) = answer.parts.iter().rposition(result) else {
                return;
            };
            (ended.step + 1, &answer.parts[last + 1..])
        }
    };
    if step > 0 && said.is_empty() {
        return;
    }
    let model = answer.model.as_ref().map_or("", |model| &model.model);
    let mut received = TextTally::default();
    let written = said.iter().filter(|part| part.is_written());
    written.for_each(|part| received.add(part.body()));
    // What was received last is not here, and the server may have gone on.
    let is_open = true;
    let attempts = requests
        .iter()
        .filter(|request| request.step == step)
        .count();
    requests.push(RequestRecord {
        step,
        attempt: u32::try_from(attempts).unwrap_or(u32::MAX),
        made_again: false,
        finish_reason: None,
        usage: Usage::of_answer(None, &received, model, is_open),
    });
    answer.set_requests(requests);
}

pub(super) fn is_running(
    connection: &Connection,
    answer: MessageId,
    turn: Option<TurnId>,
) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT 1 FROM message m JOIN conversation c ON c.id = m.conversation_id
             WHERE m.id = ?1 AND m.turn_id IS ?2 AND m.state = 'streaming'
             AND c.deleted_at IS NULL",
        )?
        .exists((answer, turn))?)
}

/// A message that was written is there until the next launch; where it is not, the database was
/// replaced by another.
fn is_known(connection: &Connection, message: MessageId) -> Result<(), StoreError> {
    let known = connection
        .prepare_cached("SELECT 1 FROM message WHERE id = ?1")?
        .exists([message])?;
    if known {
        Ok(())
    } else {
        Err(StoreError::Replaced)
    }
}
