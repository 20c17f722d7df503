//! The embedded model with its real file and its real worker process.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod ending;
mod history;
mod model;
mod process;
mod stopping;
