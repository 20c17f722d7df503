//! The tools that conversations use: the app's own and those of servers, and who may run what.

mod permissions;
mod servers;
mod tasks;

use crate::mutex::lock;
use crate::tool_eras;
use crate::view::ToolEntry;
use permissions::Book;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tacet_conversation::{ConversationId, ErrorCategory, ProviderError, ToolChoice};
use tacet_provider::AGENT;
use tacet_settings::secret::SecretStore;
use tacet_settings::{McpServer, OWN_TOOLS, Settings, SettingsFile, ToolSettings};
use tacet_store::Store;
use tacet_tool::approval::{Permissions, ToolId};
use tacet_tool::builtin::{
    EditFile, FetchPage, Folders, ListFolder, ReadFile, RunCommand, SearchFolder, WriteFile,
};
use tacet_tool::mcp::{Owner, ServerConfig, Servers};
use tacet_tool::tool::Tool;
use tacet_turn::{OfferedTool, Toolset};
use tasks::TakenUpTasks;

/// The tools. Clones share them.
#[derive(Clone)]
pub struct Tools(Arc<Shared>);

struct Shared {
    settings: Arc<SettingsFile>,
    secrets: SecretStore,
    store: Store,
    servers: Servers,
    /// Our own executable, which is the supervisor of processes.
    supervisor: PathBuf,
    /// The person's own folder.
    home: PathBuf,
    /// What `servers` was made of.
    configured: tokio::sync::Mutex<Option<(Vec<McpServer>, ToolSettings)>>,
    conversations: Mutex<HashMap<ConversationId, Kept>>,
    /// Held while what is allowed in a conversation is written.
    saving: tokio::sync::Mutex<()>,
    /// What was allowed for always in this run, also where that could not be saved.
    always: Mutex<Permissions>,
    /// What an earlier run left at the servers.
    tasks: TakenUpTasks,
}

/// What stays with a conversation as long as the app runs.
#[derive(Default)]
struct Kept {
    /// Its tools, and the settings that they were made of: they stay as they are until the person
    /// changes those (rule C27).
    tools: Option<(Origin, Vec<OfferedTool>)>,
    /// What was allowed in it; nothing before it was read.
    permissions: Option<Permissions>,
}

/// The settings that a list of tools is made of: of the servers that a conversation uses, and of no
/// other.
#[derive(Clone, PartialEq)]
struct Origin {
    servers: Vec<McpServer>,
    /// None where it does not use the app's own tools.
    folders: Vec<String>,
    private_addresses: bool,
}

impl Origin {
    /// What of the settings is used by who has chosen these tools; `None` for all.
    fn of(settings: &Settings, chosen: Option<&[ToolChoice]>) -> Self {
        let uses = |server: &str| {
            chosen.is_none_or(|chosen| chosen.iter().any(|choice| choice.server == server))
        };
        let servers = settings.mcp_servers.iter();
        let servers = servers.filter(|server| !server.disabled && uses(&server.name));
        let own = uses(OWN_TOOLS);
        Self {
            servers: servers.cloned().collect(),
            folders: if own {
                settings.folders.clone()
            } else {
                Vec::new()
            },
            private_addresses: own && settings.tools.private_addresses,
        }
    }
}

impl Tools {
    /// The tools that the settings name. Nothing is started.
    pub fn new(settings: Arc<SettingsFile>, secrets: SecretStore, store: Store) -> Self {
        // Without its own path the app can supervise nothing, and commands and servers fail with
        // the reason.
        let supervisor = tacet_local::own_executable().unwrap_or_default();
        let owner = Owner {
            supervisor: supervisor.clone(),
            agent: AGENT.to_owned(),
            forms: true,
            secrets: secrets.clone(),
        };
        Self(Arc::new(Shared {
            settings,
            secrets,
            store,
            servers: Servers::new(owner, Vec::new()),
            supervisor,
            home: std::env::home_dir().unwrap_or_else(|| PathBuf::from("/")),
            configured: tokio::sync::Mutex::default(),
            conversations: Mutex::default(),
            saving: tokio::sync::Mutex::default(),
            always: Mutex::default(),
            tasks: TakenUpTasks::default(),
        }))
    }

    /// The tools of the servers that a conversation uses, as they were for its last turn unless the
    /// settings have changed. Those servers are started where they do not run, and no others.
    ///
    /// # Errors
    /// When a folder cannot be opened: in words for the person. A server that does not start, or
    /// lacks a value, is left out, and says why in its state.
    pub async fn of(&self, conversation: ConversationId) -> Result<Toolset, ProviderError> {
        self.read_permissions(conversation).await?;
        let settings = self.0.settings.settings();
        let chosen = self.0.store.conversation_settings(conversation).await?;
        let chosen = chosen.and_then(|settings| settings.tools);
        let origin = Origin::of(&settings, chosen.as_deref());
        let kept = lock(&self.0.conversations)
            .get(&conversation)
            .and_then(|kept| kept.tools.clone())
            .filter(|(of, _)| *of == origin);
        let tools = match kept {
            Some((_, tools)) => tools,
            None => {
                let (tools, is_whole) = self.listed(&settings, &origin).await?;
                if is_whole {
                    let mut conversations = lock(&self.0.conversations);
                    let kept = conversations.entry(conversation).or_default();
                    kept.tools = Some((origin, tools.clone()));
                }
                tools
            }
        };
        Ok(self.toolset(conversation, tools, settings.tools.step_limit))
    }

    /// The tools of a conversation's last turn in this run; `None` where it had none, or the settings
    /// have changed, the conversation's own choice among them.
    pub fn last(
        &self,
        conversation: ConversationId,
        chosen: Option<&[ToolChoice]>,
    ) -> Option<Toolset> {
        let settings = self.0.settings.settings();
        let origin = Origin::of(&settings, chosen);
        let kept = lock(&self.0.conversations);
        let (of, tools) = kept.get(&conversation)?.tools.clone()?;
        (of == origin).then(|| self.toolset(conversation, tools, settings.tools.step_limit))
    }

    fn toolset(
        &self,
        conversation: ConversationId,
        tools: Vec<OfferedTool>,
        step_limit: u32,
    ) -> Toolset {
        let book = Book {
            tools: self.clone(),
            conversation,
        };
        Toolset::new(tools, Arc::new(book), step_limit)
    }

    /// The tools that are used, and whether every server gave its own.
    async fn listed(
        &self,
        settings: &Settings,
        origin: &Origin,
    ) -> Result<(Vec<OfferedTool>, bool), ProviderError> {
        let mut tools = self.own(settings, &origin.folders)?;
        self.configure(settings).await;
        let asked = origin.servers.iter().map(|server| async move {
            let listed = self.0.servers.tools(&server.name).await;
            (server.name.clone(), listed)
        });
        let mut is_whole = true;
        for (name, listed) in futures::future::join_all(asked).await {
            match listed {
                Ok(listed) => tools.extend(listed.into_iter().map(|tool| OfferedTool {
                    server: name.clone(),
                    tool,
                })),
                // Its state says why.
                Err(_) => is_whole = false,
            }
        }
        Ok((tools, is_whole))
    }

    /// The app's own tools, where a folder is open to them.
    fn own(&self, settings: &Settings, open: &[String]) -> Result<Vec<OfferedTool>, ProviderError> {
        if open.is_empty() {
            return Ok(Vec::new());
        }
        let folders = Folders::new(open.iter().map(PathBuf::from));
        let folders = folders.map_err(|error| {
            let folders = open.join(", ");
            unusable(format!(
                "A folder that is open to tools cannot be used ({folders}): {error}. Nothing was \
                 sent. Mend the list of folders in the settings, then retry."
            ))
        })?;
        let private_too = settings.tools.private_addresses;
        let own: Vec<Arc<dyn Tool>> = vec![
            Arc::new(ReadFile::new(folders.clone())),
            Arc::new(ListFolder::new(folders.clone())),
            Arc::new(SearchFolder::new(folders.clone())),
            Arc::new(WriteFile::new(folders.clone())),
            Arc::new(EditFile::new(folders.clone())),
            Arc::new(
                RunCommand::new(folders, self.0.supervisor.clone()).without(withheld(settings)),
            ),
            Arc::new(FetchPage::new(AGENT, private_too)),
        ];
        let own = own.into_iter().map(|tool| OfferedTool {
            server: ToolId::BUILT_IN.to_owned(),
            tool,
        });
        Ok(own.collect())
    }

    /// Makes the servers those of the settings, with their values from the keychain.
    async fn configure(&self, settings: &Settings) {
        let wanted = (settings.mcp_servers.clone(), settings.tools.clone());
        let mut configured = self.0.configured.lock().await;
        if configured.as_ref() == Some(&wanted) {
            return;
        }
        let withheld = withheld(settings);
        let (mut configs, mut is_whole) = (Vec::new(), true);
        for server in &settings.mcp_servers {
            let variable = |name: &str| std::env::var(name).ok();
            let whole = if server.disabled {
                Ok(server.clone())
            } else {
                server.clone().with_values(&self.0.secrets, variable).await
            };
            // What one server lacks keeps no other from being used.
            let (server, lacks) = match whole {
                Ok(whole) => (whole, None),
                Err(error) => (server.clone(), Some(error.to_string())),
            };
            is_whole &= lacks.is_none();
            let config =
                ServerConfig::of_settings(&server, &settings.tools, &self.0.home, &withheld);
            configs.extend(config.map(|config| ServerConfig {
                unusable: lacks,
                ..config
            }));
        }
        self.0.servers.configure(configs);
        let file = self.eras();
        let known = tokio::task::spawn_blocking(move || tool_eras::read(&file)).await;
        self.0.servers.remember(&known.unwrap_or_default());
        // What was missing may be there the next time.
        *configured = is_whole.then_some(wanted);
    }

    /// How much of a tool's result a model is told, in bytes of text.
    pub fn result_bytes(&self) -> usize {
        let kilobytes = self.0.settings.settings().tools.result_kilobytes;
        usize::try_from(kilobytes).map_or(usize::MAX, |kilobytes| kilobytes * 1024)
    }

    /// Ends all servers, and returns when nothing of them is left.
    pub async fn shut_down(&self) {
        // While their servers can be told.
        self.end_tasks().await;
        let eras = self.0.servers.eras();
        if !eras.is_empty() {
            let file = self.eras();
            // What is not kept by the end is found out again.
            drop(tokio::task::spawn_blocking(move || tool_eras::write(&file, eras)).await);
        }
        self.0.servers.shut_down().await;
    }

    fn eras(&self) -> PathBuf {
        self.0.settings.path().with_file_name(tool_eras::FILE)
    }
}

fn entry(tool: &Arc<dyn Tool>) -> ToolEntry {
    let spec = tool.spec();
    ToolEntry {
        name: spec.name.clone(),
        title: spec.title.clone(),
    }
}

/// Variables of the app's environment that are for providers, and for no tool.
fn withheld(settings: &Settings) -> Vec<String> {
    let keys = settings.providers.iter();
    keys.filter_map(|provider| provider.api_key_env.clone())
        .collect()
}

fn unusable(words: String) -> ProviderError {
    ProviderError::new(ErrorCategory::Engine, words)
}
