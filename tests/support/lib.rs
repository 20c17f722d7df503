//! What Tacet's suites stand on: a model server that a test drives frame by frame on real sockets,
//! and a WebDriver client that drives the real window.

pub mod patience;
pub mod server;
pub mod webdriver;
