//! The table of usage: one row a request, with the provenance of its figures (rule C23).

use super::StoreError;
use super::column::Word;
use super::schema::Migration;
use crate::{Message, MessageId, Usage, UsageSource};
use rusqlite::{Connection, Row};

pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    // `request_id` is the turn's id and the request's number within the turn, from 0.
    sql: "CREATE TABLE usage (
            request_id   TEXT PRIMARY KEY,
            message_id   TEXT NOT NULL UNIQUE REFERENCES message (id) ON DELETE CASCADE,
            source       TEXT NOT NULL,
            method       TEXT,
            input        INTEGER,
            cached_input INTEGER,
            output       INTEGER,
            reasoning    INTEGER,
            model        TEXT,
            created_at   INTEGER NOT NULL
          ) STRICT;",
}];

/// The columns for a query that joins this table as `u`; [`read`] reads them.
pub(super) const COLUMNS: &str = "u.source AS usage_source, u.method, u.input, u.cached_input, \
                                  u.output, u.reasoning";

/// Writes the usage of a message, where it has one; figures that were there are replaced.
pub(super) fn upsert(connection: &Connection, message: &Message) -> Result<(), StoreError> {
    let Some(usage) = &message.usage else {
        return Ok(());
    };
    let request = match message.turn_id {
        Some(turn) => turn.uuid(),
        None => message.id.uuid(),
    };
    connection
        .prepare_cached(
            "INSERT INTO usage (request_id, message_id, source, method, input, cached_input,
                                output, reasoning, model, created_at)
             VALUES (?1 || '/' || (SELECT count(*) FROM usage
                                   WHERE request_id BETWEEN ?1 || '/' AND ?1 || '/:'),
                     ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (message_id) DO UPDATE SET
               source = excluded.source, method = excluded.method, input = excluded.input,
               cached_input = excluded.cached_input, output = excluded.output,
               reasoning = excluded.reasoning, model = excluded.model",
        )?
        .execute((
            request.to_string(),
            message.id,
            Word(usage.source),
            &usage.method,
            usage.input_tokens,
            usage.cached_input_tokens,
            usage.output_tokens,
            usage.reasoning_tokens,
            message.model.as_ref().map(ToString::to_string),
            message.created_at,
        ))?;
    Ok(())
}

/// Puts better figures in the place of those of an answer; says them, or `None` when there is no
/// such answer any more.
pub(super) fn settle(
    connection: &Connection,
    answer: MessageId,
    usage: &Usage,
) -> Result<Option<Usage>, StoreError> {
    let changed = connection
        .prepare_cached(
            "UPDATE usage SET source = ?2, method = ?3, input = ?4, cached_input = ?5,
                              output = ?6, reasoning = ?7
             WHERE message_id = ?1",
        )?
        .execute((
            answer,
            Word(usage.source),
            &usage.method,
            usage.input_tokens,
            usage.cached_input_tokens,
            usage.output_tokens,
            usage.reasoning_tokens,
        ))?;
    Ok((changed > 0).then(|| usage.clone()))
}

/// Reads the columns of [`COLUMNS`]; `None` where the message has no row here.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Option<Usage>> {
    let Some(Word(source)) = row.get::<_, Option<Word<UsageSource>>>("usage_source")? else {
        return Ok(None);
    };
    Ok(Some(Usage {
        source,
        method: row.get("method")?,
        input_tokens: row.get("input")?,
        cached_input_tokens: row.get("cached_input")?,
        output_tokens: row.get("output")?,
        reasoning_tokens: row.get("reasoning")?,
    }))
}
