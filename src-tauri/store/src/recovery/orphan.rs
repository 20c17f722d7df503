//! Rows that came over without what they belong to: text without its message, messages without
//! their conversation. Each gets a place where a person finds it.

use super::RecoveryError;
use crate::blob;
use crate::message;
use rusqlite::Connection;
use tacet_conversation::ConversationId;

/// Gives every row a place, and drops what cannot be read as a message; answers whether nothing had
/// to be done.
pub(super) fn adopt(fresh: &mut Connection) -> Result<bool, RecoveryError> {
    // Until all are in their places, some are in none.
    fresh.pragma_update(None, "foreign_keys", false)?;
    let transaction = fresh.transaction()?;
    let found = ConversationId::new();
    let mut changed = 0;
    changed += transaction.execute(
        "INSERT INTO message (id, conversation_id, role, state, cause, created_at, ended_at)
         SELECT id, ?1, 'assistant', 'interrupted', 'crash', 0, 0
         FROM (SELECT message_id AS id FROM part UNION SELECT message_id FROM tail)
         WHERE id NOT IN (SELECT id FROM message) ORDER BY id",
        [found],
    )?;
    changed += drop_unreadable_ids(&transaction, found)?;
    // The time of such text is not known; it comes after the rest.
    transaction.execute(
        "INSERT INTO conversation (id, title, created_at, updated_at)
         SELECT conversation_id, iif(conversation_id = ?1, 'Recovered text', 'Recovered conversation'),
                min(created_at), max(created_at)
         FROM message WHERE conversation_id NOT IN (SELECT id FROM conversation)
         GROUP BY conversation_id",
        [found],
    )?;
    // Files of an older format have their bodies in their parts.
    blob::gather(&transaction)?;
    blob::gather_results(&transaction)?;
    changed += blob::rehash(&transaction)?;
    // The file is named, and its content lost; and content that no file has any more is as good as.
    changed += transaction.execute(
        "UPDATE part SET blob = NULL
         WHERE blob IS NOT NULL AND blob NOT IN (SELECT hash FROM blob)",
        [],
    )?;
    changed += transaction.execute(
        "DELETE FROM blob WHERE hash NOT IN (SELECT blob FROM part WHERE blob IS NOT NULL)
         AND hash NOT IN (SELECT hash FROM result_blob)",
        [],
    )?;
    for table in ["usage", "receipt"] {
        changed += transaction.execute(
            &format!("DELETE FROM {table} WHERE message_id NOT IN (SELECT id FROM message)"),
            [],
        )?;
    }
    changed += transaction.execute(
        "DELETE FROM title_usage WHERE conversation_id NOT IN (SELECT id FROM conversation)",
        [],
    )?;
    let ids: Vec<String> = transaction
        .prepare("SELECT id FROM message")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in ids {
        changed += make_readable(&transaction, &id)?;
    }
    changed += transaction.execute(
        "DELETE FROM result_blob WHERE hash NOT IN (SELECT hash FROM blob)
         OR NOT EXISTS (SELECT 1 FROM part p WHERE p.message_id = result_blob.message_id
                        AND p.ordinal = result_blob.ordinal)",
        [],
    )?;
    changed += transaction.execute(
        "UPDATE message SET parent_id = (
           SELECT before.id FROM message before
           WHERE before.conversation_id = message.conversation_id AND before.seq < message.seq
           ORDER BY before.seq DESC LIMIT 1)
         WHERE conversation_id = ?1
            OR (parent_id IS NOT NULL AND parent_id NOT IN (SELECT id FROM message))",
        [found],
    )?;
    // A branch that was deleted and is not known as one any more begins where it is found.
    changed += transaction.execute(
        "UPDATE message SET parent_id = NULL
         WHERE conversation_id IN (SELECT id FROM conversation WHERE branch_of IS NULL)
           AND conversation_id <> (SELECT above.conversation_id FROM message above
                                   WHERE above.id = message.parent_id)",
        [],
    )?;
    changed += transaction.execute(
        "UPDATE conversation SET head = (
           SELECT id FROM message WHERE conversation_id = conversation.id
           ORDER BY seq DESC LIMIT 1)
         WHERE head NOT IN (SELECT id FROM message WHERE conversation_id = conversation.id)
            OR (head IS NULL AND id IN (SELECT conversation_id FROM message))",
        [],
    )?;
    transaction.commit()?;
    fresh.pragma_update(None, "foreign_keys", true)?;
    Ok(changed == 0)
}

/// Drops conversations whose ids cannot be read, and takes the messages of such to `found`.
fn drop_unreadable_ids(fresh: &Connection, found: ConversationId) -> Result<usize, RecoveryError> {
    let unreadable = |select: &str| -> rusqlite::Result<Vec<Vec<u8>>> {
        let mut statement = fresh.prepare(select)?;
        let ids = statement.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
        let is_readable = |id: &[u8]| {
            let text = std::str::from_utf8(id).ok();
            text.is_some_and(|text| text.parse::<ConversationId>().is_ok())
        };
        ids.filter(|id| !id.as_ref().is_ok_and(|id| is_readable(id)))
            .collect()
    };
    let mut changed = 0;
    for id in unreadable("SELECT CAST(id AS BLOB) FROM conversation")? {
        let delete = "DELETE FROM conversation WHERE CAST(id AS BLOB) = ?1";
        changed += fresh.execute(delete, [id])?;
    }
    for id in unreadable("SELECT DISTINCT CAST(conversation_id AS BLOB) FROM message")? {
        changed += fresh.execute(
            "UPDATE message SET conversation_id = ?2 WHERE CAST(conversation_id AS BLOB) = ?1",
            (id, found),
        )?;
    }
    Ok(changed)
}

/// Takes from a message what cannot be understood: its figures, then all but its words, and at last
/// these, too.
fn make_readable(fresh: &Connection, id: &str) -> Result<usize, RecoveryError> {
    let readable = || {
        let id = id.parse().ok();
        let found = id.map(|id| message::one(fresh, id));
        found.is_some_and(|read| read.is_ok_and(|it| it.is_none_or(|it| !it.is_damaged)))
    };
    let mut changed = 0;
    let steps = [
        "DELETE FROM usage WHERE message_id = ?1",
        "DELETE FROM receipt WHERE message_id = ?1",
        "UPDATE message SET error = NULL, model = NULL, finish_reason = NULL, turn_id = NULL
         WHERE id = ?1",
        "UPDATE message SET role = 'assistant', state = 'interrupted', cause = 'crash' WHERE id = ?1",
        "UPDATE part SET kind = 'text', extra = NULL WHERE message_id = ?1",
        "DELETE FROM tail WHERE message_id = ?1",
        "DELETE FROM part WHERE message_id = ?1",
        "DELETE FROM message WHERE id = ?1",
    ];
    for step in steps {
        if readable() {
            return Ok(changed);
        }
        changed += fresh.execute(step, [id])?;
    }
    Ok(changed)
}
