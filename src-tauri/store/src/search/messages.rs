//! The messages as the index sees them: which have ended, and whether some have changed since.

use super::super::StoreError;
use rusqlite::{Connection, OptionalExtension};
use tacet_conversation::{MessageId, Millis};

/// A message as the index knows it.
pub(super) struct Known {
    pub seq: i64,
    pub mark: i64,
}

/// Hands all messages after that number that have ended to `take`, in the order of their numbers.
pub(super) fn for_each_ended(
    conversations: &Connection,
    after: i64,
    mut take: impl FnMut(Known) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = conversations.prepare_cached(
        "SELECT seq, id, ended_at FROM message
         WHERE seq > ?1 AND state <> 'streaming' ORDER BY seq",
    )?;
    let mut rows = statement.query([after])?;
    while let Some(row) = rows.next()? {
        let id: MessageId = row.get(1)?;
        let ended_at: Option<Millis> = row.get(2)?;
        let (_, random) = id.uuid().as_u64_pair();
        take(Known {
            seq: row.get(0)?,
            mark: random.cast_signed() ^ ended_at.unwrap_or_default(),
        })?;
    }
    Ok(())
}

/// Whether the index was the same as the conversations when their stamp was what it is now, and is of
/// these conversations: a copy that was put in their place has the stamp of its time.
pub(super) fn is_unchanged(
    conversations: &Connection,
    index: &Connection,
) -> Result<bool, StoreError> {
    let known: Option<i64> = index.query_row("SELECT stamp FROM progress", [], |row| row.get(0))?;
    if known != Some(stamp(conversations)?) {
        return Ok(false);
    }
    let last = index
        .query_row(
            "SELECT seq, mark FROM indexed ORDER BY seq DESC LIMIT 1",
            [],
            |row| {
                Ok(Known {
                    seq: row.get(0)?,
                    mark: row.get(1)?,
                })
            },
        )
        .optional()?;
    let Some(last) = last else { return Ok(true) };
    let mut is_there = false;
    for_each_ended(conversations, last.seq - 1, |message| {
        is_there |= message.seq == last.seq && message.mark == last.mark;
        Ok(())
    })?;
    Ok(is_there)
}

/// What is another one whenever a message was removed, or replaced after its end.
pub(super) fn stamp(conversations: &Connection) -> Result<i64, StoreError> {
    Ok(conversations
        .prepare_cached("SELECT stamp FROM message_stamp")?
        .query_row([], |row| row.get(0))?)
}

/// The number before that of the first answer that is being written: when it ends, it is to be added.
/// Asked for before the messages are, since it may end in between.
pub(super) fn before_streaming(conversations: &Connection) -> Result<i64, StoreError> {
    let before: Option<i64> = conversations
        .prepare_cached("SELECT min(seq) - 1 FROM message WHERE state = 'streaming'")?
        .query_row([], |row| row.get(0))?;
    Ok(before.unwrap_or(i64::MAX))
}
