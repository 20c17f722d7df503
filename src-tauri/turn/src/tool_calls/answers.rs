//! What a person answers and stops while calls wait or run.

use super::ToolCalls;
use super::call::CallStage;
use crate::Change;
use crate::approval::ApprovalAnswer;
use crate::questions::{ElicitationOutcome, ElicitationRequest};
use crate::toolset::Standing;
use tacet_conversation::{Cause, ResultContent, ToolCallState};
use tacet_tool::approval::{Decision, Permissions};
use tacet_tool::elicitation::ElicitationReply;
use tokio::time::Instant;

/// What the model is told of a call that a person did not allow.
const DENIED: &str = "[The user did not allow this call. It was not run.]";
/// The same of a call that had not begun.
const STOPPED_BEFORE: &str = "[The user stopped this call before it ran.]";

impl ToolCalls {
    /// What the servers of running tools ask the person.
    pub(crate) fn elicitations(&self) -> Vec<ElicitationRequest> {
        self.questions.requests()
    }

    /// Takes a person's reply to a question of a server.
    pub(crate) fn reply(
        &mut self,
        question: u32,
        reply: ElicitationReply,
        changes: &mut Vec<Change>,
    ) -> ElicitationOutcome {
        // A late reply does nothing: it may come before the Stop was looked at.
        if self.stop.is_stopped() {
            return ElicitationOutcome::Closed;
        }
        self.questions.reply(question, reply, changes)
    }

    /// Runs what a person has allowed once no other call waits for them (rule C18).
    pub(super) fn release(&mut self, changes: &mut Vec<Change>) {
        let waits = self
            .calls
            .iter()
            .any(|call| matches!(call.stage, CallStage::Deciding | CallStage::Asked(_)));
        if waits || self.stopped.is_some() {
            return;
        }
        for index in 0..self.calls.len() {
            if matches!(self.calls[index].stage, CallStage::Allowed) {
                self.announce(index, changes);
            }
        }
    }

    /// Takes a person's answer about the call at `part`; `false` where nobody was asked (any more),
    /// or what was answered cannot be.
    pub(crate) fn answer(
        &mut self,
        part: usize,
        answer: ApprovalAnswer,
        changes: &mut Vec<Change>,
    ) -> bool {
        // A late Allow runs nothing: it may come before the Stop was looked at.
        if self.stop.is_stopped() {
            return false;
        }
        let found = self.calls.iter().position(|call| call.part == part);
        let Some(index) = found else {
            return false;
        };
        let CallStage::Asked(asked) = &self.calls[index].stage else {
            return false;
        };
        let standing = match answer {
            ApprovalAnswer::Deny => {
                let words = vec![ResultContent::text(DENIED)];
                self.set_result(index, words, ToolCallState::Denied, changes);
                self.release(changes);
                self.enter(changes);
                return true;
            }
            ApprovalAnswer::Once => None,
            ApprovalAnswer::Conversation => Some(Standing::Conversation),
            ApprovalAnswer::Always => Some(Standing::Always),
        };
        if let Some(standing) = standing
            && !self.tools.book().allow(&asked.card, standing)
        {
            return false;
        }
        self.calls[index].stage = CallStage::Allowed;
        if standing.is_some() {
            self.decide_again(changes);
        }
        self.release(changes);
        self.enter(changes);
        true
    }

    /// A standing permission is one for the other calls that wait, too.
    fn decide_again(&mut self, changes: &mut Vec<Change>) {
        let permissions = self.tools.book().permissions();
        for index in 0..self.calls.len() {
            let waits = matches!(
                self.calls[index].stage,
                CallStage::Asked(_) | CallStage::Allowed
            );
            if waits && self.is_allowed(index, &permissions) {
                self.announce(index, changes);
            }
        }
    }

    /// Whether a standing permission is one for this call.
    pub(super) fn is_allowed(&self, index: usize, permissions: &Permissions) -> bool {
        let call = &self.calls[index];
        let decision = call.offered.decide(&call.arguments, permissions);
        matches!(decision, Decision::Allowed(_))
    }

    /// Says that a call runs, which it does once that is on disk.
    pub(super) fn announce(&mut self, index: usize, changes: &mut Vec<Change>) {
        self.calls[index].stage = CallStage::Announced;
        self.set_state(index, ToolCallState::Running, changes);
    }

    /// Stops one call, and no other (rule C25); `false` where it has ended.
    pub(crate) fn stop_tool(&mut self, part: usize, changes: &mut Vec<Change>) -> bool {
        if self.stop.is_stopped() {
            return false;
        }
        let found = self.calls.iter().position(|call| call.part == part);
        let Some(index) = found else {
            return false;
        };
        match &mut self.calls[index].stage {
            CallStage::Ended => return false,
            CallStage::Running { told } => {
                told.get_or_insert_with(Instant::now);
                self.calls[index].stop.stop(Cause::User);
                self.questions.cancel(Some(index), changes);
            }
            CallStage::Deciding
            | CallStage::Asked(_)
            | CallStage::Allowed
            | CallStage::Announced
            | CallStage::Writing => {
                let words = vec![ResultContent::text(STOPPED_BEFORE)];
                self.set_result(index, words, ToolCallState::InterruptedBeforeRun, changes);
            }
        }
        self.release(changes);
        self.enter(changes);
        true
    }
}
