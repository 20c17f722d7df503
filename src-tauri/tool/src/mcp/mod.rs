//! Tools of MCP servers, of both eras: those that open with `initialize` (until 2025-11-25), and
//! those in which each request stands for itself (from 2026-07-28).
//!
//! The protocol is `rmcp`'s. What is ours is around it: servers run under the supervisor from their
//! first moment, their lines pass through our hands (`lines.rs`), and no wait is without a limit or
//! a Stop. Facts of the protocol are of its specification, <https://modelcontextprotocol.io>.

mod call;
mod client;
mod config;
mod connecting;
mod connection;
mod content;
mod era;
mod lines;
mod log;
mod offers;
mod pages;
mod server;
mod servers;
mod sign_in;
mod task;
mod tool;
mod visits;
mod words;

pub use config::{Reach, ServerConfig};
pub use era::Era;
pub use offers::{PromptField, PromptText, ServerOffers, ServerPrompt, ServerResource};
pub use servers::{Owner, Servers};
pub use task::TakenUp;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A server, as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ServerView {
    /// By which the settings call it.
    pub name: String,
    /// What it does.
    pub state: ServerState,
}

/// What a server does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum ServerState {
    /// Nothing: it was not needed yet, or it is turned off.
    Off,
    /// It is being started, or asked what it is.
    Starting,
    /// It can be called.
    Ready {
        /// How it is spoken to.
        era: Era,
        /// As it calls itself, where it does.
        title: Option<String>,
        /// The version that it says it is.
        version: Option<String>,
        /// Whether the person has signed in to it.
        signed_in: bool,
    },
    /// It wants the person to sign in, or to allow more than they did.
    SignInNeeded {
        /// What it wants, or why the last try came to nothing, for people.
        words: String,
    },
    /// The person is signing in, in their browser.
    SigningIn,
    /// It could not be started, or ended too often.
    Failed {
        /// What happened and what helps, for people.
        words: String,
    },
    /// It ended by itself and is started again in a moment.
    Restarting {
        /// What happened, for people.
        words: String,
    },
}
