//! Folders, pins, tags and the archive: columns of a conversation. A folder is a name that
//! conversations share, and is there while one of them has it.

use super::column::{Json, Undamaged};
use super::{Store, StoreError, conversation};
use rusqlite::{Connection, Row};
use tacet_conversation::{ConversationId, Filing, is_same_name};

/// The tags of the conversation `c` as a list in JSON, as an expression of SQL; none where they are
/// damaged.
pub(super) const TAGS: &str = "iif(json_valid(c.tags), c.tags, '[]')";

/// What became of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenamedFolder {
    /// How many conversations moved, with those that were deleted and can be restored.
    pub moved: usize,
    /// The name that they share now, as it is spelled; none where they are in no folder.
    pub name: Option<String>,
}

impl Store {
    /// Keeps how a conversation is filed; the folder takes the spelling of one that is there
    /// already. `false` when the conversation is unknown or deleted.
    ///
    /// # Errors
    /// When the database cannot be written; what was kept before stays.
    pub async fn file(&self, id: ConversationId, filing: Filing) -> Result<bool, StoreError> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            if conversation::one(&transaction, id)?.is_none() {
                return Ok(false);
            }
            let folder = match &filing.folder {
                Some(name) => Some(known(&transaction, name)?),
                None => None,
            };
            set(&transaction, id, &Filing { folder, ..filing })?;
            transaction.commit()?;
            Ok(true)
        })
        .await
    }

    /// Gives a folder another name, that of another folder to join both, or none to take out all
    /// that is in it.
    ///
    /// # Errors
    /// When the database cannot be written; nothing has moved then.
    pub async fn rename_folder(
        &self,
        name: String,
        to: Option<String>,
    ) -> Result<RenamedFolder, StoreError> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            let to = match to {
                // Its own name in other capitals is another spelling.
                Some(to) if !is_same_name(&name, &to) => Some(known(&transaction, &to)?),
                to => to,
            };
            let moved = transaction.execute(
                "UPDATE conversation SET folder = ?2 WHERE folder = ?1",
                (&name, &to),
            )?;
            transaction.commit()?;
            Ok(RenamedFolder { moved, name: to })
        })
        .await
    }
}

/// The name as a folder has it that is there, or else as it is.
fn known(connection: &Connection, name: &str) -> Result<String, StoreError> {
    let all = names(connection, "SELECT DISTINCT folder FROM conversation")?;
    let known = all.into_iter().find(|folder| is_same_name(folder, name));
    Ok(known.unwrap_or_else(|| name.to_owned()))
}

/// The names that `sql` selects.
pub(super) fn names(connection: &Connection, sql: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map([], |row| row.get::<_, Option<String>>(0))?;
    let found: Vec<_> = found.collect::<Result<_, _>>()?;
    Ok(found.into_iter().flatten().collect())
}

/// Writes how a conversation is filed, as it is; answers whether that was otherwise before.
pub(super) fn set(
    connection: &Connection,
    id: ConversationId,
    filing: &Filing,
) -> Result<bool, StoreError> {
    let tags = (!filing.tags.is_empty()).then_some(Json(&filing.tags));
    let yes = |is: bool| is.then_some(true);
    let changed = connection
        .prepare_cached(
            "UPDATE conversation SET folder = ?2, pinned = ?3, archived = ?4, tags = ?5
             WHERE id = ?1 AND (folder, pinned, archived, tags) IS NOT (?2, ?3, ?4, ?5)",
        )?
        .execute((
            id,
            &filing.folder,
            yes(filing.pinned),
            yes(filing.archived),
            tags,
        ))?;
    Ok(changed == 1)
}

/// Reads it from a row with these columns.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Filing> {
    let tags: Option<Undamaged<Vec<String>>> = row.get("tags")?;
    Ok(Filing {
        folder: row.get("folder")?,
        pinned: row.get::<_, Option<bool>>("pinned")?.unwrap_or_default(),
        archived: row.get::<_, Option<bool>>("archived")?.unwrap_or_default(),
        tags: tags.and_then(|Undamaged(tags)| tags).unwrap_or_default(),
    })
}
