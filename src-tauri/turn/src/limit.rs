//! The limit for one answer: a server that never ends would else fill the memory, the disk and the
//! page.

use tacet_conversation::{Citation, ErrorCategory, ProviderError};
use tacet_provider::ModelEvent;

/// What a tool call takes beside its texts, so that empty ones are not free.
const CALL: usize = 256;

/// How much more of an answer is taken, in bytes of text: words, reasoning, and all that belongs to
/// tool calls.
#[derive(Debug)]
pub(crate) struct AnswerLimit {
    limit: usize,
    left: usize,
    exceeded: bool,
}

impl AnswerLimit {
    /// 8 MB: four times what the longest answers of today's models take.
    pub(crate) const USUAL: usize = 8_000_000;

    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            left: limit,
            exceeded: false,
        }
    }

    /// Whether there was more than fits.
    pub(crate) fn is_exceeded(&self) -> bool {
        self.exceeded
    }

    /// What is taken of an event: all, the part of its text that fits, or nothing.
    pub(crate) fn take(&mut self, event: ModelEvent) -> Option<ModelEvent> {
        match event {
            ModelEvent::Text(text) => self.fit(text).map(ModelEvent::Text),
            ModelEvent::Reasoning(text) => self.fit(text).map(ModelEvent::Reasoning),
            ModelEvent::ToolCallArguments { index, text } => self
                .fit(text)
                .map(|text| ModelEvent::ToolCallArguments { index, text }),
            ModelEvent::ToolCallStarted {
                ref call_id,
                ref name,
                ..
            } => self
                .has_room(CALL + call_id.len() + name.len())
                .then_some(event),
            // A seal that was cut would be worth nothing.
            ModelEvent::ReasoningSealed(ref seal) | ModelEvent::ToolCallSealed { ref seal, .. } => {
                self.has_room(seal.data.len()).then_some(event)
            }
            ModelEvent::ServerTool(ref tool) => {
                let seal = tool.seal.as_ref().map_or(0, |seal| seal.data.len());
                self.has_room(CALL + tool.name.len() + tool.input.len() + seal)
                    .then_some(event)
            }
            ModelEvent::Cited(ref cited) => {
                let size = cited.citations.iter().map(Citation::size);
                self.has_room(size.sum()).then_some(event)
            }
            // So would an image.
            ModelEvent::File(ref file) => self.has_room(file.data.len()).then_some(event),
            // An end that comes after what did not fit is not that of what is kept.
            ModelEvent::Finished(_) => (!self.exceeded).then_some(event),
            ModelEvent::Phase(_)
            | ModelEvent::ReasoningField(_)
            | ModelEvent::TextWasReasoning
            | ModelEvent::ReasoningWasText
            | ModelEvent::AnswerId(_)
            | ModelEvent::WithoutSeals
            | ModelEvent::Explained(_)
            | ModelEvent::Usage(_) => Some(event),
        }
    }

    /// What is told of an answer that was longer.
    pub(crate) fn error(&self) -> ProviderError {
        let megabytes = self.limit as f64 / 1e6;
        ProviderError::new(
            ErrorCategory::AnswerTooLong,
            format!(
                "The answer is longer than {megabytes} MB, the limit for one answer, so its \
                 connection was closed. What arrived until then is kept. Ask for less, or raise \
                 answer_limit_megabytes in settings.json and start Tacet again."
            ),
        )
    }

    fn has_room(&mut self, bytes: usize) -> bool {
        match self.left.checked_sub(bytes) {
            Some(left) if !self.exceeded => {
                self.left = left;
                true
            }
            Some(_) | None => {
                self.exceeded = true;
                false
            }
        }
    }

    fn fit(&mut self, mut text: String) -> Option<String> {
        let room = if self.exceeded { 0 } else { self.left };
        if text.len() > room {
            self.exceeded = true;
            text.truncate(text.floor_char_boundary(room));
        }
        self.left -= text.len();
        (!text.is_empty()).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tacet_conversation::FinishReason;

    fn text(words: &str) -> ModelEvent {
        ModelEvent::Text(words.to_owned())
    }

    #[test]
    fn an_answer_of_just_the_limit_is_whole() {
        let mut limit = AnswerLimit::new(10);
        assert_eq!(limit.take(text("12345")), Some(text("12345")));
        let reasoning = ModelEvent::Reasoning("67890".to_owned());
        assert_eq!(limit.take(reasoning.clone()), Some(reasoning));
        let end = ModelEvent::Finished(FinishReason::Stop);
        assert_eq!(limit.take(end.clone()), Some(end));
        assert!(!limit.is_exceeded());
    }

    #[test]
    fn what_does_not_fit_is_cut_between_characters_and_nothing_follows_it() {
        let mut limit = AnswerLimit::new(8);
        assert_eq!(limit.take(text("12345")), Some(text("12345")));
        assert_eq!(limit.take(text("é\u{1f600}")), Some(text("é")));
        assert!(limit.is_exceeded());
        assert_eq!(limit.take(text("a")), None);
        assert_eq!(limit.take(ModelEvent::Finished(FinishReason::Stop)), None);
        let phase = ModelEvent::Phase(tacet_conversation::Phase::Text);
        assert_eq!(limit.take(phase.clone()), Some(phase));
    }

    #[test]
    fn tool_calls_without_arguments_are_not_free() {
        let mut limit = AnswerLimit::new(1_000);
        let call = |index| ModelEvent::ToolCallStarted {
            index,
            call_id: String::new(),
            name: String::new(),
        };
        let taken = (0..100).filter(|index| limit.take(call(*index)).is_some());
        assert_eq!(taken.count(), 3);
        assert!(limit.is_exceeded());
    }
}
