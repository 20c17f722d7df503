//! The real app in its real window, driven as a person drives it, against a model server on real
//! sockets and against the embedded model.
//!
//! `TACET_BIN` names the executable under test; without it, it is the one that cargo has just built.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod answer;
mod answering;
mod apis;
mod assistants;
mod branches;
mod commands;
mod composer;
mod continuing;
mod conversations;
mod desk;
mod endings;
mod escape;
mod export;
mod failed_start;
mod failures;
mod filing;
mod first_start;
mod fleets;
mod flood;
mod generated;
mod http2;
mod keys;
mod large_replies;
mod long_answer;
mod long_conversation;
mod memory;
mod outside;
mod page_process;
mod painting;
mod phases;
mod pictures;
mod provider_scenes;
mod records;
mod reload;
mod repaints;
mod search;
mod sign_in;
mod small_disk;
mod stop;
#[path = "../stored.rs"]
mod stored;
mod suspend;
mod tasks;
mod text_scenes;
mod titles;
mod tool_servers;
mod tool_settings;
mod tools;
mod transfer;
mod tray;
mod typing;
mod unsaved;
mod usage;
mod wayland;
mod window_place;
mod windows;
