//! The conversations of other apps, each kind told by its shape.

mod chatgpt;
mod claude;
mod jan;
mod librechat;
mod llama_server;
mod open_webui;

use super::report::Report;
use super::source::Source;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tacet_conversation::{Attachment, Millis, Part, Role, media};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The files that belong to a file of conversations.
pub(super) trait Files {
    /// The name and content of the file whose name begins with that id.
    fn find(&mut self, id: &str) -> Option<(String, Vec<u8>)>;
    /// What stands of a thread beside its messages.
    fn thread(&self) -> Option<&Value>;
}

/// Reads one conversation of whatever app; `None` where its kind is not known.
pub(super) fn read(value: &Value, files: &mut dyn Files, report: &mut Report) -> Option<Source> {
    let has = |name: &str| value.get(name).is_some();
    if has("mapping") {
        chatgpt::read(value, files, report)
    } else if has("chat_messages") {
        claude::read(value, report)
    } else if has("chat") {
        open_webui::read(value, report)
    } else if has("conv") && has("messages") {
        llama_server::read(value, report)
    } else if has("conversationId") && (has("messages") || has("messagesTree")) {
        librechat::read(value, report)
    } else if has("thread_id") && has("content") {
        jan::read(value, files, report)
    } else {
        None
    }
}

/// The text at a path of fields; empty where there is none.
fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    at(value, path).and_then(Value::as_str).unwrap_or_default()
}

fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, name| value.get(name))
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// Who says a message, by its field `role`.
fn role(message: &Value) -> Role {
    match text(message, &["role"]) {
        "user" => Role::User,
        "system" => Role::System,
        _ => Role::Assistant,
    }
}

/// A moment as any of the apps writes it: seconds or milliseconds since the epoch, or a date.
fn moment(value: Option<&Value>) -> Option<Millis> {
    /// Seconds reach it in the year 5138, milliseconds have passed it in 1973.
    const MILLISECONDS_FROM: f64 = 1e11;
    match value? {
        Value::Number(number) => {
            let number = number.as_f64()?;
            let factor = if number.abs() >= MILLISECONDS_FROM {
                1.0
            } else {
                1000.0
            };
            // The ends of what a time can be are saturated.
            #[allow(clippy::cast_possible_truncation)]
            Some((number * factor).round() as Millis)
        }
        Value::String(date) => {
            let moment = OffsetDateTime::parse(date, &Rfc3339).ok()?;
            Millis::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok()
        }
        _ => None,
    }
}

fn text_part(text: &str) -> Option<Part> {
    (!text.trim().is_empty()).then(|| Part::Text {
        text: text.to_owned(),
    })
}

/// A file as part of what a person said: text as text, all else in base64 under the type that its
/// content is of.
fn attachment(name: &str, media_type: &str, bytes: Vec<u8>) -> Part {
    let known = media::type_of(&bytes);
    let text = match String::from_utf8(bytes) {
        Ok(text) if known.is_none() && !text.contains('\0') => Ok(text),
        Ok(text) => Err(text.into_bytes()),
        Err(error) => Err(error.into_bytes()),
    };
    let (text, base64) = match text {
        Ok(text) => (text, false),
        Err(bytes) => (BASE64_STANDARD.encode(bytes), true),
    };
    let media_type = match (known, media_type) {
        (Some(known), _) => known,
        (None, "") if base64 => "application/octet-stream",
        (None, "") => "text/plain",
        (None, given) => given,
    };
    Part::Attachment(Attachment {
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        text: text.into(),
        base64,
        ..Attachment::default()
    })
}

/// A file whose text alone is there.
fn text_file(name: &str, text: &str) -> Part {
    attachment(name, "text/plain", text.as_bytes().to_vec())
}
