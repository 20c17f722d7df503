//! Where a provider is, and whom its key may be shown to.

use crate::ProviderSettings;
use url::Url;

/// Scheme, host and port of an address: whom a key that was saved for it may be shown to. `None`
/// where it is not the address of a server.
#[must_use]
pub fn origin(written: &str) -> Option<String> {
    let url = Url::parse(written.trim()).ok()?;
    let origin = url.origin();
    (origin.is_tuple() && url.has_host()).then(|| origin.ascii_serialization())
}

impl ProviderSettings {
    /// The address to ask: its own, else the official one of its API.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        self.base_url
            .as_deref()
            .or_else(|| self.api.official_address())
    }

    /// Scheme, host and port of that address: whom its key may be shown to.
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        origin(self.address()?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::origin;

    #[test]
    fn an_origin_is_scheme_host_and_port_and_nothing_that_looks_like_it() {
        let same = |one: &str, other: &str| origin(one).unwrap() == origin(other).unwrap();
        assert!(same(
            "https://a.example/v1",
            "https://A.example:443/other?x"
        ));
        assert!(!same("https://a.example", "http://a.example"));
        assert!(!same("https://a.example", "https://a.example:8443"));
        assert!(!same("https://a.example", "https://a.example.evil.org"));
        assert!(!same("https://a.example", "https://a.example@evil.org"));
        assert_eq!(origin("data:text/plain,x"), None);
    }
}
