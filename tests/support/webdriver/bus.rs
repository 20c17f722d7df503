//! A session bus of its own.

use super::background::Background;
use super::driver::BUS;
use std::io::{self, BufRead, BufReader};
use std::process::{Command, Stdio};

/// A running bus; dropping it ends it.
#[derive(Debug)]
pub(super) struct Bus {
    _daemon: Background,
    address: String,
}

impl Bus {
    /// Starts one, and waits until it takes connections.
    pub(super) fn start() -> io::Result<Self> {
        let mut daemon = Command::new("dbus-daemon")
            .args([BUS, "--nofork", "--nopidfile", "--print-address=1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        // It writes its address once it takes connections.
        let mut address = String::new();
        if let Some(output) = daemon.stdout.take() {
            BufReader::new(output).read_line(&mut address)?;
        }
        Ok(Self {
            _daemon: Background(daemon),
            address: address.trim().to_owned(),
        })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }
}
