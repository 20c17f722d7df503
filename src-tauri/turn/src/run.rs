//! The task of one turn.
//!
//! It prepares its request, and then owns the one [`Generation`](crate::Generation): a loop that
//! selects over its next events and the mailbox. Text is saved every second, and at the end the
//! answer with its state, cause, usage and receipt is on disk before anybody is told (rule C06), or
//! the person is told that it is not (rule C04).

mod commands;
mod ending;

pub(super) use commands::TurnCommand;
pub(super) use ending::Ended;

use super::attention::{Happening, Unwatched};
use super::backlog::Backlog;
use super::checkpoints::{Checkpoints, Progress};
use super::event::{Retrying, TurnEventKind, TurnSnapshot};
use super::recipe::Recipe;
use super::steps::Steps;
use super::tool_calls::BegunTask;
use super::watcher::{WINDOW, Watchers};
use crate::Change;
use crate::deadline::until;
use crate::generation;
use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tacet_conversation::{Cause, Message, Part, Phase, StopHandle, TurnId};
use tacet_provider::awake::{BEAT, Pulse};
use tacet_store::{OpenTask, Store};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often watchers are asked whether they are there, where the watch limit leaves the time.
const ROLL_CALL: Duration = Duration::from_secs(5);
/// The largest event that has no text of the answer, in bytes.
const LONGEST: usize = 4 * 1024;
/// How often they are asked at least within the watch limit.
const ROLL_CALLS: u32 = 3;

/// What a turn needs to run.
pub(super) struct Assignment {
    pub(super) turn_id: TurnId,
    /// The answer as it stands on disk: empty and streaming.
    pub(super) answer: Message,
    pub(super) recipe: Recipe,
    pub(super) stop: StopHandle,
    pub(super) store: Store,
    pub(super) mailbox: mpsc::UnboundedReceiver<TurnCommand>,
    pub(super) watch_limit: Duration,
    pub(super) unwatched: Unwatched,
}

pub(super) struct Run {
    turn_id: TurnId,
    answer: Message,
    steps: Steps,
    stop: StopHandle,
    store: Store,
    mailbox: mpsc::UnboundedReceiver<TurnCommand>,
    watch_limit: Duration,
    unwatched: Unwatched,
    phase: Phase,
    /// The wait before the request is made again, with its end.
    retrying: Option<(Instant, Retrying)>,
    stopping: bool,
    watchers: Watchers,
    backlog: Backlog,
    checkpoints: Checkpoints,
    /// Why what was received is not on disk, where it is not.
    unsaved: Option<String>,
}

impl Run {
    pub(super) fn new(given: Assignment) -> Self {
        Self {
            watchers: Watchers::new(given.turn_id),
            turn_id: given.turn_id,
            // What a continuation begins with is on disk.
            checkpoints: Checkpoints::after(&given.answer.parts),
            backlog: Backlog::after(&given.answer.parts),
            answer: given.answer,
            steps: Steps::new(given.recipe, given.store.clone(), given.stop.clone()),
            stop: given.stop,
            store: given.store,
            mailbox: given.mailbox,
            watch_limit: given.watch_limit,
            unwatched: given.unwatched,
            phase: Phase::BuildingContext,
            retrying: None,
            stopping: false,
            unsaved: None,
        }
    }

    /// Runs the turn to its end; a panic inside ends this turn only (rule C08).
    pub(super) async fn run(mut self) -> Ended {
        let panicked = AssertUnwindSafe(self.pump()).catch_unwind().await.is_err();
        self.finish(panicked).await
    }

    async fn pump(&mut self) {
        let often = self.watch_limit / ROLL_CALLS;
        let often = often.clamp(Duration::from_millis(1), ROLL_CALL);
        let mut roll_call = interval(often);
        roll_call.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut pulse = Pulse::new();
        loop {
            if self.steps.wants_commit() && self.checkpoints.is_ready() {
                self.checkpoint();
            }
            let due = self.due(Instant::now());
            let may_desert = !self.stop.is_stopped() && !self.unwatched.goes_on();
            let deserted = may_desert.then(|| self.watchers.last_sign() + self.watch_limit);
            let checkpoint = self.checkpoints.due();
            tokio::select! {
                changes = self.steps.advance() => match changes {
                    Some(changes) => {
                        if changes.contains(&Change::Stopping) {
                            generation::let_connection_close().await;
                        }
                        self.keep_tasks();
                        self.show(changes);
                    }
                    None => return,
                },
                () = until(due) => {}
                Some(command) = self.mailbox.recv() => self.obey(command),
                () = until(checkpoint) => self.checkpoint(),
                progress = self.checkpoints.progress() => match progress {
                    Progress::Saved => {
                        self.tell_unsaved(None);
                        let mut changes = Vec::new();
                        self.steps.committed(&mut changes);
                        self.show(changes);
                    }
                    Progress::Unsaved(reason) => {
                        if !self.checkpoints.is_running() {
                            self.steps.uncommitted();
                        }
                        self.tell_unsaved(Some(reason));
                    }
                    // What is received has no place any more.
                    Progress::Refused => drop(self.stop.stop(Cause::User)),
                },
                _ = roll_call.tick(), if !self.watchers.is_empty() => {
                    self.watchers.send(TurnEventKind::AreYouThere);
                }
                _ = beat.tick() => self.awoke(pulse.slept(), often),
                () = until(deserted) => match pulse.slept() {
                    // It may have been said meanwhile that it goes on all the same.
                    Duration::ZERO if self.unwatched.goes_on() => {}
                    Duration::ZERO => drop(self.stop.stop(Cause::ViewerGone)),
                    slept => self.awoke(slept, often),
                },
            }
            let now = Instant::now();
            if self.due(now).is_some_and(|due| due <= now) {
                self.flush();
            }
        }
    }

    /// Has it on disk what servers made tasks of: they go on where this process ends without notice.
    fn keep_tasks(&mut self) {
        for BegunTask { part, server, task } in self.steps.take_tasks() {
            let open = OpenTask {
                conversation: self.answer.conversation_id,
                message: self.answer.id,
                part,
                server,
                task,
            };
            self.store.keep_task(open, self.turn_id);
        }
    }

    /// After a time in which nothing ran: it counts for no limit, and those who watch get the time
    /// to say so first.
    fn awoke(&mut self, slept: Duration, often: Duration) {
        if slept.is_zero() {
            return;
        }
        self.watchers
            .slept(slept, self.watch_limit.saturating_sub(often));
        if !self.watchers.is_empty() {
            self.watchers.send(TurnEventKind::AreYouThere);
        }
    }

    fn show(&mut self, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::Appended { text, .. } => {
                    self.checkpoints.note();
                    if !self.watchers.is_empty() {
                        self.backlog.grew(text.len());
                    }
                }
                Change::Usage(usage) => {
                    if !self.watchers.is_empty() {
                        self.backlog.count(usage);
                    }
                }
                Change::PartAdded { .. }
                | Change::ReasoningEnded { .. }
                | Change::ToolCallState { .. } => {
                    self.checkpoints.note();
                    self.tell(change);
                }
                Change::ToolResultState { index, .. } => {
                    self.checkpoints.note();
                    // Pictures are more than an event can hold.
                    let parts = self.steps.parts().unwrap_or(&self.answer.parts);
                    let is_plain = match parts.get(index) {
                        Some(Part::ToolResult(result)) => result.contents.is_empty(),
                        Some(_) | None => true,
                    };
                    self.tell(if is_plain { change } else { Change::Rearranged });
                }
                Change::Rearranged => {
                    self.checkpoints.begin_anew();
                    self.tell(change);
                }
                Change::ApprovalAsked(_)
                | Change::ElicitationAsked(_)
                | Change::ElicitationClosed(_)
                | Change::ToolProgress(_)
                | Change::AtStepLimit(_) => {
                    if let Some(what) = Happening::of(&change) {
                        self.unwatched.tell(self.answer.conversation_id, what);
                    }
                    self.tell(change);
                }
                Change::Retrying {
                    retry,
                    of,
                    wait_ms,
                    ref error,
                } => {
                    let error = error.clone();
                    let retrying = Retrying {
                        retry,
                        of,
                        wait_ms,
                        error,
                    };
                    let until = Instant::now() + Duration::from_millis(wait_ms);
                    // What the failed request took is saved with the next checkpoint.
                    self.checkpoints.note();
                    self.retrying = Some((until, retrying));
                    self.tell(change);
                }
                Change::Phase(phase) => {
                    self.phase = phase;
                    self.retrying = None;
                    self.tell(change);
                }
                Change::Stopping => {
                    self.stopping = true;
                    // Before everything that waits.
                    self.watchers.send(change.into());
                }
            }
        }
    }

    /// Sends what need not wait for a batch, after what waits.
    fn tell(&mut self, change: Change) {
        if self.watchers.is_empty() {
            return;
        }
        self.flush();
        let event = TurnEventKind::from(change);
        // What is asked about may be large; the whole state travels another way.
        let is_small = event.weight() <= LONGEST;
        let event = if is_small {
            event
        } else {
            TurnEventKind::Resync
        };
        self.backlog.push(event);
        self.flush();
    }

    /// Says why nothing is saved, or that it is again.
    fn tell_unsaved(&mut self, reason: Option<String>) {
        if self.unsaved != reason {
            self.unsaved.clone_from(&reason);
            self.watchers.send(TurnEventKind::Unsaved { reason });
        }
    }

    /// When what waits is sent; `None` while nothing waits, or those who watch take no more.
    fn due(&self, now: Instant) -> Option<Instant> {
        let has_room = self.watchers.room() > 0;
        has_room.then(|| self.backlog.due(now)).flatten()
    }

    /// Sends as much of what waits as those who watch can take now.
    fn flush(&mut self) {
        self.send(self.watchers.room());
    }

    fn send(&mut self, room: usize) {
        let parts = self.steps.parts().unwrap_or(&self.answer.parts);
        for event in self.backlog.take(parts, room, Instant::now()) {
            self.watchers.send(event);
        }
    }

    /// Sends all that waits, unless it is more than can be shown soon; says whether it was.
    fn catch_up(&mut self) -> bool {
        if self.watchers.is_empty() {
            return true;
        }
        let is_near = !self.backlog.exceeds(WINDOW);
        if is_near {
            self.send(usize::MAX);
        }
        is_near
    }

    /// Readies what is told for another who watches: all see the same events after this.
    fn join(&mut self) {
        let parts = self.steps.parts().unwrap_or(&self.answer.parts);
        if self.watchers.is_empty() {
            self.backlog.skip(parts);
            return;
        }
        for event in self.backlog.take_events(parts, usize::MAX) {
            self.watchers.send(event);
        }
    }

    fn snapshot(&self) -> TurnSnapshot {
        let stands = self.steps.parts().unwrap_or(&self.answer.parts);
        let parts = self.backlog.told(stands);
        let mut message = Message {
            parts,
            ..self.answer.clone()
        };
        if self.steps.has_requested() {
            message.set_requests(self.steps.requests_so_far());
        }
        TurnSnapshot {
            turn_id: self.turn_id,
            seq: self.watchers.seq(),
            message,
            phase: self.phase,
            retrying: self.retrying.as_ref().map(|(until, retrying)| Retrying {
                wait_ms: u64::try_from((*until - Instant::now()).as_millis()).unwrap_or(u64::MAX),
                ..retrying.clone()
            }),
            stopping: self.stopping,
            approvals: self.steps.approvals(),
            elicitations: self.steps.elicitations(),
            at_step_limit: self.steps.at_limit(),
            ends_after_step: self.steps.ends_after_step(),
            unsaved: self.unsaved.clone(),
        }
    }

    fn checkpoint(&mut self) {
        if let Some(parts) = self.steps.parts() {
            let requests = self.steps.requests();
            let (answer, turn) = (self.answer.id, self.turn_id);
            self.checkpoints
                .begin(parts, requests, &self.store, answer, turn);
            self.steps.begin_commit();
        }
    }
}
