#![allow(clippy::unwrap_used, clippy::expect_used)]

mod providers;
mod servers;

use super::kept::Kept;
use super::keychain::{Keychain, State};
use super::{KeySource, Resolved, SecretError, SecretPlace, SecretStore, Wanted};
use crate::ApiKey;
use std::collections::HashMap;
use std::process::Command;
use std::sync::{Arc, Mutex, mpsc};

const HERE: &str = "https://models.example";
const ELSEWHERE: &str = "https://evil.example";

/// A keychain in memory, in the state that a test gives it.
#[derive(Clone)]
struct Drawer {
    entries: Arc<Mutex<HashMap<String, String>>>,
    state: Arc<Mutex<State>>,
}

impl Drawer {
    fn new(state: State) -> Self {
        Self {
            entries: Arc::default(),
            state: Arc::new(Mutex::new(state)),
        }
    }

    fn turn(&self, state: State) {
        *self.state.lock().unwrap() = state;
    }

    /// A key as it was kept before origins were.
    fn put(&self, key: &str) {
        let mut entries = self.entries.lock().unwrap();
        entries.insert("lab".to_owned(), key.to_owned());
    }

    fn is_empty(&self) -> bool {
        self.entries.lock().unwrap().is_empty()
    }

    fn check(&self) -> Result<(), SecretError> {
        match self.state() {
            State::Unlocked => Ok(()),
            State::Locked | State::Absent => Err(SecretError::Refused("no".to_owned())),
        }
    }
}

impl Keychain for Drawer {
    fn state(&self) -> State {
        *self.state.lock().unwrap()
    }

    fn has(&self, provider: &str) -> bool {
        self.entries.lock().unwrap().contains_key(provider)
    }

    fn get(&self, provider: &str) -> Result<Option<Kept>, SecretError> {
        self.check()?;
        let entries = self.entries.lock().unwrap();
        Ok(entries.get(provider).and_then(|text| Kept::read(text)))
    }

    fn set(&self, provider: &str, kept: &Kept) -> Result<(), SecretError> {
        self.check()?;
        let mut entries = self.entries.lock().unwrap();
        entries.insert(provider.to_owned(), kept.written());
        Ok(())
    }

    fn remove(&self, provider: &str) -> Result<(), SecretError> {
        self.check()?;
        self.entries.lock().unwrap().remove(provider);
        Ok(())
    }
}

fn key(text: &str) -> ApiKey {
    ApiKey::new(text).unwrap()
}

fn wanted<'a>(origin: &'a str, api_key_env: Option<&'a str>) -> Wanted<'a> {
    Wanted {
        provider: "lab",
        origin,
        standing: Some(HERE),
        api_key_env,
    }
}

fn environment(name: &str) -> Option<String> {
    (name == "LAB_KEY").then(|| " from-env\n".to_owned())
}

async fn resolved(store: &SecretStore, wanted: Wanted<'_>) -> Result<Resolved, SecretError> {
    store.resolve_in(wanted, environment).await
}

async fn found_at(
    store: &SecretStore,
    origin: &str,
    env: Option<&str>,
) -> Option<(String, KeySource)> {
    let found = resolved(store, wanted(origin, env)).await.unwrap().key;
    found.map(|(key, source)| (key.reveal().to_owned(), source))
}

async fn found(store: &SecretStore, env: Option<&str>) -> Option<(String, KeySource)> {
    found_at(store, HERE, env).await
}

fn kept(key: &str, source: KeySource) -> Option<(String, KeySource)> {
    Some((key.to_owned(), source))
}

#[tokio::test]
async fn a_key_goes_to_the_keychain_and_comes_before_the_environment() {
    let drawer = Drawer::new(State::Unlocked);
    let store = SecretStore::with(drawer.clone());
    assert_eq!(store.place().await, SecretPlace::Keychain);
    let from_env = kept("from-env", KeySource::Environment);
    assert_eq!(found(&store, Some("LAB_KEY")).await, from_env);
    assert_eq!(found(&store, Some("OTHER_KEY")).await, None);

    let place = store.set("lab", HERE, key("sk-1")).await.unwrap();
    assert_eq!(place, SecretPlace::Keychain);
    let in_keychain = kept("sk-1", KeySource::Keychain);
    assert_eq!(found(&store, Some("LAB_KEY")).await, in_keychain);

    store.remove("lab").await.unwrap();
    assert!(drawer.is_empty());
    assert_eq!(found(&store, None).await, None);
}

#[tokio::test]
async fn a_key_is_given_to_the_origin_that_it_was_saved_for_and_to_no_other() {
    for state in [State::Unlocked, State::Absent] {
        let store = SecretStore::with(Drawer::new(state));
        store.set("lab", HERE, key("sk-1")).await.unwrap();
        for other in [
            ELSEWHERE,
            "http://models.example",
            "https://models.example:8443",
        ] {
            let found = resolved(&store, wanted(other, None)).await.unwrap();
            assert!(found.key.is_none(), "{other}");
            assert_eq!(found.saved_for.as_deref(), Some(HERE), "{other}");
        }
        assert!(found(&store, None).await.is_some());
        // Typed again for the other, it is that one's.
        store.set("lab", ELSEWHERE, key("sk-2")).await.unwrap();
        assert_eq!(found(&store, None).await, None);
        assert!(found_at(&store, ELSEWHERE, None).await.is_some());
    }
}

#[tokio::test]
async fn a_key_from_before_origins_were_kept_is_that_of_the_settings_as_they_stand() {
    let drawer = Drawer::new(State::Unlocked);
    drawer.put("sk-old");
    let store = SecretStore::with(drawer.clone());
    // A form under test at another address does not get it, and one of a new name neither.
    assert_eq!(found_at(&store, ELSEWHERE, None).await, None);
    assert_eq!(
        found(&store, None).await,
        kept("sk-old", KeySource::Keychain)
    );
    // From then on it is bound: settings that say another address later do not get it.
    let moved = Wanted {
        standing: Some(ELSEWHERE),
        ..wanted(ELSEWHERE, None)
    };
    assert!(resolved(&store, moved).await.unwrap().key.is_none());

    drawer.put("sk-old");
    let unknown = Wanted {
        standing: None,
        ..wanted(ELSEWHERE, None)
    };
    assert!(resolved(&store, unknown).await.unwrap().key.is_none());
    store.bind("lab", HERE).await.unwrap();
    assert!(resolved(&store, moved).await.unwrap().key.is_none());
}

#[tokio::test]
async fn without_a_keychain_a_key_lives_in_memory() {
    let store = SecretStore::with(Drawer::new(State::Absent));
    assert_eq!(store.place().await, SecretPlace::Memory);
    let place = store.set("lab", HERE, key("sk-1")).await.unwrap();
    assert_eq!(place, SecretPlace::Memory);
    let held = kept("sk-1", KeySource::Memory);
    assert_eq!(found(&store.clone(), Some("LAB_KEY")).await, held);
    store.remove("lab").await.unwrap();
    assert_eq!(found(&store, None).await, None);
}

#[tokio::test]
async fn a_keychain_that_is_locked_keeps_its_key_and_says_so_until_it_is_unlocked() {
    let drawer = Drawer::new(State::Locked);
    let store = SecretStore::with(drawer.clone());
    assert_eq!(store.place().await, SecretPlace::Locked);
    // It has nothing of this provider: there is nothing to wait for.
    assert_eq!(found(&store, None).await, None);
    store.remove("lab").await.unwrap();

    drawer.put("sk-1");
    let refused = store.remove("lab").await.unwrap_err();
    assert_eq!(refused, SecretError::Locked);
    assert!(refused.to_string().contains("locked"), "{refused}");
    assert!(!drawer.is_empty());
    let refused = resolved(&store, wanted(HERE, None)).await.unwrap_err();
    assert_eq!(refused, SecretError::Locked);
    assert!(store.bind("lab", HERE).await.is_err());
    let from_env = kept("from-env", KeySource::Environment);
    assert_eq!(found(&store, Some("LAB_KEY")).await, from_env);
    let place = store.set("lab", HERE, key("sk-2")).await.unwrap();
    assert_eq!(place, SecretPlace::Locked);
    assert_eq!(found(&store, None).await, kept("sk-2", KeySource::Memory));

    // Unlocked while the app runs, it is used at once.
    drawer.turn(State::Unlocked);
    assert_eq!(store.place().await, SecretPlace::Keychain);
    store.remove("lab").await.unwrap();
    assert!(drawer.is_empty());
    assert_eq!(found(&store, None).await, None);
    store.set("lab", HERE, key("sk-3")).await.unwrap();
    drawer.turn(State::Locked);
    assert_eq!(store.remove("lab").await, Err(SecretError::Locked));
    assert!(!drawer.is_empty());
}

/// A keychain that says nothing before it is let go.
struct Mute {
    held: Mutex<mpsc::Receiver<()>>,
    drawer: Drawer,
}

impl Keychain for Mute {
    fn state(&self) -> State {
        // Let go for good once the sender is dropped.
        let _ = self.held.lock().unwrap().recv();
        self.drawer.state()
    }

    fn has(&self, provider: &str) -> bool {
        self.drawer.has(provider)
    }

    fn get(&self, provider: &str) -> Result<Option<Kept>, SecretError> {
        self.drawer.get(provider)
    }

    fn set(&self, provider: &str, kept: &Kept) -> Result<(), SecretError> {
        self.drawer.set(provider, kept)
    }

    fn remove(&self, provider: &str) -> Result<(), SecretError> {
        self.drawer.remove(provider)
    }
}

#[tokio::test(start_paused = true)]
async fn a_keychain_that_does_not_answer_counts_as_none_until_it_does_but_nothing_is_called_removed()
 {
    let (release, held) = mpsc::channel::<()>();
    let store = SecretStore::with(Mute {
        held: Mutex::new(held),
        drawer: Drawer::new(State::Unlocked),
    });
    let began = tokio::time::Instant::now();
    assert_eq!(store.place().await, SecretPlace::Memory);
    assert!(began.elapsed().as_secs_f64() <= 1.01);
    store.set("lab", HERE, key("sk-1")).await.unwrap();
    assert_eq!(store.remove("lab").await, Err(SecretError::Gone));

    drop(release);
    tokio::time::resume();
    assert_eq!(store.place().await, SecretPlace::Keychain);
    assert_eq!(found(&store, None).await, kept("sk-1", KeySource::Memory));
    store.set("lab", HERE, key("sk-2")).await.unwrap();
    assert_eq!(found(&store, None).await, kept("sk-2", KeySource::Keychain));
}

#[tokio::test]
async fn no_key_is_shown_by_debug() {
    let store = SecretStore::with(Drawer::new(State::Absent));
    store.set("lab", HERE, key("sk-very-secret")).await.unwrap();
    let shown = format!("{store:?}");
    assert!(shown.contains("lab"), "{shown}");
    assert!(!shown.contains("sk-very-secret"), "{shown}");
}

/// Says to the test below that it runs in a private session, and in which.
const WORLD: &str = "TACET_TEST_KEYCHAIN";

/// Runs this test again in a private session bus with a home of its own, after `before`.
#[cfg(target_os = "linux")]
fn in_a_session(test: &str, world: &str, before: &str) {
    let home = tempfile::tempdir().unwrap();
    let script = format!("{before}\nexec \"$0\" --exact secret::tests::{test} --nocapture");
    // Files and not pipes: a keyring daemon may outlive its bus, and would hold a pipe open.
    let log = home.path().join("log");
    let file = std::fs::File::create(&log).unwrap();
    let status = Command::new("dbus-run-session")
        .args(["--", "sh", "-ec", &script])
        .arg(std::env::current_exe().unwrap())
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path())
        .env("XDG_DATA_HOME", home.path())
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env(WORLD, world)
        .stdout(file.try_clone().unwrap())
        .stderr(file)
        .status()
        .expect("install dbus: apt-get install dbus gnome-keyring");
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_keychain_of_the_system_keeps_a_key_for_the_next_start() {
    const UNLOCKED: &str = "printf pass | gnome-keyring-daemon --unlock --components=secrets";
    let test = "the_keychain_of_the_system_keeps_a_key_for_the_next_start";
    let Ok(world) = std::env::var(WORLD) else {
        in_a_session(test, "unlocked", UNLOCKED);
        in_a_session(test, "without", "unset DBUS_SESSION_BUS_ADDRESS");
        return;
    };
    let store = SecretStore::open();
    if world != "unlocked" {
        assert_eq!(store.place().await, SecretPlace::Memory);
        return;
    }
    assert_eq!(store.place().await, SecretPlace::Keychain);
    assert_eq!(found(&store, None).await, None);
    store.set("lab", HERE, key("sk-1")).await.unwrap();
    store.set("lab", HERE, key("sk-2")).await.unwrap();
    drop(store);
    let store = SecretStore::open();
    let second = kept("sk-2", KeySource::Keychain);
    assert_eq!(found(&store, Some("LAB_KEY")).await, second);
    assert_eq!(found_at(&store, ELSEWHERE, None).await, None);

    store.remove("lab").await.unwrap();
    store.remove("lab").await.unwrap();
    assert_eq!(found(&store, None).await, None);
    store.set("lab", HERE, key("sk-3")).await.unwrap();

    // Locked while it runs, it keeps the key and says so.
    let locked = Command::new("dbus-send")
        .args([
            "--session",
            "--print-reply",
            "--dest=org.freedesktop.secrets",
        ])
        .args([
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.Lock",
        ])
        .arg("array:objpath:/org/freedesktop/secrets/collection/login")
        .status();
    assert!(locked.unwrap().success());
    assert_eq!(store.place().await, SecretPlace::Locked);
    assert_eq!(store.remove("lab").await, Err(SecretError::Locked));
    assert_eq!(store.remove("other").await, Ok(()));
    let refused = resolved(&store, wanted(HERE, None)).await.unwrap_err();
    assert_eq!(refused, SecretError::Locked);
}
