//! Tools as real processes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(target_os = "linux")]
mod commands;
mod fetching;
mod files;
#[cfg(target_os = "linux")]
mod mcp;
#[cfg(target_os = "linux")]
mod zoo;
#[cfg(target_os = "linux")]
mod zoo_ends;
