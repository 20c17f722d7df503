//! One turn from its first await to its last event. It owns the answer while it is received;
//! everybody else speaks to it through a mailbox.

use super::coalescer::Coalescer;
use super::event::{Retrying, TurnEnd, TurnEventKind, TurnSnapshot};
use super::receipt;
use super::watcher::{EventSink, Watchers};
use crate::answer::Answer;
use crate::generation;
use crate::rest::Rest;
use crate::store::{Checkpoint, Checkpointed, Store, StoreError};
use crate::{
    Cause, Change, ErrorCategory, Generation, Goal, Message, MessageId, MessageState, ModelRequest,
    Parameters, Phase, Provider, ProviderError, StopHandle, StopRequest, TurnId, now,
};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior};

/// The longest time that received text is not on disk.
const CHECKPOINT: Duration = Duration::from_millis(900);
/// How often watchers are asked whether they are there, where the watch limit leaves the time.
const ROLL_CALL: Duration = Duration::from_secs(5);
/// How often they are asked at least within the watch limit.
const ROLL_CALLS: u32 = 3;

/// What others ask of a running turn.
pub(super) enum Letter {
    Attach {
        watcher: String,
        sink: Box<dyn EventSink>,
        reply: oneshot::Sender<TurnSnapshot>,
    },
    Acknowledge {
        watcher: String,
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
    /// The message to be answered, or the answer to go on with.
    pub(super) prompt: MessageId,
    pub(super) goal: Goal,
    pub(super) model: String,
    pub(super) parameters: Parameters,
    pub(super) provider: Arc<dyn Provider>,
    pub(super) stop: StopHandle,
    pub(super) store: Store,
    pub(super) mailbox: mpsc::UnboundedReceiver<Letter>,
    pub(super) watch_limit: Duration,
}

pub(super) struct Run {
    given: Assignment,
    generation: Option<Generation>,
    /// Set when the turn ended before there was a generation.
    early: Option<Early>,
    phase: Phase,
    /// The wait before the request is made again, with its end.
    retrying: Option<(Instant, Retrying)>,
    stopping: bool,
    watchers: Watchers,
    coalescer: Coalescer,
    /// What is on disk, or on its way there.
    saved: Checkpointed,
    unsaved: bool,
}

enum Early {
    Stopped(StopRequest),
    Failed(ProviderError),
}

impl Run {
    pub(super) fn new(given: Assignment) -> Self {
        let mut saved = Checkpointed::default();
        // What a continuation begins with is on disk.
        saved.advance(&given.answer.parts);
        Self {
            watchers: Watchers::new(given.turn_id),
            given,
            generation: None,
            early: None,
            phase: Phase::BuildingContext,
            retrying: None,
            stopping: false,
            coalescer: Coalescer::default(),
            saved,
            unsaved: false,
        }
    }

    /// Runs the turn to its end; a panic inside ends this turn only (rule C08). The second is the
    /// rest of a stopped answer, where it is to be read on for its exact usage.
    pub(super) async fn run(mut self) -> (Arc<TurnEnd>, Option<Rest>) {
        let panicked = AssertUnwindSafe(self.drive()).catch_unwind().await.is_err();
        let rest = self.generation.as_mut().and_then(Generation::take_rest);
        (self.finish(panicked).await, rest)
    }

    async fn drive(&mut self) {
        let context = self.given.store.branch(self.given.prompt);
        let history = tokio::select! {
            biased;
            request = self.given.stop.stopped() => {
                self.early = Some(Early::Stopped(request));
                return;
            }
            history = context => history,
        };
        match history {
            Ok(history) => {
                let request = ModelRequest {
                    model: self.given.model.clone(),
                    history: history.into(),
                    parameters: self.given.parameters.clone(),
                    goal: self.given.goal,
                };
                let provider = Arc::clone(&self.given.provider);
                let stop = self.given.stop.clone();
                self.generation = Some(Generation::with_stop(provider, request, stop));
            }
            Err(error) => {
                self.early = Some(Early::Failed(ProviderError::new(
                    ErrorCategory::Storage,
                    error.to_string(),
                )));
                return;
            }
        }
        self.receive().await;
    }

    async fn receive(&mut self) {
        let Some(mut generation) = self.generation.take() else {
            return;
        };
        // On a panic below, what was received is in the last checkpoint and in `generation`;
        // the guard puts the latter back.
        let outcome = AssertUnwindSafe(self.pump(&mut generation))
            .catch_unwind()
            .await;
        self.generation = Some(generation);
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic);
        }
    }

    async fn pump(&mut self, generation: &mut Generation) {
        let often = self.given.watch_limit / ROLL_CALLS;
        let often = often.clamp(Duration::from_millis(1), ROLL_CALL);
        let mut roll_call = tokio::time::interval(often);
        roll_call.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut next_checkpoint = Instant::now() + CHECKPOINT;
        let mut checkpoint: Option<BoxFuture<'static, Result<bool, StoreError>>> = None;
        loop {
            let due = self.coalescer.due(Instant::now());
            let deserted = (!self.given.stop.is_stopped())
                .then(|| self.watchers.last_sign() + self.given.watch_limit);
            tokio::select! {
                changes = generation.advance() => match changes {
                    Some(changes) => {
                        if changes.contains(&Change::Stopping) {
                            generation::let_go().await;
                        }
                        self.show(changes);
                    }
                    None => return,
                },
                () = until(due) => {}
                Some(letter) = self.given.mailbox.recv() => self.open(letter, generation),
                () = until((self.unsaved && checkpoint.is_none()).then_some(next_checkpoint)) => {
                    checkpoint = Some(self.checkpoint(generation));
                    next_checkpoint = Instant::now() + CHECKPOINT;
                }
                saved = finished(&mut checkpoint) => {
                    checkpoint = None;
                    match saved {
                        Ok(true) => {}
                        // The conversation was deleted: what is received has no place any more.
                        Ok(false) => drop(self.given.stop.stop(Cause::User)),
                        // Tried again from the start: the disk may have room by then, and the
                        // end of the turn says so if not.
                        Err(_) => {
                            self.saved = Checkpointed::default();
                            self.unsaved = true;
                        }
                    }
                }
                _ = roll_call.tick(), if !self.watchers.is_empty() => {
                    self.watchers.send(TurnEventKind::AreYouThere);
                }
                () = until(deserted) => drop(self.given.stop.stop(Cause::ViewerGone)),
            }
            let now = Instant::now();
            if self.coalescer.due(now).is_some_and(|due| due <= now) {
                self.flush();
            }
        }
    }

    fn show(&mut self, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::Appended {
                    index,
                    offset,
                    text,
                } => {
                    self.unsaved = true;
                    if !self.watchers.is_empty() {
                        self.coalescer.push(index, offset, text);
                    }
                }
                Change::Usage(usage) => {
                    if !self.watchers.is_empty() {
                        self.coalescer.count(usage);
                    }
                }
                Change::PartAdded { .. }
                | Change::Rearranged
                | Change::ReasoningEnded { .. }
                | Change::ToolCallState { .. } => {
                    self.unsaved = true;
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
                    self.unsaved = true;
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
                    self.tell(change);
                }
            }
        }
    }

    /// Sends what must not wait, after what waits.
    fn tell(&mut self, change: Change) {
        self.flush();
        self.watchers.send(change.into());
    }

    fn flush(&mut self) {
        for event in self.coalescer.take(Instant::now()) {
            self.watchers.send(event);
        }
    }

    fn open(&mut self, letter: Letter, generation: &Generation) {
        match letter {
            Letter::Attach {
                watcher,
                sink,
                reply,
            } => {
                self.flush();
                let snapshot = TurnSnapshot {
                    turn_id: self.given.turn_id,
                    seq: self.watchers.seq(),
                    message: Message {
                        parts: generation.draft().parts().to_vec(),
                        usage: generation.draft().provider_usage().cloned(),
                        failed_attempts: generation.failed_attempts().to_vec(),
                        ..self.given.answer.clone()
                    },
                    phase: self.phase,
                    retrying: self.retrying.as_ref().map(|(until, retrying)| Retrying {
                        wait_ms: u64::try_from((*until - Instant::now()).as_millis())
                            .unwrap_or(u64::MAX),
                        ..retrying.clone()
                    }),
                    stopping: self.stopping,
                };
                if reply.send(snapshot).is_ok() {
                    self.watchers.add(watcher, sink);
                }
            }
            Letter::Acknowledge { watcher } => self.watchers.acknowledge(&watcher),
            Letter::Detach { watcher } => self.watchers.remove(&watcher),
            Letter::PageGone => self.watchers.clear(),
        }
    }

    fn checkpoint(
        &mut self,
        generation: &Generation,
    ) -> BoxFuture<'static, Result<bool, StoreError>> {
        self.unsaved = false;
        let news = Checkpoint {
            failed_attempts: generation.failed_attempts().to_vec(),
            ..self.saved.advance(generation.draft().parts())
        };
        let store = self.given.store.clone();
        let (answer, turn) = (self.given.answer.id, self.given.turn_id);
        async move { store.checkpoint(answer, turn, news).await }.boxed()
    }

    async fn finish(mut self, panicked: bool) -> Arc<TurnEnd> {
        let requested = self.generation.is_some();
        let ended_at = now();
        let answer = self.take_answer(panicked);
        self.flush();
        let receipt = receipt::draw_up(
            self.given.turn_id,
            &answer,
            self.given.provider.stop_effect(),
        );
        let message = Message {
            state: answer.state,
            cause: answer.cause,
            parts: answer.parts,
            finish_reason: answer.finish_reason,
            usage: requested.then_some(answer.usage),
            failed_attempts: answer.failed_attempts,
            receipt,
            error: answer.error,
            ended_at: Some(ended_at),
            ..self.given.answer
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
        };
        let (store, id) = (&self.given.store, message.id);
        // Disk first, then screen (rule C06).
        let mut saved = store.finish(message).await;
        if let (Ok(true), Some(receipt), Some(stop)) = (&saved, &mut end.receipt, answer.stop) {
            // The time of the commit is known only now; without it the receipt is there already.
            receipt.token_to_commit_ms = receipt::millis(stop.at.elapsed());
            saved = store.save_receipt(id, receipt).await;
        }
        end.unsaved = saved.err().map(|error| error.to_string());
        self.watchers
            .send(TurnEventKind::Ended(Box::new(end.clone())));
        Arc::new(end)
    }

    fn take_answer(&mut self, panicked: bool) -> Answer {
        let mut answer = match (self.generation.take(), self.early.take()) {
            (Some(generation), _) => {
                let mut changes = Vec::new();
                let answer = generation.conclude(&mut changes);
                self.show(changes);
                answer
            }
            (None, Some(Early::Stopped(request))) => Answer::never_requested(request),
            (None, Some(Early::Failed(error))) => Answer::failed(error),
            (None, None) => Answer::failed(ProviderError::new(
                ErrorCategory::Engine,
                "The turn ended before it began.",
            )),
        };
        if panicked && answer.state != MessageState::Complete {
            answer.state = MessageState::Interrupted;
            answer.cause = Some(Cause::Crash);
            answer.error = Some(ProviderError::new(
                ErrorCategory::Engine,
                "An error inside Tacet ended this answer. What arrived is kept, and other \
                 conversations go on. Retry to ask again.",
            ));
        }
        answer
    }
}

/// Resolves at `deadline`; never without one.
async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Resolves when the future in `slot` has; never when the slot is empty.
async fn finished<T>(slot: &mut Option<BoxFuture<'static, T>>) -> T {
    match slot {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}
