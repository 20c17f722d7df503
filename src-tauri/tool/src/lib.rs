//! Tools that end when they are told to. Knows nothing of windows, turns, providers or the database.

pub mod approval;
pub mod builtin;
pub mod elicitation;
pub mod mcp;
pub mod process;
pub mod schema;
pub mod tool;
