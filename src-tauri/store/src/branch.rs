//! Branches that were deleted. Such a branch, a message with all below it, is taken into a conversation
//! of its own, which was deleted from the beginning: what leaves deleted conversations out leaves it out
//! as well, and it is brought back, or removed for good, as they are.
//!
//! Nothing that is shown follows what was deleted: a branch is taken whole, and nothing is added to one
//! that is gone. The other way round a branch that was deleted follows what is shown, or a branch that
//! was deleted after it.

use super::column::Json;
use super::conversation::{self, FINAL};
use super::{Store, StoreError, page, turn};
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;
use tacet_conversation::{ConversationId, Message, MessageId, Millis};
use ts_rs::TS;

/// A branch that was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DeletedBranch {
    /// By what it is brought back.
    pub branch_id: ConversationId,
    /// The message that its conversation shows last now.
    pub head: MessageId,
    /// All messages that were in it, the one that it begins with first.
    pub messages: Vec<MessageId>,
}

/// A branch that was brought back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RestoredBranch {
    /// The message that its conversation shows last now; absent where the branch is in what is deleted
    /// itself, and comes back with that.
    pub head: Option<MessageId>,
}

/// A branch by the message that it begins with.
struct Branch {
    conversation: ConversationId,
    /// The message that the conversation shows last.
    head: Option<MessageId>,
    /// The one before it among its siblings, else the one after it.
    neighbour: MessageId,
}

impl Store {
    /// The messages of a branch, that it begins with first; none where that is unknown or deleted.
    ///
    /// # Errors
    /// [`StoreError::OnlyBranch`] where it has no siblings; else when the database cannot be read.
    pub async fn branch_from(&self, root: MessageId) -> Result<Vec<MessageId>, StoreError> {
        self.readers
            .run(move |connection| match find(connection, root)? {
                Some(branch) => below(connection, branch.conversation, root),
                None => Ok(Vec::new()),
            })
            .await
    }

    /// Deletes a message that has siblings, with all below it, until [`Store::restore_branch`], or for
    /// good at the next [`Store::purge_deleted`]. An answer that runs in it becomes `interrupted`, cause
    /// `user`, with what was checkpointed. Where the conversation showed it, it shows the sibling before
    /// it, else the one after it, down to the newest leaf. `None` when it is unknown or deleted.
    ///
    /// # Errors
    /// [`StoreError::OnlyBranch`] where it has no siblings; else when the database cannot be written.
    pub async fn delete_branch(
        &self,
        root: MessageId,
        now: Millis,
    ) -> Result<Option<DeletedBranch>, StoreError> {
        let ends = self.held.all();
        let deleted = self.write(move |connection| delete(connection, root, now, &ends));
        let Some((deleted, settled)) = deleted.await? else {
            return Ok(None);
        };
        for answer in settled {
            self.held.release(answer);
        }
        self.index_soon();
        Ok(Some(deleted))
    }

    /// Brings a deleted branch back to where the message is that it follows, and has the conversation
    /// show it. `None` when there is none to bring back, be it that its removal for good has begun.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn restore_branch(
        &self,
        id: ConversationId,
    ) -> Result<Option<RestoredBranch>, StoreError> {
        self.run(move |connection| restore(connection, id)).await
    }
}

/// The branch that begins with a message, where that is shown.
fn find(connection: &Connection, root: MessageId) -> Result<Option<Branch>, StoreError> {
    type Place = (ConversationId, Option<MessageId>, Option<MessageId>);
    let place: Option<Place> = connection
        .prepare_cached(
            "SELECT m.conversation_id, m.parent_id, c.head FROM message m
             JOIN conversation c ON c.id = m.conversation_id AND c.deleted_at IS NULL
             WHERE m.id = ?1",
        )?
        .query_row([root], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((conversation, parent, head)) = place else {
        return Ok(None);
    };
    let siblings = page::siblings_below(connection, conversation, parent)?;
    let at = siblings.iter().position(|&sibling| sibling == root);
    let neighbour = at.and_then(|at| {
        let before = at.checked_sub(1).and_then(|before| siblings.get(before));
        before.or_else(|| siblings.get(at + 1))
    });
    Ok(Some(Branch {
        conversation,
        head,
        neighbour: *neighbour.ok_or(StoreError::OnlyBranch)?,
    }))
}

/// A message and all below it in the same conversation.
fn below(
    connection: &Connection,
    conversation: ConversationId,
    root: MessageId,
) -> Result<Vec<MessageId>, StoreError> {
    // The `+` keeps it to the index of parents.
    let mut statement = connection.prepare_cached(
        "WITH RECURSIVE below (id) AS (
           SELECT id FROM message WHERE id = ?1 AND conversation_id = ?2
           UNION ALL SELECT child.id FROM below
           JOIN message child ON child.parent_id = below.id AND +child.conversation_id = ?2)
         SELECT id FROM below",
    )?;
    let found = statement.query_map((root, conversation), |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Answers also which of `ends`, those of answers that could not be written before, were in it.
fn delete(
    connection: &mut Connection,
    root: MessageId,
    now: Millis,
    ends: &[Message],
) -> Result<Option<(DeletedBranch, Vec<MessageId>)>, StoreError> {
    let transaction = connection.transaction()?;
    let Some(branch) = find(&transaction, root)? else {
        return Ok(None);
    };
    let id = ConversationId::new();
    let gone = below(&transaction, branch.conversation, root)?;
    let shown_last = branch.head.filter(|head| gone.contains(head));
    transaction
        .prepare_cached(
            "INSERT INTO conversation (id, title, created_at, updated_at, head, branch_of,
                                       branch_root)
             VALUES (?1, '', ?2, ?2, ?3, ?4, ?5)",
        )?
        .execute((id, now, shown_last, branch.conversation, root))?;
    transaction
        .prepare_cached(
            "UPDATE message SET conversation_id = ?1 WHERE id IN (SELECT value FROM json_each(?2))",
        )?
        .execute((id, Json(&gone)))?;
    // What runs in it ends there, as in any conversation that is deleted.
    let ends = ends.iter().filter(|end| gone.contains(&end.id));
    let ends: Vec<Message> = ends.cloned().collect();
    turn::end_all(&transaction, id, now, &ends)?;
    conversation::delete(&transaction, id, now)?;
    let head = match branch.head {
        Some(head)
            if conversation::of_message(&transaction, head)? == Some(branch.conversation) =>
        {
            head
        }
        Some(_) | None => lead(&transaction, branch.conversation, branch.neighbour)?,
    };
    transaction.commit()?;
    let settled = ends.into_iter().map(|end| end.id).collect();
    let deleted = DeletedBranch {
        branch_id: id,
        head,
        messages: gone,
    };
    Ok(Some((deleted, settled)))
}

/// Has a conversation show a message, down to the newest leaf below it; answers that.
fn lead(
    connection: &Connection,
    conversation: ConversationId,
    through: MessageId,
) -> Result<MessageId, StoreError> {
    let below = page::leaf_below(connection, conversation, through)?;
    let leaf = below.map_or(through, |(leaf, _)| leaf);
    conversation::set_head(connection, conversation, leaf)?;
    Ok(leaf)
}

fn restore(
    connection: &mut Connection,
    id: ConversationId,
) -> Result<Option<RestoredBranch>, StoreError> {
    let transaction = connection.transaction()?;
    let Some(back) = put_back(&transaction, id)? else {
        return Ok(None);
    };
    let head = if conversation::one(&transaction, back.conversation)?.is_none() {
        None
    } else if let Some(head) = back.shown_last
        && conversation::set_head(&transaction, back.conversation, head)?
    {
        Some(head)
    } else {
        Some(lead(&transaction, back.conversation, back.root)?)
    };
    transaction.commit()?;
    Ok(Some(RestoredBranch { head }))
}

/// A branch that is where it was before its deletion.
struct PutBack {
    /// Where that is.
    conversation: ConversationId,
    root: MessageId,
    /// What the conversation showed of it when it was deleted.
    shown_last: Option<MessageId>,
    /// How many messages it has.
    messages: usize,
}

/// Takes the messages of a deleted branch to where the message is that it follows; `None` where there
/// is no such branch (any more).
fn put_back(connection: &Connection, id: ConversationId) -> Result<Option<PutBack>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT coalesce((SELECT above.conversation_id FROM message m
                              JOIN message above ON above.id = m.parent_id
                              WHERE m.id = c.branch_root), c.branch_of), c.branch_root, c.head
             FROM conversation c
             WHERE c.id = ?1 AND c.branch_of IS NOT NULL AND c.deleted_at <> ?2",
        )?
        .query_row((id, FINAL), |row| {
            Ok(PutBack {
                conversation: row.get(0)?,
                root: row.get(1)?,
                shown_last: row.get(2)?,
                messages: 0,
            })
        })
        .optional()?;
    let Some(back) = found else { return Ok(None) };
    let messages = connection
        .prepare_cached("UPDATE message SET conversation_id = ?2 WHERE conversation_id = ?1")?
        .execute((id, back.conversation))?;
    conversation::remove_all(connection, &[id])?;
    Ok(Some(PutBack { messages, ..back }))
}

/// Brings back the deleted branch of a conversation that a message is in, with those that it is in
/// itself. Answers how many messages came back.
pub(super) fn reclaim(
    connection: &Connection,
    conversation: ConversationId,
    message: MessageId,
) -> Result<usize, StoreError> {
    let mut branch = connection.prepare_cached(
        "SELECT c.id FROM message m JOIN conversation c ON c.id = m.conversation_id
         WHERE m.id = ?1 AND c.branch_of = ?2",
    )?;
    let mut messages = 0;
    loop {
        let found = branch.query_row((message, conversation), |row| row.get(0));
        let Some(found) = found.optional()? else {
            return Ok(messages);
        };
        match put_back(connection, found)? {
            Some(back) => messages += back.messages,
            None => return Ok(messages),
        }
    }
}

/// Makes the deletion final of each branch whose conversation, or the branch that it was in, is gone for
/// good: nothing that stays follows what is removed.
pub(super) fn make_final(connection: &Connection) -> Result<(), StoreError> {
    let mut follow = connection.prepare_cached(
        "UPDATE conversation SET deleted_at = ?1
         WHERE branch_of IS NOT NULL AND deleted_at <> ?1 AND EXISTS (
           SELECT 1 FROM conversation gone WHERE gone.deleted_at = ?1 AND gone.id IN (
             conversation.branch_of,
             (SELECT above.conversation_id FROM message m JOIN message above ON above.id = m.parent_id
              WHERE m.id = conversation.branch_root)))",
    )?;
    while follow.execute([FINAL])? > 0 {}
    Ok(())
}

/// What is to be removed for good.
#[derive(Clone, Debug, Default)]
pub(super) struct Gone {
    /// Each after all that follow a message of it.
    pub conversations: Vec<ConversationId>,
    /// The messages with which branches among them begin.
    pub roots: Vec<MessageId>,
}

/// All whose deletion is final.
pub(super) fn gone(connection: &Connection) -> Result<Gone, StoreError> {
    // A branch begins with a later message than the branch that it was in.
    let mut statement = connection.prepare_cached(
        "SELECT id, branch_root FROM conversation c WHERE deleted_at = ?1
         ORDER BY branch_of IS NULL, (SELECT seq FROM message WHERE id = c.branch_root) DESC",
    )?;
    let mut rows = statement.query([FINAL])?;
    let mut gone = Gone::default();
    while let Some(row) = rows.next()? {
        gone.conversations.push(row.get(0)?);
        gone.roots.extend(row.get::<_, Option<MessageId>>(1)?);
    }
    Ok(gone)
}

/// Removes branches, in whichever conversations they are: in a copy of an older format they are where
/// they were before their deletion.
pub(super) fn remove_all(connection: &Connection, roots: &[MessageId]) -> Result<(), StoreError> {
    const BELOW: &str = "WITH RECURSIVE below (id) AS (
           SELECT id FROM message WHERE id = ?1
           UNION SELECT child.id FROM below JOIN message child ON child.parent_id = below.id)";
    let mut forget = connection.prepare(&format!(
        "{BELOW} UPDATE conversation SET head = NULL WHERE head IN (SELECT id FROM below)"
    ))?;
    let mut remove = connection.prepare(&format!(
        "{BELOW} DELETE FROM message WHERE id IN (SELECT id FROM below)"
    ))?;
    for root in roots {
        forget.execute([root])?;
        remove.execute([root])?;
    }
    Ok(())
}
