//! What stands on the command line after `cargo xtask`.

use std::ffi::OsString;

use lexopt::prelude::*;

use crate::checks::Check;
use crate::failure::Failure;

/// The text of `cargo xtask help`.
pub const HELP: &str = "\
cargo xtask run [--release] [-- ARGUMENTS]      set up, build and start Tacet
cargo xtask test [--only STEP] [-- ARGUMENTS]   every check and test there is, without a screen
cargo xtask package [--without-model]           the .deb, in target/package
cargo xtask bench [-- ARGUMENTS]                the measurements, in release mode
cargo xtask peers                               the providers against servers written elsewhere

Each does its own set-up and can be repeated. ARGUMENTS go to Tacet, to the test
programs of --only core, ipc, e2e or rust, or to the measurements.
What the builds share between clones is in the user's cache directory, under tacet.
Set CARGO_TARGET_DIR to build elsewhere.
";

/// One command with its options.
#[derive(Debug, PartialEq)]
pub enum Command {
    /// Print [`HELP`].
    Help,
    /// Build the app and start it with the arguments in `rest`.
    Run { release: bool, rest: Vec<OsString> },
    /// All checks, or the one named; `rest` goes to the test programs.
    Test {
        only: Option<Check>,
        rest: Vec<OsString>,
    },
    /// Build the Debian package.
    Package { with_model: bool },
    /// Run the measurements with the arguments in `rest`.
    Bench { rest: Vec<OsString> },
    /// Try the providers against servers that were written elsewhere.
    Peers,
}

/// Reads the whole command line; an unknown word is an error that names it.
pub fn parse(mut parser: lexopt::Parser) -> Result<Command, Failure> {
    let mut command = match parser.next()? {
        None | Some(Short('h') | Long("help")) => return Ok(Command::Help),
        Some(Value(word)) => match word.to_string_lossy().as_ref() {
            "help" => Command::Help,
            "run" => Command::Run {
                release: false,
                rest: Vec::new(),
            },
            "test" => Command::Test {
                only: None,
                rest: Vec::new(),
            },
            "package" => Command::Package { with_model: true },
            "bench" => Command::Bench { rest: Vec::new() },
            "peers" => Command::Peers,
            other => {
                return Err(Failure::new(format!(
                    "There is no command `{other}`. `cargo xtask help` lists what there is."
                )));
            }
        },
        Some(other) => return Err(other.unexpected().into()),
    };
    loop {
        // Looked at before each option, since lexopt would hand out what follows `--` one by one.
        if let Some(after) = after_dashes(&mut parser) {
            match &mut command {
                Command::Run { rest, .. }
                | Command::Test { rest, .. }
                | Command::Bench { rest } => *rest = after,
                Command::Help | Command::Package { .. } | Command::Peers => {
                    return Err(Failure::new("This command takes no arguments after `--`."));
                }
            }
            return Ok(command);
        }
        let Some(argument) = parser.next()? else {
            return Ok(command);
        };
        match (&mut command, argument) {
            (_, Short('h') | Long("help")) => return Ok(Command::Help),
            (Command::Run { release, .. }, Long("release")) => *release = true,
            (Command::Test { only, .. }, Long("only")) => {
                *only = Some(Check::named(&parser.value()?.to_string_lossy())?);
            }
            (Command::Package { with_model }, Long("without-model")) => *with_model = false,
            (_, other) => return Err(other.unexpected().into()),
        }
    }
}

fn after_dashes(parser: &mut lexopt::Parser) -> Option<Vec<OsString>> {
    let mut raw = parser.try_raw_args()?;
    if raw.peek()? != "--" {
        return None;
    }
    raw.next();
    Some(raw.collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn parsed(words: &[&str]) -> Result<Command, Failure> {
        parse(lexopt::Parser::from_args(words))
    }

    #[test]
    fn what_follows_the_dashes_is_passed_on_as_it_stands() {
        let command = parsed(&["run", "--release", "--", "--data-dir", "a b", "--"]).unwrap();
        assert_eq!(
            command,
            Command::Run {
                release: true,
                rest: vec!["--data-dir".into(), "a b".into(), "--".into()],
            }
        );
    }

    #[test]
    fn a_single_step_can_be_named() {
        let command = parsed(&["test", "--only=clippy"]).unwrap();
        assert_eq!(
            command,
            Command::Test {
                only: Some(Check::Clippy),
                rest: Vec::new(),
            }
        );
    }

    #[test]
    fn an_option_of_another_command_is_refused() {
        assert!(parsed(&["test", "--release"]).is_err());
        assert!(parsed(&["run", "--only", "fmt"]).is_err());
        assert!(parsed(&["package", "--", "x"]).is_err());
    }

    #[test]
    fn an_unknown_step_is_answered_with_the_list() {
        let failure = parsed(&["test", "--only", "lint"]).unwrap_err().to_string();
        assert!(
            failure.contains("clippy") && failure.contains("e2e"),
            "{failure}"
        );
    }

    #[test]
    fn nothing_at_all_asks_for_help() {
        assert_eq!(parsed(&[]).unwrap(), Command::Help);
        assert_eq!(parsed(&["run", "--help"]).unwrap(), Command::Help);
    }
}
