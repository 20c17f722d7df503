//! What of a message is searched: what was said and thought, what tools were asked and answered, and
//! the files.

use super::HitKind;
use crate::StoreError;
use crate::blob;
use crate::column::Json;
use rusqlite::Connection;
use serde_json::Value;
use std::borrow::Cow;
use tacet_conversation::{Part, ResultContent};

/// Hands the texts of a message to `take`, each with its part's place and kind, until that says
/// `false`. `seq` is the message's number.
pub(super) fn each_text(
    connection: &Connection,
    seq: i64,
    mut take: impl FnMut(u32, HitKind, &str) -> bool,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT p.ordinal, {}, p.extra FROM main.message m
         JOIN main.part p ON p.message_id = m.id WHERE m.seq = ?1 ORDER BY p.ordinal",
        blob::READABLE_BODY
    ))?;
    let mut rows = statement.query([seq])?;
    while let Some(row) = rows.next()? {
        let ordinal = row.get(0)?;
        let body = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        // What cannot be read says nothing of a file or a tool; the text is searched all the same.
        let extra: Option<Json<Part>> = row.get(2).unwrap_or_default();
        let (kind, text) = searched(extra.as_ref().map(|Json(part)| part), body);
        if !text.is_empty() && !take(ordinal, kind, &text) {
            break;
        }
    }
    Ok(())
}

/// `head` is the part without its body; absent for text.
fn searched<'a>(head: Option<&Part>, body: &'a str) -> (HitKind, Cow<'a, str>) {
    match head {
        None | Some(Part::Text { .. }) => (HitKind::Text, body.into()),
        Some(Part::Reasoning(_)) => (HitKind::Reasoning, body.into()),
        Some(Part::ToolCall(call)) => {
            let text = format!("{} {}", call.name, readable(body));
            (HitKind::ToolCall, text.into())
        }
        Some(Part::ToolResult(result)) => {
            let mut text = Cow::from(body);
            for content in &result.contents {
                add_content(content, &mut text);
            }
            (HitKind::ToolResult, text)
        }
        Some(Part::Attachment(file)) => {
            let text = if file.base64 { "" } else { body };
            (HitKind::Attachment, format!("{} {text}", file.name).into())
        }
        Some(Part::ServerTool(_)) => (HitKind::ToolCall, body.into()),
        // They stand below the answer, and are no words of it.
        Some(Part::Citations { .. }) => (HitKind::Text, "".into()),
    }
}

fn add_content(content: &ResultContent, text: &mut Cow<'_, str>) {
    let mut add = |piece: &str| {
        text.to_mut().push('\n');
        text.to_mut().push_str(piece);
    };
    match content {
        ResultContent::Text { text } => add(text),
        ResultContent::Resource { uri, text, .. } => {
            add(uri);
            if let Some(text) = text {
                add(text);
            }
        }
        ResultContent::Structured { value } => {
            let mut strings = String::new();
            gather(value, &mut strings);
            add(&strings);
        }
        ResultContent::Image { .. } | ResultContent::Audio { .. } => {}
    }
}

/// The names and values of JSON without its escapes; what is no JSON, or cut off, as it is.
fn readable(json: &str) -> Cow<'_, str> {
    let Ok(value) = serde_json::from_str(json) else {
        return json.into();
    };
    let mut text = String::new();
    gather(&value, &mut text);
    text.into()
}

fn gather(value: &Value, text: &mut String) {
    match value {
        Value::Null => {}
        Value::Bool(value) => *text += &format!("{value} "),
        Value::Number(number) => *text += &format!("{number} "),
        Value::String(string) => {
            text.push_str(string);
            text.push(' ');
        }
        Value::Array(values) => values.iter().for_each(|value| gather(value, text)),
        Value::Object(fields) => {
            for (name, value) in fields {
                *text += &format!("{name}: ");
                gather(value, text);
            }
        }
    }
}
