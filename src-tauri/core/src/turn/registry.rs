//! The registry that owns all turns: starts, stops and finds them.

use super::event::{RunningTurn, StartTurn, StopOutcome, TurnEnd, TurnSnapshot, TurnStarted};
use super::run::{Assignment, Letter, Run};
use super::watcher::EventSink;
use crate::store::{Begun, NewTurn, Store, StoreError};
use crate::{
    Cause, Conversation, ConversationId, Message, MessageId, MessageState, Millis, Parameters,
    Part, Provider, Role, STOP_LIMIT, StopHandle, TurnId, now,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The longest title that is made from a message, in characters.
const TITLE: usize = 60;
/// What is added to the limit of rule C09 for the commit and the way back.
const GRACE: Duration = Duration::from_millis(200);

/// How turns are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnOptions {
    /// A turn that nobody watches for so long is stopped with the cause `viewer-gone`
    /// (rule C13).
    pub watch_limit: Duration,
}

impl Default for TurnOptions {
    fn default() -> Self {
        Self {
            watch_limit: Duration::from_secs(30),
        }
    }
}

/// Why a turn could not be started. Nothing was sent, and nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The app is quitting.
    #[error("Tacet is closing; the message was not sent. It is still in the composer.")]
    Quitting,
    /// There is nothing to answer.
    #[error("{0}")]
    Invalid(&'static str),
    /// The message could not be saved, so it was not sent.
    #[error("The message could not be saved, so it was not sent: {0}")]
    Store(#[from] StoreError),
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
}

#[derive(Clone)]
struct Entry {
    conversation_id: ConversationId,
    message_id: MessageId,
    stop: StopHandle,
    mailbox: mpsc::UnboundedSender<Letter>,
    began: watch::Receiver<Option<TurnStarted>>,
    end: watch::Receiver<Option<Arc<TurnEnd>>>,
}

impl Entry {
    /// The end of the turn, or `None` when it did not come within the limit of rule C09.
    async fn ended(mut self) -> Option<Arc<TurnEnd>> {
        tokio::time::timeout(STOP_LIMIT + GRACE, self.end.wait_for(Option::is_some))
            .await
            .ok()?
            .ok()?
            .clone()
    }
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
            }),
        }
    }

    /// Starts a turn; the person's message is on disk when this returns, and nothing has been
    /// sent before. A second call with the same id starts nothing and says so. A turn of the
    /// same conversation that still runs is stopped first, with the cause `replaced`.
    ///
    /// # Errors
    /// When the message cannot be saved, or there is nothing to answer. Nothing was sent then.
    pub async fn start(
        &self,
        request: StartTurn,
        provider: Arc<dyn Provider>,
        parameters: Parameters,
    ) -> Result<TurnStarted, StartError> {
        let answer_id = MessageId::new();
        let (mailbox, letters) = mpsc::unbounded_channel();
        let (began, began_seen) = watch::channel(None);
        let (end, end_seen) = watch::channel(None);
        let entry = Entry {
            conversation_id: request.conversation_id,
            message_id: answer_id,
            stop: StopHandle::new(self.shared.root.child_token()),
            mailbox,
            began: began_seen,
            end: end_seen,
        };
        let before = {
            let mut running = self.running();
            if let Some(known) = running.get(&request.turn_id) {
                Err(known.clone())
            } else if self.shared.root.is_cancelled() {
                return Err(StartError::Quitting);
            } else {
                let before: Vec<Entry> = running
                    .values()
                    .filter(|other| other.conversation_id == request.conversation_id)
                    .cloned()
                    .collect();
                running.insert(request.turn_id, entry.clone());
                Ok(before)
            }
        };
        let before = match before {
            Ok(before) => before,
            Err(known) => return already(known).await,
        };
        let launch = Launch {
            turns: self.clone(),
            request,
            answer_id,
            provider,
            parameters,
            stop: entry.stop,
            letters,
            before,
        };
        let (reply, started) = oneshot::channel();
        // A task of its own: a caller that goes away cannot leave half a turn behind.
        self.shared.tracker.spawn(async move {
            let turns = launch.turns.clone();
            let turn_id = launch.request.turn_id;
            match launch.begin().await {
                Ok((started, run)) => {
                    began.send_replace(Some(started.clone()));
                    // The caller may be gone; the turn runs all the same.
                    drop(reply.send(Ok(started)));
                    if let Some(run) = run {
                        let ended = run.run().await;
                        turns.running().remove(&turn_id);
                        end.send_replace(Some(ended));
                    }
                }
                Err(error) => drop(reply.send(Err(error))),
            }
            turns.running().remove(&turn_id);
        });
        started.await.map_err(|_| StartError::Quitting)?
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
            return self.stop_of_ended(turn_id).await;
        };
        let first = entry.stop.stop_clicked(cause, clicked_at);
        let end = entry.ended().await;
        let receipt = match &end {
            Some(end) if end.state != MessageState::Interrupted => {
                return StopOutcome::AlreadyEnded;
            }
            Some(end) => end.receipt.clone().map(Box::new),
            None => None,
        };
        if first {
            StopOutcome::Stopped { receipt }
        } else {
            StopOutcome::AlreadyStopped { receipt }
        }
    }

    /// Stops every turn at once, and waits for all of them. Says how many this call stopped.
    pub async fn stop_all(&self, cause: Cause, clicked_at: Option<Millis>) -> usize {
        let entries: Vec<Entry> = self.running().values().cloned().collect();
        let stopped = entries
            .iter()
            .filter(|entry| entry.stop.stop_clicked(cause, clicked_at))
            .count();
        futures::future::join_all(entries.into_iter().map(Entry::ended)).await;
        stopped
    }

    /// Stops the turns of one conversation and waits for them.
    pub async fn stop_conversation(&self, conversation: ConversationId, cause: Cause) {
        let entries: Vec<Entry> = self
            .running()
            .values()
            .filter(|entry| entry.conversation_id == conversation)
            .cloned()
            .collect();
        for entry in &entries {
            entry.stop.stop(cause);
        }
        futures::future::join_all(entries.into_iter().map(Entry::ended)).await;
    }

    /// Subscribes to a turn: the snapshot says what is, and `sink` gets every event after it.
    /// `None` for a turn that does not run (any more): its answer is in the store.
    pub async fn attach(
        &self,
        turn_id: TurnId,
        watcher: String,
        sink: Box<dyn EventSink>,
    ) -> Option<TurnSnapshot> {
        let (reply, snapshot) = oneshot::channel();
        self.post(
            turn_id,
            Letter::Attach {
                watcher,
                sink,
                reply,
            },
        )?;
        snapshot.await.ok()
    }

    /// A watcher's answer to [`super::TurnEventKind::AreYouThere`].
    pub fn acknowledge(&self, turn_id: TurnId, watcher: String) {
        self.post(turn_id, Letter::Acknowledge { watcher });
    }

    /// A watcher does not want more events. This is not Stop.
    pub fn detach(&self, turn_id: TurnId, watcher: String) {
        self.post(turn_id, Letter::Detach { watcher });
    }

    /// The page was reloaded or has died: nobody watches any more. The turns go on until the
    /// watch limit (rule C13).
    pub fn page_gone(&self) {
        for entry in self.running().values() {
            // A turn that has just ended takes no letters, and needs none.
            drop(entry.mailbox.send(Letter::PageGone));
        }
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
        let entries: Vec<Entry> = self.running().values().cloned().collect();
        for entry in &entries {
            entry.stop.stop(cause);
        }
        self.shared.root.cancel();
        self.shared.tracker.close();
        // What has not ended by then is mended at the next launch.
        drop(tokio::time::timeout(STOP_LIMIT, self.shared.tracker.wait()).await);
    }

    fn post(&self, turn_id: TurnId, letter: Letter) -> Option<()> {
        let running = self.running();
        running.get(&turn_id)?.mailbox.send(letter).ok()
    }

    async fn stop_of_ended(&self, turn_id: TurnId) -> StopOutcome {
        match self.shared.store.answer_of(turn_id).await {
            Ok(Some(answer)) if answer.state == MessageState::Interrupted => {
                StopOutcome::AlreadyStopped {
                    receipt: answer.receipt.map(Box::new),
                }
            }
            Ok(Some(_)) => StopOutcome::AlreadyEnded,
            // A database that cannot be read knows no turn either; nothing runs, and that is
            // what the caller needs to know.
            Ok(None) | Err(_) => StopOutcome::Unknown,
        }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<TurnId, Entry>> {
        self.shared
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

async fn already(mut known: Entry) -> Result<TurnStarted, StartError> {
    let started = match known.began.wait_for(Option::is_some).await {
        Ok(started) => started.clone(),
        Err(_) => None,
    };
    started
        .map(|started| TurnStarted {
            already: true,
            ..started
        })
        .ok_or(StartError::Invalid(
            "The first attempt to send this message failed; it was not sent. Send it again.",
        ))
}

/// A turn between the call and its first line on disk.
struct Launch {
    turns: Turns,
    request: StartTurn,
    answer_id: MessageId,
    provider: Arc<dyn Provider>,
    parameters: Parameters,
    stop: StopHandle,
    letters: mpsc::UnboundedReceiver<Letter>,
    before: Vec<Entry>,
}

impl Launch {
    async fn begin(self) -> Result<(TurnStarted, Option<Run>), StartError> {
        for entry in &self.before {
            entry.stop.stop(Cause::Replaced);
        }
        futures::future::join_all(self.before.into_iter().map(Entry::ended)).await;
        let store = &self.turns.shared.store;
        let request = self.request;
        let at = now();
        let message = |id, parent_id, role, state, parts| Message {
            id,
            conversation_id: request.conversation_id,
            parent_id,
            turn_id: Some(request.turn_id),
            role,
            state,
            cause: None,
            model: Some(request.model.clone()),
            parts,
            finish_reason: None,
            usage: None,
            receipt: None,
            error: None,
            created_at: at,
            ended_at: (state != MessageState::Streaming).then_some(at),
        };
        let (user_message, prompt) = match (&request.text, request.parent_id) {
            (Some(text), _) if text.trim().is_empty() => {
                return Err(StartError::Invalid(
                    "The message is empty. Write something first.",
                ));
            }
            (Some(text), parent_id) => {
                let parts = vec![Part::Text { text: text.clone() }];
                let id = MessageId::new();
                let state = MessageState::Complete;
                (Some(message(id, parent_id, Role::User, state, parts)), id)
            }
            (None, Some(parent_id)) => (None, parent_id),
            (None, None) => return Err(StartError::Invalid("There is no message to answer.")),
        };
        let answer = message(
            self.answer_id,
            Some(prompt),
            Role::Assistant,
            MessageState::Streaming,
            Vec::new(),
        );
        let conversation = Conversation {
            id: request.conversation_id,
            title: title(request.text.as_deref().unwrap_or_default()),
            created_at: at,
            updated_at: at,
            head: Some(answer.id),
        };
        let begun = store
            .begin_turn(NewTurn {
                turn_id: request.turn_id,
                conversation,
                user_message: user_message.clone(),
                answer: answer.clone(),
            })
            .await?;
        let conversation = store
            .conversation(request.conversation_id)
            .await?
            .ok_or(StoreError::ConversationDeleted)?;
        if let Begun::AlreadyThere { answer: known } = begun {
            let known = store.branch(known).await?.pop();
            let started = TurnStarted {
                conversation,
                user_message: None,
                answer: known.unwrap_or(answer),
                already: true,
            };
            return Ok((started, None));
        }
        let started = TurnStarted {
            conversation,
            user_message,
            answer: answer.clone(),
            already: false,
        };
        let run = Run::new(Assignment {
            turn_id: request.turn_id,
            answer,
            prompt,
            model: request.model.model,
            parameters: self.parameters,
            provider: self.provider,
            stop: self.stop,
            store: store.clone(),
            mailbox: self.letters,
            watch_limit: self.turns.shared.options.watch_limit,
        });
        Ok((started, Some(run)))
    }
}

/// A title from the first line of the first message.
fn title(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default().trim();
    let mut title: String = line.chars().take(TITLE).collect();
    if title.len() < line.len() {
        title.truncate(title.trim_end().len());
        title.push('…');
    }
    title
}
