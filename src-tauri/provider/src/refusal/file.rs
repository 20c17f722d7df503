//! Which files of a conversation a refusal may be about.

use tacet_conversation::{Attachment, ErrorCategory, Message, Part, ProviderError, RefusedFile};

/// The same error with the files that it may be about. The words of providers seldom say which:
/// it is one of those that were sent last, since those before them were taken. An error about
/// files in a conversation that has none is about the request.
pub(crate) fn with_files(error: ProviderError, history: &[Message]) -> ProviderError {
    let files = match error.category {
        ErrorCategory::File => suspects(&error, history),
        ErrorCategory::RequestTooLarge => largest(history).into_iter().collect(),
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

/// The files of a message that were sent as files, each with its place.
fn sent(message: &Message) -> impl DoubleEndedIterator<Item = (RefusedFile, &Attachment)> {
    let parts = message.parts.iter().enumerate();
    parts.filter_map(|(part, attachment)| match attachment {
        Part::Attachment(file) if file.base64 && !file.left_out => {
            let refused = RefusedFile {
                message_id: message.id,
                part,
                name: file.name.clone(),
            };
            Some((refused, file))
        }
        Part::Attachment(_)
        | Part::Text { .. }
        | Part::Reasoning(_)
        | Part::ToolCall(_)
        | Part::ToolResult(_) => None,
    })
}

fn suspects(error: &ProviderError, history: &[Message]) -> Vec<RefusedFile> {
    let words = error.provider_text.as_deref().unwrap_or_default();
    let words = words.to_lowercase();
    let is_document = |file: &Attachment| file.media_type() == "application/pdf";
    let (images, documents) = (words.contains("image"), words.contains("pdf"));
    let named = |file: &Attachment| match (images, documents) {
        (true, false) => !is_document(file),
        (false, true) => is_document(file),
        (true, true) | (false, false) => true,
    };
    let last = history.iter().rev().map(|message| {
        let files = sent(message).filter(|(_, file)| named(file));
        files.map(|(refused, _)| refused).collect::<Vec<_>>()
    });
    let mut last = last.filter(|files| !files.is_empty());
    last.next().unwrap_or_default()
}

fn largest(history: &[Message]) -> Option<RefusedFile> {
    let files = history.iter().flat_map(sent);
    let largest = files.max_by_key(|(_, file)| file.text.len());
    largest.map(|(refused, _)| refused)
}
