//! A screen and a session bus of their own for programs that must run without the desktop.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::failure::Failure;
use crate::project::Project;
use crate::step;

/// An X server without a monitor and a D-Bus session; both end with this value.
#[derive(Debug)]
pub struct Screen {
    display: Background,
    bus: Background,
}

impl Screen {
    /// Starts both and waits until they say where they can be reached. Linux only.
    pub fn start(project: &Project) -> Result<Self, Failure> {
        if !cfg!(target_os = "linux") {
            return Err(Failure::new(
                "The tests that drive the window need Xvfb and WebKitWebDriver, which only Linux \
                 has. The other steps run here one by one: `cargo xtask test --only STEP`.",
            ));
        }
        // The server itself picks a free display number, so that two runs never share one.
        let display = Background::start(
            project,
            "Xvfb",
            &[
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1600x1000x24",
                "-nolisten",
                "tcp",
            ],
        )?;
        let configuration = project.root().join("src-tauri/xtask/bus.conf");
        let bus = Background::start(
            project,
            "dbus-daemon",
            &[
                &format!("--config-file={}", configuration.display()),
                "--nofork",
                "--nopidfile",
                "--print-address=1",
            ],
        )?;
        Ok(Self { display, bus })
    }

    /// Lets `command` run on this screen and this bus.
    pub fn apply<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command
            .env("DISPLAY", format!(":{}", self.display.line))
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus.line)
            .env("GDK_BACKEND", "x11")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("XAUTHORITY")
    }
}

/// A program that announces itself by one line and then runs until it is dropped.
#[derive(Debug)]
struct Background {
    child: Child,
    line: String,
}

impl Background {
    fn start(project: &Project, program: &str, arguments: &[&str]) -> Result<Self, Failure> {
        // The kernel ends it when xtask goes, in whatever way xtask goes.
        let mut child = step::command("setpriv", project.root())
            .args(["--pdeathsig", "TERM", program])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| Failure::new(format!("{program} could not be started: {error}.")))?;
        let mut line = String::new();
        let read = child
            .stdout
            .take()
            .map(|stdout| BufReader::new(stdout).read_line(&mut line));
        let background = Self {
            child,
            line: line.trim().to_owned(),
        };
        match read {
            Some(Ok(_)) if !background.line.is_empty() => Ok(background),
            Some(Ok(_) | Err(_)) | None => Err(Failure::new(format!(
                "{program} ended before it was ready. To see why, run: {program} {}",
                arguments.join(" ")
            ))),
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Either fails only when it has ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use std::path::Path;

    #[test]
    fn a_program_in_the_background_is_gone_after_the_drop() {
        let directory = tempfile::tempdir().unwrap();
        let project = Project::at(directory.path());
        let background =
            Background::start(&project, "sh", &["-c", "echo here; exec sleep 600"]).unwrap();
        assert_eq!(background.line, "here");
        let entry = format!("/proc/{}", background.child.id());
        assert!(Path::new(&entry).exists());
        drop(background);
        assert!(!Path::new(&entry).exists());
    }

    #[test]
    fn a_program_that_ends_without_a_word_is_a_failure_that_names_it() {
        let directory = tempfile::tempdir().unwrap();
        let project = Project::at(directory.path());
        let failure = Background::start(&project, "sh", &["-c", "exit 3"]).unwrap_err();
        assert!(failure.to_string().contains("sh -c exit 3"));
    }
}
