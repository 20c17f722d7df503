//! The table of messages, and how messages are put together from all tables in three queries.

use super::column::{Json, Word, optional};
use super::schema::Migration;
use super::{StoreError, blob, part, receipt, request, tail};
use rusqlite::{Connection, OptionalExtension, Row, ToSql};
use std::collections::HashSet;
use tacet_conversation::{ConversationId, Message, MessageId, Part};

pub(super) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        // `seq` is the order of creation; a parent always comes before its children.
        sql: "CREATE TABLE message (
            seq             INTEGER PRIMARY KEY AUTOINCREMENT,
            id              TEXT NOT NULL UNIQUE,
            conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
            parent_id       TEXT REFERENCES message (id),
            turn_id         TEXT,
            role            TEXT NOT NULL,
            state           TEXT NOT NULL,
            cause           TEXT,
            model           TEXT,
            finish_reason   TEXT,
            error           TEXT,
            created_at      INTEGER NOT NULL,
            ended_at        INTEGER
          ) STRICT;
          CREATE INDEX message_conversation ON message (conversation_id);
          CREATE INDEX message_parent ON message (parent_id);
          CREATE INDEX message_turn ON message (turn_id);
          CREATE INDEX message_streaming ON message (state) WHERE state = 'streaming';",
    },
    Migration {
        version: 12,
        // The stamp is another one whenever a message is removed or, after its end, replaced: who has
        // seen it looks no more than at what was added since.
        sql: "CREATE TABLE message_stamp (
            one   INTEGER PRIMARY KEY CHECK (one = 1),
            stamp INTEGER NOT NULL
          ) STRICT;
          INSERT INTO message_stamp VALUES (1, random());
          CREATE TRIGGER message_removed AFTER DELETE ON message
          BEGIN UPDATE message_stamp SET stamp = random(); END;
          CREATE TRIGGER message_replaced AFTER UPDATE ON message WHEN OLD.state <> 'streaming'
          BEGIN UPDATE message_stamp SET stamp = random(); END;",
    },
    Migration {
        version: 14,
        // One that goes with its branch to another conversation says what it said: nothing is to be
        // looked at again for that.
        sql: "DROP TRIGGER message_replaced;
          CREATE TRIGGER message_replaced AFTER UPDATE ON message
            WHEN OLD.state <> 'streaming' AND OLD.conversation_id = NEW.conversation_id
          BEGIN UPDATE message_stamp SET stamp = random(); END;",
    },
];

/// Which messages to read.
#[derive(Clone, Debug)]
pub(super) enum Selection {
    /// All of a conversation.
    Conversation(ConversationId),
    /// This one alone.
    One(MessageId),
    /// These, which may be none, as a window shows them: without the bodies of files that are not
    /// text.
    Shown(Vec<MessageId>),
    /// From the root to this one.
    Branch(MessageId),
    /// Those whose turn is running, in a conversation or, without one, in all.
    Streaming(Option<ConversationId>),
}

impl Selection {
    fn condition(self) -> (&'static str, Box<dyn ToSql>) {
        match self {
            Self::Conversation(id) => ("m.conversation_id = ?1", Box::new(id)),
            Self::One(id) => ("m.id = ?1", Box::new(id)),
            Self::Shown(ids) => (
                "m.id IN (SELECT value FROM json_each(?1))",
                Box::new(Json(ids)),
            ),
            Self::Branch(leaf) => (
                "m.id IN (
                   WITH RECURSIVE branch (id, parent_id) AS (
                     SELECT leaf.id, leaf.parent_id FROM message leaf
                     JOIN conversation shown ON shown.id = leaf.conversation_id
                       AND shown.deleted_at IS NULL
                     WHERE leaf.id = ?1
                     UNION SELECT above.id, above.parent_id
                     FROM message above JOIN branch ON above.id = branch.parent_id)
                   SELECT id FROM branch)",
                Box::new(leaf),
            ),
            Self::Streaming(conversation) => (
                "m.state = 'streaming' AND (?1 IS NULL OR m.conversation_id = ?1)",
                Box::new(conversation),
            ),
        }
    }
}

/// A message as it was read.
pub(super) struct Loaded {
    /// What can be read of it.
    pub message: Message,
    /// Whether something of it cannot be read any more. It must not be written back then.
    pub is_damaged: bool,
}

/// Hands the selected messages of conversations that are not deleted to `take`, in the order of
/// their creation and one at a time, so that the whole never stands in memory here. What is damaged of
/// one keeps neither its rest nor the others from being read.
pub(super) fn each<E: From<StoreError>>(
    connection: &Connection,
    selection: Selection,
    mut take: impl FnMut(Loaded) -> Result<(), E>,
) -> Result<(), E> {
    let body = match &selection {
        Selection::Shown(_) => blob::READABLE_BODY,
        Selection::Conversation(_)
        | Selection::One(_)
        | Selection::Branch(_)
        | Selection::Streaming(_) => blob::BODY,
    };
    let (condition, key) = selection.condition();
    let from = "FROM message m
                JOIN conversation c ON c.id = m.conversation_id AND c.deleted_at IS NULL";
    let mut messages = prepare(
        connection,
        &format!(
            "SELECT m.*, r.receipt {from}
             LEFT JOIN receipt r ON r.message_id = m.id
             WHERE {condition} ORDER BY m.seq"
        ),
    )?;
    let mut pieces = prepare(
        connection,
        &format!(
            "SELECT m.seq, p.ordinal, p.kind, {body} AS text, p.extra, t.start, t.text AS tail {from}
             JOIN part p ON p.message_id = m.id
             LEFT JOIN tail t ON t.message_id = p.message_id AND t.ordinal = p.ordinal
             WHERE {condition} ORDER BY m.seq, p.ordinal, t.start"
        ),
    )?;
    let mut requests = prepare(
        connection,
        &format!(
            "SELECT m.seq, {} {from}
             JOIN usage u ON u.message_id = m.id
             WHERE {condition} ORDER BY m.seq, u.step, u.attempt",
            request::COLUMNS
        ),
    )?;
    let mut messages = messages.query([&key]).map_err(StoreError::from)?;
    let mut pieces = pieces.query([&key]).map_err(StoreError::from)?;
    let mut piece = pieces.next().map_err(StoreError::from)?;
    let mut requests = requests.query([&key]).map_err(StoreError::from)?;
    let mut request = requests.next().map_err(StoreError::from)?;
    while let Some(row) = messages.next().map_err(StoreError::from)? {
        let mut is_damaged = false;
        let mut message = read(row, &mut is_damaged).map_err(StoreError::from)?;
        let seq: i64 = row.get("seq").map_err(StoreError::from)?;
        let mut last = None;
        while let Some(row) = piece {
            if row.get::<_, i64>("seq").map_err(StoreError::from)? != seq {
                break;
            }
            add_piece(connection, &mut message, &mut last, row, &mut is_damaged)
                .map_err(StoreError::from)?;
            piece = pieces.next().map_err(StoreError::from)?;
        }
        let mut made = Vec::new();
        while let Some(row) = request {
            if row.get::<_, i64>("seq").map_err(StoreError::from)? != seq {
                break;
            }
            made.push(request::read(row, &mut is_damaged).map_err(StoreError::from)?);
            request = requests.next().map_err(StoreError::from)?;
        }
        message.set_requests(made);
        take(Loaded {
            message,
            is_damaged,
        })?;
    }
    Ok(())
}

/// All selected messages, as far as they can be read.
pub(super) fn load(
    connection: &Connection,
    selection: Selection,
) -> Result<Vec<Message>, StoreError> {
    let mut all = Vec::new();
    each(connection, selection, |loaded| {
        all.push(loaded.message);
        Ok::<_, StoreError>(())
    })?;
    Ok(all)
}

/// One message.
pub(super) fn one(connection: &Connection, id: MessageId) -> Result<Option<Loaded>, StoreError> {
    let mut found = None;
    each(connection, Selection::One(id), |loaded| {
        found = Some(loaded);
        Ok::<_, StoreError>(())
    })?;
    Ok(found)
}

/// Those of the messages that are in a conversation, which is not deleted.
pub(super) fn those_there(
    connection: &Connection,
    messages: &[MessageId],
) -> Result<HashSet<MessageId>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT 1 FROM message m JOIN conversation c ON c.id = m.conversation_id
         WHERE m.id = ?1 AND c.deleted_at IS NULL",
    )?;
    let mut there = HashSet::new();
    for message in messages {
        if statement.exists([message])? {
            there.insert(*message);
        }
    }
    Ok(there)
}

/// How many messages a conversation has.
pub(super) fn count(
    connection: &Connection,
    conversation: ConversationId,
) -> Result<u64, StoreError> {
    Ok(connection
        .prepare_cached("SELECT count(*) FROM message WHERE conversation_id = ?1")?
        .query_row([conversation], |row| row.get(0))?)
}

/// The newest message of a conversation.
pub(super) fn newest(
    connection: &Connection,
    conversation: ConversationId,
) -> Result<Option<MessageId>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT id FROM message WHERE conversation_id = ?1 ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([conversation], |row| row.get(0))
        .optional()?)
}

/// Writes a new message with all that belongs to it.
pub(super) fn insert(connection: &Connection, message: &Message) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO message (id, conversation_id, parent_id, turn_id, role, state, cause,
                                  model, finish_reason, error, created_at, ended_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute((
            message.id,
            message.conversation_id,
            message.parent_id,
            message.turn_id,
            Word(message.role),
            Word(message.state),
            message.cause.map(Word),
            message.model.as_ref().map(ToString::to_string),
            message.finish_reason.map(Word),
            message.error.as_ref().map(Json),
            message.created_at,
            message.ended_at,
        ))?;
    part::insert_all(connection, message.id, &message.parts)?;
    belongings(connection, message)
}

/// Writes the end of a message that is there: its parts whole instead of its tails.
pub(super) fn settle(connection: &Connection, message: &Message) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE message SET state = ?2, cause = ?3, model = ?4, finish_reason = ?5,
                                error = ?6, ended_at = ?7 WHERE id = ?1",
        )?
        .execute((
            message.id,
            Word(message.state),
            message.cause.map(Word),
            message.model.as_ref().map(ToString::to_string),
            message.finish_reason.map(Word),
            message.error.as_ref().map(Json),
            message.ended_at,
        ))?;
    tail::remove_all(connection, message.id)?;
    part::remove_all(connection, message.id)?;
    part::insert_all(connection, message.id, &message.parts)?;
    belongings(connection, message)
}

/// Writes that a message that is there was interrupted, and leaves all else of it as it is.
pub(super) fn interrupt(connection: &Connection, message: &Message) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE message SET state = ?2, cause = ?3, ended_at = ?4 WHERE id = ?1")?
        .execute((
            message.id,
            Word(message.state),
            message.cause.map(Word),
            message.ended_at,
        ))?;
    Ok(())
}

/// Removes the newest message of a conversation with all that belongs to it; `false` when there is
/// none. Answers come after what they answer, so nothing that stays refers to it.
pub(super) fn remove_last(
    connection: &Connection,
    conversation: ConversationId,
) -> Result<bool, StoreError> {
    let removed = connection
        .prepare_cached(
            "DELETE FROM message
             WHERE seq = (SELECT max(seq) FROM message WHERE conversation_id = ?1)",
        )?
        .execute([conversation])?;
    Ok(removed == 1)
}

fn belongings(connection: &Connection, message: &Message) -> Result<(), StoreError> {
    request::upsert(connection, message)?;
    if let Some(receipt) = &message.receipt {
        receipt::upsert(connection, message.id, receipt)?;
    }
    Ok(())
}

fn prepare<'a>(
    connection: &'a Connection,
    sql: &str,
) -> Result<rusqlite::CachedStatement<'a>, StoreError> {
    Ok(connection.prepare_cached(sql)?)
}

fn read(row: &Row<'_>, damaged: &mut bool) -> rusqlite::Result<Message> {
    let Word(role) = row.get("role")?;
    let Word(state) = row.get("state")?;
    let cause: Option<Word<_>> = optional(row, "cause", damaged)?;
    let finish_reason: Option<Word<_>> = optional(row, "finish_reason", damaged)?;
    let error: Option<Json<_>> = optional(row, "error", damaged)?;
    let model: Option<Word<_>> = optional(row, "model", damaged)?;
    Ok(Message {
        id: row.get("id")?,
        conversation_id: row.get("conversation_id")?,
        parent_id: row.get("parent_id")?,
        turn_id: row.get("turn_id")?,
        role,
        state,
        cause: cause.map(|Word(cause)| cause),
        model: model.map(|Word(model)| model),
        parts: Vec::new(),
        finish_reason: finish_reason.map(|Word(reason)| reason),
        usage: None,
        failed_attempts: Vec::new(),
        requests: Vec::new(),
        receipt: receipt::read(row, damaged)?,
        error: error.map(|Json(error)| error),
        created_at: row.get("created_at")?,
        ended_at: row.get("ended_at")?,
    })
}

/// Takes one row of a part and, of a running answer, one of its tails. `last` is the ordinal of
/// the message's last part so far.
fn add_piece(
    connection: &Connection,
    message: &mut Message,
    last: &mut Option<i64>,
    row: &Row<'_>,
    damaged: &mut bool,
) -> rusqlite::Result<()> {
    let ordinal: i64 = row.get("ordinal")?;
    if *last != Some(ordinal) {
        let mut part = part::read(row, damaged)?;
        if let Part::ToolResult(result) = &mut part {
            blob::fill_contents(connection, message.id, ordinal, result)?;
        }
        message.parts.push(part);
        *last = Some(ordinal);
    }
    let body = message.parts.last_mut().and_then(Part::body_mut);
    if let (Some(start), Some(body)) = (row.get("start")?, body) {
        tail::merge(body, start, row.get_ref("tail")?.as_str()?);
    }
    Ok(())
}
