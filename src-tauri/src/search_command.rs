//! `tacet search`: what is found, for people and for scripts, without a window and beside one.

use serde::Serialize;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::Path;
use tacet_conversation::{Millis, Role};
use tacet_store::{Found, Hit, HitKind, Search, Store};

/// More is not read by anybody.
const LIMIT: u32 = 1_000;

/// What marks what was asked for on a terminal, and ends that.
const MARKS: [&str; 2] = ["\u{1b}[1m", "\u{1b}[0m"];

#[derive(Serialize)]
struct Document {
    version: u32,
    #[serde(flatten)]
    found: Found,
}

/// Searches and writes what was found to standard output; answers whether that was anything.
///
/// # Errors
/// When the conversations cannot be read or the output cannot be written, in words.
pub fn run(data_dir: &Path, words: &str, json: bool) -> Result<bool, String> {
    let reader = Store::open_read_only(data_dir).map_err(|error| error.to_string())?;
    let search = Search {
        words: words.to_owned(),
        utc_offset_minutes: 0,
        limit: LIMIT,
    };
    let found = reader.search(&search).map_err(|error| error.to_string())?;
    let any = !found.hits.is_empty();
    let stdout = std::io::stdout();
    let marks = if stdout.is_terminal() { MARKS } else { [""; 2] };
    let mut out = BufWriter::new(stdout.lock());
    let written = if json {
        let document = Document { version: 1, found };
        serde_json::to_writer(&mut out, &document)
            .map_err(std::io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
    } else {
        write_hits(&mut out, &found, marks)
    };
    written
        .and_then(|()| out.flush())
        .map_err(|error| format!("the output could not be written: {error}"))?;
    Ok(any)
}

fn write_hits(out: &mut impl Write, found: &Found, marks: [&str; 2]) -> std::io::Result<()> {
    for hit in &found.hits {
        write_hit(out, hit, marks)?;
    }
    if found.more {
        writeln!(out, "There are more. Add a word to find fewer.")?;
    }
    Ok(())
}

/// Three lines: where, what, and an empty one.
fn write_hit(out: &mut impl Write, hit: &Hit, [begin, end]: [&str; 2]) -> std::io::Result<()> {
    let who = match (hit.role, hit.kind) {
        (None, _) | (_, HitKind::Title) => "title",
        (Some(Role::User), _) => "you",
        (Some(Role::System), _) => "system",
        (Some(Role::Assistant), HitKind::Reasoning) => "reasoning",
        (Some(Role::Assistant), HitKind::ToolCall) => "tool call",
        (Some(Role::Assistant), HitKind::ToolResult) => "tool result",
        (Some(Role::Assistant), HitKind::Text | HitKind::Attachment) => "assistant",
    };
    let (title, conversation) = (printable(&hit.title), hit.conversation_id);
    write!(out, "{title} · {who} · {} · {conversation}", day(hit.at))?;
    if let Some(message) = hit.message_id {
        write!(out, " {message}")?;
    }
    write!(out, "\n  ")?;
    for piece in &hit.snippet {
        let text = printable(&piece.text);
        if piece.is_hit {
            write!(out, "{begin}{text}{end}")?;
        } else {
            write!(out, "{text}")?;
        }
    }
    write!(out, "\n\n")
}

/// Without what would steer a terminal.
fn printable(text: &str) -> String {
    let control = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(control).collect()
}

/// The day of a moment in UTC, as `2026-01-31`.
fn day(at: Millis) -> String {
    match time::OffsetDateTime::from_unix_timestamp(at.div_euclid(1000)) {
        Ok(moment) => moment.date().to_string(),
        Err(_) => String::new(),
    }
}
