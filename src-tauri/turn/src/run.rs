//! The task of one turn.
//!
//! It prepares its request, and then owns the one [`Generation`](crate::Generation): a loop that
//! selects over its next events and the mailbox. Text is saved every second, and at the end the
//! answer with its state, cause, usage and receipt is on disk before anybody is told (rule C06), or
//! the person is told that it is not (rule C04).

use super::backlog::Backlog;
use super::checkpoints::{Checkpoints, Progress};
use super::event::{Retrying, TurnEnd, TurnEventKind, TurnSnapshot};
use super::receipt;
use super::stage::{Recipe, Stage};
use super::unwritten::{self, Unwritten, Written};
use super::watcher::{EventSink, WINDOW, Watchers};
use crate::Change;
use crate::answer::Answer;
use crate::drained_stream::DrainedStream;
use crate::generation;
use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tacet_conversation::{
    Cause, ErrorCategory, Message, MessageState, Part, Phase, ProviderError, StopEffect,
    StopHandle, TurnId, now,
};
use tacet_provider::{
    Provider,
    awake::{BEAT, Pulse},
};
use tacet_store::Store;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often watchers are asked whether they are there, where the watch limit leaves the time.
const ROLL_CALL: Duration = Duration::from_secs(5);
/// How often they are asked at least within the watch limit.
const ROLL_CALLS: u32 = 3;

/// What others ask of a running turn.
pub(super) enum TurnCommand {
    Attach {
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
    PageGone,
}

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
}

pub(super) struct Run {
    turn_id: TurnId,
    answer: Message,
    stage: Stage,
    stop: StopHandle,
    store: Store,
    mailbox: mpsc::UnboundedReceiver<TurnCommand>,
    watch_limit: Duration,
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

/// How a turn ended, and what is left to do.
pub(super) struct Ended {
    pub(super) end: Arc<TurnEnd>,
    /// Who was asked; absent where the turn did not come so far.
    pub(super) provider: Option<Arc<dyn Provider>>,
    /// The rest of a stopped answer, where it is to be read on for its exact usage.
    pub(super) rest: Option<DrainedStream>,
    /// What a continuation repeated, and is not among its parts.
    pub(super) repeated: String,
    /// The end, where it is not on disk.
    pub(super) unwritten: Option<Box<Unwritten>>,
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
            stage: Stage::new(given.recipe, given.store.clone(), given.stop.clone()),
            stop: given.stop,
            store: given.store,
            mailbox: given.mailbox,
            watch_limit: given.watch_limit,
            phase: Phase::BuildingContext,
            retrying: None,
            stopping: false,
            unsaved: None,
        }
    }

    /// Runs the turn to its end; a panic inside ends this turn only (rule C08).
    pub(super) async fn run(mut self) -> Ended {
        let panicked = AssertUnwindSafe(self.pump()).catch_unwind().await.is_err();
        let provider = self
            .stage
            .generation()
            .map(|one| Arc::clone(one.provider()));
        let rest = self.stage.generation_mut().and_then(|one| one.take_rest());
        self.finish(panicked, provider, rest).await
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
            let due = self.due(Instant::now());
            let deserted =
                (!self.stop.is_stopped()).then(|| self.watchers.last_sign() + self.watch_limit);
            let checkpoint = self.checkpoints.due();
            tokio::select! {
                changes = self.stage.advance(&self.stop) => match changes {
                    Some(changes) => {
                        if changes.contains(&Change::Stopping) {
                            generation::let_connection_close().await;
                        }
                        self.show(changes);
                    }
                    None => return,
                },
                () = until(due) => {}
                Some(command) = self.mailbox.recv() => self.obey(command),
                () = until(checkpoint) => self.checkpoint(),
                progress = self.checkpoints.progress() => match progress {
                    Progress::Saved => self.tell_unsaved(None),
                    Progress::Unsaved(reason) => self.tell_unsaved(Some(reason)),
                    // What is received has no place any more.
                    Progress::Refused => drop(self.stop.stop(Cause::User)),
                },
                _ = roll_call.tick(), if !self.watchers.is_empty() => {
                    self.watchers.send(TurnEventKind::AreYouThere);
                }
                _ = beat.tick() => self.awoke(pulse.slept(), often),
                () = until(deserted) => match pulse.slept() {
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
                | Change::Rearranged
                | Change::ReasoningEnded { .. }
                | Change::ToolCallState { .. } => {
                    self.checkpoints.note();
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
        self.backlog.push(change.into());
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
        let parts = parts_of(&self.stage, &self.answer);
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
        let parts = parts_of(&self.stage, &self.answer);
        if self.watchers.is_empty() {
            self.backlog.skip(parts);
            return;
        }
        for event in self.backlog.take_events(parts, usize::MAX) {
            self.watchers.send(event);
        }
    }

    fn obey(&mut self, command: TurnCommand) {
        match command {
            TurnCommand::Attach {
                watcher,
                sink,
                reply,
            } => {
                self.join();
                if reply.send(self.snapshot()).is_ok() {
                    self.watchers.add(watcher, sink);
                }
            }
            TurnCommand::Acknowledge { watcher, shown } => {
                self.watchers.acknowledge(&watcher, shown)
            }
            TurnCommand::Detach { watcher } => self.watchers.remove(&watcher),
            TurnCommand::PageGone => self.watchers.clear(),
        }
    }

    fn snapshot(&self) -> TurnSnapshot {
        let parts = self.backlog.told(parts_of(&self.stage, &self.answer));
        let message = match self.stage.generation() {
            Some(generation) => Message {
                parts,
                usage: generation.draft().provider_usage().cloned(),
                failed_attempts: generation.failed_attempts().to_vec(),
                ..self.answer.clone()
            },
            None => self.answer.clone(),
        };
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
            unsaved: self.unsaved.clone(),
        }
    }

    fn checkpoint(&mut self) {
        if let Some(generation) = self.stage.generation() {
            self.checkpoints
                .begin(generation, &self.store, self.answer.id, self.turn_id);
        }
    }

    async fn finish(
        mut self,
        panicked: bool,
        provider: Option<Arc<dyn Provider>>,
        rest: Option<DrainedStream>,
    ) -> Ended {
        let requested = self.stage.generation().is_some();
        let ended_at = now();
        let mut changes = Vec::new();
        let preparing = Stage::Failed(ProviderError::new(ErrorCategory::Engine, ""));
        let stage = std::mem::replace(&mut self.stage, preparing);
        let mut answer = after_panic(panicked, stage.conclude(&mut changes));
        // Where nobody was asked, nothing goes on anywhere.
        let effect = provider
            .as_ref()
            .map_or(StopEffect::Stops, |provider| provider.stop_effect());
        let receipt = receipt::draw_up(self.turn_id, &answer, effect);
        // What a continuation begins with is its own, also where nothing was asked.
        if requested {
            self.answer.parts = std::mem::take(&mut answer.parts);
        }
        self.show(changes);
        let behind = !self.catch_up();
        let message = Message {
            state: answer.state,
            cause: answer.cause,
            finish_reason: answer.finish_reason,
            usage: requested.then_some(answer.usage),
            failed_attempts: answer.failed_attempts,
            receipt,
            error: answer.error,
            ended_at: Some(ended_at),
            ..self.answer
        };
        let mut end = TurnEnd {
            state: message.state,
            cause: message.cause,
            finish_reason: message.finish_reason,
            usage: message.usage.clone(),
            failed_attempts: message.failed_attempts.clone(),
            receipt: message.receipt.clone(),
            error: message.error.clone(),
            ended_at,
            unsaved: None,
            behind,
        };
        let stopped = answer.stop.map(|stop| stop.at);
        // Disk first, then screen (rule C06), within the limit of rule C09.
        let unwritten = match unwritten::write(&self.store, message, stopped).await {
            Written::Settled(message) => {
                end.receipt = message.receipt;
                None
            }
            Written::Not(reason, unwritten) => {
                end.unsaved = Some(reason);
                Some(unwritten)
            }
        };
        self.watchers
            .send(TurnEventKind::Ended(Box::new(end.clone())));
        Ended {
            end: Arc::new(end),
            provider,
            rest,
            repeated: answer.repeated,
            unwritten,
        }
    }
}

/// What a panic in Tacet makes of an answer that it cut off.
fn after_panic(panicked: bool, answer: Answer) -> Answer {
    if !panicked || answer.state == MessageState::Complete {
        return answer;
    }
    let kept = if answer.characters > 0 {
        "What arrived is kept, and other"
    } else {
        "Other"
    };
    let message = format!(
        "An error inside Tacet ended this answer. {kept} conversations go on. Retry to ask again."
    );
    Answer {
        state: MessageState::Interrupted,
        cause: Some(Cause::Crash),
        error: Some(ProviderError::new(ErrorCategory::Engine, message)),
        ..answer
    }
}

/// The parts of the answer as it stands.
fn parts_of<'a>(stage: &'a Stage, answer: &'a Message) -> &'a [Part] {
    match stage.generation() {
        Some(generation) => generation.draft().parts(),
        None => &answer.parts,
    }
}

/// Resolves at `deadline`; never without one.
async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
