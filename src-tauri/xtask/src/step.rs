//! Starting other programs: shown before, streamed through, and named when they fail.

use std::env;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// npm's name on this system: on Windows it is a script, which only its full name starts.
pub const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// A command that starts in `directory`, without what `cargo run` has told xtask about itself:
/// build scripts of the cargo below would take those variables for a change and build anew.
pub fn command(program: impl AsRef<OsStr>, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory);
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&*name);
        }
    }
    command
}

/// Prints a headline for what comes next.
pub fn headline(text: &str) {
    println!("\n── {text} ──");
}

/// Shows the command, runs it with its output passed through, and fails when it does.
pub fn run(command: &mut Command) -> Result<(), Failure> {
    let shown = show(command);
    println!("$ {shown}");
    let status = command
        .status()
        .map_err(|error| Failure::new(format!("`{shown}` could not be started: {error}.")))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("`{shown}` ended with {status}.")))
    }
}

/// The standard output of a command that is expected to succeed, or `None` when it cannot be
/// started or fails; its errors are not shown.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether `program` is found in one of the directories of PATH.
pub fn is_on_path(program: &str) -> bool {
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|place| place.join(&file).is_file()))
}

/// The command as a person would type it.
pub fn show(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| quoted(&word.to_string_lossy()))
        .collect::<Vec<_>>()
        .join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:@,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_path_with_a_space_and_a_quote_can_be_pasted_into_a_shell() {
        let mut command = Command::new("/opt/my tools/cargo");
        command.args(["build", "--features=a/b", "it's", ""]);
        assert_eq!(
            show(&command),
            r"'/opt/my tools/cargo' build --features=a/b 'it'\''s' ''"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_failing_command_is_named_with_its_status() {
        let directory = tempfile::tempdir().unwrap();
        let mut shell = command("sh", directory.path());
        let failure = run(shell.args(["-c", "exit 3"])).unwrap_err().to_string();
        assert!(failure.contains("`sh -c 'exit 3'`"), "{failure}");
        assert!(failure.contains("status: 3"), "{failure}");
    }

    #[test]
    fn a_program_that_is_not_there_is_not_on_the_path() {
        assert!(is_on_path("cargo"));
        assert!(!is_on_path("tacet-has-no-such-program"));
    }
}
