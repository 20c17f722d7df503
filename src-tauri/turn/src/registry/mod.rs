//! The registry that owns all turns: starts, stops and finds them.

mod naming;
mod orders;
mod records;
mod viewers;

use super::attention::{Happening, Unwatched};
use super::drains::Drains;
use super::entry::Entry;
use super::event::{RunningTurn, StartTurn, StopOutcome, TurnEnd, TurnStarted};
use super::launch::{Launch, Needs, StartError};
use super::naming::{Naming, Namings};
use super::news::NewsFeed;
use super::run::TurnCommand;
use super::settlement::Subject;
use crate::STOP_LIMIT;
use crate::limit::AnswerLimit;
use crate::toolset::Toolset;
use futures::FutureExt;
use naming::NamedTurn;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tacet_conversation::{
    Cause, ConversationId, Message, MessageId, MessageState, Millis, ProviderError, StopHandle,
    TurnId,
};
use tacet_provider::{Parameters, Provider};
use tacet_store::Store;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How turns are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnOptions {
    /// A turn that nobody watches for so long is stopped with the cause `viewer-gone`
    /// (rule C13).
    pub watch_limit: Duration,
    /// An answer that grows beyond so many bytes of text ends there as incomplete, with the cause
    /// `answer-limit`.
    pub answer_limit: usize,
}

impl Default for TurnOptions {
    fn default() -> Self {
        Self {
            watch_limit: Duration::from_secs(30),
            answer_limit: AnswerLimit::USUAL,
        }
    }
}

/// All turns of the app. Clones share the same turns.
#[derive(Clone)]
pub struct Turns {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    options: TurnOptions,
    root: CancellationToken,
    tracker: TaskTracker,
    running: Mutex<HashMap<TurnId, Entry>>,
    drains: Drains,
    namings: Namings,
    feed: NewsFeed,
    unwatched: Unwatched,
}

impl Turns {
    /// A registry without turns. It needs a Tokio runtime when turns are started.
    #[must_use]
    pub fn new(store: Store, options: TurnOptions) -> Self {
        Self {
            shared: Arc::new(Shared {
                store,
                options,
                root: CancellationToken::new(),
                tracker: TaskTracker::new(),
                running: Mutex::new(HashMap::new()),
                drains: Drains::default(),
                namings: Namings::default(),
                feed: NewsFeed::default(),
                unwatched: Unwatched::default(),
            }),
        }
    }

    /// Starts a turn; the person's message is on disk when this returns, and nothing has been
    /// sent before. A second call with the same id starts nothing and says so. A turn of the
    /// same conversation that still runs is stopped first, with the cause `replaced`.
    ///
    /// From the first poll on the turn can be stopped (rule C01). `provider` makes the provider
    /// ready, inside the turn: what fails there, or is stopped there, is the end of the answer.
    ///
    /// # Errors
    /// When the message cannot be saved, or there is nothing to answer. Nothing was sent then.
    pub async fn start(
        &self,
        request: StartTurn,
        provider: impl Future<Output = Result<Arc<dyn Provider>, ProviderError>> + Send + 'static,
        parameters: Parameters,
    ) -> Result<TurnStarted, StartError> {
        let no_tools = std::future::ready(Ok(Toolset::default()));
        self.start_with_tools(request, provider, no_tools, parameters)
            .await
    }

    /// The same with tools that the model may call. They are made ready inside the turn as well.
    ///
    /// # Errors
    /// As above.
    pub async fn start_with_tools(
        &self,
        request: StartTurn,
        provider: impl Future<Output = Result<Arc<dyn Provider>, ProviderError>> + Send + 'static,
        tools: impl Future<Output = Result<Toolset, ProviderError>> + Send + 'static,
        parameters: Parameters,
    ) -> Result<TurnStarted, StartError> {
        self.start_named(request, provider, tools, parameters, Naming::FirstWords)
            .await
    }

    /// The same; `naming` says who gives the conversation its title after its first answer.
    ///
    /// # Errors
    /// As above.
    pub async fn start_named(
        &self,
        request: StartTurn,
        provider: impl Future<Output = Result<Arc<dyn Provider>, ProviderError>> + Send + 'static,
        tools: impl Future<Output = Result<Toolset, ProviderError>> + Send + 'static,
        parameters: Parameters,
        naming: Naming,
    ) -> Result<TurnStarted, StartError> {
        let answer_id = MessageId::new();
        let (commands, mailbox) = mpsc::unbounded_channel();
        let (began, began_seen) = watch::channel(None);
        let (end, end_seen) = watch::channel(None);
        let entry = Entry {
            conversation_id: request.conversation_id,
            message_id: answer_id,
            stop: StopHandle::new(self.shared.root.child_token()),
            mailbox: commands,
            began: began_seen,
            end: end_seen,
        };
        let before = match self.register(&request, entry.clone())? {
            Registered::New { before } => before,
            Registered::Known(known) => return self.already(*known).await,
        };
        let launch = Launch {
            store: self.shared.store.clone(),
            options: self.shared.options,
            unwatched: self.shared.unwatched.clone(),
            request,
            answer_id,
            parameters,
            stop: entry.stop,
            mailbox,
            before,
        };
        let (reply, started) = oneshot::channel();
        let told = Told { began, end, reply };
        let needs = Needs {
            provider: provider.boxed(),
            tools: tools.boxed(),
        };
        // A task of its own: a caller that goes away cannot leave half a turn behind.
        self.shared
            .tracker
            .spawn(self.clone().live(launch, needs, told, naming));
        started.await.map_err(|_| StartError::Quitting)?
    }

    /// The whole life of a turn that is entered, and what is done about its answer afterwards.
    async fn live(self, launch: Launch, needs: Needs, told: Told, naming: Naming) {
        let subject = Subject {
            conversation_id: launch.request.conversation_id,
            message_id: launch.answer_id,
            model: launch.request.model.model.clone(),
        };
        let (turn_id, model) = (launch.request.turn_id, launch.request.model.clone());
        let registration = Registration {
            turns: self.clone(),
            turn_id: launch.request.turn_id,
        };
        let run = match launch.begin(needs).await {
            (Ok((started, run)), _) => {
                told.began.send_replace(Some(started.clone()));
                if run.is_none() {
                    drop(registration);
                    drop(told.reply.send(Ok(started)));
                    return;
                }
                // The caller may be gone; the turn runs all the same.
                drop(told.reply.send(Ok(started)));
                run
            }
            (Err(error), late) => {
                drop(registration);
                drop(told.reply.send(Err(error)));
                // Should it have been written all the same, it ends there as stopped.
                let run = match late {
                    Some(beginning) => beginning.await.ok().and_then(|(_, run)| run),
                    None => None,
                };
                if let Some(run) = run {
                    self.afterwards(run.run().await, subject).await;
                }
                return;
            }
        };
        if let Some(run) = run {
            let ended = run.run().await;
            let turn = NamedTurn {
                turn_id,
                is_whole: ended.end.state == MessageState::Complete && ended.unwritten.is_none(),
                model,
                provider: ended.provider.clone(),
            };
            let place = self.place(&naming, &turn, &subject);
            drop(registration);
            told.end.send_replace(Some(Arc::clone(&ended.end)));
            let end = &ended.end;
            let happening = Happening::Ended {
                state: end.state,
                cause: end.cause,
                error: end.error.as_ref().map(|error| error.message.clone()),
            };
            self.shared
                .unwatched
                .tell(subject.conversation_id, happening);
            let naming = async {
                if let Some(place) = place {
                    self.name(naming, turn, &subject, place).await;
                }
            };
            tokio::join!(naming, self.afterwards(ended, subject.clone()));
        }
    }

    /// Stops a turn and waits for its receipt, at most for the limit of rule C09.
    pub async fn stop(
        &self,
        turn_id: TurnId,
        cause: Cause,
        clicked_at: Option<Millis>,
    ) -> StopOutcome {
        let entry = self.running().get(&turn_id).cloned();
        let Some(entry) = entry else {
            let naming = self.shared.namings.stop_of(turn_id, cause);
            return tokio::join!(self.stop_of_ended(turn_id), naming).0;
        };
        let first = entry.stop.stop_clicked(cause, clicked_at);
        let conversation = Some(entry.conversation_id);
        let naming = self.shared.namings.stop(conversation, cause);
        let (ended, ()) = tokio::join!(entry.clone().ended(), naming);
        let receipt = match ended.as_deref() {
            Some(TurnEnd {
                receipt: Some(receipt),
                ..
            }) => Some(Box::new(receipt.clone())),
            // Only a Stop leaves a receipt: this turn ended by itself, or died.
            Some(_) => return StopOutcome::AlreadyEnded,
            // It was known from before, or its start has failed.
            None if entry.never_began() && entry.began.borrow().is_some() => {
                return self.stop_of_ended(turn_id).await;
            }
            None => None,
        };
        if first {
            StopOutcome::Stopped { receipt }
        } else {
            StopOutcome::AlreadyStopped { receipt }
        }
    }

    /// Stops every turn at once, and waits for all of them. Says how many this call stopped. What is
    /// read on of answers that were stopped before ends too.
    pub async fn stop_all(&self, cause: Cause, clicked_at: Option<Millis>) -> usize {
        self.shared.drains.end(|_, _| true);
        let entries: Vec<Entry> = self.running().values().cloned().collect();
        let stopped = entries
            .iter()
            .filter(|entry| entry.stop.stop_clicked(cause, clicked_at))
            .count();
        let namings = self.shared.namings.stop(None, cause);
        let turns = futures::future::join_all(entries.into_iter().map(Entry::ended));
        tokio::join!(namings, turns);
        stopped
    }

    /// Stops the turns of one conversation and waits for them. What is read on of its answers ends
    /// too.
    pub async fn stop_conversation(&self, conversation: ConversationId, cause: Cause) {
        self.stop_where(|entry| entry.conversation_id == conversation, cause)
            .await;
        self.shared.drains.end(|of, _| of == conversation);
        self.shared.namings.stop(Some(conversation), cause).await;
    }

    /// Stops the turns that write these answers and waits for them, and ends what is read on of these
    /// answers. All else of their conversation goes on.
    pub async fn stop_answers(&self, answers: &[MessageId], cause: Cause) {
        self.stop_where(|entry| answers.contains(&entry.message_id), cause)
            .await;
        self.shared
            .drains
            .end(|_, answer| answers.contains(&answer));
    }

    async fn stop_where(&self, is_meant: impl Fn(&Entry) -> bool, cause: Cause) {
        let entries: Vec<Entry> = self
            .running()
            .values()
            .filter(|entry| is_meant(entry))
            .cloned()
            .collect();
        for entry in &entries {
            entry.stop.stop(cause);
        }
        futures::future::join_all(entries.into_iter().map(Entry::ended)).await;
    }

    /// The turns that run now.
    #[must_use]
    pub fn list(&self) -> Vec<RunningTurn> {
        self.running()
            .iter()
            .map(|(&turn_id, entry)| RunningTurn {
                turn_id,
                conversation_id: entry.conversation_id,
                message_id: entry.message_id,
            })
            .collect()
    }

    /// Stops everything for good, and waits until all is on disk, at most for the limit of rule
    /// C09. No turn can be started afterwards.
    pub async fn shut_down(&self, cause: Cause) {
        {
            // Under the lock, so that no turn comes in between without the cause.
            let running = self.running();
            for entry in running.values() {
                entry.stop.stop(cause);
            }
            self.shared.root.cancel();
        }
        self.shared.tracker.close();
        // What has not ended by then is mended at the next launch.
        drop(tokio::time::timeout(STOP_LIMIT, self.shared.tracker.wait()).await);
    }

    /// Enters a turn, unless its id is known; answers with those that it takes the place of.
    fn register(&self, request: &StartTurn, entry: Entry) -> Result<Registered, StartError> {
        let mut running = self.running();
        if let Some(known) = running.get(&request.turn_id) {
            return Ok(Registered::Known(Box::new(known.clone())));
        }
        if self.shared.root.is_cancelled() {
            return Err(StartError::Quitting);
        }
        let before = running
            .values()
            .filter(|other| other.conversation_id == request.conversation_id)
            .cloned()
            .collect();
        running.insert(request.turn_id, entry);
        self.shared.namings.make_way(&request.model.provider);
        Ok(Registered::New { before })
    }

    fn post(&self, turn_id: TurnId, command: TurnCommand) -> Option<()> {
        let running = self.running();
        running.get(&turn_id)?.mailbox.send(command).ok()
    }

    /// A turn that was entered before, with its answer as it stands on disk: it may have ended
    /// already and only not have left the registry (rule C06).
    async fn already(&self, mut known: Entry) -> Result<TurnStarted, StartError> {
        let started = match known.began.wait_for(Option::is_some).await {
            Ok(started) => started.clone(),
            Err(_) => None,
        };
        let started = started.ok_or(StartError::Invalid(
            "The first attempt to send this message failed; it was not sent. Send it again.",
        ))?;
        let on_disk = self.shared.store.message(started.answer.id).await?;
        Ok(TurnStarted {
            answer: on_disk.unwrap_or(started.answer),
            already: true,
            ..started
        })
    }

    async fn stop_of_ended(&self, turn_id: TurnId) -> StopOutcome {
        let answer = self.shared.store.answer_of(turn_id);
        match tokio::time::timeout(STOP_LIMIT, answer).await {
            Ok(Ok(Some(Message {
                receipt: Some(receipt),
                ..
            }))) => StopOutcome::AlreadyStopped {
                receipt: Some(Box::new(receipt)),
            },
            Ok(Ok(Some(_))) => StopOutcome::AlreadyEnded,
            // A database that cannot be read knows no turn either; nothing runs, and that is
            // what the caller needs to know.
            Ok(Ok(None) | Err(_)) | Err(_) => StopOutcome::Unknown,
        }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<TurnId, Entry>> {
        self.shared
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the beginning and the end of a turn are told.
struct Told {
    began: watch::Sender<Option<TurnStarted>>,
    end: watch::Sender<Option<Arc<TurnEnd>>>,
    reply: oneshot::Sender<Result<TurnStarted, StartError>>,
}

/// What became of an attempt to enter a turn.
enum Registered {
    New { before: Vec<Entry> },
    Known(Box<Entry>),
}

/// A turn's place in the registry; given up when this is dropped, also by a panic.
struct Registration {
    turns: Turns,
    turn_id: TurnId,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.turns.running().remove(&self.turn_id);
    }
}
