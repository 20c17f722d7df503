//! The values of `env` and `headers` of MCP servers: in the keychain, with a reference in the file.

use crate::secret::{SecretError, SecretPlace, SecretStore, Wanted};
use crate::{ApiKey, McpServer, origin};
use std::collections::BTreeMap;

/// What stands in the file for a value that the keychain keeps.
pub const IN_KEYCHAIN: &str = "${keychain}";

/// Why a server cannot be started. Its words never hold a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerSecretError {
    /// The keychain has no such value, or not for this server.
    #[error(
        "The value of {field} of the server “{server}” is not in the keychain, or was saved for \
         another program or address. Enter it again in the settings."
    )]
    Missing {
        /// The server's name.
        server: String,
        /// The variable or header.
        field: String,
    },
    /// The app's environment has no such variable.
    #[error(
        "{field} of the server “{server}” is to be the environment variable {variable}, which is \
         not set. Set it and start Tacet again, or enter the value in the settings."
    )]
    Unset {
        /// The server's name.
        server: String,
        /// The variable or header.
        field: String,
        /// The variable of the app's environment.
        variable: String,
    },
    /// The keychain refused.
    #[error("{error} It is needed for {field} of the server “{server}”.")]
    Keychain {
        /// The server's name.
        server: String,
        /// The variable or header.
        field: String,
        /// What the keychain said.
        error: SecretError,
    },
}

/// Whom a value may be shown to: one program, or one origin.
fn shown_to(server: &McpServer) -> String {
    let address = server.url.as_deref().and_then(origin);
    let command = || format!("command:{}", server.command.as_deref().unwrap_or_default());
    address.unwrap_or_else(command)
}

/// The keychain's name of a value. Ids of providers have no `/`.
fn account(server: &McpServer, kind: &str, field: &str) -> String {
    format!("mcp/{}/{kind}/{field}", server.name)
}

fn is_reference(value: &str) -> bool {
    value == IN_KEYCHAIN || variable(value).is_some()
}

/// The variable that a value refers to.
fn variable(value: &str) -> Option<&str> {
    value.strip_prefix("${env:")?.strip_suffix('}')
}

impl McpServer {
    /// Whether a value stands here itself, and not a reference to it.
    #[must_use]
    pub fn has_clear_values(&self) -> bool {
        let mut values = self.env.values().chain(self.headers.values());
        values.any(|value| !value.trim().is_empty() && !is_reference(value))
    }

    /// Puts each value of `env` and `headers` into the keychain, or into memory where there is
    /// none, and a reference in its place. What is empty or a reference already stays.
    ///
    /// # Errors
    /// When the keychain refuses; values that it took before stay there, and `self` is to be
    /// saved in no case.
    pub async fn keep_values(
        mut self,
        store: &SecretStore,
    ) -> Result<(Self, SecretPlace), SecretError> {
        let mut place = SecretPlace::Keychain;
        let shown_to = shown_to(&self);
        for kind in ["env", "headers"] {
            let mut values = std::mem::take(self.values(kind));
            for (field, value) in &mut values {
                if is_reference(value) {
                    continue;
                }
                if let Some(secret) = ApiKey::new(value) {
                    let account = account(&self, kind, field);
                    let kept = store.set(&account, &shown_to, secret).await?;
                    if kept != SecretPlace::Keychain {
                        place = kept;
                    }
                    IN_KEYCHAIN.clone_into(value);
                }
            }
            *self.values(kind) = values;
        }
        Ok((self, place))
    }

    /// The server with each reference in `env` and `headers` replaced by its value. It must not be
    /// saved or shown.
    ///
    /// # Errors
    /// Says which value is missing, and what helps.
    pub async fn with_values(
        mut self,
        store: &SecretStore,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ServerSecretError> {
        let shown_to = shown_to(&self);
        for kind in ["env", "headers"] {
            let mut values = std::mem::take(self.values(kind));
            for (field, value) in &mut values {
                let (server, field) = (self.name.clone(), field.clone());
                if let Some(name) = variable(value) {
                    let variable = name.to_owned();
                    let unset = ServerSecretError::Unset {
                        server,
                        field,
                        variable,
                    };
                    *value = environment(name).ok_or(unset)?;
                } else if value == IN_KEYCHAIN {
                    let account = account(&self, kind, &field);
                    let wanted = Wanted {
                        provider: &account,
                        origin: &shown_to,
                        standing: None,
                        api_key_env: None,
                    };
                    match store.resolve(wanted).await {
                        Ok(found) => match found.key {
                            Some((key, _)) => key.reveal().clone_into(value),
                            None => return Err(ServerSecretError::Missing { server, field }),
                        },
                        Err(error) => {
                            return Err(ServerSecretError::Keychain {
                                server,
                                field,
                                error,
                            });
                        }
                    }
                }
            }
            *self.values(kind) = values;
        }
        Ok(self)
    }

    /// Forgets the values that the keychain keeps for a server which is taken out of the settings.
    ///
    /// # Errors
    /// When the keychain refuses; what it still has stays.
    pub async fn forget_values(&self, store: &SecretStore) -> Result<(), SecretError> {
        for (kind, values) in [("env", &self.env), ("headers", &self.headers)] {
            for (field, _) in values.iter().filter(|(_, value)| *value == IN_KEYCHAIN) {
                store.remove(&account(self, kind, field)).await?;
            }
        }
        Ok(())
    }

    fn values(&mut self, kind: &str) -> &mut BTreeMap<String, String> {
        if kind == "env" {
            &mut self.env
        } else {
            &mut self.headers
        }
    }
}
