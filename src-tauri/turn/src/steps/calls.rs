//! What is asked of a step's tool calls, and answered to them, while they are what the turn is at.

use super::{Stage, Steps};
use crate::Change;
use crate::approval::{ApprovalAnswer, ApprovalRequest};
use crate::questions::{ElicitationOutcome, ElicitationRequest};
use crate::tool_calls::{BegunTask, ToolCalls};
use tacet_tool::elicitation::ElicitationReply;

impl Steps {
    /// What a person is asked now.
    pub(crate) fn approvals(&self) -> Vec<ApprovalRequest> {
        match self.calls() {
            Some(calls) => calls.approvals(),
            None => Vec::new(),
        }
    }

    /// What the servers of running tools ask the person.
    pub(crate) fn elicitations(&self) -> Vec<ElicitationRequest> {
        self.calls().map_or_else(Vec::new, ToolCalls::elicitations)
    }

    /// Takes a person's reply to a question of a server.
    pub(crate) fn reply(
        &mut self,
        question: u32,
        reply: ElicitationReply,
        changes: &mut Vec<Change>,
    ) -> ElicitationOutcome {
        match self.calls_mut() {
            Some(calls) => calls.reply(question, reply, changes),
            None => ElicitationOutcome::Closed,
        }
    }

    /// Takes a person's answer about the call at `part`; `false` where nobody was asked.
    pub(crate) fn answer(
        &mut self,
        part: usize,
        answer: ApprovalAnswer,
        changes: &mut Vec<Change>,
    ) -> bool {
        let calls = self.calls_mut();
        calls.is_some_and(|calls| calls.answer(part, answer, changes))
    }

    /// Stops the call at `part` and no other; `false` where it does not run or wait.
    pub(crate) fn stop_tool(&mut self, part: usize, changes: &mut Vec<Change>) -> bool {
        let calls = self.calls_mut();
        calls.is_some_and(|calls| calls.stop_tool(part, changes))
    }

    /// The tasks that servers made of calls since this was asked last.
    pub(crate) fn take_tasks(&mut self) -> Vec<BegunTask> {
        self.calls_mut()
            .map_or_else(Vec::new, ToolCalls::take_tasks)
    }

    /// Whether something has to be on disk before it goes on.
    pub(crate) fn wants_commit(&self) -> bool {
        self.calls().is_some_and(ToolCalls::wants_commit)
    }

    /// What stands here now is on its way to the disk.
    pub(crate) fn begin_commit(&mut self) {
        if let Some(calls) = self.calls_mut() {
            calls.begin_commit();
        }
    }

    /// It is there.
    pub(crate) fn committed(&mut self, changes: &mut Vec<Change>) {
        if let Some(calls) = self.calls_mut() {
            calls.committed(changes);
        }
    }

    /// It did not get there.
    pub(crate) fn uncommitted(&mut self) {
        if let Some(calls) = self.calls_mut() {
            calls.uncommitted();
        }
    }

    fn calls(&self) -> Option<&ToolCalls> {
        match &self.stage {
            Stage::Calling(calls) => Some(calls),
            Stage::Preparing(_)
            | Stage::Requesting(_)
            | Stage::AtLimit(_)
            | Stage::Ended(_)
            | Stage::Concluded => None,
        }
    }

    fn calls_mut(&mut self) -> Option<&mut ToolCalls> {
        match &mut self.stage {
            Stage::Calling(calls) => Some(calls),
            Stage::Preparing(_)
            | Stage::Requesting(_)
            | Stage::AtLimit(_)
            | Stage::Ended(_)
            | Stage::Concluded => None,
        }
    }
}
