//! The keys of providers: in the system's keychain, or in memory where there is none; never in
//! a file in clear. A key belongs to the origin that it was saved for, and goes nowhere else.

mod kept;
mod keychain;
#[cfg(test)]
mod tests;

pub use keychain::SecretError;

use crate::ApiKey;
use kept::Kept;
use keychain::{Keychain, NoKeychain, State, System, Thread};
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
    /// In memory, until the app quits: the keychain is locked. What is in it stays there.
    Locked,
    /// In memory, until the app quits: there is no keychain, or it does not answer.
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

/// Whose key is wanted, and for whom.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The provider's id.
    pub provider: &'a str,
    /// The origin that will see it: scheme, host and port.
    pub origin: &'a str,
    /// The origin of the provider of that id as the settings have it: that of a key which was
    /// saved before origins were kept.
    pub standing: Option<&'a str>,
    /// The environment variable that may hold one.
    pub api_key_env: Option<&'a str>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    /// The key to use there; none where none is for that origin.
    pub key: Option<(ApiKey, KeySource)>,
    /// The origin that the saved key is for, where one is saved.
    pub saved_for: Option<String>,
}

/// The keys, one a provider. Clones share them.
#[derive(Clone, Debug)]
pub struct SecretStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    keychain: Thread,
    memory: Mutex<HashMap<String, Kept>>,
}

impl SecretStore {
    /// The keys of this person. Returns at once. The keychain is asked each time that it matters:
    /// it may be locked and unlocked while this runs. It is never made to ask the person.
    #[must_use]
    pub fn open() -> Self {
        Self::with(System)
    }

    /// Keys that last as long as this does, with the system's keychain left alone: for programs
    /// that are not the person's own app.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::with(NoKeychain)
    }

    fn with(keychain: impl Keychain) -> Self {
        Self {
            shared: Arc::new(Shared {
                keychain: Thread::start(keychain),
                memory: Mutex::default(),
            }),
        }
    }

    /// Where a key would be kept now. Answers within a second: a keychain that does not counts as
    /// none until it does.
    pub async fn place(&self) -> SecretPlace {
        match self.shared.keychain.state().await {
            Ok(State::Unlocked) => SecretPlace::Keychain,
            Ok(State::Locked) => SecretPlace::Locked,
            Ok(State::Absent) | Err(_) => SecretPlace::Memory,
        }
    }

    /// Keeps the key of a provider for an origin, in place of the one before, and says where.
    ///
    /// # Errors
    /// When the keychain refuses; the key before stays.
    pub async fn set(
        &self,
        provider: &str,
        origin: &str,
        key: ApiKey,
    ) -> Result<SecretPlace, SecretError> {
        let place = self.place().await;
        let kept = Kept::new(key, origin);
        match place {
            SecretPlace::Keychain => {
                let account = provider.to_owned();
                let keychain = &self.shared.keychain;
                keychain
                    .run(move |keychain| keychain.set(&account, &kept))
                    .await?;
                self.memory().remove(provider);
            }
            SecretPlace::Locked | SecretPlace::Memory => {
                self.memory().insert(provider.to_owned(), kept);
            }
        }
        Ok(place)
    }

    /// Forgets the key of a provider, wherever it is.
    ///
    /// # Errors
    /// When the keychain is locked and has one, refuses, or does not answer: that key stays, and
    /// would be used again.
    pub async fn remove(&self, provider: &str) -> Result<(), SecretError> {
        let keychain = &self.shared.keychain;
        let account = provider.to_owned();
        match keychain.state().await? {
            State::Unlocked => {
                keychain
                    .run(move |keychain| keychain.remove(&account))
                    .await?;
            }
            State::Locked => {
                if keychain
                    .run(move |keychain| Ok(keychain.has(&account)))
                    .await?
                {
                    return Err(SecretError::Locked);
                }
            }
            State::Absent => {}
        }
        self.memory().remove(provider);
        Ok(())
    }

    /// Gives a key that was saved before origins were kept the origin that it was used at, before
    /// the settings say another.
    ///
    /// # Errors
    /// When the keychain has a key and cannot be read.
    pub async fn bind(&self, provider: &str, origin: &str) -> Result<(), SecretError> {
        self.kept(provider, Some(origin)).await.map(drop)
    }

    /// The key to use: the one that was saved here for that origin, else the value of the
    /// environment variable, else none.
    ///
    /// # Errors
    /// When the keychain refuses, or is locked and has a key, and the environment has none.
    pub async fn resolve(&self, wanted: Wanted<'_>) -> Result<Resolved, SecretError> {
        self.resolve_in(wanted, |name| std::env::var(name).ok())
            .await
    }

    async fn resolve_in(
        &self,
        wanted: Wanted<'_>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Resolved, SecretError> {
        let held = self.memory().get(wanted.provider).cloned();
        let (kept, source) = match held {
            Some(held) => (Ok(Some(held)), KeySource::Memory),
            None => {
                let kept = self.kept(wanted.provider, wanted.standing).await;
                (kept, KeySource::Keychain)
            }
        };
        let saved = match &kept {
            Ok(Some(kept)) => Some(kept.clone()),
            Ok(None) | Err(_) => None,
        };
        let saved_for = saved.as_ref().and_then(|saved| saved.origin.clone());
        if let Some(saved) = saved.filter(|saved| saved.is_for(wanted.origin)) {
            let key = Some((saved.key, source));
            return Ok(Resolved { key, saved_for });
        }
        let named = wanted.api_key_env.and_then(environment);
        let named = named.and_then(|text| ApiKey::new(&text));
        if named.is_none() {
            kept?;
        }
        let key = named.map(|key| (key, KeySource::Environment));
        Ok(Resolved { key, saved_for })
    }

    /// What the keychain keeps for a provider. An entry without an origin gets the one that the
    /// settings have.
    async fn kept(
        &self,
        provider: &str,
        standing: Option<&str>,
    ) -> Result<Option<Kept>, SecretError> {
        let keychain = &self.shared.keychain;
        let account = provider.to_owned();
        match keychain.state().await {
            Ok(State::Unlocked) => {}
            Ok(State::Locked) => {
                let has = keychain
                    .run(move |keychain| Ok(keychain.has(&account)))
                    .await?;
                return if has {
                    Err(SecretError::Locked)
                } else {
                    Ok(None)
                };
            }
            // One that does not answer counts as none until it does.
            Ok(State::Absent) | Err(_) => return Ok(None),
        }
        let standing = standing.map(str::to_owned);
        keychain
            .run(move |keychain| {
                let kept = keychain.get(&account)?;
                match (kept, standing) {
                    (Some(Kept { key, origin: None }), Some(origin)) => {
                        let kept = Kept::new(key, &origin);
                        keychain.set(&account, &kept)?;
                        Ok(Some(kept))
                    }
                    (kept, _) => Ok(kept),
                }
            })
            .await
    }

    fn memory(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        // A map whose holder panicked is still a map.
        let memory = self.shared.memory.lock();
        memory.unwrap_or_else(PoisonError::into_inner)
    }
}
