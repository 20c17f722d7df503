//! The shell around `tacet-core`: the windows, the commands that the page may call, and the life
//! of the process. The only Rust that names tauri.

pub mod app;
mod arguments;
mod caret;
mod changes;
mod clients;
pub mod commands;
mod downloads;
pub mod drafts;
mod error;
pub mod failure;
mod folder_dialog;
mod lifecycle;
mod model_options;
mod mutex;
mod navigation;
mod opening;
pub mod ownership;
mod page_process;
pub mod painting;
mod providers;
pub mod replies;
mod search_command;
mod sink;
mod tool_eras;
mod tool_settings;
mod tools;
mod transfer_commands;
mod tray;
pub mod view;
mod window_place;
mod windows;

use arguments::{Arguments, Command, HELP};
use lifecycle::Beginning;
use std::io::Write;
use std::process::ExitCode;

/// Does what the command line asks for.
pub fn start() -> ExitCode {
    let first = std::env::args_os().nth(1).unwrap_or_default();
    if first == tacet_local::WORKER_ARGUMENT {
        return tacet_local::worker_main();
    }
    #[cfg(target_os = "linux")]
    if first == tacet_tool::process::SUPERVISOR_ARGUMENT {
        return tacet_tool::process::supervisor_main();
    }
    let arguments = match Arguments::parse(std::env::args_os().skip(1)) {
        Ok(arguments) => arguments,
        Err(error) => {
            return failed(
                MISUSED,
                &format!("{error}. `tacet --help` lists what is understood."),
            );
        }
    };
    // That of a search which found nothing is 1.
    let status = match arguments.command {
        Command::Search { .. } => SEARCH_FAILED,
        Command::Open
        | Command::Export { .. }
        | Command::Import { .. }
        | Command::Backup { .. }
        | Command::Move { .. }
        | Command::Version
        | Command::Help => FAILED,
    };
    run(arguments).unwrap_or_else(|message| failed(status, &message))
}

/// The exit status where a command failed,
const FAILED: u8 = 1;
/// a search,
const SEARCH_FAILED: u8 = 2;
/// or where the command line is not understood.
const MISUSED: u8 = 2;

fn failed(status: u8, message: &str) -> ExitCode {
    eprintln!("tacet: {message}");
    ExitCode::from(status)
}

fn run(arguments: Arguments) -> Result<ExitCode, String> {
    let done = match arguments.command {
        Command::Search { ref words, json } => {
            let found = search_command::run(&arguments.existing_home()?, words, json)?;
            return Ok(ExitCode::from(u8::from(!found)));
        }
        Command::Open => lifecycle::open_window(Beginning {
            read_only: arguments.read_only,
            restore: arguments.restore.clone(),
            ..Beginning::of(arguments.data_dir()?)
        }),
        Command::Export {
            format,
            conversation,
        } => transfer_commands::run_export(&arguments.existing_home()?, format, conversation),
        Command::Import { ref files } => transfer_commands::run_import(&arguments.home()?, files),
        Command::Backup { ref file } => {
            transfer_commands::run_backup(&arguments.existing_home()?, file)
        }
        Command::Move { ref to } => transfer_commands::run_move(&arguments.existing_home()?, to),
        Command::Version => print(
            &mut std::io::stdout(),
            concat!("tacet ", env!("CARGO_PKG_VERSION"), "\n"),
        ),
        Command::Help => print(&mut std::io::stdout(), HELP),
    };
    done.map(|()| ExitCode::SUCCESS)
}

fn print(out: &mut impl Write, text: &str) -> Result<(), String> {
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| format!("the output could not be written: {error}"))
}
