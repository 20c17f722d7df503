//! The table of tails: what a running answer has grown by since it began, append-only, so that
//! saving costs what is new and not what is there already.

use super::StoreError;
use super::part;
use super::schema::Migration;
use crate::{MessageId, Part};
use rusqlite::Connection;
use std::mem::discriminant;

pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    // `start` counts bytes of UTF-8 from the beginning of the part's body.
    sql: "CREATE TABLE tail (
            message_id TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
            ordinal    INTEGER NOT NULL,
            start      INTEGER NOT NULL,
            text       TEXT NOT NULL,
            PRIMARY KEY (message_id, ordinal, start)
          ) STRICT;",
}];

/// What one part of a running answer has grown by.
#[derive(Clone, Debug, PartialEq)]
pub struct PartCheckpoint {
    /// The part's place in the message.
    pub ordinal: usize,
    /// Where the new text begins in the part's body, in bytes of UTF-8.
    pub start: usize,
    /// The part with only the new text as its body.
    pub part: Part,
}

/// How far a running answer has been checkpointed. After a checkpoint that failed begin again
/// with a new one: text that the database already has is recognised by its place.
#[derive(Clone, Debug, Default)]
pub struct Checkpointed {
    /// Each part's saved bytes, and the part without its body as it was saved.
    parts: Vec<(usize, Part)>,
}

impl Checkpointed {
    /// What is new in `parts` since the last call; empty when nothing is.
    pub fn advance(&mut self, parts: &[Part]) -> Vec<PartCheckpoint> {
        let mut new = Vec::new();
        for (ordinal, part) in parts.iter().enumerate() {
            let head = part::head(part);
            let end = part.body().len();
            let start = match self.parts.get(ordinal) {
                Some((saved, known)) if *saved == end && *known == head => continue,
                // Parts are put before others and turned into others.
                Some((_, known)) if discriminant(known) != discriminant(part) => 0,
                Some((saved, _)) => *saved,
                None => 0,
            };
            let mut grown = head.clone();
            grown
                .body_mut()
                .push_str(part.body().get(start..).unwrap_or_default());
            new.push(PartCheckpoint {
                ordinal,
                start,
                part: grown,
            });
            match self.parts.get_mut(ordinal) {
                Some(saved) => *saved = (end, head),
                None => self.parts.push((end, head)),
            }
        }
        new
    }
}

pub(super) fn append(
    connection: &Connection,
    message: MessageId,
    checkpoint: &PartCheckpoint,
) -> Result<(), StoreError> {
    let text = checkpoint.part.body();
    if text.is_empty() {
        return Ok(());
    }
    // The same place again is the same text, or more of it.
    connection
        .prepare_cached(
            "INSERT INTO tail (message_id, ordinal, start, text) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET text = excluded.text
             WHERE octet_length(excluded.text) > octet_length(text)",
        )?
        .execute((message, checkpoint.ordinal, checkpoint.start, text))?;
    Ok(())
}

/// Adds a piece to the body that the pieces before it made. What the body already has is
/// skipped, as after a checkpoint that was repeated from the start.
pub(super) fn merge(body: &mut String, start: usize, text: &str) {
    let known = body.len().saturating_sub(start);
    body.push_str(text.get(known..).unwrap_or_default());
}

/// Removes what one part has grown by.
pub(super) fn remove(
    connection: &Connection,
    message: MessageId,
    ordinal: usize,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM tail WHERE message_id = ?1 AND ordinal = ?2")?
        .execute((message, ordinal))?;
    Ok(())
}

pub(super) fn remove_all(connection: &Connection, message: MessageId) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM tail WHERE message_id = ?1")?
        .execute([message])?;
    Ok(())
}
