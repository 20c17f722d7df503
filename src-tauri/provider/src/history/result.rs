//! A tool's result as a model is told of it.

use super::repair::{EMPTY_RESULT, NO_RESULT};
use super::rules::Rules;
use tacet_conversation::{ResultContent, SharedText, ToolCallState, ToolResult};

/// Room for the note of what is missing, so that what was cut is not cut again.
const NOTE: usize = 100;

/// A result as a wire with these `rules` takes it: at most so many bytes of words with a note of
/// what is missing, and the pictures that travel, unless they `stay`. On disk it is whole.
pub(super) fn told(result: &ToolResult, rules: &Rules, stay: bool) -> (String, Vec<ResultContent>) {
    let mut words = result.text.clone();
    let mut pictures = Vec::new();
    for content in &result.contents {
        // Servers say the same in words beside it (MCP, "Structured Content").
        if matches!(content, ResultContent::Structured { .. }) && !result.text.is_empty() {
            continue;
        }
        if let Some(picture) = picture(content, rules).filter(|_| !stay) {
            pictures.push(picture);
            continue;
        }
        let more = described(content);
        if !more.is_empty() {
            words += if words.is_empty() { "" } else { "\n\n" };
            words += &more;
        }
    }
    if words.is_empty() && pictures.is_empty() {
        let came_to_nothing = match result.state {
            ToolCallState::Succeeded | ToolCallState::Failed => EMPTY_RESULT,
            ToolCallState::ReceivingArguments
            | ToolCallState::WaitingForApproval
            | ToolCallState::Running
            | ToolCallState::Denied
            | ToolCallState::InterruptedBeforeRun
            | ToolCallState::InterruptedWhileRunning => NO_RESULT,
        };
        return (came_to_nothing.to_owned(), pictures);
    }
    let limit = rules.result_bytes;
    if words.len() > limit {
        let whole = words.len();
        words.truncate(words.floor_char_boundary(limit.saturating_sub(NOTE)));
        let missing = whole - words.len();
        words += &format!("\n\n[The result is cut here: {missing} more bytes are not shown.]");
    }
    (words, pictures)
}

/// The pictures of a result that travel to a wire with these `rules`.
pub(crate) fn pictures<'a>(
    result: &'a ToolResult,
    rules: &'a Rules,
) -> impl Iterator<Item = (&'static str, &'a SharedText)> {
    let contents = result.contents.iter();
    contents.filter_map(|content| travelling(content, rules))
}

/// A picture that travels, by the media type that its bytes are of.
fn picture(content: &ResultContent, rules: &Rules) -> Option<ResultContent> {
    let (media_type, data) = travelling(content, rules)?;
    Some(ResultContent::Image {
        media_type: media_type.to_owned(),
        data: data.clone(),
    })
}

fn travelling<'a>(
    content: &'a ResultContent,
    rules: &Rules,
) -> Option<(&'static str, &'a SharedText)> {
    if rules.result_images.is_empty() {
        return None;
    }
    let (media_type, data) = content.image()?;
    let fits = rules.result_images.contains(&media_type) && data.len() <= rules.result_image_size;
    fits.then_some((media_type, data))
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
            left_out: false,
        }
    }

    fn words(result: &ToolResult, result_bytes: usize) -> String {
        let rules = Rules {
            result_bytes,
            ..Rules::COMMON
        };
        let (words, pictures) = told(result, &rules, false);
        assert_eq!(pictures, []);
        words
    }

    #[test]
    fn what_is_not_words_is_said_or_named_after_them() {
        let structured = ResultContent::Structured {
            value: json!({"degrees": 7}),
        };
        let alone = result("", vec![structured.clone()], ToolCallState::Succeeded);
        assert_eq!(words(&alone, LIMIT), "{\"degrees\":7}");
        let contents = vec![
            structured,
            ResultContent::Image {
                media_type: "image/png".to_owned(),
                data: "QUJD".into(),
            },
        ];
        let said = words(&result("Cold.", contents, ToolCallState::Succeeded), LIMIT);
        let image = "[The tool gave an image (image/png), which is not shown to you.]";
        assert_eq!(said, format!("Cold.\n\n{image}"));
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
        let cut = words(&result(&long, Vec::new(), ToolCallState::Succeeded), LIMIT);
        let missing = long.len() - (LIMIT - NOTE - 1);
        let end = format!("é\n\n[The result is cut here: {missing} more bytes are not shown.]");
        assert!(cut.ends_with(&end), "{}", &cut[cut.len() - 99..]);
        let again = result(&cut, Vec::new(), ToolCallState::Succeeded);
        assert_eq!(words(&again, LIMIT), cut);
    }

    /// The beginning of a PNG.
    const PNG: &str = "iVBORw0KGgoAAAANSUhEUg==";

    fn image(media_type: &str, data: &str) -> ResultContent {
        ResultContent::Image {
            media_type: media_type.to_owned(),
            data: data.into(),
        }
    }

    #[test]
    fn a_picture_travels_as_what_its_bytes_are_where_they_are_taken_and_else_in_words() {
        let rules = Rules {
            result_images: &["image/png"],
            result_image_size: 30,
            ..Rules::COMMON
        };
        let of = |content, rules: &Rules, stay| {
            told(
                &result("", vec![content], ToolCallState::Succeeded),
                rules,
                stay,
            )
        };
        let png = image("image/png", PNG);
        let travels = (String::new(), vec![png.clone()]);
        assert_eq!(of(png.clone(), &rules, false), travels);
        assert_eq!(of(image("image/jpeg", PNG), &rules, false), travels);
        let resource = ResultContent::Resource {
            uri: "demo://picture".to_owned(),
            media_type: None,
            text: None,
            data: Some(PNG.into()),
        };
        assert_eq!(of(resource, &rules, false), travels);
        let again = of(travels.1[0].clone(), &rules, false);
        assert_eq!(again, travels, "repaired again");
        let small = Rules {
            result_image_size: 8,
            ..rules.clone()
        };
        for (content, rules, stay) in [
            (png.clone(), &rules, true),
            (png.clone(), &Rules::COMMON, false),
            (png, &small, false),
            (image("image/png", "QUJD"), &rules, false),
            (image("image/png", &format!("{PNG}\n")), &rules, false),
        ] {
            let (words, pictures) = of(content.clone(), rules, stay);
            assert_eq!(pictures, [], "{content:?}");
            assert!(words.contains("is not shown to you"), "{words}");
        }
    }
}
