//! The answer while it is received: model events go in, parts and their changes come out.

mod citations;
mod files;
mod reasoning;

use crate::approval::ApprovalRequest;
use crate::content::Content;
use crate::questions::ElicitationRequest;
use crate::seam::Seam;
use serde::Serialize;
use tacet_conversation::{
    Citation, FinishReason, Part, Phase, ProviderError, TextTally, ToolCall, ToolCallState, Usage,
};
use tacet_provider::ModelEvent;
use tokio::time::Instant;
use ts_rs::TS;

/// What an event changed in the answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The request does something else now.
    Phase(Phase),
    /// A part was added at the end, with an empty body where it grows.
    PartAdded {
        /// Its place among the parts.
        index: usize,
        /// The part.
        part: Part,
    },
    /// The parts stand otherwise than was told so far, and are to be taken anew.
    Rearranged,
    /// A part's body grew.
    Appended {
        /// The part's place.
        index: usize,
        /// The body's length before, in UTF-16 code units, as a page counts text.
        offset: usize,
        /// What was added; never empty.
        text: String,
    },
    /// A reasoning part got its duration.
    ReasoningEnded {
        /// The part's place.
        index: usize,
        /// From the first to the last character, in milliseconds.
        duration_ms: u32,
    },
    /// A tool call has another state.
    ToolCallState {
        /// The part's place.
        index: usize,
        /// The new state.
        state: ToolCallState,
    },
    /// A person is asked whether a tool may run.
    ApprovalAsked(Box<ApprovalRequest>),
    /// The server of a running tool asks the person something.
    ElicitationAsked(Box<ElicitationRequest>),
    /// A question is not open any more: it was answered, taken back or closed.
    ElicitationClosed(u32),
    /// A running tool says how far it is.
    ToolProgress(ToolProgress),
    /// A tool's result has come to its end.
    ToolResultState {
        /// The part's place.
        index: usize,
        /// The final state.
        state: ToolCallState,
    },
    /// So many steps were made that the person is asked whether to go on.
    AtStepLimit(u32),
    /// There are newer usage figures.
    Usage(Usage),
    /// The request failed before its first token and is made again after a while.
    Retrying {
        /// The retry's number, from 1.
        retry: u32,
        /// How many there are at most.
        of: u32,
        /// The wait in milliseconds.
        wait_ms: u64,
        /// What failed.
        error: ProviderError,
    },
    /// Stop was noticed; the connection is being closed.
    Stopping,
}

/// How far a running tool is.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ToolProgress {
    /// The call's place among the parts.
    pub part: usize,
    /// What is done, in a unit of the tool's own.
    pub done: f64,
    /// Of how much, where that is known.
    pub total: Option<f64>,
    /// In words.
    pub message: Option<String>,
}

/// The answer while one request adds to it: the parts are the turn's, and all else is known of that
/// request alone.
#[derive(Debug)]
pub struct Draft {
    content: Content,
    /// How many parts of the content stood there before this request, and how many characters.
    begun: (usize, u64),
    /// The part of each tool call, by the request's index of the call.
    calls: Vec<(usize, usize)>,
    /// The part of each file that the model made, by the request's id of it.
    files: Vec<(String, usize)>,
    /// The sources of the text that grows, which stand after it once it is whole.
    citations: Vec<Citation>,
    /// The reasoning part that grows, while it is not whole.
    reasoning: Option<OpenReasoning>,
    /// The field that the next reasoning comes in.
    field: Option<&'static str>,
    phase: Phase,
    usage: Option<Usage>,
    /// The provider's id of the answer.
    answer_id: Option<String>,
    /// Whether sealed reasoning was left out after a refusal.
    without_seals: bool,
    /// What the provider said of why it ended it.
    explanation: Option<ProviderError>,
    finish: Option<FinishReason>,
    /// What this request gave is made of this.
    received: TextTally,
    /// What a continuation said that stood there already, and is not kept.
    repeated: String,
    continued: Option<Continued>,
}

/// A reasoning part that grows.
#[derive(Debug)]
struct OpenReasoning {
    /// Its place.
    index: usize,
    /// When its first and its last text came.
    times: Option<(Instant, Instant)>,
}

/// The text part that a continuation continues.
#[derive(Debug)]
struct Continued {
    /// Its place.
    index: usize,
    /// What keeps it from repeating itself.
    seam: Seam,
    /// The length of what was there before, in bytes.
    begun: usize,
}

impl Continued {
    fn of(index: usize, text: &str) -> Self {
        Self {
            index,
            seam: Seam::after(text),
            begun: text.len(),
        }
    }
}

impl Default for Draft {
    fn default() -> Self {
        Self::after(Content::default())
    }
}

impl Draft {
    /// A draft that adds to what stands there.
    pub(crate) fn after(content: Content) -> Self {
        Self {
            begun: (content.parts().len(), content.characters()),
            content,
            calls: Vec::new(),
            files: Vec::new(),
            citations: Vec::new(),
            reasoning: None,
            field: None,
            phase: Phase::BuildingContext,
            usage: None,
            answer_id: None,
            without_seals: false,
            explanation: None,
            finish: None,
            received: TextTally::default(),
            repeated: String::new(),
            continued: None,
        }
    }

    /// A draft that continues the last text of these parts, which are not counted as received.
    pub(crate) fn continuing(parts: Vec<Part>) -> Self {
        let continued = match parts.last() {
            Some(Part::Text { text }) => Some(Continued::of(parts.len() - 1, text)),
            Some(_) | None => None,
        };
        Self {
            continued,
            begun: (0, 0),
            ..Self::after(Content::after(parts))
        }
    }

    /// Whether nothing has been received that a person could see.
    pub(crate) fn is_blank(&self) -> bool {
        self.characters() == 0 && self.calls.is_empty() && self.files.is_empty()
    }

    /// Begins again with `start`, or with what was there before the request that is made again:
    /// nothing of the failed one is kept, neither a seal nor what a seam holds back.
    pub(crate) fn restart(&mut self, start: Option<Self>, changes: &mut Vec<Change>) {
        let phase = self.phase;
        let (start, is_same) = match start {
            Some(start) => {
                let is_same = self.parts() == start.parts();
                (start, is_same)
            }
            None => {
                let (length, characters) = self.begun;
                let mut content = std::mem::take(&mut self.content);
                let is_same = content.parts().len() == length;
                content.truncate(length, characters);
                (Self::after(content), is_same)
            }
        };
        if !is_same {
            changes.push(Change::Rearranged);
        }
        *self = Self { phase, ..start };
        self.enter(Phase::WaitingToRetry, changes);
    }

    /// The parts so far.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        self.content.parts()
    }

    /// The parts, without a copy.
    #[must_use]
    pub fn into_parts(self) -> Vec<Part> {
        self.content.into_parts()
    }

    /// The same, for a request that adds to them.
    pub(crate) fn into_content(self) -> Content {
        self.content
    }

    /// What the request is doing.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Why the model ended by itself, once it has.
    #[must_use]
    pub fn finish(&self) -> Option<FinishReason> {
        self.finish
    }

    /// Whether sealed reasoning was left out after the provider refused it.
    pub(crate) fn is_without_seals(&self) -> bool {
        self.without_seals
    }

    /// What the provider said of why it ended it.
    pub(crate) fn take_explanation(&mut self) -> Option<ProviderError> {
        self.explanation.take()
    }

    /// How many characters (Unicode scalar values) this request gave that are kept: text, reasoning,
    /// arguments.
    #[must_use]
    pub fn characters(&self) -> u64 {
        self.content.characters() - self.begun.1
    }

    /// What was received is made of, that included with which a continuation repeated what stood
    /// there already: the provider wrote, and bills, both.
    #[must_use]
    pub fn received(&self) -> &TextTally {
        &self.received
    }

    /// Whether something came that its text does not tell the tokens of: reasoning of which nothing
    /// was shown but its seal, a file, or what the provider's own tools took.
    pub(crate) fn has_uncounted(&self) -> bool {
        let is_uncounted = |part: &Part| part.is_hidden() || matches!(part, Part::ServerTool(_));
        !self.files.is_empty() || self.parts()[self.begun.0..].iter().any(is_uncounted)
    }

    /// What a continuation repeated and is not kept; known once the draft is closed.
    pub(crate) fn take_repeated(&mut self) -> String {
        std::mem::take(&mut self.repeated)
    }

    /// The provider's figures, and an estimate for that model of what it has not counted (rule C23),
    /// without the cost. `is_open`: more may have been written than was received.
    pub(crate) fn usage(&self, model: &str, is_open: bool) -> Usage {
        let usage = Usage::of_answer(self.usage.as_ref(), &self.received, model, is_open);
        Usage {
            generation_id: self.answer_id.clone(),
            ..usage
        }
    }

    /// The provider's own figures so far.
    #[must_use]
    pub fn provider_usage(&self) -> Option<&Usage> {
        self.usage.as_ref()
    }

    /// Takes one event in and adds what it changed to `changes`.
    pub fn apply(&mut self, event: ModelEvent, changes: &mut Vec<Change>) {
        match event {
            ModelEvent::Phase(phase) => self.enter(phase, changes),
            ModelEvent::Text(text) => {
                self.enter(Phase::Text, changes);
                self.end_reasoning(changes);
                self.field = None;
                self.receive(&text);
                if let Some(continued) = &mut self.continued {
                    let (index, text) = (continued.index, continued.seam.push(text));
                    self.append(index, text, changes);
                    return;
                }
                let index = match self.open_text() {
                    Some(index) => index,
                    None => {
                        let text = String::new();
                        // Sources that came before it are those of this text.
                        self.content.add(Part::Text { text }, changes)
                    }
                };
                self.append(index, text, changes);
            }
            ModelEvent::Reasoning(text) => {
                self.enter(Phase::Reasoning, changes);
                let index = self.open_reasoning(changes);
                self.receive(&text);
                self.append(index, text, changes);
            }
            ModelEvent::ReasoningField(field) => self.field = Some(field),
            ModelEvent::TextWasReasoning => self.turn_text_round(changes),
            ModelEvent::ReasoningWasText => self.turn_reasoning_round(changes),
            ModelEvent::ReasoningSealed(seal) => self.seal(seal, changes),
            ModelEvent::ToolCallSealed { index: call, seal } => {
                let known = self.calls.iter().find(|(known, _)| *known == call);
                if let Some(Part::ToolCall(call)) =
                    known.and_then(|&(_, index)| self.content.parts_mut().get_mut(index))
                {
                    call.seal = Some(seal);
                }
            }
            ModelEvent::ToolCallStarted {
                index: call,
                call_id,
                name,
            } => {
                self.close_seam(changes);
                self.enter(Phase::ToolArguments, changes);
                let part = Part::ToolCall(ToolCall {
                    call_id,
                    name,
                    arguments: String::new(),
                    state: ToolCallState::ReceivingArguments,
                    seal: None,
                });
                let index = self.add(part, changes);
                self.calls.retain(|(known, _)| *known != call);
                self.calls.push((call, index));
            }
            ModelEvent::ToolCallArguments { index: call, text } => {
                self.enter(Phase::ToolArguments, changes);
                self.receive(&text);
                if let Some(&(_, index)) = self.calls.iter().find(|(known, _)| *known == call) {
                    self.append(index, text, changes);
                }
            }
            ModelEvent::Cited(cited) => self.cite(cited),
            ModelEvent::ServerTool(tool) => {
                self.close_seam(changes);
                self.add(Part::ServerTool(tool), changes);
            }
            ModelEvent::File(file) => self.take_file(file, changes),
            ModelEvent::WithoutSeals => self.without_seals = true,
            ModelEvent::AnswerId(id) => self.answer_id = Some(id),
            ModelEvent::Usage(usage) => {
                changes.push(Change::Usage(usage.clone()));
                self.usage = Some(usage);
            }
            ModelEvent::Explained(error) => self.explanation = Some(error),
            ModelEvent::Finished(reason) => self.finish = Some(reason),
        }
    }

    /// Closes what is open when the stream has ended, however it ended: gives the reasoning its
    /// duration and each unfinished tool call the state that `settle` says.
    pub fn close(
        &mut self,
        settle: impl Fn(ToolCallState) -> ToolCallState,
        changes: &mut Vec<Change>,
    ) {
        self.close_seam(changes);
        self.end_reasoning(changes);
        self.end_citations(changes);
        for (index, part) in self.content.parts_mut().iter_mut().enumerate() {
            if let Part::ToolCall(call) = part {
                let state = settle(call.state);
                if state != call.state {
                    call.state = state;
                    changes.push(Change::ToolCallState { index, state });
                }
            }
        }
    }

    /// Gives out what the seam holds back; what comes now is a new part.
    fn close_seam(&mut self, changes: &mut Vec<Change>) {
        if let Some(mut continued) = self.continued.take() {
            let rest = continued.seam.end();
            self.repeated += &continued.seam.into_repeated();
            self.append(continued.index, rest, changes);
        }
    }

    /// The last part, where it is text of this request.
    fn open_text(&self) -> Option<usize> {
        let last = self.parts().len().checked_sub(1)?;
        (last >= self.begun.0 && matches!(self.parts()[last], Part::Text { .. })).then_some(last)
    }

    fn receive(&mut self, text: &str) {
        self.received.add(text);
    }

    fn enter(&mut self, phase: Phase, changes: &mut Vec<Change>) {
        if self.phase != phase {
            self.phase = phase;
            changes.push(Change::Phase(phase));
        }
    }

    fn add(&mut self, part: Part, changes: &mut Vec<Change>) -> usize {
        self.end_reasoning(changes);
        self.end_citations(changes);
        self.content.add(part, changes)
    }

    fn append(&mut self, index: usize, text: String, changes: &mut Vec<Change>) {
        self.content.append(index, text, changes);
    }

    fn end_reasoning(&mut self, changes: &mut Vec<Change>) {
        let Some(OpenReasoning { index, times }) = self.reasoning.take() else {
            return;
        };
        let Some((first, last)) = times else {
            return;
        };
        let duration_ms = u32::try_from((last - first).as_millis()).unwrap_or(u32::MAX);
        if let Some(Part::Reasoning(reasoning)) = self.content.parts_mut().get_mut(index) {
            reasoning.duration_ms = Some(duration_ms);
            changes.push(Change::ReasoningEnded { index, duration_ms });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn reasoning_lasts_from_its_first_to_its_last_text() {
        let mut draft = Draft::default();
        let mut changes = Vec::new();
        for words in ["Let ", "me ", "see."] {
            advance(Duration::from_millis(700)).await;
            draft.apply(ModelEvent::Reasoning(words.to_owned()), &mut changes);
        }
        advance(Duration::from_secs(60)).await;
        changes.clear();
        draft.close(ToolCallState::when_interrupted, &mut changes);
        let duration_ms = 1_400;
        let ended = Change::ReasoningEnded {
            index: 0,
            duration_ms,
        };
        assert_eq!(changes, [ended]);
    }
}
