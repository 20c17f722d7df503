//! The compilers that have to be there before: Rust's parts, Node and npm.
//!
//! rustc itself needs no look: cargo refuses to compile xtask with one that is older than
//! `rust-version` in Cargo.toml, and says so.

use std::path::Path;

use crate::failure::Failure;
use crate::step::{self, NPM};

/// The oldest Node that the page's build tools run on.
const OLDEST_NODE: Version = Version(20, 19, 0);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32, u32);

impl Version {
    /// Finds the version in what a program prints about itself, as in `v20.20.2` or
    /// `rustc 1.95.0 (59807616e 2026-04-14)`.
    fn find(text: &str) -> Option<Self> {
        text.split_whitespace().find_map(|word| {
            let mut numbers = word
                .strip_prefix('v')
                .unwrap_or(word)
                .split(['.', '-', '+']);
            let mut next = || numbers.next()?.parse().ok();
            Some(Self(next()?, next()?, next()?))
        })
    }
}

/// Fails with the command that helps unless Node is new enough and npm is there.
pub fn require_node(root: &Path) -> Result<(), Failure> {
    let Version(major, minor, _) = OLDEST_NODE;
    let found = step::output(step::command("node", root).arg("--version"));
    let trouble = match found.as_deref().map(|text| (text, Version::find(text))) {
        Some((_, Some(version))) if version >= OLDEST_NODE => {
            if step::output(step::command(NPM, root).arg("--version")).is_some() {
                return Ok(());
            }
            "npm is missing".to_owned()
        }
        Some((text, Some(_) | None)) => format!("Node {} is too old", text.trim()),
        None => "Node is missing".to_owned(),
    };
    Err(Failure::new(format!(
        "{trouble}: Tacet's page is built with Node {major}.{minor} or newer and its npm. \
         Install it with:\n  {}\nor as https://nodejs.org/en/download describes.",
        node_command()
    )))
}

fn node_command() -> &'static str {
    if cfg!(target_os = "macos") {
        "brew install node"
    } else if cfg!(windows) {
        "winget install OpenJS.NodeJS.LTS"
    } else {
        "curl -fsSL https://deb.nodesource.com/setup_22.x | sudo -E bash - \
         && sudo apt-get install -y nodejs"
    }
}

/// Fails with the command that helps unless rustfmt and clippy are installed.
pub fn require_lints(root: &Path) -> Result<(), Failure> {
    for (subcommand, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        let mut cargo = step::command("cargo", root);
        if step::output(cargo.args([subcommand, "--version"])).is_none() {
            return Err(Failure::new(format!(
                "{component} is missing; the checks use it. Install it with:\n  \
                 rustup component add {component}"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_version_is_found_in_what_programs_print() {
        assert_eq!(Version::find("v20.20.2\n"), Some(Version(20, 20, 2)));
        assert_eq!(
            Version::find("rustc 1.95.0-nightly (59807616e 2026-04-14)"),
            Some(Version(1, 95, 0))
        );
        assert_eq!(Version::find("command not found"), None);
    }

    #[test]
    fn versions_compare_as_numbers_and_not_as_text() {
        assert!(Version(20, 9, 0) < OLDEST_NODE);
        assert!(Version(9, 99, 0) < OLDEST_NODE);
        assert!(Version(20, 19, 0) >= OLDEST_NODE);
        assert!(Version(22, 0, 0) >= OLDEST_NODE);
    }
}
