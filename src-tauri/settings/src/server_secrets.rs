//! What is secret of MCP servers: the values of `env`, `headers` and `oauth`, in the keychain with a
//! reference in the file; and what a sign-in gave, in the keychain alone.

use crate::reference::{self, IN_KEYCHAIN, Named, Unresolved};
use crate::secret::{SecretError, SecretPlace, SecretStore};
use crate::{McpServer, origin};

/// As the file calls the secret of an OAuth client.
const CLIENT_SECRET: &str = "clientSecret";

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
fn account(name: &str, kind: &str, field: &str) -> String {
    format!("mcp/{name}/{kind}/{field}")
}

impl McpServer {
    /// The keychain's name of what a sign-in to it gave.
    #[must_use]
    pub fn sign_in_account(name: &str) -> String {
        account(name, "oauth", "tokens")
    }

    /// Whether a value stands here itself, and not a reference to it.
    #[must_use]
    pub fn has_clear_values(&self) -> bool {
        let mut values = self.values();
        values.any(|(_, _, value)| reference::is_clear(value))
    }

    /// Puts each value into the keychain, or into memory where there is none, and a reference in its
    /// place. What is empty or a reference already stays.
    ///
    /// # Errors
    /// When the keychain refuses; values that it took before stay there, and `self` is to be
    /// saved in no case.
    pub async fn keep_values(
        mut self,
        store: &SecretStore,
    ) -> Result<(Self, SecretPlace), SecretError> {
        let (shown_to, name) = (shown_to(&self), self.name.clone());
        let place = reference::keep_all(self.named(&name), store, &shown_to).await?;
        Ok((self, place))
    }

    /// The server with each reference replaced by its value. It must not be saved or shown.
    ///
    /// # Errors
    /// Says which value is missing, and what helps.
    pub async fn with_values(
        mut self,
        store: &SecretStore,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ServerSecretError> {
        let (shown_to, server) = (shown_to(&self), self.name.clone());
        let values = self.named(&server);
        let resolved = reference::resolve_all(values, store, &shown_to, environment).await;
        match resolved {
            Ok(()) => Ok(self),
            Err((field, Unresolved::Missing)) => Err(ServerSecretError::Missing { server, field }),
            Err((field, Unresolved::Unset(variable))) => Err(ServerSecretError::Unset {
                server,
                field,
                variable,
            }),
            Err((field, Unresolved::Keychain(error))) => Err(ServerSecretError::Keychain {
                server,
                field,
                error,
            }),
        }
    }

    /// Forgets what the keychain keeps for a server which is taken out of the settings: its values,
    /// and what a sign-in gave.
    ///
    /// # Errors
    /// When the keychain refuses; what it still has stays.
    pub async fn forget_values(&self, store: &SecretStore) -> Result<(), SecretError> {
        for (kind, field, _) in self.values().filter(|(_, _, value)| *value == IN_KEYCHAIN) {
            store.remove(&account(&self.name, kind, field)).await?;
        }
        if self.url.is_some() {
            store.remove(&Self::sign_in_account(&self.name)).await?;
        }
        Ok(())
    }

    /// All values that may be secret, with their kind and name.
    fn values(&self) -> impl Iterator<Item = (&'static str, &str, &String)> {
        let env = self
            .env
            .iter()
            .map(|(field, value)| ("env", field.as_str(), value));
        let headers = self.headers.iter();
        let headers = headers.map(|(field, value)| ("headers", field.as_str(), value));
        let client = self.oauth.iter().filter_map(|it| it.client_secret.as_ref());
        env.chain(headers)
            .chain(client.map(|it| ("oauth", CLIENT_SECRET, it)))
    }

    /// The same to be changed, with the keychain's names of them; `name` is that of the server.
    fn named(&mut self, name: &str) -> impl Iterator<Item = Named<'_>> {
        let values = self.values_mut();
        values.map(move |(kind, field, value)| Named {
            account: account(name, kind, field),
            field,
            value,
        })
    }

    fn values_mut(&mut self) -> impl Iterator<Item = (&'static str, &str, &mut String)> {
        let env = self.env.iter_mut();
        let env = env.map(|(field, value)| ("env", field.as_str(), value));
        let headers = self.headers.iter_mut();
        let headers = headers.map(|(field, value)| ("headers", field.as_str(), value));
        let client = self.oauth.iter_mut();
        let client = client.filter_map(|it| it.client_secret.as_mut());
        env.chain(headers)
            .chain(client.map(|it| ("oauth", CLIENT_SECRET, it)))
    }
}
