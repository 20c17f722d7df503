//! Where a server is and how it is started, with its secrets in clear: they are in memory only, and
//! nothing that is shown or logged holds them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tacet_settings::{McpServer, OAuthClient, ToolSettings};
use url::Url;

/// How long a call may take without a sign of life, where the settings say nothing.
pub const IDLE_LIMIT: Duration = Duration::from_secs(600);
/// How long whoever wants the tools of a server waits for its start.
pub const START_WAIT: Duration = Duration::from_secs(20);
/// The shortest value that is taken for a secret: shorter ones are words of every log.
const SHORTEST: usize = 6;
const HIDDEN: &str = "•••";

/// A server of the settings.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// By which people, permissions and messages call it.
    pub name: String,
    /// Where it is.
    pub reach: Reach,
    /// Whether it is turned off.
    pub disabled: bool,
    /// Why it cannot be started, where something of it is missing.
    pub unusable: Option<String>,
    /// As whom the app signs in to it.
    pub oauth: OAuthClient,
    /// Whether signing in may lead to addresses of the own network.
    pub private_addresses: bool,
    /// How long a call may take without progress or result.
    pub idle_limit: Duration,
    /// How long its tools are waited for from its start on. It goes on starting after that.
    pub start_wait: Duration,
}

/// Where a server is.
#[derive(Clone, PartialEq, Eq)]
pub enum Reach {
    /// A program, spoken to through its pipes.
    Process {
        /// A path, or a name that is looked up in `PATH`.
        command: String,
        /// Its arguments.
        args: Vec<String>,
        /// What its environment has beyond the app's own.
        env: BTreeMap<String, String>,
        /// Names of the app's environment that it does not get, such as those of providers' keys.
        withheld: Vec<String>,
        /// The folder that it runs in.
        folder: PathBuf,
    },
    /// An address, spoken to by Streamable HTTP.
    Http {
        /// The address.
        url: Url,
        /// Headers of each request.
        headers: BTreeMap<String, String>,
    },
}

impl ServerConfig {
    /// A server with the usual limits.
    pub fn new(name: impl Into<String>, reach: Reach) -> Self {
        Self {
            name: name.into(),
            reach,
            disabled: false,
            unusable: None,
            oauth: OAuthClient::default(),
            private_addresses: false,
            idle_limit: IDLE_LIMIT,
            start_wait: START_WAIT,
        }
    }

    /// A server of the settings, with its values in clear
    /// ([`McpServer::with_values`](tacet_settings::McpServer::with_values)). A program runs in
    /// `home` where the settings name no folder, and without the variables `withheld`.
    pub fn of_settings(
        server: &McpServer,
        tools: &ToolSettings,
        home: &Path,
        withheld: &[String],
    ) -> Option<Self> {
        let reach = match (&server.command, &server.url) {
            (Some(command), _) => Reach::Process {
                command: command.clone(),
                args: server.args.clone(),
                env: server.env.clone(),
                withheld: withheld.to_vec(),
                folder: home.join(server.cwd.as_deref().unwrap_or_default()),
            },
            (None, Some(url)) => Reach::Http {
                url: url.parse().ok()?,
                headers: server.headers.clone(),
            },
            // The settings refuse such a one.
            (None, None) => return None,
        };
        Some(Self {
            name: server.name.clone(),
            reach,
            disabled: server.disabled,
            unusable: None,
            oauth: server.oauth.clone().unwrap_or_default(),
            private_addresses: tools.private_addresses,
            idle_limit: Duration::from_secs(tools.idle_timeout_seconds.into()),
            start_wait: START_WAIT,
        })
    }

    pub(super) fn secrets(&self) -> Secrets {
        let values: Vec<String> = match &self.reach {
            Reach::Process { env, .. } => env.values().cloned().collect(),
            Reach::Http { url, headers } => {
                let of_headers = headers.values().flat_map(|value| {
                    // A scheme, such as Bearer, and what is secret behind it.
                    let bare = value.split_once(' ').map(|(_, bare)| bare.to_owned());
                    [Some(value.clone()), bare].into_iter().flatten()
                });
                let of_url = url.query().map(str::to_owned).into_iter();
                let of_user = url.password().map(str::to_owned).into_iter();
                of_headers.chain(of_url).chain(of_user).collect()
            }
        };
        let secrets = Secrets::default();
        for value in values.into_iter().chain(self.oauth.client_secret.clone()) {
            secrets.add(&value);
        }
        secrets
    }
}

impl fmt::Debug for ServerConfig {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = out.debug_struct("ServerConfig");
        shown.field("name", &self.name);
        match &self.reach {
            Reach::Process {
                command, args, env, ..
            } => shown
                .field("command", command)
                .field("args", &args.len())
                .field("env", &env.keys().collect::<Vec<_>>()),
            Reach::Http { url, headers } => shown
                .field("host", &url.host_str())
                .field("headers", &headers.keys().collect::<Vec<_>>()),
        };
        shown.finish_non_exhaustive()
    }
}

impl fmt::Debug for Reach {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Process { .. } => "Process",
            Self::Http { .. } => "Http",
        })
    }
}

/// Values that nothing shown may hold. Clones share them.
#[derive(Clone, Default)]
pub struct Secrets(Arc<RwLock<Vec<String>>>);

impl Secrets {
    /// Hides this one as well from now on.
    pub fn add(&self, secret: &str) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if secret.len() < SHORTEST || known.iter().any(|it| it == secret) {
            return;
        }
        known.push(secret.to_owned());
        // The longer first, so that none is left in part.
        known.sort_by_key(|value| std::cmp::Reverse(value.len()));
    }

    /// `text` without them.
    pub fn hide(&self, mut text: String) -> String {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        for secret in known.iter() {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), HIDDEN);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_secret_is_in_no_debug_and_in_no_text() {
        let process = ServerConfig::new(
            "files",
            Reach::Process {
                command: "server".to_owned(),
                args: Vec::new(),
                env: [("TOKEN".to_owned(), "hunter2hunter2".to_owned())].into(),
                withheld: Vec::new(),
                folder: "/".into(),
            },
        );
        let http = ServerConfig::new(
            "remote",
            Reach::Http {
                url: "https://example.com/mcp?key=hunter2hunter2"
                    .parse()
                    .unwrap(),
                headers: [(
                    "Authorization".to_owned(),
                    "Bearer hunter2hunter2".to_owned(),
                )]
                .into(),
            },
        );
        for config in [process, http] {
            for shown in [format!("{config:?}"), format!("{:?}", config.reach)] {
                assert!(!shown.contains("hunter2"), "{shown}");
            }
            let text = "401 for hunter2hunter2, key=hunter2hunter2".to_owned();
            let hidden = config.secrets().hide(text);
            assert!(!hidden.contains("hunter2"), "{hidden}");
        }
    }
}
