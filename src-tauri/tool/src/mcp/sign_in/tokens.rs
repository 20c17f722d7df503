//! What a sign-in gave: in the keychain, for the origin of its server alone, or in memory where there
//! is no keychain.

use super::super::config::ServerConfig;
use super::super::connecting::Start;
use super::super::log::Log;
use async_trait::async_trait;
use rmcp::transport::auth::{AuthError, CredentialStore, StoredCredentials};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tacet_settings::secret::{SecretError, SecretStore, Wanted};
use tacet_settings::{ApiKey, McpServer};
use url::Url;

/// Where the tokens of one server are.
#[derive(Clone)]
pub struct Tokens {
    secrets: SecretStore,
    account: String,
    origin: String,
    log: Log,
    /// The secret of the client that they were given to, which is kept with them.
    pub client_secret: Option<String>,
}

/// How they stand in the keychain.
#[derive(Serialize, Deserialize)]
struct Kept {
    credentials: StoredCredentials,
    client_secret: Option<String>,
}

/// What a sign-in server gave, to be given back.
pub struct Given {
    /// Who gave it.
    pub issuer: Option<String>,
    pub client_id: String,
    pub client_secret: Option<String>,
    /// Each token with what kind it is (RFC 7009, `token_type_hint`), the one first that lasts longest.
    pub tokens: Vec<(String, &'static str)>,
}

impl Tokens {
    pub fn of(config: &ServerConfig, start: &Start, url: &Url) -> Self {
        Self {
            secrets: start.owner.secrets.clone(),
            account: McpServer::sign_in_account(&config.name),
            origin: url.origin().ascii_serialization(),
            log: start.log.clone(),
            client_secret: None,
        }
    }

    /// Whether somebody is signed in, with the secret of the client where that has one.
    pub async fn restore(&self) -> Result<Option<Option<String>>, AuthError> {
        let kept = self.kept().await?;
        let kept = kept.filter(|kept| kept.credentials.token_response.is_some());
        Ok(kept.map(|kept| kept.client_secret))
    }

    /// What there is to be given back; nothing where nobody is signed in.
    ///
    /// # Errors
    /// When the keychain does not tell.
    pub async fn given(&self) -> Result<Option<Given>, AuthError> {
        let Some(kept) = self.kept().await? else {
            return Ok(None);
        };
        let tokens = serde_json::to_value(&kept.credentials.token_response).unwrap_or_default();
        let kinds = ["refresh_token", "access_token"].into_iter();
        let tokens = kinds.filter_map(|kind| Some((tokens[kind].as_str()?.to_owned(), kind)));
        Ok(Some(Given {
            tokens: tokens.collect(),
            issuer: kept.credentials.issuer,
            client_id: kept.credentials.client_id,
            client_secret: kept.client_secret,
        }))
    }

    /// Forgets them.
    ///
    /// # Errors
    /// When the keychain refuses: they stay in it.
    pub async fn forget(&self) -> Result<(), SecretError> {
        self.secrets.remove(&self.account).await
    }

    async fn kept(&self) -> Result<Option<Kept>, AuthError> {
        let wanted = Wanted {
            provider: &self.account,
            origin: &self.origin,
            standing: None,
            api_key_env: None,
        };
        let found = self.secrets.resolve(wanted).await.map_err(refused)?;
        // What is nothing of ours is as good as nothing: the person signs in again.
        let kept = found
            .key
            .and_then(|(key, _)| serde_json::from_str::<Kept>(key.reveal()).ok());
        if let Some(kept) = &kept {
            self.hide(kept);
        }
        Ok(kept)
    }

    /// A server may repeat them in an error.
    fn hide(&self, kept: &Kept) {
        let tokens = serde_json::to_value(&kept.credentials.token_response).unwrap_or_default();
        let tokens = ["access_token", "refresh_token", "id_token"].map(|name| tokens[name].clone());
        let tokens = tokens.iter().filter_map(Value::as_str);
        for secret in tokens.chain(kept.client_secret.as_deref()) {
            self.log.keep_secret(secret);
        }
    }
}

#[async_trait]
impl CredentialStore for Tokens {
    async fn load(&self) -> Result<Option<StoredCredentials>, AuthError> {
        Ok(self.kept().await?.map(|kept| kept.credentials))
    }

    async fn save(&self, credentials: StoredCredentials) -> Result<(), AuthError> {
        let kept = Kept {
            credentials,
            client_secret: self.client_secret.clone(),
        };
        self.hide(&kept);
        let text = serde_json::to_string(&kept);
        let text = text.map_err(|error| AuthError::CredentialStoreError(error.to_string()))?;
        let Some(secret) = ApiKey::new(&text) else {
            return Ok(());
        };
        let saved = self.secrets.set(&self.account, &self.origin, secret).await;
        saved.map(drop).map_err(refused)
    }

    async fn clear(&self) -> Result<(), AuthError> {
        self.forget().await.map_err(refused)
    }
}

fn refused(error: SecretError) -> AuthError {
    AuthError::CredentialStoreError(format!("what you signed in with is not at hand: {error}"))
}
