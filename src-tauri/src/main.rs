//! The executable: the app, its worker process, and its commands without a window.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    tacet::start()
}
