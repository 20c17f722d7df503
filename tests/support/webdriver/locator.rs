//! Names an element by the attributes that the application promises to tests.

use std::fmt;

/// A CSS selector, usually made by [`testid`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locator(String);

/// The elements with this `data-testid`.
pub fn testid(id: &str) -> Locator {
    Locator(String::new()).attr("data-testid", id)
}

impl Locator {
    /// Any other CSS selector.
    pub fn css(selector: &str) -> Self {
        Self(selector.to_owned())
    }

    /// Only those with this value in this attribute.
    #[must_use]
    pub fn attr(mut self, name: &str, value: &str) -> Self {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        self.0.push_str(&format!("[{name}=\"{value}\"]"));
        self
    }

    /// Those that lie somewhere inside `outer`.
    #[must_use]
    pub fn inside(self, outer: &Self) -> Self {
        Self(format!("{} {}", outer.0, self.0))
    }

    /// The selector.
    pub fn selector(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
