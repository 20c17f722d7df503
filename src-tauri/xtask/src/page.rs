//! The page in `ui`: its npm packages and its build, each repeated only when its input changed.

use std::fs;
use std::process::Command;

use crate::digest;
use crate::failure::Failure;
use crate::project::Project;
use crate::step::{self, NPM};

/// Directories in `ui` that its build does not read.
const NOT_SOURCES: &[&str] = &["node_modules", "dist", "screenshots"];

/// An npm command in `ui`.
pub fn npm(project: &Project) -> Command {
    let mut npm = step::command(NPM, &project.ui());
    // Settings and notices of npm itself have no place among the steps.
    npm.env("npm_config_fund", "false")
        .env("npm_config_audit", "false")
        .env("npm_config_update_notifier", "false");
    npm
}

/// Installs the npm packages unless package-lock.json is as it was at the last installation.
pub fn install(project: &Project) -> Result<(), Failure> {
    let stamp = project.ui().join("node_modules/.tacet-install");
    let lock = digest::of_file(&project.ui().join("package-lock.json"))?;
    if fs::read_to_string(&stamp).is_ok_and(|last| last == lock) {
        return Ok(());
    }
    step::headline("npm packages for the page");
    // This empties node_modules first, and the stamp with it.
    step::run(npm(project).arg("ci"))?;
    fs::write(&stamp, lock).map_err(Failure::at(&stamp))
}

/// Builds `ui/dist` unless neither the sources nor the result changed since the last build here.
pub fn build(project: &Project) -> Result<(), Failure> {
    let stamp = project.ui().join("node_modules/.tacet-build");
    if fs::read_to_string(&stamp).is_ok_and(|last| state(project).is_ok_and(|now| now == last)) {
        println!("The page is built already, and nothing in ui has changed since.");
        return Ok(());
    }
    step::run(npm(project).args(["run", "build"]))?;
    fs::write(&stamp, state(project)?).map_err(Failure::at(&stamp))
}

/// Digests of the sources and of the built page: the latter because it may have been built by
/// hand from other sources.
fn state(project: &Project) -> Result<String, Failure> {
    let sources = digest::of_tree(&project.ui(), NOT_SOURCES)?;
    let built = digest::of_tree(&project.ui().join("dist"), &[])?;
    Ok(format!("{sources} {built}"))
}
