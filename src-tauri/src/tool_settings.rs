//! What a person configures of tools: servers, folders and permissions.

use crate::providers::Providers;
use crate::view::{CommandError, ToolServerDraft, ToolServerView, ToolsView};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tacet_settings::{McpServer, OAuthClient};

impl Providers {
    /// What the settings say of tools, without the values of servers.
    pub fn tools_view(&self) -> ToolsView {
        let settings = self.settings().settings();
        ToolsView {
            folders: settings.folders,
            servers: settings.mcp_servers.iter().map(view).collect(),
            always: settings.tools.always,
            programs: settings.tools.programs,
            read_only: settings.tools.read_only,
            step_limit: settings.tools.step_limit,
        }
    }

    /// Adds servers, or replaces those of the same names. Their values go to the keychain.
    ///
    /// # Errors
    /// When the keychain refuses or the file cannot be written: nothing is saved then.
    pub async fn save_tool_servers(&self, servers: Vec<McpServer>) -> Result<(), CommandError> {
        let mut kept = Vec::with_capacity(servers.len());
        for server in servers {
            kept.push(server.keep_values(self.secrets()).await?.0);
        }
        self.change(move |settings| {
            for server in kept {
                let mut known = settings.mcp_servers.iter_mut();
                match known.find(|known| known.name == server.name) {
                    Some(known) => *known = server,
                    None => settings.mcp_servers.push(server),
                }
            }
        })
        .await
        .map(drop)
    }

    /// Saves one server as its form has it. What the form does not show stays as it is.
    ///
    /// # Errors
    /// When it cannot be a server, its name is taken (`is_new`), the keychain refuses or the file
    /// cannot be written: nothing is saved then.
    pub async fn save_tool_server(
        &self,
        draft: ToolServerDraft,
        is_new: bool,
    ) -> Result<(), CommandError> {
        let servers = self.settings().settings().mcp_servers;
        let known = servers.into_iter().find(|known| known.name == draft.name);
        if is_new && known.is_some() {
            let name = &draft.name;
            return Err(CommandError::invalid(format!(
                "There is a server “{name}” already. Give this one another name, or edit that one."
            )));
        }
        let before = known.as_ref();
        let oauth = client(
            draft.client_id,
            draft.client_secret,
            before.and_then(|known| known.oauth.as_ref()),
        );
        let server = McpServer {
            name: draft.name,
            command: draft.command,
            args: draft.args,
            env: values(draft.env, before.map(|known| &known.env)),
            cwd: draft.cwd,
            url: draft.url,
            headers: values(draft.headers, before.map(|known| &known.headers)),
            oauth,
            disabled: before.is_some_and(|known| known.disabled),
            allow_unencrypted: before.is_some_and(|known| known.allow_unencrypted),
        };
        server
            .check()
            .map_err(|reason| CommandError::invalid(format!("This cannot be saved: {reason}.")))?;
        self.save_tool_servers(vec![server]).await
    }

    /// Takes a server away, with its values in the keychain.
    ///
    /// # Errors
    /// When the keychain refuses or the file cannot be written.
    pub async fn remove_tool_server(&self, name: &str) -> Result<(), CommandError> {
        let servers = self.settings().settings().mcp_servers;
        let Some(server) = servers.into_iter().find(|server| server.name == name) else {
            return Ok(());
        };
        server.forget_values(self.secrets()).await?;
        self.change(move |settings| {
            settings
                .mcp_servers
                .retain(|known| known.name != server.name);
        })
        .await
        .map(drop)
    }

    /// Opens these folders to tools, and no others.
    ///
    /// # Errors
    /// When one that is not open yet is not there or is no folder, or the file cannot be written:
    /// nothing is changed.
    pub async fn set_tool_folders(&self, folders: Vec<String>) -> Result<(), CommandError> {
        let open = self.settings().settings().folders;
        let mut whole: Vec<String> = Vec::new();
        for folder in folders {
            // One that is gone keeps no other from being opened or taken away.
            let path = if open.contains(&folder) {
                folder
            } else {
                usable(folder.trim()).await?
            };
            if !whole.contains(&path) {
                whole.push(path);
            }
        }
        self.change(move |settings| settings.folders = whole)
            .await
            .map(drop)
    }
}

/// The whole path of a folder that can be opened to tools.
async fn usable(folder: &str) -> Result<String, CommandError> {
    let path = match folder.strip_prefix("~/") {
        Some(inside) => std::env::home_dir().unwrap_or_default().join(inside),
        None => PathBuf::from(folder),
    };
    let is_folder = tokio::fs::metadata(&path).await.is_ok_and(|it| it.is_dir());
    if !path.is_absolute() || !is_folder || is_root(&path) {
        return Err(CommandError::invalid(format!(
            "{folder} is not the whole path of a folder that can be opened to tools. Nothing was \
             changed. Write it as /home/you/project."
        )));
    }
    Ok(path.display().to_string())
}

/// The root of a disk is not opened as a whole.
fn is_root(path: &Path) -> bool {
    path.parent().is_none()
}

/// The values as the file has them: what is to stay is what stood there.
fn values(
    given: BTreeMap<String, Option<String>>,
    known: Option<&BTreeMap<String, String>>,
) -> BTreeMap<String, String> {
    let values = given.into_iter().filter_map(|(name, value)| {
        let kept = || known?.get(&name).cloned();
        let value = value.or_else(kept)?;
        Some((name, value))
    });
    values.collect()
}

/// The client as the file has it. What the form does not show stays.
fn client(
    id: Option<String>,
    secret: Option<String>,
    known: Option<&OAuthClient>,
) -> Option<OAuthClient> {
    let kept = || known?.client_secret.clone();
    let client = OAuthClient {
        client_secret: secret
            .or_else(kept)
            .filter(|secret| id.is_some() && !secret.is_empty()),
        client_id: id,
        callback_port: known.and_then(|known| known.callback_port),
    };
    (client != OAuthClient::default()).then_some(client)
}

fn view(server: &McpServer) -> ToolServerView {
    ToolServerView {
        name: server.name.clone(),
        command: server.command.clone(),
        args: server.args.clone(),
        env: server.env.keys().cloned().collect(),
        cwd: server.cwd.clone(),
        url: server.url.clone(),
        headers: server.headers.keys().cloned().collect(),
        client_id: server.oauth.as_ref().and_then(|it| it.client_id.clone()),
        has_client_secret: server
            .oauth
            .as_ref()
            .is_some_and(|it| it.client_secret.is_some()),
        enabled: !server.disabled,
    }
}
