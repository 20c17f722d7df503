//! The table of blobs: the bodies of files, each once, by its hash. A trigger removes a body with the
//! last file that has it.

use super::column::Json;
use super::schema::Migration;
use super::{Store, StoreError};
use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};
use tacet_conversation::{MessageId, Part};

/// The format from which on files have blobs; [`gather`] is part of the step to it.
pub(super) const FORMAT: u32 = 12;

pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    version: FORMAT,
    // `hash` is the SHA-256, in hexadecimal, of `text`, which is as the file's part had it: text, or
    // bytes in base64. `size`, in bytes of `text`, tells these rows from those of other tables where
    // a damaged file gives rows alone.
    sql: "CREATE TABLE blob (
            hash TEXT PRIMARY KEY,
            size INTEGER NOT NULL,
            text TEXT NOT NULL
          ) STRICT;
          ALTER TABLE part ADD COLUMN blob TEXT REFERENCES blob (hash);
          CREATE INDEX part_blob ON part (blob) WHERE blob IS NOT NULL;
          CREATE TRIGGER part_blob_unused AFTER DELETE ON part WHEN OLD.blob IS NOT NULL
          BEGIN
            DELETE FROM blob WHERE hash = OLD.blob
              AND NOT EXISTS (SELECT 1 FROM part WHERE blob = OLD.blob);
          END;",
}];

impl Store {
    /// The body of a file, as its part has it: text, or bytes in base64. `part` is its place among the
    /// message's parts. `None` when there is no file, or its conversation was deleted.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn file_body(
        &self,
        message: MessageId,
        part: usize,
    ) -> Result<Option<String>, StoreError> {
        self.readers
            .run(move |connection| body(connection, message, part))
            .await
    }
}

fn body(
    connection: &Connection,
    message: MessageId,
    part: usize,
) -> Result<Option<String>, StoreError> {
    let sql = format!(
        "SELECT p.extra, {BODY} FROM part p
         JOIN message m ON m.id = p.message_id
         JOIN conversation c ON c.id = m.conversation_id AND c.deleted_at IS NULL
         WHERE p.message_id = ?1 AND p.ordinal = ?2"
    );
    let found: Option<Option<String>> = connection
        .prepare_cached(&sql)?
        .query_row((message, part), |row| {
            let head: Option<Json<Part>> = row.get(0)?;
            match head {
                Some(Json(Part::Attachment(_))) => Ok(Some(row.get(1)?)),
                Some(_) | None => Ok(None),
            }
        })
        .optional()?;
    Ok(found.flatten())
}

/// The body of the part `p`, as an expression of SQL.
pub(super) const BODY: &str =
    "coalesce((SELECT b.text FROM main.blob b WHERE b.hash = p.blob), p.text)";

/// The same where it is text to read: of other files nothing, which are not even read then.
pub(super) const READABLE_BODY: &str = "CASE
    WHEN p.blob IS NULL THEN p.text
    WHEN NOT json_valid(p.extra) THEN ''
    WHEN p.extra ->> 'base64' THEN ''
    ELSE coalesce((SELECT b.text FROM main.blob b WHERE b.hash = p.blob), '')
  END";

/// Takes the bodies of files out of the parts, one after the other, so that no more than one is in
/// memory. One that is damaged, and no text any more, stays where it is.
pub(super) fn gather(connection: &Connection) -> Result<(), StoreError> {
    let mut files =
        connection.prepare("SELECT rowid FROM part WHERE kind = 'attachment' AND blob IS NULL")?;
    let files: Vec<i64> = files
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut body = connection.prepare("SELECT text FROM part WHERE rowid = ?1")?;
    let mut refer = connection.prepare("UPDATE part SET text = '', blob = ?2 WHERE rowid = ?1")?;
    for file in files {
        let text = body.query_row([file], |row| {
            Ok(row.get_ref(0)?.as_str().ok().map(str::to_owned))
        })?;
        if let Some(text) = text {
            refer.execute((file, keep(connection, &text)?))?;
        }
    }
    Ok(())
}

/// Keeps a body, where it is not kept yet, and gives its hash.
pub(super) fn keep(connection: &Connection, text: &str) -> Result<String, StoreError> {
    let hash = hash(text);
    connection
        .prepare_cached(
            "INSERT INTO blob (hash, size, text) VALUES (?1, octet_length(?2), ?2)
             ON CONFLICT DO NOTHING",
        )?
        .execute((&hash, text))?;
    Ok(hash)
}

/// Gives every body the hash that it has: one that was damaged must not be taken for what it was.
/// Answers how many had another.
pub(super) fn rehash(connection: &Connection) -> Result<usize, StoreError> {
    let mut known = connection.prepare("SELECT rowid, hash FROM blob")?;
    let known: Vec<(i64, String)> = known
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut body = connection.prepare("SELECT text FROM blob WHERE rowid = ?1")?;
    let mut changed = 0;
    for (row, old) in known {
        let text: String = body.query_row([row], |row| row.get(0))?;
        if hash(&text) == old {
            continue;
        }
        let new = keep(connection, &text)?;
        connection.execute("UPDATE part SET blob = ?2 WHERE blob = ?1", (&old, new))?;
        connection.execute("DELETE FROM blob WHERE rowid = ?1", [row])?;
        changed += 1;
    }
    Ok(changed)
}

fn hash(text: &str) -> String {
    format!("{:x}", Sha256::digest(text))
}
