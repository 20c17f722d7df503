//! The table of blobs: the bodies of files, and of what tools gave beside words, each once, by its
//! hash. A trigger removes a body with the last part that has it.

use super::column::{Json, Undamaged};
use super::schema::Migration;
use super::{Store, StoreError};
use rusqlite::{Connection, OptionalExtension, ToSql};
use sha2::{Digest, Sha256};
use tacet_conversation::{MessageId, Part, ResultContent, SharedText, ToolResult};

/// The format from which on files have blobs; [`gather`] is part of the step to it.
pub(super) const FORMAT: u32 = 12;

/// The format from which on what tools gave beside words is in blobs; [`gather_results`] is part of
/// the step to it.
pub(super) const FORMAT_OF_RESULTS: u32 = 13;

pub(super) const MIGRATIONS: &[Migration] = &[FILES, RESULTS];

const FILES: Migration = Migration {
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
};

const RESULTS: Migration = Migration {
    version: FORMAT_OF_RESULTS,
    // `place` counts what the tool's result has beside its words. No other table begins with a number
    // and a text, which tells these rows where a damaged file gives rows alone.
    sql: "CREATE TABLE result_blob (
            place      INTEGER NOT NULL,
            message_id TEXT NOT NULL,
            ordinal    INTEGER NOT NULL,
            hash       TEXT NOT NULL REFERENCES blob (hash),
            PRIMARY KEY (message_id, ordinal, place),
            FOREIGN KEY (message_id, ordinal) REFERENCES part (message_id, ordinal)
              ON DELETE CASCADE
          ) STRICT;
          CREATE INDEX result_blob_hash ON result_blob (hash);
          DROP TRIGGER part_blob_unused;
          CREATE TRIGGER part_blob_unused AFTER DELETE ON part WHEN OLD.blob IS NOT NULL
          BEGIN
            DELETE FROM blob WHERE hash = OLD.blob
              AND NOT EXISTS (SELECT 1 FROM part WHERE blob = OLD.blob)
              AND NOT EXISTS (SELECT 1 FROM result_blob WHERE hash = OLD.blob);
          END;
          CREATE TRIGGER result_blob_unused AFTER DELETE ON result_blob
          BEGIN
            DELETE FROM blob WHERE hash = OLD.hash
              AND NOT EXISTS (SELECT 1 FROM part WHERE blob = OLD.hash)
              AND NOT EXISTS (SELECT 1 FROM result_blob WHERE hash = OLD.hash);
          END;",
};

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

/// Takes what tools gave beside words out of the parts, one after the other. What is damaged stays
/// where it is.
pub(super) fn gather_results(connection: &Connection) -> Result<(), StoreError> {
    let mut results = connection.prepare(
        "SELECT rowid FROM part WHERE kind = 'tool-result' AND instr(extra, '\"data\":')",
    )?;
    let results: Vec<i64> = results
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut one =
        connection.prepare("SELECT message_id, ordinal, extra FROM part WHERE rowid = ?1")?;
    let mut strip = connection.prepare("UPDATE part SET extra = ?2 WHERE rowid = ?1")?;
    for result in results {
        let read = one.query_row([result], |row| {
            let part: Undamaged<Part> = row.get(2)?;
            Ok((row.get::<_, String>(0)?, row.get::<_, usize>(1)?, part.0))
        });
        let (message, ordinal, Some(part)) = read? else {
            continue;
        };
        if bodies(&part).next().is_some() {
            keep_contents(connection, &message, ordinal, &part)?;
            strip.execute((result, Json(without_contents(part))))?;
        }
    }
    Ok(())
}

/// What a tool gave beside words, that has a body, with its place.
fn bodies(part: &Part) -> impl Iterator<Item = (usize, &SharedText)> {
    let contents = match part {
        Part::ToolResult(result) => result.contents.as_slice(),
        Part::Text { .. }
        | Part::Reasoning(_)
        | Part::ToolCall(_)
        | Part::Attachment(_)
        | Part::Citations { .. }
        | Part::ServerTool(_) => &[],
    };
    let bodies = contents.iter().enumerate();
    let bodies = bodies.filter_map(|(place, content)| Some((place, content.data()?)));
    bodies.filter(|(_, body)| !body.is_empty())
}

/// The part without the bodies of what a tool gave beside words.
pub(super) fn without_contents(mut part: Part) -> Part {
    if let Part::ToolResult(result) = &mut part {
        let bodies = result.contents.iter_mut();
        bodies
            .filter_map(ResultContent::data_mut)
            .for_each(|body| *body = SharedText::default());
    }
    part
}

/// Keeps the bodies of what a tool gave beside words, in the place of those that the part had.
pub(super) fn keep_contents(
    connection: &Connection,
    message: impl ToSql + Copy,
    ordinal: usize,
    part: &Part,
) -> Result<(), StoreError> {
    let mut kept = Vec::new();
    for (place, body) in bodies(part) {
        kept.push((place, keep(connection, body)?));
    }
    connection
        .prepare_cached(
            "DELETE FROM result_blob WHERE message_id = ?1 AND ordinal = ?2
             AND NOT EXISTS (SELECT 1 FROM json_each(?3) kept
                             WHERE kept.value ->> 0 = place AND kept.value ->> 1 = hash)",
        )?
        .execute((message, ordinal, Json(&kept)))?;
    for (place, hash) in kept {
        connection
            .prepare_cached(
                "INSERT INTO result_blob (place, message_id, ordinal, hash) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO NOTHING",
            )?
            .execute((place, message, ordinal, hash))?;
    }
    Ok(())
}

/// Gives what a tool gave beside words its bodies again.
pub(super) fn fill_contents(
    connection: &Connection,
    message: MessageId,
    ordinal: i64,
    result: &mut ToolResult,
) -> rusqlite::Result<()> {
    let lacks = |content: &ResultContent| content.data().is_some_and(|body| body.is_empty());
    if !result.contents.iter().any(lacks) {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(
        "SELECT r.place, b.text FROM main.result_blob r JOIN main.blob b ON b.hash = r.hash
         WHERE r.message_id = ?1 AND r.ordinal = ?2",
    )?;
    let mut rows = statement.query((message, ordinal))?;
    while let Some(row) = rows.next()? {
        let content = result.contents.get_mut(row.get::<_, usize>(0)?);
        if let Some(body) = content.and_then(ResultContent::data_mut) {
            *body = row.get::<_, String>(1)?.into();
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
        connection.execute("UPDATE part SET blob = ?2 WHERE blob = ?1", (&old, &new))?;
        connection.execute(
            "UPDATE result_blob SET hash = ?2 WHERE hash = ?1",
            (&old, &new),
        )?;
        connection.execute("DELETE FROM blob WHERE rowid = ?1", [row])?;
        changed += 1;
    }
    Ok(changed)
}

fn hash(text: &str) -> String {
    format!("{:x}", Sha256::digest(text))
}
