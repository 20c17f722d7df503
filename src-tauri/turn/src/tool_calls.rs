//! The tool calls of one step: decided on, asked for, run and ended, all of them at once.

use crate::answer::ToolEnd;
use crate::approval::{ApprovalAnswer, ApprovalRequest};
use crate::content::Content;
use crate::deadline::until;
use crate::draft::{Change, ToolProgress};
use crate::toolset::{OfferedTool, Standing, Toolset};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tacet_conversation::{
    Cause, Part, Phase, ResultContent, StopHandle, StopRequest, ToolCallState, ToolConfirmation,
    ToolResult,
};
use tacet_tool::approval::{Card, Decision};
use tacet_tool::schema;
use tacet_tool::tool::{Progress, ToolOutcome, run};
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

/// How long a tool has to end once it was told to; what is left of rule C09 is for the disk.
const END_LIMIT: Duration = Duration::from_millis(1_700);
/// How much of what a tool writes is shown while it runs, in bytes; its result has its own limit.
const SHOWN: usize = 64 * 1024;

/// What the model is told of a call that a person did not allow.
pub(crate) const DENIED: &str = "[The user did not allow this call. It was not run.]";
/// What the model is told of a call that was stopped alone, after what it had said by then.
pub(crate) const STOPPED: &str =
    "[The user stopped this tool while it ran. It may have run in part.]";
/// The same of a call that had not begun.
pub(crate) const STOPPED_BEFORE: &str = "[The user stopped this call before it ran.]";

/// What a job of a call came to.
enum Done {
    /// Whether it may run, and what it would change in a file; or why it cannot.
    Decided(Result<(Decision, Option<String>), String>),
    Ran(ToolOutcome),
}

/// Where a call stands.
enum CallStage {
    /// Whether it may run is found out.
    Deciding,
    /// A person is asked.
    Asked(Box<Asked>),
    /// A person has allowed it; another call of the step waits for them (rule C18).
    Allowed,
    /// It is said to run, and that is not on disk yet (rule C18).
    Announced,
    /// The same, and the disk is at it.
    Writing,
    /// The tool runs.
    Running {
        /// When it was told to end.
        told: Option<Instant>,
    },
    Ended,
}

/// What a person is asked.
struct Asked {
    card: Card,
    request: ApprovalRequest,
}

struct Call {
    /// Its place among the parts.
    part: usize,
    /// The place of its result, once there is one.
    result: Option<usize>,
    offered: OfferedTool,
    arguments: Value,
    stop: StopHandle,
    stage: CallStage,
    confirmation: Option<ToolConfirmation>,
}

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
    begun: bool,
    saved: Saved,
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
                confirmation: call.confirmation?,
            })
        })
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

    fn take(&mut self, done: Result<(Id, Done), JoinError>, changes: &mut Vec<Change>) {
        let (id, done) = match done {
            Ok((id, done)) => (id, Some(done)),
            Err(error) => (error.id(), None),
        };
        let Some(index) = self.owners.remove(&id) else {
            return;
        };
        match (&self.calls[index].stage, done) {
            (CallStage::Deciding, Some(Done::Decided(Ok((Decision::Allowed(_), _))))) => {
                self.calls[index].stage = CallStage::Announced;
                self.set_state(index, ToolCallState::Running, changes);
            }
            (CallStage::Deciding, Some(Done::Decided(Ok((Decision::Ask(card), diff))))) => {
                let part = self.calls[index].part;
                if let Part::ToolCall(called) = &self.content.parts()[part] {
                    let request = ApprovalRequest::new(part, called, &card, diff);
                    changes.push(Change::ApprovalAsked(Box::new(request.clone())));
                    self.calls[index].stage = CallStage::Asked(Box::new(Asked { card, request }));
                }
            }
            (CallStage::Deciding, Some(Done::Decided(Err(words)))) => {
                self.finish(index, ToolOutcome::failed(words), changes);
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
        let (CallStage::Running { .. }, Some(result)) = (&call.stage, call.result) else {
            return;
        };
        match progress {
            Progress::Output(text) => self.content.append_unreceived(result, text, changes),
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

    /// Gives a call that ran, or could not, its end and its result.
    fn finish(&mut self, index: usize, outcome: ToolOutcome, changes: &mut Vec<Change>) {
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

    fn set_result(
        &mut self,
        index: usize,
        contents: Vec<ResultContent>,
        state: ToolCallState,
        changes: &mut Vec<Change>,
    ) {
        let alone = self.stopped.is_none();
        let (mut text, contents) = split(contents);
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
        self.calls[index].stage = CallStage::Ended;
        self.set_state(index, state, changes);
    }

    /// Ends a call that never had a tool to run.
    fn refuse(
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

    fn add_result(
        &mut self,
        part: usize,
        state: ToolCallState,
        changes: &mut Vec<Change>,
    ) -> usize {
        let call_id = match &self.content.parts()[part] {
            Part::ToolCall(call) => call.call_id.clone(),
            Part::Text { .. } | Part::Reasoning(_) | Part::ToolResult(_) | Part::Attachment(_) => {
                String::new()
            }
        };
        let result = Part::ToolResult(ToolResult {
            call_id,
            text: String::new(),
            contents: Vec::new(),
            state,
        });
        self.content.add(result, changes)
    }

    fn set_state(&mut self, index: usize, state: ToolCallState, changes: &mut Vec<Change>) {
        let part = self.calls[index].part;
        self.content.set_call_state(part, state, changes);
    }

    /// Runs what a person has allowed once no other call waits for them (rule C18).
    fn release(&mut self, changes: &mut Vec<Change>) {
        let waits = self
            .calls
            .iter()
            .any(|call| matches!(call.stage, CallStage::Deciding | CallStage::Asked(_)));
        if waits || self.stopped.is_some() {
            return;
        }
        for index in 0..self.calls.len() {
            if matches!(self.calls[index].stage, CallStage::Allowed) {
                self.calls[index].stage = CallStage::Announced;
                self.set_state(index, ToolCallState::Running, changes);
            }
        }
    }

    /// Takes a person's answer about the call at `part`; `false` where nobody was asked (any more),
    /// or what was answered cannot be.
    pub(super) fn answer(
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
            let call = &self.calls[index];
            if !matches!(call.stage, CallStage::Asked(_) | CallStage::Allowed) {
                continue;
            }
            let decision = call.offered.decide(&call.arguments, &permissions);
            if let Decision::Allowed(_) = decision {
                self.calls[index].stage = CallStage::Announced;
                self.set_state(index, ToolCallState::Running, changes);
            }
        }
    }

    /// Stops one call, and no other (rule C25); `false` where it has ended.
    pub(super) fn stop_tool(&mut self, part: usize, changes: &mut Vec<Change>) -> bool {
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

    /// Whether something has to be on disk before it goes on.
    pub(super) fn wants_commit(&self) -> bool {
        let announced = |call: &Call| matches!(call.stage, CallStage::Announced);
        self.stopped.is_none()
            && (self.calls.iter().any(announced)
                || (self.begun && self.saved == Saved::No && self.all_ended()))
    }

    /// What stands here now is on its way to the disk.
    pub(super) fn begin_commit(&mut self) {
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
    pub(super) fn committed(&mut self, changes: &mut Vec<Change>) {
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
    pub(super) fn uncommitted(&mut self) {
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
                    Progress::Step { .. } => true,
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

    /// Ends all that has not ended. The tools that run were told by their tokens.
    fn end(&mut self, request: StopRequest, changes: &mut Vec<Change>) {
        changes.push(Change::Stopping);
        self.stopped = Some(request);
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

    fn told(&self) -> impl Iterator<Item = Instant> {
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
    fn give_up(&mut self, changes: &mut Vec<Change>) {
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

/// Finds out whether a call may run. It may read files, and check against a schema of any size.
fn deciding(offered: OfferedTool, arguments: Value, tools: Toolset) -> impl FnOnce() -> Done {
    move || {
        let tool = &offered.tool;
        let fits = schema::check(&tool.spec().input_schema, &arguments);
        let decided = fits.and_then(|()| {
            let decision = offered.decide(&arguments, &tools.book().permissions());
            Ok((decision, tool.diff(&arguments)?))
        });
        Done::Decided(decided)
    }
}

/// The arguments of a call as a JSON object; a call without parameters may come without a
/// character.
fn arguments(raw: &str) -> Option<Value> {
    if raw.trim().is_empty() {
        return Some(Value::Object(serde_json::Map::new()));
    }
    serde_json::from_str(raw).ok().filter(Value::is_object)
}

/// The texts of a result, joined as paragraphs, and what of it is not text.
fn split(contents: Vec<ResultContent>) -> (String, Vec<ResultContent>) {
    let (mut texts, mut others) = (Vec::new(), Vec::new());
    for content in contents {
        match content {
            ResultContent::Text { text } => texts.push(text),
            ResultContent::Image { .. }
            | ResultContent::Audio { .. }
            | ResultContent::Resource { .. }
            | ResultContent::Structured { .. } => others.push(content),
        }
    }
    (texts.join("\n\n"), others)
}
