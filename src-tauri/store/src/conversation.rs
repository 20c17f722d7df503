//! The table of conversations.

use super::column::{Json, Undamaged};
use super::schema::Migration;
use super::{StoreError, branch, filing};
use rusqlite::{Connection, OptionalExtension, Row};
use tacet_conversation::{
    Conversation, ConversationId, ConversationSettings, Filing, MessageId, Millis,
};

pub(super) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        sql: "CREATE TABLE conversation (
            id         TEXT PRIMARY KEY,
            title      TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            head       TEXT,
            deleted_at INTEGER
          ) STRICT;",
    },
    Migration {
        version: 8,
        // As JSON. A conversation from before goes on with the model that it asked last.
        sql: "ALTER TABLE conversation ADD COLUMN settings TEXT;
          UPDATE conversation SET settings = json_object('model', (
            SELECT model FROM message
            WHERE conversation_id = conversation.id AND model IS NOT NULL
            ORDER BY id IS conversation.head DESC, seq DESC LIMIT 1));",
    },
    Migration {
        version: 9,
        // What tools may do in it without asking: JSON that the app reads and writes.
        sql: "ALTER TABLE conversation ADD COLUMN permissions TEXT;",
    },
    Migration {
        version: 10,
        // Who gave it its title, `person` or `model`; absent while it is the one it began with.
        sql: "ALTER TABLE conversation ADD COLUMN titled_by TEXT;",
    },
    Migration {
        version: 11,
        // `tags` is a list as JSON; what is not so is NULL.
        sql: "ALTER TABLE conversation ADD COLUMN folder TEXT;
          ALTER TABLE conversation ADD COLUMN pinned INTEGER;
          ALTER TABLE conversation ADD COLUMN archived INTEGER;
          ALTER TABLE conversation ADD COLUMN tags TEXT;",
    },
    Migration {
        version: 14,
        // A branch that was deleted is a conversation of its own, deleted from the beginning: of which
        // one it was a branch, and with which message it begins. Absent in all others.
        sql: "ALTER TABLE conversation ADD COLUMN branch_of TEXT;
          ALTER TABLE conversation ADD COLUMN branch_root TEXT;",
    },
];

const SELECT: &str =
    "SELECT id, title, created_at, updated_at, head, folder, pinned, archived, tags
    FROM conversation";

/// What the database knows of a conversation's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Absent,
    Present,
    Deleted,
}

pub(super) fn presence(
    connection: &Connection,
    id: ConversationId,
) -> Result<Presence, StoreError> {
    let deleted: Option<bool> = connection
        .prepare_cached("SELECT deleted_at IS NOT NULL FROM conversation WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(match deleted {
        None => Presence::Absent,
        Some(false) => Presence::Present,
        Some(true) => Presence::Deleted,
    })
}

pub(super) fn insert(connection: &Connection, new: &Conversation) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO conversation (id, title, created_at, updated_at, head)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((new.id, &new.title, new.created_at, new.updated_at, new.head))?;
    filing::set(connection, new.id, &new.filing)?;
    Ok(())
}

/// The assistant that the conversation `c` began with, as an expression of SQL.
pub(super) const ASSISTANT: &str = "iif(json_valid(c.settings), c.settings ->> 'assistant', NULL)";

/// A conversation with all that it says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// The conversation.
    pub conversation: Conversation,
    /// How it is answered; `None` where it says nothing that can be read.
    pub settings: Option<ConversationSettings>,
    /// Whether its settings or its tags cannot be read any more. It has the defaults then, or no tags,
    /// until other ones are kept.
    pub is_damaged: bool,
}

pub(super) fn described(
    connection: &Connection,
    id: ConversationId,
) -> Result<Option<Described>, StoreError> {
    let sql =
        SELECT.replacen("tags", "tags, settings", 1) + " WHERE id = ?1 AND deleted_at IS NULL";
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_row([id], |row| {
        let tags: Option<Undamaged<Vec<String>>> = row.get("tags")?;
        let settings: Option<Undamaged<ConversationSettings>> = row.get("settings")?;
        let is_damaged =
            matches!(tags, Some(Undamaged(None))) || matches!(settings, Some(Undamaged(None)));
        Ok(Described {
            conversation: read(row)?,
            settings: settings.and_then(|Undamaged(settings)| settings),
            is_damaged,
        })
    });
    Ok(found.optional()?)
}

/// What a conversation says of how it is answered; `None` where it is unknown, deleted, or says
/// nothing that can be read.
pub(super) fn settings(
    connection: &Connection,
    id: ConversationId,
) -> Result<Option<ConversationSettings>, StoreError> {
    let found: Option<Option<Undamaged<ConversationSettings>>> = connection
        .prepare_cached("SELECT settings FROM conversation WHERE id = ?1 AND deleted_at IS NULL")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(found.flatten().and_then(|Undamaged(settings)| settings))
}

pub(super) fn set_settings(
    connection: &Connection,
    id: ConversationId,
    settings: &ConversationSettings,
) -> Result<bool, StoreError> {
    let changed = connection
        .prepare_cached(
            "UPDATE conversation SET settings = ?2 WHERE id = ?1 AND deleted_at IS NULL",
        )?
        .execute((id, Json(settings)))?;
    Ok(changed == 1)
}

/// What tools may do in a conversation, as it was kept; `None` where that is nothing.
pub(super) fn permissions(
    connection: &Connection,
    id: ConversationId,
) -> Result<Option<String>, StoreError> {
    let found: Option<Option<String>> = connection
        .prepare_cached(
            "SELECT permissions FROM conversation WHERE id = ?1 AND deleted_at IS NULL",
        )?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(found.flatten())
}

pub(super) fn set_permissions(
    connection: &Connection,
    id: ConversationId,
    permissions: Option<&str>,
) -> Result<bool, StoreError> {
    let changed = connection
        .prepare_cached(
            "UPDATE conversation SET permissions = ?2 WHERE id = ?1 AND deleted_at IS NULL",
        )?
        .execute((id, permissions))?;
    Ok(changed == 1)
}

/// Moves the head to a message that was just added.
pub(super) fn extend(
    connection: &Connection,
    id: ConversationId,
    head: MessageId,
    now: Millis,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE conversation SET head = ?2, updated_at = ?3 WHERE id = ?1")?
        .execute((id, head, now))?;
    Ok(())
}

pub(super) fn all(connection: &Connection) -> Result<Vec<Conversation>, StoreError> {
    let sql = format!("{SELECT} WHERE deleted_at IS NULL ORDER BY updated_at DESC, id DESC");
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_map([], read)?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// The first `limit` in the order in which they are listed: what is pinned, the folders by their names,
/// the others, the archive; and whether there are more.
pub(super) fn first(
    connection: &Connection,
    limit: u32,
) -> Result<(Vec<Conversation>, bool), StoreError> {
    let sql = format!(
        "{SELECT} WHERE deleted_at IS NULL
         ORDER BY archived IS TRUE, pinned IS NOT TRUE, iif(pinned IS TRUE, NULL, folder) IS NULL,
                  iif(pinned IS TRUE, NULL, folder) COLLATE NOCASE, updated_at DESC, id DESC
         LIMIT ?1"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_map([i64::from(limit) + 1], read)?;
    let mut found: Vec<_> = found.collect::<Result<_, _>>()?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    Ok((found, more))
}

/// The `limit` that follow one in the order of their ids, which never changes.
pub(super) fn after(
    connection: &Connection,
    id: Option<ConversationId>,
    limit: u32,
) -> Result<Vec<Conversation>, StoreError> {
    let sql =
        format!("{SELECT} WHERE deleted_at IS NULL AND id > coalesce(?1, '') ORDER BY id LIMIT ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_map((id, limit), read)?;
    Ok(found.collect::<Result<_, _>>()?)
}

pub(super) fn one(
    connection: &Connection,
    id: ConversationId,
) -> Result<Option<Conversation>, StoreError> {
    let sql = format!("{SELECT} WHERE id = ?1 AND deleted_at IS NULL");
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_row([id], read).optional()?)
}

pub(super) fn rename(
    connection: &Connection,
    id: ConversationId,
    title: &str,
) -> Result<bool, StoreError> {
    let changed = connection.execute(
        "UPDATE conversation SET title = ?2, titled_by = 'person'
         WHERE id = ?1 AND deleted_at IS NULL",
        (id, title),
    )?;
    Ok(changed == 1)
}

/// Gives a conversation a title that a model made; `false` where it has one already.
pub(super) fn title(
    connection: &Connection,
    id: ConversationId,
    title: &str,
) -> Result<bool, StoreError> {
    let changed = connection.execute(
        "UPDATE conversation SET title = ?2, titled_by = 'model'
         WHERE id = ?1 AND titled_by IS NULL AND deleted_at IS NULL",
        (id, title),
    )?;
    Ok(changed == 1)
}

pub(super) fn set_head(
    connection: &Connection,
    id: ConversationId,
    head: MessageId,
) -> Result<bool, StoreError> {
    let changed = connection.execute(
        "UPDATE conversation SET head = ?2 WHERE id = ?1 AND deleted_at IS NULL
         AND EXISTS (SELECT 1 FROM message WHERE id = ?2 AND conversation_id = ?1)",
        (id, head),
    )?;
    Ok(changed == 1)
}

pub(super) fn delete(
    connection: &Connection,
    id: ConversationId,
    now: Millis,
) -> Result<bool, StoreError> {
    let changed = connection.execute(
        "UPDATE conversation SET deleted_at = ?2 WHERE id = ?1 AND deleted_at IS NULL",
        (id, now),
    )?;
    Ok(changed == 1)
}

pub(super) fn restore(connection: &Connection, id: ConversationId) -> Result<bool, StoreError> {
    let changed = connection.execute(
        "UPDATE conversation SET deleted_at = NULL
         WHERE id = ?1 AND deleted_at <> ?2 AND branch_of IS NULL",
        (id, FINAL),
    )?;
    Ok(changed == 1)
}

/// In the place of the time of a deletion: it cannot be undone any more.
pub(super) const FINAL: Millis = 0;

/// Makes all deletions up to `until` final, and those of branches in what is gone then.
pub(super) fn make_final(connection: &Connection, until: Millis) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE conversation SET deleted_at = ?1, title = '', settings = NULL, permissions = NULL,
                                 folder = NULL, tags = NULL
         WHERE deleted_at BETWEEN ?1 + 1 AND ?2",
        (FINAL, until),
    )?;
    branch::make_final(connection)
}

/// The conversation that a message is in, be it deleted.
pub(super) fn of_message(
    connection: &Connection,
    id: MessageId,
) -> Result<Option<ConversationId>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT conversation_id FROM message WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?)
}

/// Removes conversations with all that belongs to them.
pub(super) fn remove_all(
    connection: &Connection,
    ids: &[ConversationId],
) -> Result<(), StoreError> {
    let mut statement = connection.prepare("DELETE FROM conversation WHERE id = ?1")?;
    for id in ids {
        statement.execute([id])?;
    }
    Ok(())
}

/// In the place of the time of a deletion: it is being taken in from a file, and not shown yet.
const ARRIVING: Millis = -1;

/// Inserts a conversation that is not shown before [`arrive`].
pub(super) fn insert_hidden(connection: &Connection, new: &Conversation) -> Result<(), StoreError> {
    let hidden = Conversation {
        head: None,
        ..new.clone()
    };
    insert(connection, &hidden)?;
    connection
        .prepare_cached("UPDATE conversation SET deleted_at = ?2 WHERE id = ?1")?
        .execute((new.id, ARRIVING))?;
    Ok(())
}

/// Whether it was inserted by [`insert_hidden`] and has not arrived.
pub(super) fn is_arriving(connection: &Connection, id: ConversationId) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM conversation WHERE id = ?1 AND deleted_at = ?2")?
        .exists((id, ARRIVING))?)
}

/// Shows a conversation that was not shown yet; `false` where it was, or is not there.
pub(super) fn arrive(connection: &Connection, new: &Conversation) -> Result<bool, StoreError> {
    let changed = connection
        .prepare_cached(
            "UPDATE conversation SET deleted_at = NULL, title = ?2, created_at = ?3,
                                     updated_at = ?4, head = ?5
             WHERE id = ?1 AND deleted_at = ?6",
        )?
        .execute((
            new.id,
            &new.title,
            new.created_at,
            new.updated_at,
            new.head,
            ARRIVING,
        ))?;
    if changed == 1 {
        filing::set(connection, new.id, &new.filing)?;
    }
    Ok(changed == 1)
}

/// Removes for good, at the next purge, what has not arrived.
pub(super) fn abandon(connection: &Connection, id: ConversationId) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE conversation SET deleted_at = ?2 WHERE id = ?1 AND deleted_at = ?3",
        )?
        .execute((id, FINAL, ARRIVING))?;
    Ok(())
}

/// The same of all that an import which was cut off has left.
pub(super) fn abandon_all(connection: &Connection) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE conversation SET deleted_at = ?1, title = '', folder = NULL, tags = NULL
         WHERE deleted_at = ?2",
        (FINAL, ARRIVING),
    )?;
    Ok(())
}

/// When a message was last added; `None` for a conversation that is not there.
pub(super) fn updated_at(
    connection: &Connection,
    id: ConversationId,
) -> Result<Option<Millis>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT updated_at FROM conversation WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?)
}

/// Takes title and branch of a file that is as new as what is here, and how it is filed, where the
/// file says so; the branch stays where an answer runs. Answers whether that changed anything.
pub(super) fn bring_up_to_date(
    connection: &Connection,
    new: &Conversation,
) -> Result<bool, StoreError> {
    let changed = connection
        .prepare_cached(
            "UPDATE conversation SET title = ?2, updated_at = ?3,
               head = CASE WHEN EXISTS (SELECT 1 FROM message m
                                        WHERE m.conversation_id = ?1 AND m.state = 'streaming')
                      THEN head ELSE ?4 END
             WHERE id = ?1 AND deleted_at IS NULL AND updated_at <= ?3
               AND (title, updated_at, head) IS NOT (?2, ?3, ?4)",
        )?
        .execute((new.id, &new.title, new.updated_at, new.head))?;
    let is_filed = new.filing != Filing::default();
    let is_new = is_filed && updated_at(connection, new.id)?.is_some_and(|at| at <= new.updated_at);
    let filed = is_new && filing::set(connection, new.id, &new.filing)?;
    Ok(changed == 1 || filed)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Conversation> {
    Ok(Conversation {
        id: row.get(0)?,
        title: row.get(1)?,
        created_at: row.get(2)?,
        updated_at: row.get(3)?,
        head: row.get(4)?,
        filing: filing::read(row)?,
    })
}
