//! The developers' commands, so that a fresh clone needs one of them and nothing by hand.

mod app;
mod arguments;
mod bench;
mod checks;
mod digest;
mod failure;
mod model;
mod package;
mod page;
mod peers;
mod project;
mod screen;
mod step;
mod system;
mod target;
mod toolchain;

use std::process::ExitCode;

use arguments::Command;
use failure::Failure;
use project::Project;

fn main() -> ExitCode {
    match carry_out() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nxtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn carry_out() -> Result<(), Failure> {
    let command = arguments::parse(lexopt::Parser::from_env())?;
    let project = Project::locate()?;
    match command {
        Command::Help => {
            print!("{}", arguments::HELP);
            Ok(())
        }
        Command::Run { release, rest } => app::run(&project, release, &rest),
        Command::Test { only, rest } => checks::run(&project, only, &rest),
        Command::Package { with_model } => package::build(&project, with_model),
        Command::Bench { rest } => bench::run(&project, &rest),
        Command::Peers => peers::run(&project),
    }
}
