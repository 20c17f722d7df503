//! One request's talk with the worker, from the queue to the last report.

use crate::conversation;
use crate::process::Worker;
use crate::protocol::{Count, Order, Outcome, Report, Sampling, Task};
use crate::workplace::{Seat, Workplace};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tacet_conversation::{
    ConnectionEnd, ErrorCategory, FinishReason, Phase, ProviderError, Usage, UsageSource,
};
use tacet_provider::{ModelEvent, ModelRequest};
use tokio::sync::OwnedMutexGuard;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How long a worker may take to confirm a stop before it is killed.
const CONFIRMATION: Duration = Duration::from_millis(500);

/// What one read of the worker's reports gave.
pub type Item = Result<Vec<ModelEvent>, ProviderError>;

/// A request on its way to the worker.
pub struct Exchange {
    pub workplace: Arc<Workplace>,
    pub model_file: Arc<Path>,
    pub request: ModelRequest,
}

/// What the exchange came to.
pub struct Ending {
    pub connection: ConnectionEnd,
    pub bytes_received: u64,
}

impl Ending {
    /// The end of a request that never reached the worker.
    pub const NEVER_OPENED: Self = Self {
        connection: ConnectionEnd::NeverOpened,
        bytes_received: 0,
    };
}

/// How the talk with the worker ended.
enum Talk {
    Ended(Outcome, Count),
    BrokeOff,
    NotAProtocol(io::Error),
    Overdue,
}

impl Exchange {
    /// Carries the request out. After `stop` it ends as soon as the worker confirms, and at the
    /// latest when the worker, having had its time for that, is killed.
    pub async fn run(self, items: UnboundedSender<Item>, stop: CancellationToken) -> Ending {
        let mut listener = Listener { items, phase: None };
        let Some(mut seat) = self.queue(&mut listener, &stop).await else {
            return Ending::NEVER_OPENED;
        };
        seat.tasks += 1;
        let task = self.task(seat.tasks);
        loop {
            let kept = seat.worker.take();
            let was_idle = kept.is_some();
            let worker = kept.map_or_else(|| self.start_worker(&mut listener), Ok);
            let mut worker = match worker {
                Ok(worker) => worker,
                Err(error) => {
                    self.workplace.leave(seat, None);
                    listener.send(Err(error));
                    return Ending::NEVER_OPENED;
                }
            };
            let before = worker.received;
            let loaded = AtomicBool::new(was_idle);
            let talk = tokio::select! {
                biased;
                talk = talk(&mut worker, task.clone(), &mut listener, &stop, &loaded) => talk,
                () = overdue(&stop, &loaded) => Talk::Overdue,
            };
            let bytes_received = worker.received - before;
            // A worker that died while it was idle is found out by talking to it. It had not
            // begun, so nothing is lost with it.
            if was_idle && matches!(talk, Talk::BrokeOff) && bytes_received == 0 {
                worker.kill();
                if !stop.is_cancelled() {
                    continue;
                }
                self.workplace.leave(seat, None);
                return Ending::NEVER_OPENED;
            }
            let connection = self.close(talk, worker, seat, &mut listener).await;
            return Ending {
                connection,
                bytes_received,
            };
        }
    }

    fn start_worker(&self, listener: &mut Listener) -> Result<Worker, ProviderError> {
        listener.phase(Phase::LoadingModel);
        self.workplace.start_worker().map_err(|error| {
            ProviderError::new(
                ErrorCategory::Engine,
                format!(
                    "The process of the built-in model could not be started ({error}). The \
                     conversation is safe: send again."
                ),
            )
        })
    }

    /// Waits for the seat; nothing when the request was stopped before it had one.
    async fn queue(
        &self,
        listener: &mut Listener,
        stop: &CancellationToken,
    ) -> Option<OwnedMutexGuard<Seat>> {
        let seat = match self.workplace.try_seat() {
            Some(seat) => seat,
            None => {
                listener.phase(Phase::Queued);
                stop.run_until_cancelled(self.workplace.seat()).await?
            }
        };
        (!stop.is_cancelled()).then_some(seat)
    }

    fn task(&self, number: u64) -> Task {
        let parameters = &self.request.parameters;
        Task {
            number,
            model_file: self.model_file.to_string_lossy().into_owned(),
            conversation: conversation::utterances(&self.request),
            sampling: Sampling {
                temperature: parameters.temperature.map(|temperature| temperature as f32),
                seed: parameters.seed,
                max_tokens: parameters.max_output_tokens,
            },
        }
    }

    /// Tells the end, and leaves the seat with the worker or without.
    async fn close(
        &self,
        talk: Talk,
        worker: Worker,
        seat: OwnedMutexGuard<Seat>,
        listener: &mut Listener,
    ) -> ConnectionEnd {
        match talk {
            Talk::Ended(outcome, count) => {
                self.workplace.leave(seat, Some(worker));
                listener.end(outcome, count);
                ConnectionEnd::WorkerStopped
            }
            Talk::BrokeOff => {
                let error = worker.post_mortem().await;
                self.workplace.leave(seat, None);
                listener.send(Err(error));
                ConnectionEnd::Closed
            }
            Talk::NotAProtocol(error) => {
                worker.kill();
                self.workplace.leave(seat, None);
                listener.fail(
                    ErrorCategory::Engine,
                    format!(
                        "The process of the built-in model spoke nonsense ({error}) and was ended. \
                         The next message starts a new process."
                    ),
                );
                ConnectionEnd::WorkerKilled
            }
            Talk::Overdue => {
                worker.kill();
                self.workplace.leave(seat, None);
                ConnectionEnd::WorkerKilled
            }
        }
    }
}

async fn talk(
    worker: &mut Worker,
    task: Task,
    listener: &mut Listener,
    stop: &CancellationToken,
    loaded: &AtomicBool,
) -> Talk {
    let number = task.number;
    if worker.tell(&Order::Answer(task)).await.is_err() {
        return Talk::BrokeOff;
    }
    let mut told = false;
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled(), if !told => {
                told = true;
                if worker.tell(&Order::Stop { task: number }).await.is_err() {
                    return Talk::BrokeOff;
                }
            }
            report = worker.hear() => match report {
                Ok(Some(Report::Loading)) => {
                    loaded.store(false, Ordering::Relaxed);
                    listener.phase(Phase::LoadingModel);
                }
                Ok(Some(Report::Reading)) => {
                    loaded.store(true, Ordering::Relaxed);
                    listener.phase(Phase::ReadingPrompt);
                }
                Ok(Some(Report::Text { text, count })) => listener.text(text, count),
                Ok(Some(Report::Ended { outcome, count })) => return Talk::Ended(outcome, count),
                Ok(None) => return Talk::BrokeOff,
                Err(error) => return Talk::NotAProtocol(error),
            },
        }
    }
}

/// Ends when a stop has gone unconfirmed for too long. A worker that has not loaded its model has
/// no time at all: it is slow to hear, since the system may not even have started it, and killing
/// it loses nothing that it would still have after its confirmation.
async fn overdue(stop: &CancellationToken, loaded: &AtomicBool) {
    stop.cancelled().await;
    if loaded.load(Ordering::Relaxed) {
        sleep(CONFIRMATION).await;
    }
}

/// Whoever reads the stream; that nobody does any more is noticed by the stop, not here.
struct Listener {
    items: UnboundedSender<Item>,
    phase: Option<Phase>,
}

impl Listener {
    fn send(&self, item: Item) {
        let _ = self.items.send(item);
    }

    fn phase(&mut self, phase: Phase) {
        if self.phase.replace(phase) != Some(phase) {
            self.send(Ok(vec![ModelEvent::Phase(phase)]));
        }
    }

    fn text(&mut self, text: String, count: Count) {
        self.phase(Phase::Text);
        let usage = ModelEvent::Usage(usage(count, UsageSource::Running));
        self.send(Ok(vec![ModelEvent::Text(text), usage]));
    }

    fn end(&self, outcome: Outcome, count: Count) {
        let usage = ModelEvent::Usage(usage(count, UsageSource::Reported));
        match outcome {
            Outcome::Whole => {
                self.send(Ok(vec![usage, ModelEvent::Finished(FinishReason::Stop)]));
            }
            Outcome::Length => {
                self.send(Ok(vec![usage, ModelEvent::Finished(FinishReason::Length)]));
            }
            Outcome::Stopped => self.send(Ok(vec![usage])),
            Outcome::TooLong { tokens, limit } => {
                self.send(Ok(vec![usage]));
                self.fail(
                    ErrorCategory::PromptTooLong,
                    format!(
                        "The conversation is too long for the built-in model: it has at least \
                         {tokens} tokens, and {limit} fit, the answer included. Nothing was cut \
                         off and nothing is lost: start a new conversation, shorten the message, \
                         or choose a model that takes more."
                    ),
                );
            }
            Outcome::Failed(words) => {
                self.send(Ok(vec![usage]));
                self.fail(ErrorCategory::Engine, words);
            }
        }
    }

    fn fail(&self, category: ErrorCategory, message: String) {
        self.send(Err(ProviderError::new(category, message)));
    }
}

fn usage(count: Count, source: UsageSource) -> Usage {
    Usage {
        source,
        input_tokens: Some(count.prompt),
        cached_input_tokens: Some(count.cached),
        output_tokens: Some(count.generated),
        ..Usage::unknown()
    }
}
