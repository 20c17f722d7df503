//! The border between the shell and the page: Tauri's own, with the real list of who may call
//! what, the real commands, a real store and a real server; only the web view is missing.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod access;
mod bindings;
mod branches;
mod conversations;
mod files;
mod moving;
mod page;
mod replies;
mod settings;
mod tool_servers;
mod tool_turns;
#[cfg(target_os = "linux")]
mod tools;
mod turns;
mod usage;
mod windows;
