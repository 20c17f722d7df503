//! The table of tails: what a running answer has grown by since it began, append-only, so that
//! saving costs what is new and not what is there already.

use super::StoreError;
use super::part;
use super::schema::Migration;
use rusqlite::Connection;
use std::mem::discriminant;
use tacet_conversation::{MessageId, Part, RequestRecord};

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

/// What a running answer has grown by, and what belongs to it beside its parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checkpoint {
    /// Whether `parts` are all there are, so that nothing of what was saved before stays.
    pub whole: bool,
    /// What is new.
    pub parts: Vec<PartCheckpoint>,
    /// The requests that have ended since.
    pub requests: Vec<RequestRecord>,
}

/// How far a running answer has been checkpointed. After a checkpoint that failed begin again
/// with a new one: the next checkpoint is then a whole one.
#[derive(Clone, Debug, Default)]
pub struct Checkpointed {
    /// Each part's saved bytes, and the part without its body as it was saved.
    parts: Vec<(usize, Part)>,
    /// Whether there was a checkpoint to add to.
    begun: bool,
}

impl Checkpointed {
    /// What is new in `parts` since the last call. Where they have not only grown it is a whole
    /// checkpoint.
    pub fn advance(&mut self, parts: &[Part]) -> Checkpoint {
        let mut both = self.parts.iter().zip(parts);
        let grown = both.all(|((saved, known), part)| {
            discriminant(known) == discriminant(part) && *saved <= part.body().len()
        });
        if !grown || parts.len() < self.parts.len() {
            *self = Self::default();
        }
        let whole = !std::mem::replace(&mut self.begun, true);
        let mut new = Vec::new();
        for (ordinal, part) in parts.iter().enumerate() {
            let end = part.body().len();
            let start = match self.parts.get(ordinal) {
                Some((saved, known)) if *saved == end && part::is_head(known, part) => continue,
                Some((saved, _)) => *saved,
                None => 0,
            };
            let head = part::head(part);
            let grown = part.body().get(start..).unwrap_or_default();
            new.push(PartCheckpoint {
                ordinal,
                start,
                part: head.clone().with_body(grown.to_owned()),
            });
            match self.parts.get_mut(ordinal) {
                Some(saved) => *saved = (end, head),
                None => self.parts.push((end, head)),
            }
        }
        Checkpoint {
            whole,
            parts: new,
            requests: Vec::new(),
        }
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

pub(super) fn remove_all(connection: &Connection, message: MessageId) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM tail WHERE message_id = ?1")?
        .execute([message])?;
    Ok(())
}
