//! What has to be on disk before a step goes on (rule C18): that a tool runs before it does, and its
//! result before the next request.

use super::call::{Call, CallStage, Done};
use super::{Saved, ToolCalls};
use crate::Change;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tacet_conversation::ToolCallState;
use tacet_tool::tool::{Progress, run};

/// How much of what a tool writes is shown while it runs, in bytes; its result has its own limit.
const SHOWN: usize = 64 * 1024;

impl ToolCalls {
    /// Whether something has to be on disk before it goes on.
    pub(crate) fn wants_commit(&self) -> bool {
        let announced = |call: &Call| matches!(call.stage, CallStage::Announced);
        self.stopped.is_none()
            && (self.calls.iter().any(announced)
                || (self.begun && self.saved == Saved::No && self.all_ended()))
    }

    /// What stands here now is on its way to the disk.
    pub(crate) fn begin_commit(&mut self) {
        for call in &mut self.calls {
            if matches!(call.stage, CallStage::Announced) {
                call.stage = CallStage::Writing;
            }
        }
        if self.begun && self.all_ended() {
            self.saved = Saved::Writing;
        }
    }

    /// It is on disk, so what was said to run does run.
    pub(crate) fn committed(&mut self, changes: &mut Vec<Change>) {
        if self.saved == Saved::Writing {
            self.saved = Saved::Yes;
        }
        for index in 0..self.calls.len() {
            if matches!(self.calls[index].stage, CallStage::Writing) {
                self.run(index, changes);
            }
        }
    }

    /// It is not.
    pub(crate) fn uncommitted(&mut self) {
        if self.saved == Saved::Writing {
            self.saved = Saved::No;
        }
        for call in &mut self.calls {
            if matches!(call.stage, CallStage::Writing) {
                call.stage = CallStage::Announced;
            }
        }
    }

    fn run(&mut self, index: usize, changes: &mut Vec<Change>) {
        if self.stop.is_stopped() {
            return;
        }
        let part = self.calls[index].part;
        let result = self.add_result(part, ToolCallState::Running, changes);
        let one = &mut self.calls[index];
        one.result = Some(result);
        one.stage = CallStage::Running { told: None };
        let (tool, arguments) = (Arc::clone(&one.offered.tool), one.arguments.clone());
        let (token, report) = (one.stop.token(), self.report.clone());
        let job = self.jobs.spawn(async move {
            let shown = AtomicUsize::new(0);
            let tell = |progress: Progress| {
                let fits = match &progress {
                    Progress::Output(text) => {
                        shown.fetch_add(text.len(), Ordering::Relaxed) + text.len() <= SHOWN
                    }
                    Progress::Step { .. } | Progress::Question(_) | Progress::Task(_) => true,
                };
                if fits {
                    // A turn that has ended listens to nothing.
                    drop(report.send((index, progress)));
                }
            };
            Done::Ran(run(tool.as_ref(), arguments, token, &tell).await)
        });
        self.owners.insert(job.id(), index);
    }
}
