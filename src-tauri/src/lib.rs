//! The shell around `tacet-core`: the window, the commands that the page may call, and the life
//! of the process. The only Rust that names tauri.

pub mod app;
mod arguments;
mod caret;
mod clients;
pub mod commands;
mod downloads;
mod error;
pub mod failure;
mod folder_dialog;
mod lifecycle;
mod model_options;
mod navigation;
pub mod ownership;
mod page_process;
pub mod painting;
mod providers;
pub mod replies;
mod sink;
mod tool_eras;
mod tool_settings;
mod tools;
pub mod view;
mod window_place;

use arguments::{Arguments, Command, HELP};
use lifecycle::Beginning;
use std::io::Write;
use std::process::ExitCode;
use tacet_store::Store;

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
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("tacet: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let arguments = Arguments::parse(std::env::args_os().skip(1))
        .map_err(|error| format!("{error}. `tacet --help` lists what is understood."))?;
    match arguments.command {
        Command::Open => lifecycle::open_window(Beginning {
            folder: arguments.data_dir()?,
            read_only: arguments.read_only,
        }),
        Command::Export => {
            let mut store =
                Store::open_read_only(&arguments.data_dir()?).map_err(|error| error.to_string())?;
            let mut out = std::io::BufWriter::new(std::io::stdout().lock());
            store.export(&mut out).map_err(|error| error.to_string())?;
            print(&mut out, "\n")
        }
        Command::Version => print(
            &mut std::io::stdout(),
            concat!("tacet ", env!("CARGO_PKG_VERSION"), "\n"),
        ),
        Command::Help => print(&mut std::io::stdout(), HELP),
    }
}

fn print(out: &mut impl Write, text: &str) -> Result<(), String> {
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| format!("the output could not be written: {error}"))
}
