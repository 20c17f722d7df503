//! A server that can be called.

use super::client::Shared;
use super::content;
use super::era::Era;
use super::lines::Lines;
use super::pages::Pages;
use super::sign_in::Challenge;
use super::words;
use crate::process::{EndedProcesses, Supervised, ToolExit};
use crate::tool::ToolSpec;
use rmcp::model::ServerPeerInfo;
use rmcp::service::{Peer, RoleClient, ServiceError};
use std::collections::HashSet;
use std::future::pending;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use url::Url;

/// How long a server may take to list or to give something.
const GIVE_LIMIT: Duration = Duration::from_secs(20);
/// How many tools of one server are offered at most.
const TOOLS: usize = 1000;
/// How many pages a list may have.
const PAGES: usize = 100;
/// How long a process may take to end once it has closed its output, and its last words to come.
pub const EXIT_LIMIT: Duration = Duration::from_millis(300);

/// How long a server that could not list its tools is not asked again.
const LIST_PAUSE: Duration = Duration::from_secs(60);

/// The tools of a server, or why there are none.
struct Listed {
    /// How often it had said that its list is another.
    version: u64,
    at: Instant,
    tools: Result<Arc<Vec<ToolSpec>>, String>,
}

/// Somebody who is, or could be, signed in to a server.
pub struct Account {
    url: Url,
    signed_in: bool,
    /// What it refused a request for last.
    challenge: watch::Sender<Option<Challenge>>,
}

impl Account {
    pub fn new(url: Url, signed_in: bool) -> Self {
        Self {
            url,
            signed_in,
            challenge: watch::Sender::new(None),
        }
    }
}

/// What a server refuses because somebody has to sign in.
pub struct Challenges(Option<watch::Receiver<Option<Challenge>>>);

impl Challenges {
    /// The next; waits for ever where none can come.
    pub async fn next(&mut self) -> Challenge {
        let Some(challenges) = &mut self.0 else {
            return pending().await;
        };
        while challenges.changed().await.is_ok() {
            if let Some(challenge) = challenges.borrow_and_update().clone() {
                return challenge;
            }
        }
        pending().await
    }
}

/// What callers hold of a server.
pub struct Connection {
    pub peer: Peer<RoleClient>,
    pub shared: Arc<Shared>,
    /// Nothing over HTTP.
    pub lines: Option<Arc<Lines>>,
    /// The server is gone.
    pub gone: CancellationToken,
    /// Whose it is, where people sign in to it.
    account: Option<Account>,
    how: OnceLock<String>,
    list: tokio::sync::Mutex<Option<Listed>>,
}

impl Connection {
    pub fn new(
        peer: Peer<RoleClient>,
        shared: Arc<Shared>,
        lines: Option<Arc<Lines>>,
        account: Option<Account>,
    ) -> Arc<Self> {
        Arc::new(Self {
            peer,
            shared,
            lines,
            gone: CancellationToken::new(),
            account,
            how: OnceLock::new(),
            list: tokio::sync::Mutex::default(),
        })
    }

    /// What the server said of itself.
    pub fn info(&self) -> Option<Arc<ServerPeerInfo>> {
        self.peer.peer_info()
    }

    pub fn era(&self) -> Era {
        let info = self.info();
        info.map_or(Era::Handshake, |info| Era::of(&info.protocol_version))
    }

    /// How it ended, once it has.
    pub fn how(&self) -> &str {
        self.how.get().map_or("it was ended", String::as_str)
    }

    fn end(&self, how: String) {
        let _ = self.how.set(how);
        self.gone.cancel();
    }

    /// Whether the person has signed in to it.
    pub fn is_signed_in(&self) -> bool {
        self.account.as_ref().is_some_and(|it| it.signed_in)
    }

    /// What a request was refused for, where that is that somebody has to sign in; whoever listens
    /// ([`Connection::challenges`]) hears of it.
    pub fn challenge(&self, error: &ServiceError) -> Option<Challenge> {
        let account = self.account.as_ref()?;
        let challenge = Challenge::of_request(error, &account.url)?;
        account.challenge.send_replace(Some(challenge.clone()));
        Some(challenge)
    }

    /// Why a request got no result, in words that fit behind the server's name.
    pub fn refusal(&self, error: &ServiceError) -> String {
        match self.challenge(error) {
            Some(challenge) => {
                let words = challenge.words(&self.shared.server);
                words::bare(&words)
            }
            None => words::of_request(error),
        }
    }

    /// That it refuses requests because somebody has to sign in, from its beginning on.
    pub fn challenges(&self) -> Challenges {
        let account = self.account.as_ref();
        Challenges(account.map(|account| {
            let mut challenges = account.challenge.subscribe();
            challenges.mark_changed();
            challenges
        }))
    }

    /// Its tools in the order in which it lists them, asked for anew after it said that they are
    /// others.
    pub async fn tools(&self) -> Result<Arc<Vec<ToolSpec>>, String> {
        let mut list = self.list.lock().await;
        let version = self.shared.list_version();
        if let Some(listed) = &*list
            && listed.version == version
            && (listed.tools.is_ok() || listed.at.elapsed() < LIST_PAUSE)
        {
            return listed.tools.clone();
        }
        let tools = self.asked_for_tools().await;
        *list = Some(Listed {
            version,
            at: Instant::now(),
            tools: tools.clone(),
        });
        tools
    }

    async fn asked_for_tools(&self) -> Result<Arc<Vec<ToolSpec>>, String> {
        let info = self.info();
        if info.is_some_and(|info| info.capabilities.tools.is_none()) {
            return Ok(Arc::default());
        }
        let server = &self.shared.server;
        let reason = match self.within_limit(self.list_all()).await {
            Ok(tools) => return Ok(Arc::new(tools)),
            Err(reason) => reason,
        };
        let reason = self.shared.log.hide(reason);
        Err(format!(
            "The tools of the server “{server}” could not be listed: {reason}. Restart it in the settings, or turn it off."
        ))
    }

    async fn list_all(&self) -> Result<Vec<ToolSpec>, String> {
        let (mut tools, mut names) = (Vec::new(), HashSet::new());
        let mut pages = Pages::new(PAGES);
        while let Some(page) = pages.next() {
            let page = self.peer.list_tools(Some(page)).await;
            let page = page.map_err(|error| self.refusal(&error))?;
            for tool in page.tools {
                // Which of two of the same name would be called, nobody could say.
                if names.insert(tool.name.clone()) {
                    tools.push(content::spec(tool));
                }
            }
            pages.go_on(page.next_cursor.filter(|_| tools.len() < TOOLS));
        }
        tools.truncate(TOOLS);
        Ok(tools)
    }

    /// Waits for what the server gives, as long as it is there and within the limit.
    pub async fn within_limit<T>(
        &self,
        work: impl Future<Output = Result<T, String>>,
    ) -> Result<T, String> {
        tokio::select! {
            done = timeout(GIVE_LIMIT, work) => match done {
                Ok(done) => done,
                Err(_) => Err(format!("it did not answer within {} s", GIVE_LIMIT.as_secs())),
            },
            () = self.gone.cancelled() => Err(self.how().to_owned()),
        }
    }
}

/// A connection with all that keeps it alive. Dropping it ends the server.
pub struct Live {
    pub connection: Arc<Connection>,
    pub process: Option<Supervised>,
    /// Reads its errors.
    pub errors: Option<AbortOnDropHandle<()>>,
    /// Reads its output, and speaks the protocol.
    pub tasks: JoinSet<()>,
    /// The protocol's side is over.
    pub closed: CancellationToken,
}

impl Live {
    /// Waits until it ends by itself, and tells how.
    pub async fn ended(&mut self) -> String {
        let exit = async {
            match &mut self.process {
                Some(process) => process.exited().await,
                None => pending().await,
            }
        };
        let how = tokio::select! {
            exit = exit => exited(exit),
            () = self.closed.cancelled() => match &mut self.process {
                Some(process) => match timeout(EXIT_LIMIT, process.exited()).await {
                    Ok(exit) => exited(exit),
                    Err(_) => "it closed its output".to_owned(),
                },
                None => "the connection was closed".to_owned(),
            },
        };
        if let Some(errors) = &mut self.errors {
            let _ = timeout(EXIT_LIMIT, errors).await;
        }
        let last = self.connection.shared.log.last();
        let how = match last {
            Some(last) => format!("{how}; its log ends with: {last}"),
            None => how,
        };
        self.connection.end(how.clone());
        how
    }

    /// Ends it; returns when nothing of it is left, or what is known of that.
    pub async fn end(mut self) -> Option<EndedProcesses> {
        self.connection.end("it was ended".to_owned());
        // The protocol's side closes the input of the process.
        self.tasks.abort_all();
        match self.process.take() {
            Some(process) => Some(process.end().await),
            None => None,
        }
    }
}

/// How a process ended, in words.
pub fn exited(exit: Option<ToolExit>) -> String {
    match exit {
        Some(ToolExit {
            code: Some(code), ..
        }) => format!("it ended with exit code {code}"),
        Some(ToolExit {
            signal: Some(signal),
            ..
        }) => format!("it was ended by signal {signal}"),
        Some(ToolExit { .. }) | None => "it ended".to_owned(),
    }
}
