//! The support library held against a plain client, so that a red suite means a fault in Tacet.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod client;
mod dialects;
mod frames;
mod keeping;
mod phases;
mod refusals;
mod routes;
mod rules;
mod scripts;
mod tls;
mod window;
