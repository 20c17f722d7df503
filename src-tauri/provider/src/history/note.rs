//! The note that tells the model, once, that its last turn ended early (rule C21).
//!
//! A valid history is not enough: without it a model resumes what was cancelled, or repeats a
//! side effect. The wording is fixed, since a changed one would cost the provider's prompt cache.

use tacet_conversation::{Cause, Message, MessageState, Part, ToolCallState};

/// The note for the next user message, or `None` for an answer that ended by itself.
pub(super) fn note(message: &Message) -> Option<String> {
    match message.state {
        // An answer that named its end is whole, whatever became of it afterwards.
        _ if message.finish_reason.is_some() => return None,
        MessageState::Complete => return None,
        MessageState::Streaming | MessageState::Incomplete | MessageState::Interrupted => {}
    }
    let why = match message.cause {
        Some(Cause::User) => "the user stopped it",
        Some(Cause::WindowClosed) => "the user closed the window",
        Some(Cause::ViewerGone) => "nobody was there to read it",
        Some(Cause::AppQuit) => "the user quit the app",
        Some(Cause::Replaced) => "another answer took its place",
        Some(Cause::Deadline) => "its time limit ran out",
        Some(Cause::Crash) => "the app ended unexpectedly",
        Some(Cause::ProviderError) => "the provider failed",
        Some(Cause::AnswerLimit) => "it grew beyond the limit for one answer",
        None => "the connection broke",
    };
    let mut note = format!("[Your previous answer ended early: {why}.");
    let names = |state: ToolCallState| {
        message
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::ToolCall(call) if call.state.when_interrupted() == state => {
                    Some(call.name.as_str())
                }
                Part::ToolCall(_)
                | Part::Text { .. }
                | Part::Reasoning(_)
                | Part::ToolResult(_)
                | Part::Attachment(_)
                | Part::Citations { .. }
                | Part::ServerTool(_) => None,
            })
            .collect::<Vec<_>>()
            .join(", ")
    };
    let running = names(ToolCallState::InterruptedWhileRunning);
    if !running.is_empty() {
        note += " These tools were interrupted and may have run in part: ";
        note += &running;
        note.push('.');
    }
    let waiting = names(ToolCallState::InterruptedBeforeRun);
    if !waiting.is_empty() {
        note += " These tool calls were not executed: ";
        note += &waiting;
        note.push('.');
    }
    note += " Do not go on with it unless you are asked to.]";
    Some(note)
}
