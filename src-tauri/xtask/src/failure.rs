//! The one error of these commands: a text for the person at the terminal.

use std::fmt::{Display, Formatter};
use std::path::Path;

/// What happened and what to do about it, in words.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// A failure that reads as `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Names the file of an input or output error, for use with `map_err`.
    pub fn at(path: &Path) -> impl Fn(std::io::Error) -> Self + '_ {
        move |error| Self(format!("{}: {error}", path.display()))
    }
}

impl Display for Failure {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Self {
        Self(format!("{error}. `cargo xtask help` lists what there is."))
    }
}
