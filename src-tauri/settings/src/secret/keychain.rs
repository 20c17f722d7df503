//! The system's keychain, on a thread of its own: it blocks, and it may ask the person.

use super::kept::Kept;
use keyring::{Entry, Error};
use std::sync::mpsc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// The name under which the keychain lists our keys.
const SERVICE: &str = "org.tacet.Tacet";

/// How long a keychain may take to say how it is.
const PATIENCE: Duration = Duration::from_secs(1);

/// A failure of the keychain. Its words never have a key in them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The keychain has this provider's key and is locked.
    #[error(
        "The system's keychain is locked, and the key of this provider is in it. The key stays \
         there as it is. Unlock the keychain and try again."
    )]
    Locked,
    /// The keychain refused.
    #[error(
        "The system's keychain refused: {0}. The keys in it are as they were. Unlock the keychain \
         and try again, or name an environment variable as api_key_env in the settings."
    )]
    Refused(String),
    /// The keychain does not answer.
    #[error(
        "The system's keychain does not answer. The keys in it are as they were. Try again, or \
         start Tacet again."
    )]
    Gone,
}

/// How a keychain is at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It can be used without asking the person.
    Unlocked,
    /// It is there, and would have to ask.
    Locked,
    /// There is none.
    Absent,
}

/// Where keys are kept by the provider's id. A call may block.
pub(super) trait Keychain: Send + 'static {
    /// How it is now: it may be locked and unlocked at any time.
    fn state(&self) -> State;
    /// Whether it has an entry of this provider, which it says also while it is locked.
    fn has(&self, provider: &str) -> bool;
    fn get(&self, provider: &str) -> Result<Option<Kept>, SecretError>;
    fn set(&self, provider: &str, kept: &Kept) -> Result<(), SecretError>;
    fn remove(&self, provider: &str) -> Result<(), SecretError>;
}

type Job = Box<dyn FnOnce(&dyn Keychain) + Send>;

/// The thread that owns the keychain. It ends when this is dropped and its work is done.
#[derive(Debug)]
pub(super) struct Thread {
    jobs: mpsc::Sender<Job>,
}

impl Thread {
    pub fn start(keychain: impl Keychain) -> Self {
        let (jobs, queue) = mpsc::channel::<Job>();
        // Without a thread the jobs have no receiver, and there is no keychain.
        let _ = std::thread::Builder::new()
            .name("tacet-keychain".to_owned())
            .spawn(move || {
                for job in queue {
                    job(&keychain);
                }
            });
        Self { jobs }
    }

    /// How the keychain is now; an error when it does not say so within a second.
    pub async fn state(&self) -> Result<State, SecretError> {
        let asked = self.run(|keychain| Ok(keychain.state()));
        timeout(PATIENCE, asked)
            .await
            .unwrap_or(Err(SecretError::Gone))
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

#[cfg(target_os = "linux")]
fn system_state() -> State {
    use secret_service::{EncryptionType, blocking::SecretService};
    // No secret travels here, so the session needs no encryption.
    let Ok(service) = SecretService::connect(EncryptionType::Plain) else {
        return State::Absent;
    };
    let Ok(collection) = service.get_default_collection() else {
        return State::Absent;
    };
    match collection.is_locked() {
        Ok(false) => State::Unlocked,
        Ok(true) => State::Locked,
        Err(_) => State::Absent,
    }
}

/// The keychains of these systems are unlocked when the person logs in.
#[cfg(not(target_os = "linux"))]
fn system_state() -> State {
    State::Unlocked
}

/// Looked for by what the keyring crate gives its entries (its "username" is the account).
#[cfg(target_os = "linux")]
fn system_has(provider: &str) -> bool {
    use secret_service::{EncryptionType, blocking::SecretService};
    let attributes = [("service", SERVICE), ("username", provider)].into();
    let found = SecretService::connect(EncryptionType::Plain).and_then(|service| {
        service
            .search_items(attributes)
            .map(|found| !found.locked.is_empty() || !found.unlocked.is_empty())
    });
    found.unwrap_or(false)
}

#[cfg(not(target_os = "linux"))]
fn system_has(provider: &str) -> bool {
    matches!(System.get(provider), Ok(Some(_)))
}

impl Keychain for System {
    fn state(&self) -> State {
        match system_state() {
            State::Unlocked if Entry::store_status().is_err() => State::Absent,
            state @ (State::Unlocked | State::Locked | State::Absent) => state,
        }
    }

    fn has(&self, provider: &str) -> bool {
        system_has(provider)
    }

    fn get(&self, provider: &str) -> Result<Option<Kept>, SecretError> {
        match entry(provider)?.get_password() {
            Ok(text) => Ok(Kept::read(&text)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(refused(error)),
        }
    }

    fn set(&self, provider: &str, kept: &Kept) -> Result<(), SecretError> {
        let entry = entry(provider)?;
        entry.set_password(&kept.written()).map_err(refused)
    }

    fn remove(&self, provider: &str) -> Result<(), SecretError> {
        match entry(provider)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(refused(error)),
        }
    }
}

/// There is none.
pub(super) struct NoKeychain;

impl Keychain for NoKeychain {
    fn state(&self) -> State {
        State::Absent
    }

    fn has(&self, _: &str) -> bool {
        false
    }

    fn get(&self, _: &str) -> Result<Option<Kept>, SecretError> {
        Ok(None)
    }

    fn set(&self, _: &str, _: &Kept) -> Result<(), SecretError> {
        Err(SecretError::Gone)
    }

    fn remove(&self, _: &str) -> Result<(), SecretError> {
        Ok(())
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
