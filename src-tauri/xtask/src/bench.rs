//! The measurements, taken from a release build on a screen of its own.

use std::ffi::OsString;

use crate::app;
use crate::failure::Failure;
use crate::project::Project;
use crate::screen::Screen;
use crate::step;
use crate::system::TO_TEST;
use crate::target::{FEATURES, Target};

/// `cargo xtask bench`: `rest` goes to the program of the measurements.
pub fn run(project: &Project, rest: &[OsString]) -> Result<(), Failure> {
    app::set_up(project, TO_TEST)?;
    let target = Target::take(project)?;
    let executable = app::build(project, &target, true)?;
    step::headline("Measurements");
    let screen = Screen::start(project)?;
    let mut cargo = target.cargo("bench");
    cargo
        .args(["--package", "tacet", "--bench", "tacet"])
        .args(FEATURES)
        .arg("--")
        .args(rest)
        .env("TACET_BIN", executable);
    step::run(screen.apply(&mut cargo))
}
