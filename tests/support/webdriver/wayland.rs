//! A Wayland compositor in a window on the X screen of a test.

use super::background::Background;
use super::display::Display;
use crate::patience::until;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const SOCKET: &str = "wayland-test";

/// A running `weston`; dropping it ends it.
#[derive(Debug)]
pub(super) struct Compositor {
    _server: Background,
    /// Its `XDG_RUNTIME_DIR`, with its socket.
    folder: TempDir,
}

impl Compositor {
    /// Starts one with an output of that many pixels, and waits until it takes connections.
    pub(super) async fn start(display: &Display, (width, height): (u32, u32)) -> Self {
        // Only its owner may read it: what the protocol wants.
        let folder = match TempDir::with_prefix("tacet-wayland-") {
            Ok(folder) => folder,
            Err(error) => panic!("no folder for the compositor's socket: {error}"),
        };
        let started = Command::new("weston")
            .args(["--backend=x11-backend.so", "--use-pixman"])
            .arg(format!("--width={width}"))
            .arg(format!("--height={height}"))
            .args(["--no-config", "--socket", SOCKET])
            .env("DISPLAY", display.name())
            .env("XDG_RUNTIME_DIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let server = match started {
            Ok(server) => server,
            Err(error) => panic!("weston does not start ({error}); apt-get install weston"),
        };
        let socket = folder.path().join(SOCKET);
        let compositor = Self {
            _server: Background(server),
            folder,
        };
        until("weston's socket", || socket.exists().then_some(())).await;
        compositor
    }

    /// What a program needs in its environment to show its window here.
    pub(super) fn environment(&self) -> [(String, String); 3] {
        [
            ("GDK_BACKEND", "wayland".into()),
            ("WAYLAND_DISPLAY", SOCKET.into()),
            ("XDG_RUNTIME_DIR", self.folder.path().to_string_lossy()),
        ]
        .map(|(name, value)| (name.to_owned(), value.into_owned()))
    }
}
