#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::keychain::Keychain;
use super::{KeySource, SecretError, SecretPlace, SecretStore};
use crate::ApiKey;
use std::collections::HashMap;
use std::process::Command;
use std::sync::{Arc, Mutex, mpsc};

/// A keychain in memory that refuses while `locked`.
#[derive(Clone, Default)]
struct Drawer {
    keys: Arc<Mutex<HashMap<String, ApiKey>>>,
    locked: Arc<Mutex<bool>>,
}

impl Drawer {
    fn check(&self) -> Result<(), SecretError> {
        match *self.locked.lock().unwrap() {
            true => Err(SecretError::Refused("it is locked".to_owned())),
            false => Ok(()),
        }
    }
}

impl Keychain for Drawer {
    fn get(&self, provider: &str) -> Result<Option<ApiKey>, SecretError> {
        self.check()?;
        Ok(self.keys.lock().unwrap().get(provider).cloned())
    }

    fn set(&self, provider: &str, key: &ApiKey) -> Result<(), SecretError> {
        self.check()?;
        let mut keys = self.keys.lock().unwrap();
        keys.insert(provider.to_owned(), key.clone());
        Ok(())
    }

    fn remove(&self, provider: &str) -> Result<(), SecretError> {
        self.check()?;
        self.keys.lock().unwrap().remove(provider);
        Ok(())
    }
}

fn nothing() -> Option<Drawer> {
    None
}

fn key(text: &str) -> ApiKey {
    ApiKey::new(text).unwrap()
}

async fn found(store: &SecretStore, env: Option<&str>) -> Option<(String, KeySource)> {
    let environment = |name: &str| (name == "LAB_KEY").then(|| " from-env\n".to_owned());
    store
        .resolve_in("lab", env, environment)
        .await
        .unwrap()
        .map(|(key, source)| (key.reveal().to_owned(), source))
}

#[tokio::test]
async fn a_key_goes_to_the_keychain_and_comes_before_the_environment() {
    let drawer = Drawer::default();
    let opened = drawer.clone();
    let store = SecretStore::with(|| Some(opened));
    assert_eq!(store.place().await, SecretPlace::Keychain);
    let from_env = Some(("from-env".to_owned(), KeySource::Environment));
    assert_eq!(found(&store, Some("LAB_KEY")).await, from_env);
    assert_eq!(found(&store, Some("OTHER_KEY")).await, None);

    let place = store.set("lab", key("sk-1")).await.unwrap();
    assert_eq!(place, SecretPlace::Keychain);
    assert!(drawer.keys.lock().unwrap().contains_key("lab"));
    let kept = Some(("sk-1".to_owned(), KeySource::Keychain));
    assert_eq!(found(&store, Some("LAB_KEY")).await, kept);

    store.remove("lab").await.unwrap();
    assert!(drawer.keys.lock().unwrap().is_empty());
    assert_eq!(found(&store, None).await, None);
}

#[tokio::test]
async fn without_a_keychain_a_key_lives_in_memory() {
    let store = SecretStore::with(nothing);
    assert_eq!(store.place().await, SecretPlace::Memory);
    let place = store.set("lab", key("sk-1")).await.unwrap();
    assert_eq!(place, SecretPlace::Memory);
    let held = Some(("sk-1".to_owned(), KeySource::Memory));
    assert_eq!(found(&store.clone(), Some("LAB_KEY")).await, held);
    store.remove("lab").await.unwrap();
    assert_eq!(found(&store, None).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_keychain_that_does_not_answer_counts_as_none_until_it_does() {
    let (release, held) = mpsc::channel::<()>();
    let store = SecretStore::with(move || {
        held.recv().unwrap();
        Some(Drawer::default())
    });
    let began = tokio::time::Instant::now();
    assert_eq!(store.place().await, SecretPlace::Memory);
    assert!(began.elapsed().as_secs_f64() <= 1.01);
    store.set("lab", key("sk-1")).await.unwrap();

    release.send(()).unwrap();
    let mut answered = store.shared.keychain.found();
    tokio::time::resume();
    answered.wait_for(Option::is_some).await.unwrap();
    assert_eq!(store.place().await, SecretPlace::Keychain);
    let held = Some(("sk-1".to_owned(), KeySource::Memory));
    assert_eq!(found(&store, None).await, held);
    store.set("lab", key("sk-2")).await.unwrap();
    let kept = Some(("sk-2".to_owned(), KeySource::Keychain));
    assert_eq!(found(&store, None).await, kept);
}

#[tokio::test]
async fn a_keychain_that_was_locked_meanwhile_is_an_error_in_words_unless_the_environment_has_a_key()
 {
    let drawer = Drawer::default();
    let opened = drawer.clone();
    let store = SecretStore::with(|| Some(opened));
    store.set("lab", key("sk-1")).await.unwrap();
    *drawer.locked.lock().unwrap() = true;

    let refused = store.set("lab", key("sk-2")).await.unwrap_err();
    assert!(refused.to_string().contains("it is locked"));
    assert!(!format!("{refused} {refused:?}").contains("sk-"));
    assert!(store.resolve_in("lab", None, |_| None).await.is_err());
    let from_env = Some(("from-env".to_owned(), KeySource::Environment));
    assert_eq!(found(&store, Some("LAB_KEY")).await, from_env);
    *drawer.locked.lock().unwrap() = false;
    let kept = Some(("sk-1".to_owned(), KeySource::Keychain));
    assert_eq!(found(&store, None).await, kept);
}

#[tokio::test]
async fn no_key_is_shown_by_debug() {
    let store = SecretStore::with(nothing);
    store.set("lab", key("sk-very-secret")).await.unwrap();
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
    const LOCKED: &str = "dbus-send --session --print-reply --dest=org.freedesktop.secrets \
        /org/freedesktop/secrets org.freedesktop.Secret.Service.Lock \
        array:objpath:/org/freedesktop/secrets/collection/login";
    let test = "the_keychain_of_the_system_keeps_a_key_for_the_next_start";
    let Ok(world) = std::env::var(WORLD) else {
        in_a_session(test, "unlocked", UNLOCKED);
        in_a_session(test, "without", "unset DBUS_SESSION_BUS_ADDRESS");
        in_a_session(test, "locked", &format!("{UNLOCKED}\n{LOCKED}"));
        return;
    };
    let store = SecretStore::open();
    if world != "unlocked" {
        assert_eq!(store.place().await, SecretPlace::Memory);
        return;
    }
    assert_eq!(store.place().await, SecretPlace::Keychain);
    assert_eq!(found(&store, None).await, None);
    store.set("lab", key("sk-1")).await.unwrap();
    store.set("lab", key("sk-2")).await.unwrap();
    drop(store);
    let store = SecretStore::open();
    let kept = Some(("sk-2".to_owned(), KeySource::Keychain));
    assert_eq!(found(&store, Some("LAB_KEY")).await, kept);
    store.remove("lab").await.unwrap();
    store.remove("lab").await.unwrap();
    assert_eq!(found(&store, None).await, None);
}
