//! The system's keychain, on a thread of its own: it blocks, and it may ask the person.

use crate::ApiKey;
use keyring::{Entry, Error};
use std::sync::mpsc;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout_at};

/// The name under which the keychain lists our keys.
const SERVICE: &str = "org.tacet.Tacet";

/// How long the start waits for a keychain.
const PATIENCE: Duration = Duration::from_secs(1);

/// A failure of the keychain. Its words never have a key in them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The keychain refused.
    #[error(
        "The system's keychain refused: {0}. The keys in it are as they were. Unlock the keychain \
         and try again, or name an environment variable as api_key_env in the settings."
    )]
    Refused(String),
    /// The keychain has gone away.
    #[error(
        "The system's keychain does not answer any more. The keys in it are as they were. Start \
         Tacet again."
    )]
    Gone,
}

/// Where keys are kept by the provider's id. A call may block.
pub(super) trait Keychain: 'static {
    fn get(&self, provider: &str) -> Result<Option<ApiKey>, SecretError>;
    fn set(&self, provider: &str, key: &ApiKey) -> Result<(), SecretError>;
    fn remove(&self, provider: &str) -> Result<(), SecretError>;
}

type Job = Box<dyn FnOnce(&dyn Keychain) + Send>;

/// The thread that owns the keychain. It ends when this is dropped and its work is done.
#[derive(Debug)]
pub(super) struct Thread {
    jobs: mpsc::Sender<Job>,
    /// Whether there is a keychain; `None` until that is known.
    found: watch::Receiver<Option<bool>>,
    deadline: Instant,
}

impl Thread {
    pub fn start<K: Keychain>(open: impl FnOnce() -> Option<K> + Send + 'static) -> Self {
        let (jobs, queue) = mpsc::channel::<Job>();
        let (tell, found) = watch::channel(None);
        // Without a thread `tell` is dropped, and there is no keychain.
        let _ = std::thread::Builder::new()
            .name("tacet-keychain".to_owned())
            .spawn(move || {
                let keychain = open();
                tell.send_replace(Some(keychain.is_some()));
                if let Some(keychain) = keychain {
                    for job in queue {
                        job(&keychain);
                    }
                }
            });
        Self {
            jobs,
            found,
            deadline: Instant::now() + PATIENCE,
        }
    }

    /// Whether there is a keychain, as far as that is known by the deadline.
    pub async fn is_there(&self) -> bool {
        let mut found = self.found.clone();
        match timeout_at(self.deadline, found.wait_for(Option::is_some)).await {
            Ok(Ok(known)) => *known == Some(true),
            Ok(Err(_)) | Err(_) => false,
        }
    }

    /// Tells when it is known whether there is a keychain.
    #[cfg(test)]
    pub fn found(&self) -> watch::Receiver<Option<bool>> {
        self.found.clone()
    }

    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Keychain) -> Result<T, SecretError> + Send + 'static,
    ) -> Result<T, SecretError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |keychain| {
            // Whoever dropped the future does not want the answer.
            let _ = answer.send(work(keychain));
        });
        self.jobs.send(job).map_err(|_| SecretError::Gone)?;
        answered.await.unwrap_or(Err(SecretError::Gone))
    }
}

/// The keychain of the system that this runs on.
pub(super) struct System;

/// The system's keychain, when it can be used without a prompt.
pub(super) fn system() -> Option<System> {
    (is_unlocked() && Entry::store_status().is_ok()).then_some(System)
}

#[cfg(target_os = "linux")]
fn is_unlocked() -> bool {
    use secret_service::{EncryptionType, blocking::SecretService};
    // No secret travels here, so the session needs no encryption.
    let Ok(service) = SecretService::connect(EncryptionType::Plain) else {
        return false;
    };
    let collection = service.get_default_collection();
    collection.is_ok_and(|collection| matches!(collection.is_locked(), Ok(false)))
}

/// The keychains of these systems are unlocked when the person logs in.
#[cfg(not(target_os = "linux"))]
fn is_unlocked() -> bool {
    true
}

impl Keychain for System {
    fn get(&self, provider: &str) -> Result<Option<ApiKey>, SecretError> {
        match entry(provider)?.get_password() {
            Ok(text) => Ok(ApiKey::new(&text)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(refused(error)),
        }
    }

    fn set(&self, provider: &str, key: &ApiKey) -> Result<(), SecretError> {
        let entry = entry(provider)?;
        entry.set_password(key.reveal()).map_err(refused)
    }

    fn remove(&self, provider: &str) -> Result<(), SecretError> {
        match entry(provider)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(refused(error)),
        }
    }
}

fn entry(provider: &str) -> Result<Entry, SecretError> {
    Entry::new(SERVICE, provider).map_err(refused)
}

fn refused(error: Error) -> SecretError {
    SecretError::Refused(match error {
        // Its text would show the bytes around the key.
        Error::BadDataFormat(..) => "the entry is not a key of Tacet".to_owned(),
        other => other.to_string(),
    })
}
