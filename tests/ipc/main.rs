//! The border between the shell and the page.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bindings;
