//! The keys of providers: in the system's keychain, or in memory where there is none; never in
//! a file in clear.

mod keychain;
#[cfg(test)]
mod tests;

pub use keychain::SecretError;

use crate::ApiKey;
use keychain::{Keychain, Thread};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use ts_rs::TS;

/// Where keys are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum SecretPlace {
    /// In the system's keychain.
    Keychain,
    /// In memory, until the app quits: there is no keychain, or it is locked.
    Memory,
}

/// Where a key was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum KeySource {
    /// In the system's keychain.
    Keychain,
    /// In memory, until the app quits.
    Memory,
    /// In the environment variable that the settings name.
    Environment,
}

/// The keys, one a provider. Clones share them.
#[derive(Clone, Debug)]
pub struct SecretStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    keychain: Thread,
    memory: Mutex<HashMap<String, ApiKey>>,
}

impl SecretStore {
    /// The keys of this person. Returns at once; whether there is a keychain is found out
    /// meanwhile, without asking the person to unlock one.
    #[must_use]
    pub fn open() -> Self {
        Self::with(keychain::system)
    }

    fn with<K: Keychain>(open: impl FnOnce() -> Option<K> + Send + 'static) -> Self {
        Self {
            shared: Arc::new(Shared {
                keychain: Thread::start(open),
                memory: Mutex::default(),
            }),
        }
    }

    /// Where a key would be kept now. Answers within a second of [`SecretStore::open`]: a
    /// keychain that has not answered by then counts as none until it does.
    pub async fn place(&self) -> SecretPlace {
        if self.shared.keychain.is_there().await {
            SecretPlace::Keychain
        } else {
            SecretPlace::Memory
        }
    }

    /// Keeps the key of a provider in place of the one before, and says where.
    ///
    /// # Errors
    /// When the keychain refuses; the key before stays.
    pub async fn set(&self, provider: &str, key: ApiKey) -> Result<SecretPlace, SecretError> {
        let place = self.place().await;
        match place {
            SecretPlace::Keychain => {
                let account = provider.to_owned();
                let keychain = &self.shared.keychain;
                keychain
                    .run(move |keychain| keychain.set(&account, &key))
                    .await?;
                self.memory().remove(provider);
            }
            SecretPlace::Memory => {
                self.memory().insert(provider.to_owned(), key);
            }
        }
        Ok(place)
    }

    /// Forgets the key of a provider, wherever it is.
    ///
    /// # Errors
    /// When the keychain refuses; the key stays there.
    pub async fn remove(&self, provider: &str) -> Result<(), SecretError> {
        self.memory().remove(provider);
        if !self.shared.keychain.is_there().await {
            return Ok(());
        }
        let account = provider.to_owned();
        let keychain = &self.shared.keychain;
        keychain
            .run(move |keychain| keychain.remove(&account))
            .await
    }

    /// The key to use for a provider: the one that was set here, else the value of the
    /// environment variable `api_key_env`, else none.
    ///
    /// # Errors
    /// When the keychain refuses and the environment has no key.
    pub async fn resolve(
        &self,
        provider: &str,
        api_key_env: Option<&str>,
    ) -> Result<Option<(ApiKey, KeySource)>, SecretError> {
        self.resolve_in(provider, api_key_env, |name| std::env::var(name).ok())
            .await
    }

    async fn resolve_in(
        &self,
        provider: &str,
        api_key_env: Option<&str>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<(ApiKey, KeySource)>, SecretError> {
        let held = self.memory().get(provider).cloned();
        if let Some(key) = held {
            return Ok(Some((key, KeySource::Memory)));
        }
        let kept = self.kept(provider).await;
        if let Ok(Some(key)) = kept {
            return Ok(Some((key, KeySource::Keychain)));
        }
        let named = api_key_env
            .and_then(environment)
            .and_then(|text| ApiKey::new(&text));
        match named {
            Some(key) => Ok(Some((key, KeySource::Environment))),
            None => kept.map(|_| None),
        }
    }

    async fn kept(&self, provider: &str) -> Result<Option<ApiKey>, SecretError> {
        if !self.shared.keychain.is_there().await {
            return Ok(None);
        }
        let account = provider.to_owned();
        let keychain = &self.shared.keychain;
        keychain.run(move |keychain| keychain.get(&account)).await
    }

    fn memory(&self) -> MutexGuard<'_, HashMap<String, ApiKey>> {
        // A map whose holder panicked is still a map.
        let memory = self.shared.memory.lock();
        memory.unwrap_or_else(PoisonError::into_inner)
    }
}
