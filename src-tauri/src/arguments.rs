//! The command line.

use lexopt::{Error, Parser};
use std::ffi::OsString;
use std::path::PathBuf;
use tacet_conversation::ConversationId;
use tacet_store::relocation;

/// What `tacet --help` prints.
pub const HELP: &str = "\
Tacet: a chat client for language models whose Stop really stops.

Usage:
  tacet [--data-dir DIR]          open the window
  tacet [--data-dir DIR] export [--format json|jsonl|markdown] [--conversation ID]
                                  write all conversations, or one, to standard output;
                                  Markdown is of one
  tacet [--data-dir DIR] import FILE...
                                  take in conversations, also while the window is open
  tacet [--data-dir DIR] backup FILE
                                  copy the database to FILE, also while the window is open
  tacet [--data-dir DIR] move FOLDER
                                  move the data folder to FOLDER, a new or an empty one, while no
                                  window is open; from then on it is found there
  tacet [--data-dir DIR] search [--json] WORDS
                                  find messages and titles, also while the window is open

Search: a message has all of the WORDS; the last one may go on.
  '\"exact words\"'   stand together            -word   is not in it
  model:NAME        of that model             stopped:   was stopped (also stopped:no)
  after:DATE, before:DATE                     a year, month or day, in UTC

The exit status is 0 when it was done, 1 when it could not be, and 2 when the command line is not
understood; of search 0 when something was found, 1 when nothing was, 2 when it could not search.

Import: what export wrote as JSON or JSON lines, byte for byte the same when it is exported again;
the archives of ChatGPT and Claude (ZIP or conversations.json), and the exports of Open WebUI,
LibreChat, Jan and llama-server. What is here already is brought up to date, and nothing is doubled.

Options:
  --read-only      show the conversations and change nothing, where DIR cannot be written
  --restore NAME   put the copy NAME in DIR in the place of the database, which is kept, and
                   open the window
  --data-dir DIR   keep everything in DIR (also: TACET_DATA_DIR)
  -V, --version    print the version
  -h, --help       print this text
";

/// As what conversations are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportFormat {
    /// One JSON document with everything.
    #[default]
    Json,
    /// The same as a line for each conversation and each message.
    JsonLines,
    /// One conversation for people.
    Markdown,
}

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// The window.
    Open,
    /// Conversations on standard output.
    Export {
        /// As what.
        format: ExportFormat,
        /// The one that is wanted, where not all are.
        conversation: Option<ConversationId>,
    },
    /// Conversations from these files.
    Import {
        /// At least one.
        files: Vec<PathBuf>,
    },
    /// A copy of the database in a new file.
    Backup {
        /// The file.
        file: PathBuf,
    },
    /// The data folder to another place.
    Move {
        /// The new folder.
        to: PathBuf,
    },
    /// Messages and titles.
    Search {
        /// What to look for, as it would be typed in the window.
        words: String,
        /// Whether what is found is written as JSON.
        json: bool,
    },
    /// The version.
    Version,
    /// The help text.
    Help,
}

/// The command line, understood.
#[derive(Debug, PartialEq, Eq)]
pub struct Arguments {
    /// What was asked for.
    pub command: Command,
    /// The data folder, where one was named.
    pub data_dir: Option<PathBuf>,
    /// Whether the window shows the conversations and changes nothing.
    pub read_only: bool,
    /// The copy in the data folder that is put in the place of the database first.
    pub restore: Option<String>,
}

impl Arguments {
    /// Reads the command line without the program's name.
    ///
    /// # Errors
    /// Says which argument is not understood.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        Self::read(arguments).map_err(|error| error.to_string())
    }

    fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, Error> {
        use lexopt::prelude::*;
        let mut parser = Parser::from_args(arguments);
        let mut command = Command::Open;
        let mut data_dir = None;
        let mut read_only = false;
        let mut restore = None;
        let (mut format, mut conversation) = (None, None);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("data-dir") => data_dir = Some(PathBuf::from(parser.value()?)),
                Long("read-only") => read_only = true,
                Long("restore") => restore = Some(value(&mut parser)?),
                Long("format") => format = Some(export_format(&value(&mut parser)?)?),
                Long("conversation") => {
                    let id = value(&mut parser)?;
                    let known = id
                        .parse()
                        .map_err(|_| format!("'{id}' is not the id of a conversation"));
                    conversation = Some(known?);
                }
                Short('V') | Long("version") => command = Command::Version,
                Short('h') | Long("help") => command = Command::Help,
                Value(value) if command == Command::Open && value == "search" => {
                    command = search(parser.raw_args()?, &mut data_dir)?;
                }
                Value(value) => command = with_value(command, value)?,
                Short(_) | Long(_) => return Err(argument.unexpected()),
            }
        }
        match &mut command {
            Command::Export {
                format: as_what,
                conversation: which,
            } => {
                *as_what = format.unwrap_or_default();
                *which = conversation;
            }
            Command::Import { files } if files.is_empty() => {
                return Err("import needs a file".into());
            }
            Command::Backup { file } if file.as_os_str().is_empty() => {
                return Err("backup needs a file to write".into());
            }
            Command::Move { to } if to.as_os_str().is_empty() => {
                return Err("move needs the new folder".into());
            }
            Command::Open
            | Command::Import { .. }
            | Command::Backup { .. }
            | Command::Move { .. }
            | Command::Search { .. }
            | Command::Version
            | Command::Help => {
                if format.is_some() || conversation.is_some() {
                    return Err("--format and --conversation are for export".into());
                }
            }
        }
        Ok(Self {
            command,
            data_dir,
            read_only,
            restore,
        })
    }

    /// The data folder, where it is now.
    ///
    /// # Errors
    /// As [`Arguments::data_dir`], and when it was moved and cannot be found.
    pub fn home(&self) -> Result<PathBuf, String> {
        relocation::home(&self.data_dir()?).map_err(|error| error.to_string())
    }

    /// As [`Arguments::home`], for what reads or moves what is in the folder: a mistyped one is not
    /// taken for one without conversations.
    ///
    /// # Errors
    /// As [`Arguments::home`], and when there is no such folder.
    pub fn existing_home(&self) -> Result<PathBuf, String> {
        let home = self.home()?;
        if home.is_dir() {
            return Ok(home);
        }
        Err(format!(
            "There is no data folder {}. Name the one that has your conversations with --data-dir, or \
             open the window once.",
            home.display()
        ))
    }

    /// The data folder: named on the command line, else by `TACET_DATA_DIR`, else the user's. It may
    /// have been moved since.
    ///
    /// # Errors
    /// When the system names no folder for the user's data.
    pub fn data_dir(&self) -> Result<PathBuf, String> {
        let named = self
            .data_dir
            .clone()
            .or_else(|| std::env::var_os("TACET_DATA_DIR").map(PathBuf::from))
            .filter(|dir| !dir.as_os_str().is_empty());
        match named {
            Some(dir) => std::path::absolute(&dir)
                .map_err(|error| format!("{} cannot be used: {error}", dir.display())),
            None => dirs::data_dir()
                .map(|dir| dir.join("tacet"))
                .ok_or_else(|| {
                    "No folder for the user's data is known. Name one with --data-dir.".to_owned()
                }),
        }
    }
}

/// The command with one more word of the command line.
fn with_value(command: Command, value: OsString) -> Result<Command, Error> {
    match command {
        Command::Open if value == "export" => Ok(Command::Export {
            format: ExportFormat::default(),
            conversation: None,
        }),
        Command::Open if value == "import" => Ok(Command::Import { files: Vec::new() }),
        Command::Open if value == "backup" => Ok(Command::Backup {
            file: PathBuf::new(),
        }),
        Command::Open if value == "move" => Ok(Command::Move { to: PathBuf::new() }),
        Command::Move { to } if to.as_os_str().is_empty() => Ok(Command::Move {
            to: PathBuf::from(value),
        }),
        Command::Import { mut files } => {
            files.push(PathBuf::from(value));
            Ok(Command::Import { files })
        }
        Command::Backup { file } if file.as_os_str().is_empty() => Ok(Command::Backup {
            file: PathBuf::from(value),
        }),
        Command::Open
        | Command::Export { .. }
        | Command::Backup { .. }
        | Command::Move { .. }
        | Command::Search { .. }
        | Command::Version
        | Command::Help => Err(Error::UnexpectedArgument(value)),
    }
}

fn value(parser: &mut Parser) -> Result<String, Error> {
    Ok(parser.value()?.to_string_lossy().into_owned())
}

fn export_format(name: &str) -> Result<ExportFormat, Error> {
    match name {
        "json" => Ok(ExportFormat::Json),
        "jsonl" => Ok(ExportFormat::JsonLines),
        "markdown" => Ok(ExportFormat::Markdown),
        _ => Err(format!("'{name}' is no format: json, jsonl or markdown").into()),
    }
}

/// What follows `search`: all that is no option of it is asked for, `-without` too. After `--`
/// nothing is an option.
fn search(
    mut arguments: impl Iterator<Item = OsString>,
    data_dir: &mut Option<PathBuf>,
) -> Result<Command, Error> {
    let mut words: Vec<String> = Vec::new();
    let (mut json, mut help, mut only_words) = (false, false, false);
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy().into_owned();
        match text.as_str() {
            _ if only_words => words.push(text),
            "--" => only_words = true,
            "--json" => json = true,
            "-h" | "--help" => help = true,
            "--data-dir" => match arguments.next() {
                Some(folder) => *data_dir = Some(PathBuf::from(folder)),
                None => {
                    let option = Some(text);
                    return Err(Error::MissingValue { option });
                }
            },
            option if option.starts_with("--") => match option.strip_prefix("--data-dir=") {
                Some(folder) => *data_dir = Some(PathBuf::from(folder)),
                None => return Err(Error::UnexpectedOption(option.to_owned())),
            },
            _ => words.push(text),
        }
    }
    if help {
        return Ok(Command::Help);
    }
    if words.iter().all(|word| word.trim().is_empty()) {
        return Err("search needs something to look for".into());
    }
    // Nobody is typing any more: the last word is whole where it says so by a space, as in the window.
    Ok(Command::Search {
        words: words.join(" "),
        json,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(words: &[&str]) -> Result<Arguments, String> {
        Arguments::parse(words.iter().map(OsString::from))
    }

    #[test]
    fn export_takes_a_data_folder_before_or_after_it() {
        let expected = Arguments {
            command: Command::Export {
                format: ExportFormat::Json,
                conversation: None,
            },
            data_dir: Some(PathBuf::from("/tmp/a b")),
            read_only: false,
            restore: None,
        };
        assert_eq!(parse(&["export", "--data-dir", "/tmp/a b"]), Ok(expected));
        assert_eq!(
            parse(&["--data-dir=/tmp/a b", "export"]).map(|found| found.data_dir),
            Ok(Some(PathBuf::from("/tmp/a b")))
        );
    }

    #[test]
    fn export_takes_a_format_and_a_conversation_and_the_others_do_not() {
        let id = ConversationId::new();
        let found = parse(&[
            "--format=markdown",
            "export",
            "--conversation",
            &id.to_string(),
        ]);
        let expected = Command::Export {
            format: ExportFormat::Markdown,
            conversation: Some(id),
        };
        assert_eq!(found.unwrap().command, expected);
        assert!(
            parse(&["export", "--format", "pdf"])
                .unwrap_err()
                .contains("pdf")
        );
        assert!(parse(&["export", "--conversation", "1"]).is_err());
        assert!(parse(&["export", "extra"]).unwrap_err().contains("extra"));
        assert!(parse(&["import", "a", "--format", "json"]).is_err());
    }

    #[test]
    fn import_takes_files_and_backup_takes_one() {
        let files = vec![PathBuf::from("a"), PathBuf::from("-b")];
        let found = parse(&["import", "a", "--", "-b"]).unwrap();
        assert_eq!(found.command, Command::Import { files });
        let file = PathBuf::from("copy");
        assert_eq!(
            parse(&["backup", "copy"]).unwrap().command,
            Command::Backup { file }
        );
        let to = PathBuf::from("/tmp/new");
        assert_eq!(
            parse(&["move", "/tmp/new"]).unwrap().command,
            Command::Move { to }
        );
        assert!(parse(&["move"]).is_err());
        assert!(parse(&["move", "a", "b"]).is_err());
        assert!(parse(&["backup", "copy", "other"]).is_err());
        assert!(parse(&["backup"]).is_err());
        assert!(parse(&["import"]).is_err());
    }

    #[test]
    fn a_window_that_only_reads_is_asked_for() {
        let found = parse(&["--data-dir", "/tmp", "--read-only"]).unwrap();
        assert!(found.read_only);
        assert_eq!(found.command, Command::Open);
    }

    #[test]
    fn search_takes_all_that_follows_it_as_words_but_for_its_options() {
        let expected = Arguments {
            command: Command::Search {
                words: "ice -snow \"blue ice\" --json".to_owned(),
                json: true,
            },
            data_dir: Some(PathBuf::from("/tmp/a")),
            read_only: false,
            restore: None,
        };
        let typed = [
            "search",
            "ice",
            "--json",
            "-snow",
            "--data-dir",
            "/tmp/a",
            "\"blue ice\"",
            "--",
            "--json",
        ];
        assert_eq!(parse(&typed), Ok(expected));
        assert!(
            parse(&["search", "--jsn", "ice"])
                .unwrap_err()
                .contains("--jsn")
        );
        assert!(
            parse(&["search", "--json"])
                .unwrap_err()
                .contains("look for")
        );
        assert!(parse(&["search", " "]).is_err());
        let help = parse(&["search", "--help"]).unwrap();
        assert_eq!(help.command, Command::Help);
    }

    #[test]
    fn an_unknown_argument_is_named() {
        let error = parse(&["--colour"]).unwrap_err();
        assert!(error.contains("--colour"), "{error}");
    }
}
