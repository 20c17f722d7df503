//! All servers of the settings.

use super::call;
use super::config::ServerConfig;
use super::era::Era;
use super::offers::{PromptText, ServerOffers};
use super::server::Server;
use super::task::TakenUp;
use super::tool::ServerTool;
use super::{ServerState, ServerView};
use crate::tool::{OnProgress, Tool};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tacet_conversation::Attachment;
use tacet_settings::secret::SecretStore;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Who runs the servers.
#[derive(Clone, Debug)]
pub struct Owner {
    /// Our own executable, which is the supervisor of processes.
    pub supervisor: PathBuf,
    /// The app's name and version, as `tacet/0.1.0`.
    pub agent: String,
    /// Whether somebody shows the questions of servers (`Progress::Question`). Otherwise they are
    /// told that there are no forms.
    pub forms: bool,
    /// Where it is kept what a sign-in gave.
    pub secrets: SecretStore,
}

/// The servers. A clone is the same ones; with the last of them they all end.
#[derive(Clone)]
pub struct Servers(Arc<Inner>);

struct Inner {
    owner: Arc<Owner>,
    board: Arc<Board>,
    servers: Mutex<Vec<Arc<Server>>>,
}

/// What each server does, for whoever watches.
pub struct Board(watch::Sender<Vec<ServerView>>);

impl Board {
    pub fn set(&self, name: &str, state: ServerState) {
        self.0.send_if_modified(|views| {
            let Some(view) = views.iter_mut().find(|view| view.name == name) else {
                return false;
            };
            let changed = view.state != state;
            view.state = state;
            changed
        });
    }
}

impl Servers {
    /// The servers of the settings; none is started yet.
    pub fn new(owner: Owner, configs: Vec<ServerConfig>) -> Self {
        let servers = Self(Arc::new(Inner {
            owner: Arc::new(owner),
            board: Arc::new(Board(watch::Sender::new(Vec::new()))),
            servers: Mutex::default(),
        }));
        servers.configure(configs);
        servers
    }

    /// Takes changed settings: servers that are gone or others end, and the rest goes on.
    pub fn configure(&self, configs: Vec<ServerConfig>) {
        let mut servers = self.lock();
        let mut old = std::mem::take(&mut *servers);
        let mut views = Vec::new();
        let before = self.0.board.0.borrow().clone();
        for config in configs {
            let same = old.iter().position(|server| server.config == config);
            let kept = same.map(|place| old.remove(place));
            let state = match &kept {
                Some(_) => {
                    let mut before = before.iter();
                    let view = before.find(|view| view.name == config.name);
                    view.map_or(ServerState::Off, |view| view.state.clone())
                }
                None => match config.unusable.clone().filter(|_| !config.disabled) {
                    Some(words) => ServerState::Failed { words },
                    None => ServerState::Off,
                },
            };
            views.push(ServerView {
                name: config.name.clone(),
                state,
            });
            let new = || {
                let (owner, board) = (Arc::clone(&self.0.owner), Arc::clone(&self.0.board));
                Server::new(config, owner, board)
            };
            servers.push(kept.unwrap_or_else(new));
        }
        for gone in old {
            gone.retire();
        }
        self.0.board.0.send_replace(views);
    }

    /// What each server does, in the order of the settings, now and with each change.
    pub fn watch(&self) -> watch::Receiver<Vec<ServerView>> {
        self.0.board.0.subscribe()
    }

    /// The tools of a server, in its order. Starts it where it does not run. What is returned
    /// stays as it is whatever the server lists later.
    ///
    /// # Errors
    /// Says which server it is, what happened and what helps.
    pub async fn tools(&self, name: &str) -> Result<Vec<Arc<dyn Tool>>, String> {
        let server = self.server(name)?;
        let specs = server.tools().await?;
        let tools = specs.iter().map(|spec| {
            let server = Arc::clone(&server);
            Arc::new(ServerTool::new(server, spec.clone())) as Arc<dyn Tool>
        });
        Ok(tools.collect())
    }

    /// What a server offers to people: resources and prompts. Starts it where it does not run.
    ///
    /// # Errors
    /// Says which server it is, what happened and what helps.
    pub async fn offers(&self, name: &str) -> Result<ServerOffers, String> {
        Ok(self.server(name)?.connection().await?.offers().await)
    }

    /// What stands at an address of a server, as files to attach.
    ///
    /// # Errors
    /// Says why it cannot be read.
    pub async fn read_resource(&self, name: &str, uri: &str) -> Result<Vec<Attachment>, String> {
        self.server(name)?.connection().await?.read(uri).await
    }

    /// What a prompt of a server gives for what was filled in.
    ///
    /// # Errors
    /// Says why it cannot be used.
    pub async fn prompt(
        &self,
        name: &str,
        prompt: &str,
        filled: BTreeMap<String, String>,
    ) -> Result<PromptText, String> {
        let connection = self.server(name)?.connection().await?;
        connection.prompt(prompt, filled).await
    }

    /// What a server wrote beside the protocol, the newest 64 KB.
    ///
    /// # Errors
    /// When there is no such server.
    pub fn log(&self, name: &str) -> Result<String, String> {
        Ok(self.server(name)?.log.text())
    }

    /// Ends a server with all that it runs, whoever calls it, and starts it anew.
    ///
    /// # Errors
    /// Says why it does not start.
    pub async fn restart(&self, name: &str) -> Result<(), String> {
        let server = self.server(name)?;
        server.end().await;
        server.connection().await.map(drop)
    }

    /// Ends a server with all that it runs until it is needed again.
    ///
    /// # Errors
    /// When there is no such server.
    pub async fn end(&self, name: &str) -> Result<(), String> {
        self.server(name)?.end().await;
        Ok(())
    }

    /// Has the person sign in to a server in their browser, where `open` leads, and starts it with
    /// that. Takes as long as they do, at most ten minutes.
    ///
    /// # Errors
    /// Says why it came to nothing. One that was cancelled is no error.
    pub async fn sign_in(
        &self,
        name: &str,
        open: &(dyn Fn(&str) -> Result<(), String> + Send + Sync),
    ) -> Result<(), String> {
        self.server(name)?.sign_in(open).await
    }

    /// Ends the sign-in to a server that is under way, if one is.
    ///
    /// # Errors
    /// When there is no such server.
    pub fn cancel_sign_in(&self, name: &str) -> Result<(), String> {
        self.server(name)?.cancel_sign_in();
        Ok(())
    }

    /// Forgets who has signed in to a server, and ends it with all that it runs.
    ///
    /// # Errors
    /// When the keychain refuses: then somebody is signed in still.
    pub async fn sign_out(&self, name: &str) -> Result<(), String> {
        self.server(name)?.sign_out().await
    }

    /// Ends all of them for good, and returns when nothing of them is left.
    pub async fn shut_down(&self) {
        let servers = std::mem::take(&mut *self.lock());
        let mut endings = JoinSet::new();
        for server in servers {
            server.retire();
            endings.spawn(async move { server.end().await });
        }
        endings.join_all().await;
    }

    /// The era of each server that was found so far, to be remembered for the next session.
    pub fn eras(&self) -> BTreeMap<String, Era> {
        let servers = self.lock();
        let known = servers.iter().filter_map(|server| {
            let era = server.era()?;
            Some((server.config.name.clone(), era))
        });
        known.collect()
    }

    /// Takes what an earlier session found out, so that nothing has to be asked for it.
    pub fn remember(&self, eras: &BTreeMap<String, Era>) {
        for server in self.lock().iter() {
            if let Some(era) = eras.get(&server.config.name) {
                server.remember(*era);
            }
        }
    }

    /// Asks a server for a task that an earlier run of the app left, until it has ended or is told to by
    /// `stop`. Starts the server where it does not run.
    ///
    /// # Errors
    /// When there is no such server.
    pub async fn take_up(
        &self,
        name: &str,
        task: &str,
        stop: &CancellationToken,
        progress: OnProgress<'_>,
    ) -> Result<TakenUp, String> {
        let server = self.server(name)?;
        Ok(call::take_up(&server, task, stop, progress).await)
    }

    fn server(&self, name: &str) -> Result<Arc<Server>, String> {
        let servers = self.lock();
        let mut found = servers.iter().filter(|server| server.config.name == name);
        let found = found.next().cloned();
        found.ok_or_else(|| format!("There is no server “{name}” in the settings any more."))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Server>>> {
        self.0
            .servers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let servers = self.servers.get_mut();
        for server in servers.unwrap_or_else(PoisonError::into_inner) {
            server.retire();
        }
    }
}
