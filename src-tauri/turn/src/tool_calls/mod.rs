//! The tool calls of one step: decided on, asked for, run and ended, all of them at once.

mod answers;
mod call;
mod commits;
mod results;
mod stop;

use crate::Change;
use crate::answer::ToolEnd;
use crate::approval::ApprovalRequest;
use crate::content::Content;
use crate::deadline::until;
use crate::draft::ToolProgress;
use crate::questions::Questions;
use crate::toolset::Toolset;
use call::{Asked, Call, CallStage, Decided, Done, arguments, deciding};
use std::collections::HashMap;
use stop::END_LIMIT;
use tacet_conversation::{Part, Phase, StopHandle, StopRequest, ToolCallState};
use tacet_tool::approval::Decision;
use tacet_tool::tool::{Progress, ToolOutcome};
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};

/// Whether the end of all calls is on disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Saved {
    No,
    Writing,
    Yes,
}

/// The calls of a step at work.
pub(super) struct ToolCalls {
    content: Content,
    calls: Vec<Call>,
    tools: Toolset,
    /// The turn's.
    stop: StopHandle,
    stopped: Option<StopRequest>,
    /// What they were at when they were stopped.
    phase: Phase,
    jobs: JoinSet<Done>,
    /// The call that each job is of.
    owners: HashMap<Id, usize>,
    progress: mpsc::UnboundedReceiver<(usize, Progress)>,
    report: mpsc::UnboundedSender<(usize, Progress)>,
    questions: Questions,
    /// What servers made of calls, and nobody has kept yet.
    tasks: Vec<BegunTask>,
    begun: bool,
    saved: Saved,
}

/// A task that a server made of a call.
pub(super) struct BegunTask {
    /// The call's place among the parts.
    pub(super) part: usize,
    /// The server's name.
    pub(super) server: String,
    /// The server's own id.
    pub(super) task: String,
}

impl ToolCalls {
    /// The calls among the parts that wait.
    pub(super) fn new(content: Content, tools: Toolset, stop: StopHandle) -> Self {
        let (report, progress) = mpsc::unbounded_channel();
        Self {
            content,
            calls: Vec::new(),
            tools,
            stop,
            stopped: None,
            phase: Phase::ToolArguments,
            jobs: JoinSet::new(),
            owners: HashMap::new(),
            progress,
            report,
            questions: Questions::default(),
            tasks: Vec::new(),
            begun: false,
            saved: Saved::No,
        }
    }

    pub(super) fn parts(&self) -> &[Part] {
        self.content.parts()
    }

    pub(super) fn into_content(self) -> Content {
        self.content
    }

    /// The Stop that ended them.
    pub(super) fn stopped(&self) -> Option<StopRequest> {
        self.stopped
    }

    /// What they were at when they were stopped, or are at.
    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    /// What a person is asked now.
    pub(super) fn approvals(&self) -> Vec<ApprovalRequest> {
        let asked = self.calls.iter().filter_map(|call| match &call.stage {
            CallStage::Asked(asked) => Some(asked.request.clone()),
            CallStage::Deciding
            | CallStage::Allowed
            | CallStage::Announced
            | CallStage::Writing
            | CallStage::Running { .. }
            | CallStage::Ended => None,
        });
        asked.collect()
    }

    /// How the tools ended that were told to.
    pub(super) fn ends(&self) -> impl Iterator<Item = ToolEnd> {
        self.calls.iter().filter_map(|call| {
            Some(ToolEnd {
                part: call.part,
                server: call.offered.server.clone(),
                confirmation: call.confirmation?,
            })
        })
    }

    /// The tasks that servers made of calls since this was asked last.
    pub(super) fn take_tasks(&mut self) -> Vec<BegunTask> {
        std::mem::take(&mut self.tasks)
    }

    /// All changes of the next event; `None` once all calls have ended, and, unless they were
    /// stopped, that is on disk. Dropping the future and calling again loses nothing.
    pub(super) async fn advance(&mut self) -> Option<Vec<Change>> {
        let mut changes = Vec::new();
        if !std::mem::replace(&mut self.begun, true) {
            self.begin(&mut changes);
            self.enter(&mut changes);
            return Some(changes);
        }
        if self.all_ended() && (self.stopped.is_some() || self.saved == Saved::Yes) {
            return None;
        }
        let silent = self.told().map(|told| told + END_LIMIT).min();
        tokio::select! {
            biased;
            request = self.stop.stopped(), if self.stopped.is_none() => {
                self.end(request, &mut changes);
            }
            Some((call, progress)) = self.progress.recv() => {
                self.take_progress(call, progress, &mut changes);
            }
            Some(done) = self.jobs.join_next_with_id() => self.take(done, &mut changes),
            id = self.questions.next_withdrawn() => self.questions.close(id, &mut changes),
            () = until(silent) => self.give_up(&mut changes),
        }
        if self.stopped.is_none() {
            self.enter(&mut changes);
        }
        Some(changes)
    }

    /// Finds the tool of each call that waits, and whether it may run.
    fn begin(&mut self, changes: &mut Vec<Change>) {
        for part in 0..self.content.parts().len() {
            let Part::ToolCall(called) = &self.content.parts()[part] else {
                continue;
            };
            if called.state != ToolCallState::WaitingForApproval {
                continue;
            }
            let found = self.tools.find(&called.name).cloned();
            let arguments = arguments(&called.arguments);
            let name = called.name.clone();
            let (offered, arguments) = match (found, arguments) {
                (Some(offered), Some(arguments)) => (offered, arguments),
                (None, _) => {
                    let words = format!("There is no tool named {name}. Nothing was run.");
                    self.refuse(part, &words, ToolCallState::Failed, changes);
                    continue;
                }
                (_, None) => {
                    let words = "The arguments are no JSON object, so the tool was not run.";
                    self.refuse(part, words, ToolCallState::Failed, changes);
                    continue;
                }
            };
            let index = self.calls.len();
            let job = deciding(offered.clone(), arguments.clone(), self.tools.clone());
            let id = self.jobs.spawn_blocking(job).id();
            self.owners.insert(id, index);
            self.calls.push(Call {
                part,
                result: None,
                offered,
                arguments,
                stop: self.stop.child(),
                stage: CallStage::Deciding,
                confirmation: None,
            });
        }
    }

    /// Takes whether a call may run.
    fn take_decision(&mut self, index: usize, decided: Decided, changes: &mut Vec<Change>) {
        match decided {
            Ok((Decision::Allowed(_), _)) => self.announce(index, changes),
            // It may have been allowed while it was looked at.
            Ok((Decision::Ask(_), _))
                if self.is_allowed(index, &self.tools.book().permissions()) =>
            {
                self.announce(index, changes);
            }
            Ok((Decision::Ask(card), preview)) => {
                let part = self.calls[index].part;
                if let Part::ToolCall(called) = &self.content.parts()[part] {
                    let request = ApprovalRequest::new(part, called, &card, preview);
                    changes.push(Change::ApprovalAsked(Box::new(request.clone())));
                    self.calls[index].stage = CallStage::Asked(Box::new(Asked { card, request }));
                }
            }
            Err(words) => self.finish(index, ToolOutcome::failed(words), changes),
        }
    }

    fn take(&mut self, done: Result<(Id, Done), JoinError>, changes: &mut Vec<Change>) {
        let (id, done) = match done {
            Ok((id, done)) => (id, Some(done)),
            Err(error) => (error.id(), None),
        };
        let Some(index) = self.owners.remove(&id) else {
            return;
        };
        match (&self.calls[index].stage, done) {
            (CallStage::Deciding, Some(Done::Decided(decided))) => {
                self.take_decision(index, *decided, changes);
            }
            (CallStage::Running { .. }, Some(Done::Ran(outcome))) => {
                self.take_rest(changes);
                self.finish(index, outcome, changes);
            }
            (CallStage::Deciding | CallStage::Running { .. }, _) => {
                self.take_rest(changes);
                let words = "The tool broke off by an error of its own inside Tacet.";
                self.finish(index, ToolOutcome::failed(words), changes);
            }
            // What has ended takes nothing late (rule C05).
            (
                CallStage::Asked(_)
                | CallStage::Allowed
                | CallStage::Announced
                | CallStage::Writing
                | CallStage::Ended,
                _,
            ) => {}
        }
        self.release(changes);
    }

    /// What was reported before a result came stands before it.
    fn take_rest(&mut self, changes: &mut Vec<Change>) {
        while let Ok((call, progress)) = self.progress.try_recv() {
            self.take_progress(call, progress, changes);
        }
    }

    fn take_progress(&mut self, index: usize, progress: Progress, changes: &mut Vec<Change>) {
        let call = &self.calls[index];
        let (CallStage::Running { told }, Some(result)) = (&call.stage, call.result) else {
            return;
        };
        match progress {
            // Of a call that was told to end nobody is asked anything: the question is dropped.
            Progress::Question(_) if told.is_some() || self.stop.is_stopped() => {}
            Progress::Question(question) => {
                let part = call.part;
                self.questions.ask(index, part, question, changes);
            }
            Progress::Output(text) => self.content.append_unreceived(result, text, changes),
            Progress::Task(task) => self.tasks.push(BegunTask {
                part: call.part,
                server: call.offered.server.clone(),
                task,
            }),
            Progress::Step {
                done,
                total,
                message,
            } => changes.push(Change::ToolProgress(ToolProgress {
                part: call.part,
                done,
                total,
                message,
            })),
        }
    }

    fn all_ended(&self) -> bool {
        let ended = |call: &Call| matches!(call.stage, CallStage::Ended);
        self.calls.iter().all(ended)
    }

    /// Says what they are at, where that has changed.
    fn enter(&mut self, changes: &mut Vec<Change>) {
        let asks = |call: &Call| matches!(call.stage, CallStage::Asked(_) | CallStage::Allowed);
        let phase = if self.calls.iter().any(asks) {
            Phase::WaitingForApproval
        } else if self.all_ended() {
            Phase::BetweenRequests
        } else {
            Phase::RunningTools
        };
        if phase != self.phase {
            self.phase = phase;
            changes.push(Change::Phase(phase));
        }
    }
}
