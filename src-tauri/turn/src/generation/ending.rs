//! The end of a request: whether it is worth reading on after a stop, and what becomes of calls that
//! were being written.

use super::Generation;
use crate::draft::Change;
use tacet_conversation::{Cause, FinishReason, Phase, ToolCallState};

impl Generation {
    /// Whether the provider has begun to write, and the app goes on to be there.
    pub(super) fn is_worth_reading_on(&self, cause: Cause) -> bool {
        let writes = match self.draft.phase() {
            Phase::WaitingForFirstToken | Phase::Reasoning | Phase::Text | Phase::ToolArguments => {
                true
            }
            Phase::Queued
            | Phase::BuildingContext
            | Phase::LoadingModel
            | Phase::ReadingPrompt
            | Phase::Connecting
            | Phase::WaitingForHeaders
            | Phase::WaitingToRetry
            | Phase::WaitingForApproval
            | Phase::RunningTools
            | Phase::BetweenRequests => false,
        };
        let stays = match cause {
            Cause::User | Cause::Replaced => true,
            Cause::WindowClosed
            | Cause::ViewerGone
            | Cause::AppQuit
            | Cause::Deadline
            | Cause::Crash
            | Cause::ProviderError
            | Cause::AnswerLimit => false,
        };
        writes && stays
    }

    /// A call of a whole answer waits for whoever offered the tools; where nobody did, it can only
    /// fail. One that was cut off never runs (rule C15).
    pub(super) fn settle(&mut self, changes: &mut Vec<Change>) {
        let finish = self.draft.finish();
        let finished = finish.is_some();
        let is_offered = !self.request.tools.is_empty();
        // What a limit or a filter cut is not known to be whole.
        let is_cut = match finish {
            Some(FinishReason::Length | FinishReason::ContentFilter) | None => true,
            Some(
                FinishReason::Stop
                | FinishReason::ToolCalls
                | FinishReason::Paused
                | FinishReason::Other,
            ) => false,
        };
        self.draft.close(
            |state| match state {
                ToolCallState::ReceivingArguments if finished && is_offered && is_cut => {
                    ToolCallState::InterruptedBeforeRun
                }
                ToolCallState::ReceivingArguments if finished && is_offered => {
                    ToolCallState::WaitingForApproval
                }
                ToolCallState::ReceivingArguments if finished => ToolCallState::Failed,
                ToolCallState::WaitingForApproval if finished => state,
                ToolCallState::ReceivingArguments
                | ToolCallState::WaitingForApproval
                | ToolCallState::Running
                | ToolCallState::Succeeded
                | ToolCallState::Failed
                | ToolCallState::Denied
                | ToolCallState::InterruptedBeforeRun
                | ToolCallState::InterruptedWhileRunning => state.when_interrupted(),
            },
            changes,
        );
    }
}
