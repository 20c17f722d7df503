//! The key of a provider, which must not be seen anywhere but in the request.

use std::fmt;

/// A key. Its `Debug` shows nothing of it.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    /// A key as it was typed or pasted: white space around it is not part of it. A blank one is
    /// no key.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The value of an `Authorization` header.
    #[must_use]
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// The key itself, for the system's keychain.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// `text` with each occurrence of the key replaced: servers repeat a wrong key in their
    /// error.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        text.replace(&self.0, "[the key]")
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ApiKey(…)")
    }
}
