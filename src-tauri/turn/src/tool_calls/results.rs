//! What comes of calls: their results and final states.

use super::ToolCalls;
use super::call::CallStage;
use crate::Change;
use tacet_conversation::{Part, ResultContent, ToolCallState, ToolResult};
use tacet_tool::tool::ToolOutcome;

/// What the model is told of a call that was stopped alone, after what it had said by then.
const STOPPED: &str = "[The user stopped this tool while it ran. It may have run in part.]";

impl ToolCalls {
    /// Gives a call that ran, or could not, its end and its result.
    pub(super) fn finish(&mut self, index: usize, outcome: ToolOutcome, changes: &mut Vec<Change>) {
        let (state, contents) = match outcome {
            ToolOutcome::Succeeded(contents) => (ToolCallState::Succeeded, contents),
            ToolOutcome::Failed(contents) => (ToolCallState::Failed, contents),
            ToolOutcome::Interrupted {
                partial,
                confirmation,
            } => {
                self.calls[index].confirmation = Some(confirmation);
                (ToolCallState::InterruptedWhileRunning, partial)
            }
        };
        self.set_result(index, contents, state, changes);
    }

    pub(super) fn set_result(
        &mut self,
        index: usize,
        contents: Vec<ResultContent>,
        state: ToolCallState,
        changes: &mut Vec<Change>,
    ) {
        let alone = self.stopped.is_none();
        let (mut text, contents) = ResultContent::split(contents);
        let result = match self.calls[index].result {
            Some(result) => result,
            None => self.add_result(self.calls[index].part, state, changes),
        };
        self.calls[index].result = Some(result);
        if state == ToolCallState::InterruptedWhileRunning {
            let shown = self.content.parts()[result].body();
            if text.is_empty() {
                shown.clone_into(&mut text);
            }
            if alone {
                text += if text.is_empty() { "" } else { "\n\n" };
                text += STOPPED;
            }
        }
        self.content
            .replace_result(result, text, contents, state, changes);
        self.questions.cancel(Some(index), changes);
        self.calls[index].stage = CallStage::Ended;
        self.set_state(index, state, changes);
    }

    /// Ends a call that never had a tool to run.
    pub(super) fn refuse(
        &mut self,
        part: usize,
        words: &str,
        state: ToolCallState,
        changes: &mut Vec<Change>,
    ) {
        let result = self.add_result(part, state, changes);
        self.content
            .replace_result(result, words.to_owned(), Vec::new(), state, changes);
        self.content.set_call_state(part, state, changes);
    }

    pub(super) fn add_result(
        &mut self,
        part: usize,
        state: ToolCallState,
        changes: &mut Vec<Change>,
    ) -> usize {
        let call_id = match &self.content.parts()[part] {
            Part::ToolCall(call) => call.call_id.clone(),
            Part::Text { .. }
            | Part::Reasoning(_)
            | Part::ToolResult(_)
            | Part::Attachment(_)
            | Part::Citations { .. }
            | Part::ServerTool(_) => String::new(),
        };
        let result = Part::ToolResult(ToolResult {
            call_id,
            text: String::new(),
            contents: Vec::new(),
            state,
            left_out: false,
        });
        self.content.add(result, changes)
    }

    pub(super) fn set_state(
        &mut self,
        index: usize,
        state: ToolCallState,
        changes: &mut Vec<Change>,
    ) {
        let part = self.calls[index].part;
        self.content.set_call_state(part, state, changes);
    }
}
