//! Which files of a conversation a refusal may be about.

use crate::ModelRequest;
use crate::history::{self, Rules};
use tacet_conversation::{
    ErrorCategory, Message, Part, ProviderError, RefusedFile, Role, ToolResult,
};

/// The same error with the files that it may be about. The words of providers seldom say which:
/// it is one of those that were sent last, since those before them were taken. An error about
/// files in a conversation that has none is about the request.
pub(crate) fn with_files(
    error: ProviderError,
    request: &ModelRequest,
    rules: &Rules,
) -> ProviderError {
    let files = match error.category {
        ErrorCategory::File => suspects(&error, request, rules),
        ErrorCategory::RequestTooLarge => largest(request, rules).into_iter().collect(),
        ErrorCategory::Authentication
        | ErrorCategory::RateLimit
        | ErrorCategory::Overloaded
        | ErrorCategory::PromptTooLong
        | ErrorCategory::BadRequest
        | ErrorCategory::UnknownModel
        | ErrorCategory::WrongAddress
        | ErrorCategory::ContentFilter
        | ErrorCategory::Unknown
        | ErrorCategory::Network
        | ErrorCategory::Protocol
        | ErrorCategory::AnswerTooLong
        | ErrorCategory::Engine
        | ErrorCategory::Storage => return error,
    };
    if files.is_empty() && error.category == ErrorCategory::File {
        let status = error.status.map(|status| format!(" ({status})"));
        return ProviderError {
            category: ErrorCategory::BadRequest,
            message: format!(
                "The provider did not accept the request.{}",
                status.unwrap_or_default()
            ),
            ..error
        };
    }
    ProviderError { files, ..error }
}

/// What was sent as a file: one of the person's, or the pictures of a tool's result.
struct Sent {
    refused: RefusedFile,
    is_document: bool,
    /// In characters of base64.
    size: usize,
}

/// What of a message was sent as files to a wire with these `rules`.
fn sent(message: &Message, rules: &Rules) -> Vec<Sent> {
    let parts = message.parts.iter().enumerate();
    let sent = parts.filter_map(|(part, it)| {
        let (name, is_document, size) = match it {
            // One that a model made was taken from there.
            Part::Attachment(file)
                if file.base64 && !file.left_out && message.role != Role::Assistant =>
            {
                let is_document = file.media_type() == "application/pdf";
                (file.name.clone(), is_document, file.text.len())
            }
            Part::ToolResult(result) if !result.left_out => {
                let pictures = history::pictures(result, rules);
                let size = pictures.map(|(_, data)| data.len()).sum::<usize>();
                if size == 0 {
                    return None;
                }
                (tool_of(message, result), false, size)
            }
            Part::Attachment(_)
            | Part::Citations { .. }
            | Part::ServerTool(_)
            | Part::Text { .. }
            | Part::Reasoning(_)
            | Part::ToolCall(_)
            | Part::ToolResult(_) => return None,
        };
        let message_id = message.id;
        let refused = RefusedFile {
            message_id,
            part,
            name,
        };
        Some(Sent {
            refused,
            is_document,
            size,
        })
    });
    sent.collect()
}

/// The pictures of a result, by the name of the tool that gave them.
fn tool_of(message: &Message, result: &ToolResult) -> String {
    let calls = message.parts.iter().rev().find_map(|part| match part {
        Part::ToolCall(call) if call.call_id == result.call_id => Some(call.name.as_str()),
        Part::ToolCall(_)
        | Part::Text { .. }
        | Part::Reasoning(_)
        | Part::ToolResult(_)
        | Part::Attachment(_)
        | Part::Citations { .. }
        | Part::ServerTool(_) => None,
    });
    format!("pictures from {}", calls.unwrap_or("a tool"))
}

fn suspects(error: &ProviderError, request: &ModelRequest, rules: &Rules) -> Vec<RefusedFile> {
    let words = error.provider_text.as_deref().unwrap_or_default();
    let words = words.to_lowercase();
    let (images, documents) = (words.contains("image"), words.contains("pdf"));
    let named = |file: &Sent| match (images, documents) {
        (true, false) => !file.is_document,
        (false, true) => file.is_document,
        (true, true) | (false, false) => true,
    };
    let last = request.messages().rev().map(|message| {
        let files = sent(&message, rules).into_iter().filter(named);
        files.map(|file| file.refused).collect::<Vec<_>>()
    });
    let mut last = last.filter(|files| !files.is_empty());
    last.next().unwrap_or_default()
}

fn largest(request: &ModelRequest, rules: &Rules) -> Option<RefusedFile> {
    let files = request.messages().flat_map(|message| sent(&message, rules));
    let largest = files.max_by_key(|file| file.size);
    largest.map(|file| file.refused)
}
