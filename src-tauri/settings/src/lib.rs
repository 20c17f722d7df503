//! What a person configures: `settings.json` in the data folder, and the keys of providers.

mod api;
pub mod assistant;
mod conversation;
mod document;
mod error;
mod file;
mod hosted_tool;
mod key;
mod mcp;
mod oauth;
mod on_stop;
mod origin;
pub mod private;
mod prompt;
mod provider_secrets;
mod reference;
mod rules;
pub mod secret;
mod server_secrets;
#[cfg(test)]
mod tests;
mod titles;
mod tools;
pub mod whole_file;

pub use api::Api;
pub use assistant::Assistant;
pub use conversation::ConversationDefaults;
pub use error::SettingsError;
pub use file::{FILE, SettingsFile};
pub use hosted_tool::HostedTool;
pub use key::ApiKey;
pub use mcp::{McpServer, OWN_TOOLS, is_here, pasted_servers};
pub use oauth::OAuthClient;
pub use on_stop::{Drain, OnStop};
pub use origin::origin;
pub use prompt::PromptTemplate;
pub use provider_secrets::ProviderSecretError;
pub use reference::IN_KEYCHAIN;
pub use rules::DIRECT;
pub use server_secrets::ServerSecretError;
pub use titles::Titles;

/// What a limit of time may be, in seconds.
pub const TIMEOUT_SECONDS: std::ops::RangeInclusive<u32> = 1..=86_400;
pub use tools::ToolSettings;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use tacet_conversation::ModelRef;
use ts_rs::TS;

/// The model inside the app, as `default_model` names it.
pub const EMBEDDED_MODEL: &str = "smollm2-135m-instruct";

/// The settings. Fields that the file leaves out have their defaults; fields that Tacet does not
/// know stay in the file as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct Settings {
    /// The file's format: 1.
    #[serde(deserialize_with = "rules::version")]
    pub version: u32,
    /// The model that new conversations ask, as `PROVIDER/MODEL`. By default
    /// `embedded/smollm2-135m-instruct`.
    #[serde(deserialize_with = "rules::model")]
    pub default_model: ModelRef,
    /// What new conversations start with beside that.
    pub conversation: ConversationDefaults,
    /// What new conversations can start with under a name, in the order in which it is shown; by
    /// default none.
    #[serde(deserialize_with = "assistant::assistants")]
    pub assistants: Vec<Assistant>,
    /// The id of the assistant that new conversations start with; by default none.
    pub default_assistant: Option<String>,
    /// Texts that the composer inserts by `/`, in the order in which they are shown; by default none.
    #[serde(deserialize_with = "prompt::prompts")]
    pub prompts: Vec<PromptTemplate>,
    /// Where the title of a new conversation comes from: `first-words` (the default), `model` for the
    /// one that gives the first answer, or another as `PROVIDER/MODEL`.
    pub titles: Titles,
    /// The colours: `system` (the default), `light` or `dark`.
    pub theme: Theme,
    /// Whether the graphics card paints the window: `auto` (the default), `on` or `off`. It counts
    /// from the next start, and on Linux only.
    pub hardware_acceleration: HardwareAcceleration,
    /// Whether the close button leaves the app in the desktop's tray, where turns go on however long
    /// nobody watches them; by default not.
    pub keep_in_tray: bool,
    /// How long a connection to a server may take to be made, from 1 to 600 s; by default 15.
    #[serde(deserialize_with = "rules::connect_timeout")]
    pub connect_timeout_seconds: u32,
    /// How long a server may send nothing at all before its answer counts as broken off, from 1
    /// to 86,400 s; by default 300.
    #[serde(deserialize_with = "rules::timeout")]
    pub idle_timeout_seconds: u32,
    /// How long a server may take from the whole request to the first word of its answer, from 1 to
    /// 86,400 s; by default as long as it likes. It ends a server that keeps a connection alive and
    /// never begins.
    #[serde(
        deserialize_with = "rules::timeout_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub first_word_timeout_seconds: Option<u32>,
    /// How long a turn goes on when no window shows it, from 1 to 86,400 s; by default 30.
    #[serde(deserialize_with = "rules::timeout")]
    pub viewer_timeout_seconds: u32,
    /// How long one answer may grow, from 1 to 1,000 MB of text; by default 8. It counts from the
    /// next start.
    #[serde(deserialize_with = "rules::answer_megabytes")]
    pub answer_limit_megabytes: u32,
    /// How long the embedded model stays in memory after its last answer, from 1 to 1,440
    /// minutes; by default 10.
    #[serde(deserialize_with = "rules::idle_minutes")]
    pub embedded_idle_minutes: u32,
    /// The models that the picker shows first, each as `PROVIDER/MODEL`; by default none.
    #[serde(deserialize_with = "rules::models")]
    pub favourite_models: Vec<ModelRef>,
    /// The providers in the order in which they are shown. By default the embedded one alone;
    /// with this field only those that it lists.
    #[serde(deserialize_with = "rules::providers")]
    pub providers: Vec<ProviderSettings>,
    /// The public list of prices that a refresh reads: an `https` address, or the whole path of a
    /// file; by default none. It is never read by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_list: Option<String>,
    /// The MCP servers by their names, in the shape of other clients; by default none.
    #[serde(rename = "mcpServers", with = "mcp")]
    #[ts(as = "std::collections::HashMap<String, McpServer>")]
    pub mcp_servers: Vec<McpServer>,
    /// Folders that tools may use where a conversation opens them, each by its whole path; by
    /// default none.
    #[serde(deserialize_with = "tools::folders")]
    pub folders: Vec<String>,
    /// What tools may do without asking, and their limits.
    pub tools: ToolSettings,
}

/// One provider. Its `Debug` shows no value of `headers` and no `proxy`, which may be secret.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
pub struct ProviderSettings {
    /// Its id: letters, digits, `-`, `_` and `.`; each provider has another. The key in the
    /// keychain goes by it.
    pub id: String,
    /// Its name for people; by default the id.
    pub name: String,
    /// How to speak to it.
    pub api: Api,
    /// Its address as its own documentation calls it, such as `http://localhost:8080/v1`; `http`
    /// or `https`. Required for `openai-chat`, and of no use for `embedded`; the other APIs have
    /// [`Api::official_address`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The models to offer. May be empty: then those that the server lists.
    pub models: Vec<String>,
    /// The environment variable with the key, for when the keychain has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_env: Option<String>,
    /// Headers of each request beside those of its API. A value may be `${keychain}`, for one that
    /// is kept there, or `${env:NAME}`, for one of the app's environment.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The proxy to ask it through, in place of the environment's: an `http` or `https` address, a
    /// value as those of `headers`, or `none` ([`DIRECT`]) to use no proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// What Stop does with the connection: `"close"`, the default, or
    /// `{"drain": {"tokens": N, "seconds": T}}`.
    #[serde(skip_serializing_if = "OnStop::is_close")]
    pub on_stop: OnStop,
    /// The path of a file of certificates in PEM that are trusted beside the system's, from the
    /// data folder when it is not a whole path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_certificate: Option<String>,
    /// Whether `openai-responses` or `gemini-interactions` answers in the background, so that Stop cancels at the server;
    /// by default not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub background: bool,
    /// The provider's own tools that its models may use: `web-search`, `image-generation`. They cost
    /// money there; by default none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosted_tools: Vec<HostedTool>,
    /// Whether the provider's own token counter counts what was received of a stopped answer, which is
    /// sent there once more for that; for `anthropic`, `gemini` and `openai-responses`. By default
    /// not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub count_on_stop: bool,
    /// Whether the model runs on this computer, so that nobody bills for it; counts for an address
    /// of this computer only, where a proxy may lead to a service that bills. By default not,
    /// except for Ollama.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub local: bool,
    /// Whether the key and conversations may go to another machine over `http`, where they can be
    /// read on the way; by default not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub allow_unencrypted: bool,
}

impl fmt::Debug for ProviderSettings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ProviderSettings")
            .field("id", &self.id)
            .field("api", &self.api)
            .field("base_url", &self.base_url)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("has_proxy", &self.proxy.is_some())
            .finish_non_exhaustive()
    }
}

/// The colours of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// Who paints the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum HardwareAcceleration {
    /// The graphics card where there is one, and else the processor.
    #[default]
    Auto,
    /// The graphics card, or what the system has in its place.
    On,
    /// The processor: for a driver that shows an empty window.
    Off,
}

impl Default for Settings {
    fn default() -> Self {
        let embedded = ProviderSettings {
            id: "embedded".to_owned(),
            name: "Built-in model".to_owned(),
            api: Api::Embedded,
            base_url: None,
            models: vec![EMBEDDED_MODEL.to_owned()],
            api_key_env: None,
            headers: BTreeMap::new(),
            proxy: None,
            on_stop: OnStop::Close,
            ca_certificate: None,
            background: false,
            hosted_tools: Vec::new(),
            count_on_stop: false,
            local: false,
            allow_unencrypted: false,
        };
        Self {
            version: rules::VERSION,
            default_model: ModelRef {
                provider: embedded.id.clone(),
                model: EMBEDDED_MODEL.to_owned(),
            },
            conversation: ConversationDefaults::default(),
            assistants: Vec::new(),
            default_assistant: None,
            prompts: Vec::new(),
            titles: Titles::default(),
            theme: Theme::default(),
            hardware_acceleration: HardwareAcceleration::default(),
            keep_in_tray: false,
            connect_timeout_seconds: 15,
            idle_timeout_seconds: 300,
            first_word_timeout_seconds: None,
            viewer_timeout_seconds: 30,
            answer_limit_megabytes: 8,
            embedded_idle_minutes: 10,
            favourite_models: Vec::new(),
            providers: vec![embedded],
            price_list: None,
            mcp_servers: Vec::new(),
            folders: Vec::new(),
            tools: ToolSettings::default(),
        }
    }
}

impl Settings {
    /// The limit for one answer, in bytes of text.
    #[must_use]
    pub fn answer_limit(&self) -> usize {
        // At most a thousand million.
        self.answer_limit_megabytes as usize * 1_000_000
    }

    /// The provider of that id.
    #[must_use]
    pub fn provider(&self, id: &str) -> Option<&ProviderSettings> {
        self.providers.iter().find(|provider| provider.id == id)
    }

    /// Puts a model among the favourites, or takes it away.
    pub fn toggle_favourite(&mut self, model: ModelRef) {
        let before = self.favourite_models.len();
        self.favourite_models.retain(|other| *other != model);
        if self.favourite_models.len() == before {
            self.favourite_models.push(model);
        }
    }
}
