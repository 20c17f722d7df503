//! One server of the settings, from Off to Ready and back. It starts when it is first needed.

mod signing;

use super::ServerState;
use super::config::ServerConfig;
use super::connecting::{Refusal, Start, connect};
use super::connection::{Connection, Live};
use super::era::Era;
use super::log::Log;
use super::servers::{Board, Owner};
use super::sign_in::Challenge;
use crate::tool::ToolSpec;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

/// A server that lived so long starts anew with the shortest wait.
const STEADY: Duration = Duration::from_secs(60);
/// How often in a row it is started again by itself.
const RESTARTS: u32 = 3;
/// The longest wait before another try.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What callers wait for.
#[derive(Clone)]
enum Phase {
    Off,
    /// Also while it waits to be started again.
    Starting,
    Ready(Arc<Connection>),
    Failed(String),
}

pub struct Server {
    pub config: ServerConfig,
    pub log: Log,
    start: Start,
    board: Arc<Board>,
    phase: watch::Sender<Phase>,
    work: Mutex<Work>,
}

#[derive(Default)]
struct Work {
    /// Counts the starts: what an earlier one still has to say interests nobody.
    run: u64,
    ending: CancellationToken,
    /// The last run is over.
    over: Option<CancellationToken>,
    /// When the last run began.
    since: Option<Instant>,
    /// Failures in a row.
    failures: u32,
    /// Before then it is not tried again.
    not_before: Option<Instant>,
    era: Option<Era>,
    /// It wants somebody to sign in. Without that it is not started again.
    challenge: Option<Challenge>,
    /// The sign-in that is under way.
    signing: Option<CancellationToken>,
    /// It is in the settings no more.
    retired: bool,
}

impl Server {
    pub fn new(config: ServerConfig, owner: Arc<Owner>, board: Arc<Board>) -> Arc<Self> {
        let log = Log::new(config.secrets());
        Arc::new(Self {
            start: Start {
                owner,
                log: log.clone(),
            },
            config,
            log,
            board,
            phase: watch::Sender::new(Phase::Off),
            work: Mutex::default(),
        })
    }

    /// The connection, once there is one; starts the server where it does not run. Giving up
    /// waiting ends nothing: others may wait.
    ///
    /// # Errors
    /// Says what went wrong and what helps.
    pub async fn connection(self: &Arc<Self>) -> Result<Arc<Connection>, String> {
        let name = &self.config.name;
        if let Some(words) = self.unusable() {
            return Err(words);
        }
        let mut phases = self.phase.subscribe();
        self.start_if_due();
        let phase = phases
            .wait_for(|phase| match phase {
                Phase::Starting => false,
                // One that is gone is started again, or has failed, in a moment.
                Phase::Ready(connection) => !connection.gone.is_cancelled(),
                Phase::Off | Phase::Failed(_) => true,
            })
            .await
            .map(|phase| phase.clone());
        match phase {
            Ok(Phase::Ready(connection)) => Ok(connection),
            Ok(Phase::Failed(words)) => Err(words),
            Ok(Phase::Off | Phase::Starting) | Err(_) => {
                Err(format!("The server “{name}” was turned off."))
            }
        }
    }

    /// Why the settings have it not used.
    fn unusable(&self) -> Option<String> {
        let name = &self.config.name;
        if self.config.disabled {
            return Some(format!(
                "The server “{name}” is turned off. Turn it on in the settings."
            ));
        }
        self.config.unusable.clone()
    }

    /// The tools, in the server's order. Waits for a start no longer than the settings say, counted
    /// from its beginning: a server that hangs holds up one turn, and not each.
    ///
    /// # Errors
    /// Says what went wrong and what helps. The board says it as well.
    pub async fn tools(self: &Arc<Self>) -> Result<Arc<Vec<ToolSpec>>, String> {
        let connecting = self.connection();
        tokio::pin!(connecting);
        // Once, so that it is started and its beginning is known.
        let connection = tokio::select! {
            biased;
            connection = &mut connecting => connection?,
            () = std::future::ready(()) => {
                let since = self.lock().since.unwrap_or_else(Instant::now);
                match timeout_at(since + self.config.start_wait, connecting).await {
                    Ok(connection) => connection?,
                    Err(_) => return Err(format!(
                        "The server “{}” is still starting. Its tools are there once it is ready; its log is in the settings.",
                        self.config.name
                    )),
                }
            }
        };
        let listed = connection.tools().await;
        let work = self.lock();
        let current = match &*self.phase.borrow() {
            Phase::Ready(now) => Arc::ptr_eq(now, &connection),
            Phase::Off | Phase::Starting | Phase::Failed(_) => false,
        };
        if current && !work.retired && work.challenge.is_none() && work.signing.is_none() {
            let state = match &listed {
                Ok(_) => ready(&connection),
                // It can be called still, by whoever has its tools.
                Err(words) => ServerState::Failed {
                    words: words.clone(),
                },
            };
            self.board.set(&self.config.name, state);
        }
        listed
    }

    fn start_if_due(self: &Arc<Self>) {
        let mut work = self.lock();
        let before = work.over.take().filter(|over| !over.is_cancelled());
        let runs = before.is_some() && !work.ending.is_cancelled();
        let waits = work.not_before.is_some_and(|due| Instant::now() < due);
        if work.retired || runs || waits || work.challenge.is_some() {
            work.over = before;
            return;
        }
        let (ending, over) = (CancellationToken::new(), CancellationToken::new());
        work.ending = ending.clone();
        work.over = Some(over.clone());
        work.run += 1;
        work.since = Some(Instant::now());
        let run = work.run;
        self.publish(&work, Phase::Starting, ServerState::Starting);
        let server = Arc::clone(self);
        tokio::spawn(async move {
            let _over = over.drop_guard();
            if let Some(before) = before {
                before.cancelled().await;
            }
            server.run(run, ending).await;
        });
    }

    /// Lives until it is told to end, or has failed too often.
    async fn run(&self, run: u64, ending: CancellationToken) {
        let off = || self.tell(run, Phase::Off, ServerState::Off);
        loop {
            let era = self.lock().era;
            let started = tokio::select! {
                biased;
                () = ending.cancelled() => return off(),
                started = connect(&self.config, &self.start, era) => started,
            };
            let mut live = match started {
                Ok(live) => live,
                Err(Refusal::Words(reason)) => return self.failed(run, self.not_started(&reason)),
                Err(Refusal::SignIn(challenge)) => return self.needs_sign_in(run, challenge),
            };
            let since = Instant::now();
            self.ready(run, &live.connection);
            let Some(how) = self.live(run, &mut live, &ending).await else {
                off();
                let _ = live.end().await;
                return;
            };
            let _ = live.end().await;
            if since.elapsed() >= STEADY {
                self.lock().failures = 0;
            }
            let name = &self.config.name;
            let (failures, wait) = self.count_failure();
            if failures > RESTARTS {
                return self.failed(run, format!(
                    "The server “{name}” stopped working {failures} times in a row: {how}. Look at its log in the settings, and restart it there."
                ));
            }
            let words = format!("The server “{name}” stopped working: {how}. It is started again.");
            let words = self.log.hide(words);
            self.tell(run, Phase::Starting, ServerState::Restarting { words });
            tokio::select! {
                () = ending.cancelled() => return off(),
                () = sleep(wait) => {}
            }
            self.tell(run, Phase::Starting, ServerState::Starting);
        }
    }

    /// Waits until it ends by itself, and says how; nothing where it is to be ended.
    async fn live(&self, run: u64, live: &mut Live, ending: &CancellationToken) -> Option<String> {
        let mut challenges = live.connection.challenges();
        let ended = live.ended();
        tokio::pin!(ended);
        loop {
            tokio::select! {
                biased;
                () = ending.cancelled() => return None,
                how = &mut ended => return Some(how),
                // It goes on: not every request has to need that.
                challenge = challenges.next() => self.wants_sign_in(run, challenge),
            }
        }
    }

    fn not_started(&self, reason: &str) -> String {
        let name = &self.config.name;
        let said = self.log.last();
        let said = said.map_or_else(String::new, |last| format!(" Its log ends with: {last}."));
        format!(
            "The server “{name}” could not be started: {reason}.{said} Check it in the settings, and restart it there."
        )
    }

    fn ready(&self, run: u64, connection: &Arc<Connection>) {
        let mut work = self.lock();
        work.era = Some(connection.era());
        work.not_before = None;
        work.challenge = None;
        drop(work);
        let phase = Phase::Ready(Arc::clone(connection));
        self.tell(run, phase, ready(connection));
    }

    /// Counts it, and says how long to wait.
    fn count_failure(&self) -> (u32, Duration) {
        let mut work = self.lock();
        work.failures += 1;
        let wait = Duration::from_millis(500) * 2_u32.pow(work.failures.min(8) - 1);
        (work.failures, wait.min(LONGEST_WAIT))
    }

    fn failed(&self, run: u64, words: String) {
        let words = self.log.hide(words);
        let (_, wait) = self.count_failure();
        self.lock().not_before = Some(Instant::now() + wait);
        let phase = Phase::Failed(words.clone());
        self.tell(run, phase, ServerState::Failed { words });
    }

    fn tell(&self, run: u64, phase: Phase, state: ServerState) {
        let work = self.lock();
        if work.run == run {
            self.publish(&work, phase, state);
        }
    }

    fn publish(&self, work: &Work, phase: Phase, state: ServerState) {
        // Whoever sees the board may ask for the connection at once.
        self.phase.send_replace(phase);
        if !work.retired {
            self.board.set(&self.config.name, state);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends it and waits until nothing of it is left. It starts again when it is needed.
    pub async fn end(&self) {
        self.cancel_sign_in();
        let over = {
            let mut work = self.lock();
            work.ending.cancel();
            work.failures = 0;
            work.not_before = None;
            work.challenge = None;
            work.over.clone()
        };
        if let Some(over) = over {
            over.cancelled().await;
        }
    }

    /// Tells it to end for good, without waiting.
    pub fn retire(&self) {
        let mut work = self.lock();
        work.retired = true;
        work.ending.cancel();
        if let Some(signing) = work.signing.take() {
            signing.cancel();
        }
    }

    pub fn era(&self) -> Option<Era> {
        self.lock().era
    }

    /// What was found out in an earlier session.
    pub fn remember(&self, era: Era) {
        self.lock().era.get_or_insert(era);
    }
}

/// What a server says of itself.
fn ready(connection: &Connection) -> ServerState {
    let info = connection.info();
    let itself = info.and_then(|info| info.server_info.clone());
    let (title, version) = match itself {
        Some(itself) => (
            Some(itself.title.unwrap_or(itself.name)),
            Some(itself.version),
        ),
        None => (None, None),
    };
    ServerState::Ready {
        era: connection.era(),
        title,
        version,
        signed_in: connection.is_signed_in(),
    }
}
