//! What Tacet's suites stand on: a model server that a test drives frame by frame on real sockets.

pub mod patience;
pub mod server;
