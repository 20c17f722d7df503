//! The table of parts: one row a part, its growing text in a column of its own.

use super::column::{Json, optional};
use super::schema::Migration;
use super::{StoreError, blob};
use rusqlite::{Connection, Row};
use std::borrow::Cow;
use tacet_conversation::{
    Attachment, MessageId, Part, Reasoning, ServerTool, SharedText, ToolCall, ToolResult, media,
};

pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    // `text` is the part's body, but for that of a file, which is a blob; `extra` is the part as JSON
    // with an empty body, and absent for plain text. What a tool gave beside words has its bodies in
    // blobs, too.
    sql: "CREATE TABLE part (
            message_id TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
            ordinal    INTEGER NOT NULL,
            kind       TEXT NOT NULL,
            text       TEXT NOT NULL,
            extra      TEXT,
            PRIMARY KEY (message_id, ordinal)
          ) STRICT;",
}];

/// The part with an empty body: what is small and may change while the body grows.
pub(super) fn head(part: &Part) -> Part {
    match part {
        Part::Text { .. } => Part::Text {
            text: String::new(),
        },
        Part::Reasoning(reasoning) => Part::Reasoning(Reasoning {
            text: String::new(),
            duration_ms: reasoning.duration_ms,
            seal: reasoning.seal.clone(),
            field: reasoning.field.clone(),
        }),
        Part::ToolCall(call) => Part::ToolCall(ToolCall {
            call_id: call.call_id.clone(),
            name: call.name.clone(),
            arguments: String::new(),
            state: call.state,
            seal: call.seal.clone(),
        }),
        Part::ToolResult(result) => Part::ToolResult(ToolResult {
            call_id: result.call_id.clone(),
            text: String::new(),
            contents: result.contents.clone(),
            state: result.state,
            left_out: result.left_out,
        }),
        Part::Attachment(attachment) => Part::Attachment(Attachment {
            name: attachment.name.clone(),
            media_type: attachment.media_type.clone(),
            text: SharedText::default(),
            base64: attachment.base64,
            left_out: attachment.left_out,
            cut_off: attachment.cut_off,
            seal: attachment.seal.clone(),
        }),
        // Whole from the start.
        Part::Citations { .. } => part.clone(),
        Part::ServerTool(tool) => Part::ServerTool(ServerTool {
            name: tool.name.clone(),
            input: String::new(),
            seal: tool.seal.clone(),
        }),
    }
}

/// Whether that is the head of a part, without a copy of it: an answer may have hundreds of parts, and
/// each checkpoint asks it of all.
pub(super) fn is_head(known: &Part, part: &Part) -> bool {
    match (known, part) {
        (Part::Text { .. }, Part::Text { .. }) => true,
        (Part::Reasoning(known), Part::Reasoning(reasoning)) => {
            let Reasoning {
                text: _,
                duration_ms,
                seal,
                field,
            } = reasoning;
            known.duration_ms == *duration_ms && known.seal == *seal && known.field == *field
        }
        (Part::ToolCall(known), Part::ToolCall(call)) => {
            let ToolCall {
                call_id,
                name,
                arguments: _,
                state,
                seal,
            } = call;
            known.state == *state
                && known.call_id == *call_id
                && known.name == *name
                && known.seal == *seal
        }
        (Part::ToolResult(known), Part::ToolResult(result)) => {
            let ToolResult {
                call_id,
                text: _,
                contents,
                state,
                left_out,
            } = result;
            known.state == *state
                && known.left_out == *left_out
                && known.call_id == *call_id
                && known.contents == *contents
        }
        (Part::Attachment(known), Part::Attachment(file)) => {
            let Attachment {
                name,
                media_type,
                text: _,
                base64,
                left_out,
                cut_off,
                seal,
            } = file;
            (known.base64, known.left_out, known.cut_off) == (*base64, *left_out, *cut_off)
                && known.name == *name
                && known.media_type == *media_type
                && known.seal == *seal
        }
        (Part::Citations { .. }, Part::Citations { .. }) => known == part,
        (Part::ServerTool(known), Part::ServerTool(tool)) => {
            let ServerTool {
                name,
                input: _,
                seal,
            } = tool;
            known.name == *name && known.seal == *seal
        }
        _ => false,
    }
}

/// The part's kind as its JSON names it.
fn kind(part: &Part) -> &'static str {
    match part {
        Part::Text { .. } => "text",
        Part::Reasoning(_) => "reasoning",
        Part::ToolCall(_) => "tool-call",
        Part::ToolResult(_) => "tool-result",
        Part::Attachment(_) => "attachment",
        Part::Citations { .. } => "citations",
        Part::ServerTool(_) => "server-tool",
    }
}

fn extra(part: &Part) -> Option<Json<Part>> {
    match part {
        Part::Text { .. } => None,
        Part::Reasoning(_)
        | Part::ToolCall(_)
        | Part::ToolResult(_)
        | Part::Attachment(_)
        | Part::Citations { .. }
        | Part::ServerTool(_) => Some(Json(blob::without_contents(head(part)))),
    }
}

/// Writes all parts of a message that has none in the database.
pub(super) fn insert_all(
    connection: &Connection,
    message: MessageId,
    parts: &[Part],
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO part (message_id, ordinal, kind, text, extra, blob)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (ordinal, part) in parts.iter().enumerate() {
        let (text, blob) = match part {
            Part::Attachment(file) => ("", Some(blob::keep(connection, &file.text)?)),
            Part::Text { .. }
            | Part::Reasoning(_)
            | Part::ToolCall(_)
            | Part::ToolResult(_)
            | Part::Citations { .. }
            | Part::ServerTool(_) => (part.body(), None),
        };
        statement.execute((message, ordinal, kind(part), text, extra(part), blob))?;
        if let Part::ToolResult(_) = part {
            blob::keep_contents(connection, message, ordinal, part)?;
        }
    }
    Ok(())
}

/// Writes what is small of a part that is being received, and leaves its text alone.
pub(super) fn upsert_head(
    connection: &Connection,
    message: MessageId,
    ordinal: usize,
    part: &Part,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO part (message_id, ordinal, kind, text, extra)
             VALUES (?1, ?2, ?3, '', ?4)
             ON CONFLICT DO UPDATE SET extra = excluded.extra
             WHERE extra IS NOT excluded.extra",
        )?
        .execute((message, ordinal, kind(part), extra(part)))?;
    if let Part::ToolResult(_) = part {
        blob::keep_contents(connection, message, ordinal, part)?;
    }
    Ok(())
}

/// Leaves a file, or the pictures of a tool's result, out of requests, or takes them in again.
/// `false` when there is nothing of the kind at that place, or the message's conversation was deleted.
pub(super) fn leave_out(
    connection: &Connection,
    message: MessageId,
    ordinal: usize,
    left_out: bool,
) -> Result<bool, StoreError> {
    let found = super::message::one(connection, message)?;
    if found.as_ref().is_some_and(|it| it.is_damaged) {
        return Err(StoreError::DamagedMessage);
    }
    let part = match found.and_then(|it| it.message.parts.into_iter().nth(ordinal)) {
        Some(Part::Attachment(file)) => Part::Attachment(Attachment { left_out, ..file }),
        Some(Part::ToolResult(result)) => Part::ToolResult(ToolResult { left_out, ..result }),
        Some(
            Part::Text { .. }
            | Part::Reasoning(_)
            | Part::ToolCall(_)
            | Part::Citations { .. }
            | Part::ServerTool(_),
        )
        | None => {
            return Ok(false);
        }
    };
    upsert_head(connection, message, ordinal, &part)?;
    Ok(true)
}

pub(super) fn remove_all(connection: &Connection, message: MessageId) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM part WHERE message_id = ?1")?
        .execute([message])?;
    Ok(())
}

/// Reads a part from a row with the columns `kind`, `text` and `extra`. Of one that is damaged, which
/// is noted in `damaged`, its text stays.
pub(super) fn read(row: &Row<'_>, damaged: &mut bool) -> rusqlite::Result<Part> {
    let body = row.get_ref("text")?.as_bytes_or_null();
    let body = body.map_err(rusqlite::Error::from)?.unwrap_or_default();
    let text = String::from_utf8_lossy(body);
    let mut is_damaged = matches!(text, Cow::Owned(_));
    let head: Option<Json<Part>> = optional(row, "extra", &mut is_damaged)?;
    *damaged |= is_damaged;
    let text = text.into_owned();
    Ok(match head {
        Some(Json(part)) => part.with_body(text),
        None if is_damaged => {
            let kind: Option<String> = optional(row, "kind", &mut is_damaged)?;
            rest(kind.as_deref(), text)
        }
        None => Part::Text { text },
    })
}

/// What is left of a part when only its kind and its text can be read.
fn rest(kind: Option<&str>, text: String) -> Part {
    match kind {
        Some("reasoning") => Part::Reasoning(Reasoning {
            text,
            ..Reasoning::default()
        }),
        Some("attachment") => Part::Attachment(Attachment {
            name: "A file whose name is damaged".to_owned(),
            base64: media::type_of_base64(&text).is_some(),
            text: text.into(),
            // Nobody can say any more as what it would be sent.
            left_out: true,
            ..Attachment::default()
        }),
        // A call without its name and its id is none that could be shown or sent as one.
        Some(_) | None => Part::Text { text },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tacet_conversation::{Seal, ToolCallState};

    #[test]
    fn a_head_is_known_without_a_copy_and_any_change_of_it_too() {
        let seal = || {
            Some(Seal {
                issuer: "a".to_owned(),
                data: "b".to_owned(),
            })
        };
        let reasoning = Reasoning::default();
        let call = ToolCall {
            call_id: "1".to_owned(),
            name: "look".to_owned(),
            arguments: "{}".to_owned(),
            state: ToolCallState::Running,
            seal: None,
        };
        let result = ToolResult {
            call_id: "1".to_owned(),
            text: "ice".to_owned(),
            contents: Vec::new(),
            state: ToolCallState::Running,
            left_out: false,
        };
        let file = Attachment::default();
        let tool = ServerTool {
            name: "search".to_owned(),
            input: "ice".to_owned(),
            seal: None,
        };
        let state = ToolCallState::Succeeded;
        let words = || "other".to_owned();
        let families = [
            vec![Part::Text { text: words() }],
            vec![
                Part::Reasoning(reasoning.clone()),
                Part::Reasoning(Reasoning {
                    duration_ms: Some(1),
                    ..reasoning.clone()
                }),
                Part::Reasoning(Reasoning {
                    seal: seal(),
                    ..reasoning.clone()
                }),
                Part::Reasoning(Reasoning {
                    field: Some(words()),
                    ..reasoning
                }),
            ],
            vec![
                Part::ToolCall(call.clone()),
                Part::ToolCall(ToolCall {
                    call_id: words(),
                    ..call.clone()
                }),
                Part::ToolCall(ToolCall {
                    name: words(),
                    ..call.clone()
                }),
                Part::ToolCall(ToolCall {
                    state,
                    ..call.clone()
                }),
                Part::ToolCall(ToolCall {
                    seal: seal(),
                    ..call
                }),
            ],
            vec![
                Part::ToolResult(result.clone()),
                Part::ToolResult(ToolResult {
                    call_id: words(),
                    ..result.clone()
                }),
                Part::ToolResult(ToolResult {
                    state,
                    ..result.clone()
                }),
                Part::ToolResult(ToolResult {
                    left_out: true,
                    ..result
                }),
            ],
            vec![
                Part::Attachment(file.clone()),
                Part::Attachment(Attachment {
                    name: words(),
                    ..file.clone()
                }),
                Part::Attachment(Attachment {
                    media_type: words(),
                    ..file.clone()
                }),
                Part::Attachment(Attachment {
                    base64: true,
                    ..file.clone()
                }),
                Part::Attachment(Attachment {
                    left_out: true,
                    ..file.clone()
                }),
                Part::Attachment(Attachment {
                    cut_off: true,
                    ..file.clone()
                }),
                Part::Attachment(Attachment {
                    seal: seal(),
                    ..file
                }),
            ],
            vec![
                Part::ServerTool(tool.clone()),
                Part::ServerTool(ServerTool {
                    name: words(),
                    ..tool.clone()
                }),
                Part::ServerTool(ServerTool {
                    seal: seal(),
                    ..tool
                }),
            ],
        ];
        let all: Vec<&Part> = families.iter().flatten().collect();
        for (place, part) in all.iter().enumerate() {
            for (other, known) in all.iter().enumerate() {
                let is_same = is_head(&head(known), part);
                assert_eq!(is_same, place == other, "{known:?} of {part:?}");
            }
        }
    }
}
