//! The core held against its contract: wires, repair and transport.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod answers;
mod chat_decoding;
mod chat_encoding;
mod event_stream;
mod hanging_up;
mod history_repair;
mod refusals;
