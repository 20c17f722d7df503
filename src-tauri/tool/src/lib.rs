//! Tools that end when they are told to. Knows nothing of windows, turns, providers or the database.

pub mod process;
