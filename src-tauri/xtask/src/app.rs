//! The way from a fresh clone to the running app.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::failure::Failure;
use crate::project::Project;
use crate::step;
use crate::system::{self, Need, TO_BUILD};
use crate::target::{FEATURES, SELECTION, Target};
use crate::{model, page, toolchain};

/// Everything that a build needs besides Rust: system packages, with those of `more`, Node, npm
/// packages, the model.
pub fn set_up(project: &Project, more: &[Need]) -> Result<(), Failure> {
    toolchain::require_node(project.root())?;
    system::require(project.root(), &[TO_BUILD, more])?;
    page::install(project)?;
    model::provide(project)?;
    Ok(())
}

/// Builds the page and the executable, and gives the path of the clone's own copy of it.
pub fn build(project: &Project, target: &Target, release: bool) -> Result<PathBuf, Failure> {
    step::headline("The page");
    page::build(project)?;
    step::headline(
        "The app: the first build takes some minutes, llama.cpp and the window's libraries",
    );
    let mut cargo = target.cargo("build");
    if release {
        // What is installed has no feature that only the tests and this program ask for.
        cargo
            .args(["--package", "tacet", "--release"])
            .args(FEATURES);
    } else {
        // With one test, the smallest: without any, tokio and tauri would have fewer features than
        // `cargo xtask test` gives them, and each command would compile most of the tree again
        // after the other.
        cargo.args(["--bins", "--test", "local"]).args(SELECTION);
    }
    step::run(&mut cargo)?;
    target.copy_executable(release)
}

/// `cargo xtask run`: returns when the window is closed.
pub fn run(project: &Project, release: bool, rest: &[OsString]) -> Result<(), Failure> {
    set_up(project, &[])?;
    let target = Target::take(project)?;
    let executable = build(project, &target, release)?;
    // Another clone may build while this one's window is open.
    drop(target);
    if cfg!(target_os = "linux") && !has_screen(|name| env::var_os(name)) {
        return Err(Failure::new(format!(
            "Tacet is built, and there is no screen to show it on: neither DISPLAY nor \
             WAYLAND_DISPLAY is set.\nRun this in a terminal of your desktop, or connect with \
             `ssh -X`, or try it without a screen:\n  sudo apt-get install xvfb && {}",
            step::show(step::command("xvfb-run", project.root()).arg(&executable))
        )));
    }
    step::headline("Tacet");
    step::run(step::command(executable, project.root()).args(rest))
}

fn has_screen(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| variable(name).is_some_and(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn either_kind_of_display_is_a_screen_and_an_empty_name_is_none() {
        let only = |name: &'static str, value: &'static str| {
            move |asked: &str| (asked == name).then(|| OsString::from(value))
        };
        assert!(has_screen(only("DISPLAY", ":0")));
        assert!(has_screen(only("WAYLAND_DISPLAY", "wayland-0")));
        assert!(!has_screen(only("DISPLAY", "")));
        assert!(!has_screen(|_| None));
    }
}
