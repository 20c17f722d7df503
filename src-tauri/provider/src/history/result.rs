//! A tool's result as a model is told of it.

use super::repair::{EMPTY_RESULT, NO_RESULT};
use tacet_conversation::{ResultContent, ToolCallState, ToolResult};

/// Room for the note of what is missing, so that what was cut is not cut again.
const NOTE: usize = 100;

/// A result in words, at most `limit` bytes of them with a note of what is missing. On disk it is
/// whole.
pub(super) fn words(result: &ToolResult, limit: usize) -> String {
    let mut words = result.text.clone();
    for content in &result.contents {
        // Servers say the same in words beside it (MCP, "Structured Content").
        if matches!(content, ResultContent::Structured { .. }) && !result.text.is_empty() {
            continue;
        }
        let more = described(content);
        if !more.is_empty() {
            words += if words.is_empty() { "" } else { "\n\n" };
            words += &more;
        }
    }
    if words.is_empty() {
        let came_to_nothing = match result.state {
            ToolCallState::Succeeded | ToolCallState::Failed => EMPTY_RESULT,
            ToolCallState::ReceivingArguments
            | ToolCallState::WaitingForApproval
            | ToolCallState::Running
            | ToolCallState::Denied
            | ToolCallState::InterruptedBeforeRun
            | ToolCallState::InterruptedWhileRunning => NO_RESULT,
        };
        return came_to_nothing.to_owned();
    }
    if words.len() > limit {
        let whole = words.len();
        words.truncate(words.floor_char_boundary(limit.saturating_sub(NOTE)));
        let missing = whole - words.len();
        words += &format!("\n\n[The result is cut here: {missing} more bytes are not shown.]");
    }
    words
}

/// What is not words, in words. Pictures and sound are named.
fn described(content: &ResultContent) -> String {
    match content {
        ResultContent::Text { text } => text.clone(),
        ResultContent::Image { media_type, .. } => {
            format!("[The tool gave an image ({media_type}), which is not shown to you.]")
        }
        ResultContent::Audio { media_type, .. } => {
            format!("[The tool gave sound ({media_type}), which is not played to you.]")
        }
        ResultContent::Resource { uri, text, .. } => match text {
            Some(text) => format!("[Resource {uri}]\n{text}"),
            None => format!("[The tool named the resource {uri}.]"),
        },
        ResultContent::Structured { value } => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::RESULT_BYTES as LIMIT;
    use serde_json::json;

    fn result(text: &str, contents: Vec<ResultContent>, state: ToolCallState) -> ToolResult {
        ToolResult {
            call_id: "call_1".to_owned(),
            text: text.to_owned(),
            contents,
            state,
        }
    }

    #[test]
    fn what_is_not_words_is_said_or_named_after_them() {
        let structured = ResultContent::Structured {
            value: json!({"degrees": 7}),
        };
        let alone = result("", vec![structured.clone()], ToolCallState::Succeeded);
        assert_eq!(super::words(&alone, LIMIT), "{\"degrees\":7}");
        let contents = vec![
            structured,
            ResultContent::Image {
                media_type: "image/png".to_owned(),
                data: "QUJD".to_owned(),
            },
        ];
        let words = words(&result("Cold.", contents, ToolCallState::Succeeded), LIMIT);
        let image = "[The tool gave an image (image/png), which is not shown to you.]";
        assert_eq!(words, format!("Cold.\n\n{image}"));
    }

    #[test]
    fn c20_nothing_is_an_empty_result_only_where_the_tool_came_to_its_end() {
        let of = |state| words(&result("", Vec::new(), state), LIMIT);
        assert_eq!(of(ToolCallState::Succeeded), EMPTY_RESULT);
        assert_eq!(of(ToolCallState::InterruptedWhileRunning), NO_RESULT);
    }

    #[test]
    fn a_result_over_the_limit_is_cut_at_a_character_and_says_what_is_missing() {
        let long = format!("x{}", "é".repeat(LIMIT));
        let words = words(&result(&long, Vec::new(), ToolCallState::Succeeded), LIMIT);
        let missing = long.len() - (LIMIT - NOTE - 1);
        let end = format!("é\n\n[The result is cut here: {missing} more bytes are not shown.]");
        assert!(words.ends_with(&end), "{}", &words[words.len() - 99..]);
        let again = result(&words, Vec::new(), ToolCallState::Succeeded);
        assert_eq!(super::words(&again, LIMIT), words);
    }
}
