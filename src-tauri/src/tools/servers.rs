//! The servers that tools come from: what the person sees of them and does with them.

use super::{Tools, entry};
use crate::commands::open_outside;
use crate::view::{CommandError, ToolGroup};
use std::collections::BTreeMap;
use tacet_conversation::Attachment;
use tacet_settings::OWN_TOOLS;
use tacet_tool::mcp::{PromptText, ServerOffers, ServerView};

impl Tools {
    /// What each server of the settings does.
    pub async fn servers(&self) -> Vec<ServerView> {
        self.ready().await;
        self.0.servers.watch().borrow().clone()
    }

    /// Ends a server with all that it runs, and starts it anew.
    ///
    /// # Errors
    /// Says why it does not start.
    pub async fn restart(&self, name: &str) -> Result<(), CommandError> {
        self.ready().await;
        let restarted = self.0.servers.restart(name).await;
        restarted.map_err(CommandError::invalid)
    }

    /// The tools that conversations can use, by their server. Those that do not run are started.
    pub async fn catalogue(&self) -> Vec<ToolGroup> {
        self.ready().await;
        let settings = self.0.settings.settings();
        let own = match self.own(&settings, &settings.folders) {
            Ok(own) if own.is_empty() => None,
            Ok(own) => Some(ToolGroup {
                server: OWN_TOOLS.to_owned(),
                problem: None,
                tools: own.iter().map(|offered| entry(&offered.tool)).collect(),
            }),
            Err(error) => Some(ToolGroup {
                server: OWN_TOOLS.to_owned(),
                problem: Some(error.message),
                tools: Vec::new(),
            }),
        };
        let used = settings.mcp_servers.iter();
        let asked = used.filter(|server| !server.disabled).map(|server| async {
            let (problem, tools) = match self.0.servers.tools(&server.name).await {
                Ok(tools) => (None, tools.iter().map(entry).collect()),
                Err(words) => (Some(words), Vec::new()),
            };
            ToolGroup {
                server: server.name.clone(),
                problem,
                tools,
            }
        });
        let groups = futures::future::join_all(asked).await;
        own.into_iter().chain(groups).collect()
    }

    /// What each server of the settings offers to people. Those that do not run are started.
    pub async fn offers(&self) -> Vec<ServerOffers> {
        self.ready().await;
        let servers = self.0.settings.settings().mcp_servers;
        let used = servers.into_iter().filter(|server| !server.disabled);
        let asked = used.map(|server| async move {
            let offers = self.0.servers.offers(&server.name).await;
            offers.unwrap_or_else(|words| ServerOffers {
                server: server.name,
                problem: Some(words),
                ..ServerOffers::default()
            })
        });
        futures::future::join_all(asked).await
    }

    /// What stands at an address of a server, as files to attach.
    ///
    /// # Errors
    /// Says why it cannot be read.
    pub async fn read_resource(
        &self,
        server: &str,
        uri: &str,
    ) -> Result<Vec<Attachment>, CommandError> {
        self.ready().await;
        let read = self.0.servers.read_resource(server, uri).await;
        read.map_err(CommandError::invalid)
    }

    /// What a prompt of a server gives for what was filled in.
    ///
    /// # Errors
    /// Says why it cannot be used.
    pub async fn prompt(
        &self,
        server: &str,
        prompt: &str,
        filled: BTreeMap<String, String>,
    ) -> Result<PromptText, CommandError> {
        self.ready().await;
        let given = self.0.servers.prompt(server, prompt, filled).await;
        given.map_err(CommandError::invalid)
    }

    /// Ends a server with all that it runs; it starts again when it is needed.
    ///
    /// # Errors
    /// When there is no such server.
    pub async fn end(&self, name: &str) -> Result<(), CommandError> {
        let ended = self.0.servers.end(name).await;
        ended.map_err(CommandError::invalid)
    }

    /// What a server wrote beside the protocol, the newest 64 KB.
    ///
    /// # Errors
    /// When there is no such server.
    pub async fn log(&self, name: &str) -> Result<String, CommandError> {
        self.ready().await;
        self.0.servers.log(name).map_err(CommandError::invalid)
    }

    /// Has the person sign in to a server in their browser, and starts it with that. Returns when
    /// they have, or it was cancelled.
    ///
    /// # Errors
    /// Says why it came to nothing.
    pub async fn sign_in(&self, name: &str) -> Result<(), CommandError> {
        self.ready().await;
        let open = |page: &str| open_outside(page).map_err(|error| error.message);
        let signed_in = self.0.servers.sign_in(name, &open).await;
        signed_in.map_err(CommandError::invalid)
    }

    /// Ends the sign-in to a server that is under way, if one is.
    ///
    /// # Errors
    /// When there is no such server.
    pub fn cancel_sign_in(&self, name: &str) -> Result<(), CommandError> {
        let cancelled = self.0.servers.cancel_sign_in(name);
        cancelled.map_err(CommandError::invalid)
    }

    /// Forgets who has signed in to a server, and ends it with all that it runs.
    ///
    /// # Errors
    /// When the keychain refuses: then somebody is signed in still.
    pub async fn sign_out(&self, name: &str) -> Result<(), CommandError> {
        self.ready().await;
        let signed_out = self.0.servers.sign_out(name).await;
        signed_out.map_err(CommandError::invalid)
    }

    pub(super) async fn ready(&self) {
        let settings = self.0.settings.settings();
        self.configure(&settings).await;
    }
}
