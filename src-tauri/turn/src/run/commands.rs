//! What others ask of a running turn, and what it does then.

use super::Run;
use crate::approval::ApprovalAnswer;
use crate::event::{TurnEventKind, TurnSnapshot};
use crate::questions::ElicitationOutcome;
use crate::watcher::EventSink;
use tacet_conversation::StopRequest;
use tacet_tool::elicitation::ElicitationReply;
use tokio::sync::oneshot;

/// What others ask of a running turn.
pub(crate) enum TurnCommand {
    Attach {
        page: String,
        watcher: String,
        sink: Box<dyn EventSink>,
        reply: oneshot::Sender<TurnSnapshot>,
    },
    Acknowledge {
        watcher: String,
        /// The last event that it has shown.
        shown: u64,
    },
    Detach {
        watcher: String,
    },
    PageGone(String),
    /// A person's answer about the call at this place.
    Answer {
        part: usize,
        answer: ApprovalAnswer,
        /// Whether it was taken.
        reply: oneshot::Sender<bool>,
    },
    /// A person's reply to a question of a server.
    Reply {
        question: u32,
        given: ElicitationReply,
        reply: oneshot::Sender<ElicitationOutcome>,
    },
    /// Stops the call at this place, and no other.
    StopTool {
        part: usize,
        reply: oneshot::Sender<bool>,
    },
    /// Ends the turn after this step.
    StopAfterStep {
        request: StopRequest,
        reply: oneshot::Sender<bool>,
    },
    /// More steps, after the limit of them.
    GoOn {
        reply: oneshot::Sender<bool>,
    },
}

impl Run {
    pub(super) fn obey(&mut self, command: TurnCommand) {
        match command {
            TurnCommand::Attach {
                page,
                watcher,
                sink,
                reply,
            } => {
                self.join();
                if reply.send(self.snapshot()).is_ok() {
                    self.watchers.add(page, watcher, sink);
                }
            }
            TurnCommand::Acknowledge { watcher, shown } => {
                self.watchers.acknowledge(&watcher, shown)
            }
            TurnCommand::Detach { watcher } => self.watchers.remove(&watcher),
            TurnCommand::PageGone(page) => self.watchers.page_gone(&page),
            TurnCommand::Answer {
                part,
                answer,
                reply,
            } => {
                let mut changes = Vec::new();
                let taken = self.steps.answer(part, answer, &mut changes);
                self.show(changes);
                let _ = reply.send(taken);
            }
            TurnCommand::Reply {
                question,
                given,
                reply,
            } => {
                let mut changes = Vec::new();
                let outcome = self.steps.reply(question, given, &mut changes);
                self.show(changes);
                let _ = reply.send(outcome);
            }
            TurnCommand::StopTool { part, reply } => {
                let mut changes = Vec::new();
                let stopped = self.steps.stop_tool(part, &mut changes);
                self.show(changes);
                let _ = reply.send(stopped);
            }
            TurnCommand::StopAfterStep { request, reply } => {
                let ends = self.steps.stop_after_step(request);
                if ends {
                    self.watchers.send(TurnEventKind::EndsAfterStep);
                }
                let _ = reply.send(ends);
            }
            TurnCommand::GoOn { reply } => {
                let _ = reply.send(self.steps.go_on());
            }
        }
    }
}
