//! One conversation as Markdown for people: the branch that is shown, who said what with which model
//! and when, what tools did, and how each answer ended.

use std::io::{self, Write};
use tacet_conversation::{
    Cause, Citation, ConversationId, Message, MessageState, Millis, Part, ResultContent, Role,
    ToolCallState,
};
use tacet_store::{Branch, Reader, StoreError};
use time::OffsetDateTime;

/// What stands under a message that is damaged.
const DAMAGED: &str = "Something of this message cannot be read any more.";

/// Why a conversation could not be written as Markdown.
#[derive(Debug, thiserror::Error)]
pub enum MarkdownError {
    /// There is no such conversation.
    #[error(
        "There is no such conversation. `tacet search WORDS` shows the ids of those that there are."
    )]
    Unknown,
    /// The conversations cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The output cannot be written.
    #[error("The output could not be written: {0}")]
    Write(#[from] io::Error),
}

/// Writes the branch of a conversation that is shown, and answers of how many of its messages
/// something could not be read any more: the file says so too. Times are those of a clock that is so
/// many minutes ahead of UTC.
///
/// # Errors
/// When there is no such conversation, it cannot be read, or `out` cannot be written; `out` then has
/// a part of it.
pub fn write_markdown(
    reader: &Reader,
    id: ConversationId,
    utc_offset_minutes: i32,
    out: &mut impl Write,
) -> Result<usize, MarkdownError> {
    let conversation = reader.conversation(id)?.ok_or(MarkdownError::Unknown)?;
    let branch = match conversation.head {
        Some(head) => reader.branch(head)?,
        None => Branch::default(),
    };
    let Branch { messages, damaged } = branch;
    let title = conversation.title.split_whitespace().collect::<Vec<_>>();
    writeln!(out, "# {}\n", escaped(&title.join(" ")))?;
    for message in &messages {
        write_message(message, utc_offset_minutes, out)?;
        if damaged.contains(&message.id) {
            writeln!(out, "*{DAMAGED}*\n")?;
        }
    }
    let others = reader
        .message_count(id)?
        .saturating_sub(messages.len() as u64);
    if others > 0 {
        let they = if others == 1 {
            "One message on another branch is".to_owned()
        } else {
            format!("{others} messages on other branches are")
        };
        writeln!(out, "---\n\n*{they} not in this file.*")?;
    }
    out.flush()?;
    Ok(damaged.len())
}

/// Without what Markdown would take for marks in a title.
fn escaped(title: &str) -> String {
    let mut escaped = String::with_capacity(title.len());
    for c in title.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn write_message(message: &Message, offset: i32, out: &mut impl Write) -> io::Result<()> {
    let (who, model) = match message.role {
        Role::User => ("You", None),
        Role::System => ("Instructions", None),
        Role::Assistant => ("Assistant", message.model.as_ref()),
    };
    writeln!(out, "## {who}\n")?;
    let model = model
        .map(|model| format!("`{model}` · "))
        .unwrap_or_default();
    writeln!(out, "*{model}{}*\n", moment(message.created_at, offset))?;
    for part in &message.parts {
        write_part(message.role, part, out)?;
    }
    if let Some(end) = end(message) {
        writeln!(out, "*{end}*\n")?;
    }
    Ok(())
}

/// As `2026-01-31 12:04`.
fn moment(at: Millis, offset: i32) -> String {
    let local = at.saturating_add(i64::from(offset) * 60_000);
    match OffsetDateTime::from_unix_timestamp(local.div_euclid(1000)) {
        Ok(moment) => format!(
            "{} {:02}:{:02}",
            moment.date(),
            moment.hour(),
            moment.minute()
        ),
        Err(_) => String::new(),
    }
}

fn write_part(role: Role, part: &Part, out: &mut impl Write) -> io::Result<()> {
    match part {
        Part::Text { text } => writeln!(out, "{}\n", text.trim_end()),
        Part::Reasoning(reasoning) if reasoning.text.is_empty() => Ok(()),
        Part::Reasoning(reasoning) => {
            writeln!(out, "> **Reasoning**\n>")?;
            for line in reasoning.text.trim_end().lines() {
                writeln!(out, "> {line}")?;
            }
            writeln!(out)
        }
        Part::ToolCall(call) => {
            let state = state(call.state);
            writeln!(out, "**Tool call: {}** ({state})\n", escaped(&call.name))?;
            write_block("json", &call.arguments, out)
        }
        Part::ToolResult(result) => {
            writeln!(out, "**Tool result** ({})\n", state(result.state))?;
            write_block("", &result.text, out)?;
            result
                .contents
                .iter()
                .try_for_each(|content| write_content(content, out))
        }
        Part::Attachment(file) => {
            let kind = file.media_type();
            let what = match (role, file.cut_off) {
                (Role::Assistant, true) => "Unfinished image",
                (Role::Assistant, false) => "Image",
                (Role::User | Role::System, _) => "Attached file",
            };
            writeln!(out, "**{what}: {}** ({kind})\n", escaped(&file.name))?;
            if file.base64 {
                return Ok(());
            }
            write_block("", &file.text, out)
        }
        Part::Citations { citations } => {
            writeln!(out, "Sources:\n")?;
            for (place, citation) in citations.iter().enumerate() {
                let title = escaped(&citation.title.replace(['\n', '\r'], " "));
                writeln!(out, "{}. [{title}](<{}>)", place + 1, address(citation))?;
            }
            writeln!(out)
        }
        Part::ServerTool(tool) if tool.input.is_empty() => Ok(()),
        Part::ServerTool(tool) => {
            writeln!(out, "**Tool of the provider: {}**\n", escaped(&tool.name))?;
            write_block("", &tool.input, out)
        }
    }
}

/// An address as it may stand in angle brackets.
fn address(citation: &Citation) -> String {
    let url = citation.url.replace('<', "%3C").replace('>', "%3E");
    url.replace(['\n', '\r'], "")
}

fn write_content(content: &ResultContent, out: &mut impl Write) -> io::Result<()> {
    match content {
        ResultContent::Text { text } => write_block("", text, out),
        ResultContent::Image { media_type, .. } => writeln!(out, "*An image ({media_type}).*\n"),
        ResultContent::Audio { media_type, .. } => writeln!(out, "*Sound ({media_type}).*\n"),
        ResultContent::Resource { uri, text, .. } => {
            writeln!(out, "Resource: `{uri}`\n")?;
            text.iter().try_for_each(|text| write_block("", text, out))
        }
        ResultContent::Structured { value } => write_block("json", &value.to_string(), out),
    }
}

/// Text as it is, in a fence that is longer than any within it.
fn write_block(language: &str, text: &str, out: &mut impl Write) -> io::Result<()> {
    if text.trim().is_empty() {
        return Ok(());
    }
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest.max(2) + 1);
    writeln!(out, "{fence}{language}\n{}\n{fence}\n", text.trim_end())
}

fn state(state: ToolCallState) -> &'static str {
    match state {
        ToolCallState::ReceivingArguments => "being written",
        ToolCallState::WaitingForApproval => "waiting for approval",
        ToolCallState::Running => "running",
        ToolCallState::Succeeded => "succeeded",
        ToolCallState::Failed => "failed",
        ToolCallState::Denied => "not allowed",
        ToolCallState::InterruptedBeforeRun => "cut off, was not executed",
        ToolCallState::InterruptedWhileRunning => "stopped while it ran, its effect is unknown",
    }
}

/// How the message ended, where that was early.
fn end(message: &Message) -> Option<String> {
    let end = match message.state {
        MessageState::Complete => return None,
        MessageState::Streaming => "Still being written.",
        MessageState::Incomplete => "The answer broke off here.",
        MessageState::Interrupted => match message.cause {
            Some(Cause::User) => "Stopped by you.",
            Some(Cause::WindowClosed) => "Stopped because the window was closed.",
            Some(Cause::ViewerGone) => "Stopped because the window stopped responding.",
            Some(Cause::AppQuit) => "Stopped because Tacet quit.",
            Some(Cause::Replaced) => "Replaced by a newer answer.",
            Some(Cause::Deadline) => "Stopped at a time limit.",
            Some(Cause::Crash) => "Cut off when Tacet ended unexpectedly.",
            Some(Cause::ProviderError) => "Stopped by an error of the provider.",
            Some(Cause::AnswerLimit) => "Stopped at the limit for one answer.",
            None => "Stopped.",
        },
    };
    let tokens = message.usage.as_ref().and_then(|usage| usage.output_tokens);
    let kept = tokens.map(|tokens| format!(" {tokens} tokens of it were counted."));
    let error = message
        .error
        .as_ref()
        .map(|error| format!(" {}", error.message));
    Some(format!(
        "{end}{}{}",
        kept.unwrap_or_default(),
        error.unwrap_or_default().replace(['\n', '*'], " ")
    ))
}
