//! The core held against its contract: wires, repair and transport, and turns.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod answers;
mod chat_decoding;
mod chat_encoding;
mod continuing;
mod draining;
mod event_stream;
mod front_page;
mod hand_driven;
mod hanging_up;
mod history_repair;
mod phase_matrix;
mod refusals;
mod repair_preview;
mod responses_background;
mod responses_decoding;
mod responses_encoding;
mod retries;
mod turn_desk;
mod turn_ends;
mod turn_records;
mod turn_starts;
mod turn_stops;
mod turn_viewers;
mod turn_watch;
