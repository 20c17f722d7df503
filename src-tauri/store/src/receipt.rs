//! The table of receipts: what Stop did, kept beside the answer that it ended (rule C26).

use super::StoreError;
use super::column::{Json, optional};
use super::schema::Migration;
use rusqlite::{Connection, Row};
use tacet_conversation::{Message, MessageId, Receipt};

pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    sql: "CREATE TABLE receipt (
            message_id TEXT PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
            turn_id    TEXT NOT NULL,
            receipt    TEXT NOT NULL
          ) STRICT;",
}];

/// Writes the receipt of a message that is there, of that turn, and not deleted (rule C05);
/// answers whether it was.
pub(super) fn upsert(
    connection: &Connection,
    message: MessageId,
    receipt: &Receipt,
) -> Result<bool, StoreError> {
    let changed = connection
        .prepare_cached(
            "INSERT INTO receipt (message_id, turn_id, receipt)
             SELECT m.id, ?2, ?3 FROM message m JOIN conversation c ON c.id = m.conversation_id
             WHERE m.id = ?1 AND m.turn_id = ?2 AND c.deleted_at IS NULL
             ON CONFLICT DO UPDATE SET receipt = excluded.receipt",
        )?
        .execute((message, receipt.turn_id, Json(receipt)))?;
    Ok(changed == 1)
}

/// Writes the receipt that a message came with, or takes away the one that it had. For messages that
/// are taken in as they are.
pub(super) fn put(connection: &Connection, message: &Message) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM receipt WHERE message_id = ?1")?
        .execute([message.id])?;
    if let Some(receipt) = &message.receipt {
        connection
            .prepare_cached(
                "INSERT INTO receipt (message_id, turn_id, receipt) VALUES (?1, ?2, ?3)",
            )?
            .execute((message.id, receipt.turn_id, Json(receipt)))?;
    }
    Ok(())
}

/// Reads the column `receipt`; `None` where the message has none, or it is damaged.
pub(super) fn read(row: &Row<'_>, damaged: &mut bool) -> rusqlite::Result<Option<Receipt>> {
    let found: Option<Json<Receipt>> = optional(row, "receipt", damaged)?;
    Ok(found.map(|Json(receipt)| receipt))
}
