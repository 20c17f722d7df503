//! A screen that nobody sees, one for each application, so that focus and pointer are its own.

use super::background::Background;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// A running `Xvfb`; dropping it ends it.
#[derive(Debug)]
pub struct Display {
    _server: Background,
    name: String,
}

impl Display {
    /// Starts a screen of that many pixels on the first free display number.
    ///
    /// # Panics
    /// When `Xvfb` is not installed or does not start.
    pub fn start(width: u32, height: u32) -> Self {
        let started = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0"])
            .arg(format!("{width}x{height}x24"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut server = match started {
            Ok(server) => server,
            Err(error) => panic!("Xvfb does not start ({error}); apt-get install xvfb"),
        };
        // It writes its number once it takes connections.
        let mut number = String::new();
        if let Some(output) = server.stdout.take() {
            let _ = BufReader::new(output).read_line(&mut number);
        }
        let number = number.trim();
        assert!(!number.is_empty(), "Xvfb ended without a display number");
        Self {
            name: format!(":{number}"),
            _server: Background(server),
        }
    }

    /// The value for `DISPLAY`.
    pub fn name(&self) -> &str {
        &self.name
    }
}
