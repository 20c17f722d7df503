//! A branch in pages: what a window shows of a conversation, however long that is.

use super::message::{self, Selection};
use super::{StoreError, conversation};
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;
use tacet_conversation::{ConversationId, Message, MessageId};

/// Where a page of a branch ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageEnd {
    /// With the message that the conversation shows last; where it names none, with its newest.
    Head,
    /// With the message that this one answers: the page above.
    Before(MessageId),
    /// With the message that `before` answers; such a page begins no later than with `through`, where
    /// that is above it.
    Between {
        /// The message below the page.
        before: MessageId,
        /// The one that is to be on it.
        through: MessageId,
    },
    /// With the newest leaf below this one. Such a page begins no later than with it.
    Through(MessageId),
}

/// Messages of one branch that follow each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BranchPage {
    /// The first is nearest to the root; where it has a parent, the branch has messages before it.
    /// Files that are not text are without their content: see [`Store::file`](super::Store::file).
    pub messages: Vec<Message>,
    /// Those of them of which something cannot be read any more.
    pub damaged: Vec<MessageId>,
    /// For each message that has siblings all of them and itself, in the order of their creation.
    pub siblings: HashMap<MessageId, Vec<MessageId>>,
}

/// One message on the way to the root.
struct Step {
    id: MessageId,
    parent: Option<MessageId>,
}

/// The page of at most `limit` messages, more only where the end asks for them. `None`
/// when the conversation or the message is unknown or deleted; a conversation without messages has
/// an empty page.
pub(super) fn load(
    connection: &Connection,
    id: ConversationId,
    end: PageEnd,
    limit: u32,
) -> Result<Option<BranchPage>, StoreError> {
    let Some(shown) = conversation::one(connection, id)? else {
        return Ok(None);
    };
    let (leaf, limit) = match end {
        PageEnd::Head => {
            let head = match shown.head {
                Some(head) => step(connection, id, head)?,
                None => None,
            };
            let leaf = match head {
                Some(head) => Some(head.id),
                None => message::newest(connection, id)?,
            };
            match leaf {
                Some(leaf) => (leaf, limit),
                None => return Ok(Some(BranchPage::default())),
            }
        }
        PageEnd::Before(below) | PageEnd::Between { before: below, .. } => {
            let Some(below) = step(connection, id, below)? else {
                return Ok(None);
            };
            let Some(parent) = below.parent else {
                return Ok(Some(BranchPage::default()));
            };
            let levels = if let PageEnd::Between { through, .. } = end {
                levels_up(connection, parent, through)?
            } else {
                0
            };
            (parent, limit.max(levels))
        }
        PageEnd::Through(through) => match leaf_below(connection, id, through)? {
            None => return Ok(None),
            Some((leaf, levels)) => (leaf, limit.max(levels)),
        },
    };
    let mut way = upwards(connection, id, leaf, limit)?;
    way.reverse();
    let ids: Vec<MessageId> = way.iter().map(|step| step.id).collect();
    let (mut messages, mut damaged) = (Vec::new(), Vec::new());
    message::each(connection, Selection::Shown(ids), |loaded| {
        if loaded.is_damaged {
            damaged.push(loaded.message.id);
        }
        messages.push(loaded.message);
        Ok::<_, StoreError>(())
    })?;
    Ok(Some(BranchPage {
        messages,
        damaged,
        siblings: siblings(connection, id, &way)?,
    }))
}

fn step(
    connection: &Connection,
    conversation: ConversationId,
    id: MessageId,
) -> Result<Option<Step>, StoreError> {
    let found = connection
        .prepare_cached("SELECT id, parent_id FROM message WHERE id = ?1 AND conversation_id = ?2")?
        .query_row((id, conversation), |row| {
            Ok(Step {
                id: row.get(0)?,
                parent: row.get(1)?,
            })
        })
        .optional()?;
    Ok(found)
}

/// The leaf that the newest child of each message below `top` leads to, and how many messages
/// there are from it to `top`, both counted. Branches that were deleted are in no conversation that
/// is shown, and lead nowhere.
pub(super) fn leaf_below(
    connection: &Connection,
    conversation: ConversationId,
    top: MessageId,
) -> Result<Option<(MessageId, u32)>, StoreError> {
    let found = connection
        .prepare_cached(
            "WITH RECURSIVE down (id, level) AS (
               SELECT id, 1 FROM message WHERE id = ?1 AND conversation_id = ?2
               UNION ALL SELECT child.id, down.level + 1
               FROM down JOIN message child ON child.seq =
                 (SELECT max(seq) FROM message
                  WHERE parent_id = down.id AND +conversation_id = ?2))
             SELECT id, level FROM down ORDER BY level DESC LIMIT 1",
        )?
        .query_row((top, conversation), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found)
}

/// How many messages there are from `leaf` up to `top`, both counted; 0 where that is not above it.
fn levels_up(connection: &Connection, leaf: MessageId, top: MessageId) -> Result<u32, StoreError> {
    let found = connection
        .prepare_cached(
            "WITH RECURSIVE up (id, parent_id, level) AS (
               SELECT id, parent_id, 1 FROM message WHERE id = ?1
               UNION ALL SELECT above.id, above.parent_id, up.level + 1
               FROM up JOIN message above ON above.id = up.parent_id WHERE up.id <> ?2)
             SELECT level FROM up WHERE id = ?2",
        )?
        .query_row((leaf, top), |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(0))
}

/// At most `limit` messages from `leaf` towards the root, `leaf` first.
fn upwards(
    connection: &Connection,
    conversation: ConversationId,
    leaf: MessageId,
    limit: u32,
) -> Result<Vec<Step>, StoreError> {
    let mut statement = connection.prepare_cached(
        "WITH RECURSIVE up (id, parent_id, level) AS (
           SELECT id, parent_id, 1 FROM message WHERE id = ?1 AND conversation_id = ?2
           UNION ALL SELECT above.id, above.parent_id, up.level + 1
           FROM up JOIN message above ON above.id = up.parent_id WHERE up.level < ?3)
         SELECT id, parent_id FROM up ORDER BY level",
    )?;
    let found = statement.query_map((leaf, conversation, limit), |row| {
        Ok(Step {
            id: row.get(0)?,
            parent: row.get(1)?,
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn siblings(
    connection: &Connection,
    conversation: ConversationId,
    way: &[Step],
) -> Result<HashMap<MessageId, Vec<MessageId>>, StoreError> {
    let mut all = HashMap::new();
    for Step { id, parent } in way {
        let found = siblings_below(connection, conversation, *parent)?;
        if found.len() > 1 {
            all.insert(*id, found);
        }
    }
    Ok(all)
}

/// The messages of a conversation that follow the same one, or none, in the order of their creation.
pub(super) fn siblings_below(
    connection: &Connection,
    conversation: ConversationId,
    parent: Option<MessageId>,
) -> Result<Vec<MessageId>, StoreError> {
    let mut statement = connection.prepare_cached(match parent {
        // The `+` keeps it to the index of parents, which names the fewest.
        Some(_) => {
            "SELECT id FROM message WHERE +conversation_id = ?1 AND parent_id = ?2 ORDER BY seq"
        }
        None => {
            "SELECT id FROM message
             WHERE conversation_id = ?1 AND +parent_id IS ?2 ORDER BY seq"
        }
    })?;
    let found = statement.query_map((conversation, parent), |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}
