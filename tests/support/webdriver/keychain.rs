//! A keychain that is the system's for the applications that are started with it, and outlives
//! them: GNOME's, unlocked, on a bus and in a home of its own.

use super::background::Background;
use super::bus::Bus;
use crate::patience::until;
use std::io::Write;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Where the Secret Service says whether its default collection is locked.
const IS_LOCKED: &[&str] = &[
    "/org/freedesktop/secrets/aliases/default",
    "org.freedesktop.DBus.Properties.Get",
    "string:org.freedesktop.Secret.Collection",
    "string:Locked",
];

/// A running keychain; dropping it ends it and its bus.
#[derive(Debug)]
pub struct Keychain {
    _daemon: Background,
    bus: Bus,
    _home: TempDir,
}

impl Keychain {
    /// Starts one, and waits until it is unlocked.
    ///
    /// # Panics
    /// When it is not installed or does not start.
    pub async fn start() -> Self {
        let started = (|| -> std::io::Result<Self> {
            let bus = Bus::start()?;
            let home = tempfile::tempdir()?;
            let mut daemon = Command::new("gnome-keyring-daemon")
                .args(["--foreground", "--unlock", "--components=secrets"])
                .env("DBUS_SESSION_BUS_ADDRESS", bus.address())
                .env("HOME", home.path())
                .env("XDG_DATA_HOME", home.path())
                .env("XDG_RUNTIME_DIR", home.path())
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()?;
            if let Some(mut password) = daemon.stdin.take() {
                password.write_all(b"a password")?;
            }
            Ok(Self {
                _daemon: Background(daemon),
                bus,
                _home: home,
            })
        })();
        let keychain = match started {
            Ok(keychain) => keychain,
            Err(error) => {
                panic!("the keychain does not start ({error}); apt-get install dbus gnome-keyring")
            }
        };
        until("the keychain to be unlocked", || {
            let locked = keychain.ask(IS_LOCKED);
            locked
                .is_some_and(|words| words.contains("false"))
                .then_some(())
        })
        .await;
        keychain
    }

    /// The address of its bus.
    pub(super) fn address(&self) -> &str {
        self.bus.address()
    }

    /// How many secrets it keeps for this service.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn secrets_of(&self, service: &str) -> usize {
        let found = self.ask(&[
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.SearchItems",
            &format!("dict:string:string:service,{service}"),
        ]);
        let Some(found) = found else {
            panic!("the keychain does not answer");
        };
        found.matches("object path").count()
    }

    fn ask(&self, question: &[&str]) -> Option<String> {
        let asked = Command::new("dbus-send")
            .arg(format!("--bus={}", self.bus.address()))
            .args(["--print-reply", "--dest=org.freedesktop.secrets"])
            .args(question)
            .stdin(Stdio::null())
            .output()
            .ok()
            .filter(|answer| answer.status.success())?;
        Some(String::from_utf8_lossy(&asked.stdout).into_owned())
    }
}
