//! What Tacet's suites stand on: a model server that a test drives frame by frame on real sockets,
//! a WebDriver client that drives the real window, and an MCP server that people sign in to.

pub mod patience;
pub mod protected;
pub mod server;
pub mod webdriver;
