//! A session bus of its own.

use super::background::Background;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// A bus that starts no services: what is installed here must not decide what a test sees, and a
/// keychain that wants to be unlocked would hold the first request up.
const CONFIGURATION: &str = include_str!("../../../src-tauri/xtask/bus.conf");

/// The option that has a bus read its configuration: a file without a name, which lasts as long as this
/// process, wherever its executable is and whatever has become of the folder that it was built in.
pub(super) fn configuration() -> io::Result<String> {
    static FILE: OnceLock<File> = OnceLock::new();
    let file = match FILE.get() {
        Some(file) => file,
        None => {
            let mut file = tempfile::tempfile()?;
            file.write_all(CONFIGURATION.as_bytes())?;
            FILE.get_or_init(|| file)
        }
    };
    let (process, file) = (std::process::id(), file.as_raw_fd());
    Ok(format!("--config-file=/proc/{process}/fd/{file}"))
}

/// A running bus; dropping it ends it.
#[derive(Debug)]
pub(super) struct Bus {
    _daemon: Background,
    address: String,
}

impl Bus {
    /// Starts one, and waits until it takes connections.
    pub(super) fn start() -> io::Result<Self> {
        let daemon = Command::new("dbus-daemon")
            .args([
                &configuration()?,
                "--nofork",
                "--nopidfile",
                "--print-address=1",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let mut daemon = Background(daemon);
        // It writes its address once it takes connections.
        let mut address = String::new();
        if let Some(output) = daemon.0.stdout.take() {
            BufReader::new(output).read_line(&mut address)?;
        }
        if address.is_empty() {
            return Err(io::Error::other("dbus-daemon ended before it was ready"));
        }
        Ok(Self {
            _daemon: daemon,
            address: address.trim().to_owned(),
        })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }
}
