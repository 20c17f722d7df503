//! The build directory that the clones share, so that a second clone compiles only Tacet itself.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::project::{Project, profile};
use crate::step;

/// The feature of every build and test.
pub const FEATURES: [&str; 2] = ["--features", "tacet/custom-protocol"];
/// What every check, build and test in debug mode selects, so that nothing is compiled twice: with
/// fewer packages the dependencies would have fewer features.
pub const SELECTION: [&str; 3] = ["--workspace", FEATURES[0], FEATURES[1]];

/// The build directory, held by this clone for as long as this value lives.
#[derive(Debug)]
pub struct Target<'a> {
    project: &'a Project,
    directory: PathBuf,
    _hold: Option<File>,
}

impl<'a> Target<'a> {
    /// Takes `CARGO_TARGET_DIR` if it is set; else waits until no other clone uses the shared
    /// directory, and takes that.
    pub fn take(project: &'a Project) -> Result<Self, Failure> {
        if let Some(own) = env::var_os("CARGO_TARGET_DIR").filter(|own| !own.is_empty()) {
            return Ok(Self {
                directory: project.root().join(own),
                project,
                _hold: None,
            });
        }
        let directory = project.shared_target();
        fs::create_dir_all(&directory).map_err(Failure::at(&directory))?;
        let hold = hold(&directory.join("tacet.lock"))?;
        let target = Self {
            project,
            directory,
            _hold: Some(hold),
        };
        target.make_own()?;
        Ok(target)
    }

    /// A cargo subcommand in the clone that builds in this directory.
    pub fn cargo(&self, subcommand: &str) -> Command {
        let mut cargo = step::command("cargo", self.project.root());
        cargo
            .arg(subcommand)
            .env("CARGO_TARGET_DIR", &self.directory);
        cargo
    }

    /// The directory's path, absolute.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Copies the executable that was just built to the clone's own `target`, and gives the path
    /// of the copy: the next clone's build replaces the one in the shared directory.
    pub fn copy_executable(&self, release: bool) -> Result<PathBuf, Failure> {
        let own = self.project.executable(release);
        let file = own.file_name().unwrap_or(OsStr::new("tacet"));
        copy_whole(&self.directory.join(profile(release)).join(file), &own)?;
        Ok(own)
    }

    /// Cargo knows workspace members by their path inside the workspace and sees changes by time
    /// stamps, so it would take another clone's newer build of an older source for fresh. What
    /// the members left is therefore removed when the clone changes; the dependencies stay.
    fn make_own(&self) -> Result<(), Failure> {
        let record = self.directory.join("tacet-clone");
        let own = self.project.root().as_os_str().as_encoded_bytes();
        if fs::read(&record).is_ok_and(|last| last == own) {
            return Ok(());
        }
        for release in [false, true] {
            if !self.directory.join(profile(release)).is_dir() {
                continue;
            }
            let mut clean = self.cargo("clean");
            clean.args(["--workspace", "--quiet"]);
            if release {
                clean.arg("--release");
            }
            step::run(&mut clean)?;
        }
        fs::write(&record, own).map_err(Failure::at(&record))
    }
}

fn hold(path: &Path) -> Result<File, Failure> {
    let file = File::create(path).map_err(Failure::at(path))?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => {
            println!("Another `cargo xtask` is at work in the shared build directory; waiting.");
        }
        Err(TryLockError::Error(error)) => return Err(Failure::at(path)(error)),
    }
    file.lock().map_err(Failure::at(path))?;
    Ok(file)
}

/// Copies a file so that `to` is at every moment the old one or the new one, also while the old
/// one is running.
pub fn copy_whole(from: &Path, to: &Path) -> Result<(), Failure> {
    if let Some(directory) = to.parent() {
        fs::create_dir_all(directory).map_err(Failure::at(directory))?;
    }
    let part = to.with_extension(format!("part-{}", std::process::id()));
    fs::copy(from, &part).map_err(Failure::at(from))?;
    fs::rename(&part, to).map_err(Failure::at(to))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_copy_replaces_the_old_file_and_leaves_nothing_else_behind() {
        let directory = tempfile::tempdir().unwrap();
        let from = directory.path().join("from");
        let place = directory.path().join("a place/with spaces");
        let to = place.join("tacet");
        for content in ["old", "new"] {
            fs::write(&from, content).unwrap();
            copy_whole(&from, &to).unwrap();
            assert_eq!(fs::read_to_string(&to).unwrap(), content);
        }
        assert_eq!(fs::read_dir(&place).unwrap().count(), 1);
    }

    #[test]
    fn a_held_lock_is_seen_from_a_second_handle_and_is_free_after_the_first_is_dropped() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tacet.lock");
        let first = hold(&path).unwrap();
        let second = File::create(&path).unwrap();
        assert!(matches!(second.try_lock(), Err(TryLockError::WouldBlock)));
        drop(first);
        second.try_lock().unwrap();
    }
}
