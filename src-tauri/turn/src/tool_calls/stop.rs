//! The end of calls that were told to end.

use super::ToolCalls;
use super::call::CallStage;
use crate::Change;
use std::time::Duration;
use tacet_conversation::{StopRequest, ToolCallState, ToolConfirmation};
use tacet_tool::tool::ToolOutcome;
use tokio::time::Instant;

/// How long a tool has to end once it was told to; what is left of rule C09 is for the disk.
pub(super) const END_LIMIT: Duration = Duration::from_millis(1_700);

impl ToolCalls {
    /// Ends all that has not ended. The tools that run were told by their tokens.
    pub(super) fn end(&mut self, request: StopRequest, changes: &mut Vec<Change>) {
        changes.push(Change::Stopping);
        self.stopped = Some(request);
        self.questions.cancel(None, changes);
        for index in 0..self.calls.len() {
            match &mut self.calls[index].stage {
                CallStage::Ended => {}
                CallStage::Running { told } => {
                    told.get_or_insert_with(Instant::now);
                }
                CallStage::Deciding
                | CallStage::Asked(_)
                | CallStage::Allowed
                | CallStage::Announced
                | CallStage::Writing => {
                    self.calls[index].stage = CallStage::Ended;
                    self.set_state(index, ToolCallState::InterruptedBeforeRun, changes);
                }
            }
        }
    }

    pub(super) fn told(&self) -> impl Iterator<Item = Instant> {
        self.calls.iter().filter_map(|call| match call.stage {
            CallStage::Running { told } => told,
            CallStage::Deciding
            | CallStage::Asked(_)
            | CallStage::Allowed
            | CallStage::Announced
            | CallStage::Writing
            | CallStage::Ended => None,
        })
    }

    /// Waits no longer for tools that were told to end and are silent.
    pub(super) fn give_up(&mut self, changes: &mut Vec<Change>) {
        for index in 0..self.calls.len() {
            let CallStage::Running { told: Some(told) } = self.calls[index].stage else {
                continue;
            };
            if told.elapsed() < END_LIMIT {
                continue;
            }
            let ms = u64::try_from(told.elapsed().as_millis()).unwrap_or(u64::MAX);
            let outcome = ToolOutcome::Interrupted {
                partial: Vec::new(),
                confirmation: ToolConfirmation::ToldAndSilent { ms },
            };
            self.finish(index, outcome, changes);
        }
    }
}
