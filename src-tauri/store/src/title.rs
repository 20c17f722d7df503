//! Titles that a model was asked for, and what these requests took: one row a request, apart from those
//! of the answers.

use super::StoreError;
use super::column::{Json, Word};
use super::conversation;
use super::schema::Migration;
use rusqlite::{Connection, OptionalExtension, params};
use tacet_conversation::{Conversation, ConversationId, MessageState, Millis, ModelRef, Usage};

pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    version: 10,
    // `number` counts the requests of a conversation from 0; `state` is how the request ended. The
    // figures are told as in `usage`.
    sql: "CREATE TABLE title_usage (
            conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
            number          INTEGER NOT NULL,
            state           TEXT NOT NULL,
            source          TEXT NOT NULL,
            output_source   TEXT,
            at_least        INTEGER NOT NULL DEFAULT 0,
            method          TEXT,
            input           INTEGER,
            cached_input    INTEGER,
            output          INTEGER,
            reasoning       INTEGER,
            model           TEXT,
            created_at      INTEGER NOT NULL,
            generation_id   TEXT,
            cost_low        REAL,
            cost_high       REAL,
            cost_basis      TEXT,
            price           TEXT,
            PRIMARY KEY (conversation_id, number)
          ) STRICT;",
}];

/// A request for a title, and what came of it.
#[derive(Clone, Debug)]
pub struct TitleRequest {
    /// The title; absent where none came of it.
    pub title: Option<String>,
    /// How the request ended.
    pub state: MessageState,
    /// What it took.
    pub usage: Usage,
    /// The model that was asked.
    pub model: ModelRef,
    /// When.
    pub created_at: Millis,
}

/// Whether a conversation wants a title: it has its first whole answer and the title that it began
/// with, and no model was asked for one. With `again`, also later, until it was asked for so often.
pub(super) fn is_wanted(
    connection: &Connection,
    id: ConversationId,
    again: bool,
) -> Result<bool, StoreError> {
    let (most_answers, most_requests) = if again { (i64::MAX, 3) } else { (1, 1) };
    let wanted: Option<bool> = connection
        .prepare_cached(
            "SELECT titled_by IS NULL
                AND (SELECT count(*) FROM message m WHERE m.conversation_id = c.id
                     AND m.role = 'assistant' AND m.state = 'complete') BETWEEN 1 AND ?2
                AND (SELECT count(*) FROM title_usage t WHERE t.conversation_id = c.id) < ?3
             FROM conversation c WHERE c.id = ?1 AND c.deleted_at IS NULL",
        )?
        .query_row(params![id, most_answers, most_requests], |row| row.get(0))
        .optional()?;
    Ok(wanted.unwrap_or(false))
}

/// Writes what a request took, and gives the conversation its title, unless the person has named it.
/// The conversation where it has the title now; nothing is written where it was deleted.
pub(super) fn save(
    connection: &mut Connection,
    id: ConversationId,
    request: &TitleRequest,
) -> Result<Option<Conversation>, StoreError> {
    let transaction = connection.transaction()?;
    if conversation::one(&transaction, id)?.is_none() {
        return Ok(None);
    }
    let usage = &request.usage;
    let cost = usage.cost.as_ref();
    transaction
        .prepare_cached(
            "INSERT INTO title_usage (conversation_id, number, state, source, output_source,
                                      at_least, method, input, cached_input, output, reasoning,
                                      model, created_at, generation_id, cost_low, cost_high,
                                      cost_basis, price)
             SELECT ?1, count(*), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,
                    ?16, ?17
             FROM title_usage WHERE conversation_id = ?1",
        )?
        .execute(params![
            id,
            Word(request.state),
            Word(usage.source),
            usage.output_source.map(Word),
            usage.at_least,
            usage.method,
            usage.input_tokens,
            usage.cached_input_tokens,
            usage.output_tokens,
            usage.reasoning_tokens,
            request.model.to_string(),
            request.created_at,
            usage.generation_id,
            cost.map(|cost| cost.low),
            cost.and_then(|cost| cost.high),
            cost.map(|cost| Word(cost.basis)),
            cost.and_then(|cost| cost.price.as_ref()).map(Json),
        ])?;
    let titled = match &request.title {
        Some(title) => conversation::title(&transaction, id, title)?,
        None => false,
    };
    let found = conversation::one(&transaction, id)?;
    transaction.commit()?;
    Ok(found.filter(|_| titled))
}
