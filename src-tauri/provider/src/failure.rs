//! What the network did, in plain words: no type names, no address with a key in it.

use std::error::Error;
use std::io;
use std::time::Duration;
use tacet_conversation::{ErrorCategory, ProviderError};

/// Where a request goes and how long it may take, for the words of an error.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    /// Host and port.
    pub(crate) host: String,
    /// How an address of this API is written.
    pub(crate) example: &'static str,
    /// How long connecting may take.
    pub(crate) connect_timeout: Duration,
    /// How long the server may say nothing.
    pub(crate) idle_timeout: Duration,
    /// How long it may take to its first word, where there is a limit.
    pub(crate) first_word_timeout: Option<Duration>,
}

impl Destination {
    /// A request that got no answer.
    pub(crate) fn unreached(&self, error: &reqwest::Error) -> ProviderError {
        let host = &self.host;
        let root = root(error);
        let message = if error.is_builder() {
            format!("The request to {host} cannot be made: {root}. Check the provider's settings.")
        } else if error.is_timeout() && error.is_connect() {
            format!(
                "{host} did not take the connection within {} s. Check the network and the address.",
                self.connect_timeout.as_secs_f32()
            )
        } else if error.is_dns() {
            format!("The name in {host} is not known. Check the network and the address.")
        } else if io_kind(error) == Some(io::ErrorKind::ConnectionRefused) {
            format!("Nothing answers at {host}. Start the server there, or check the address.")
        } else if root.contains("certificate") {
            format!(
                "The certificate of {host} was not accepted: {root}. Check the address and the \
                 clock, or add the certificate to the system's store."
            )
        } else if error.is_connect() {
            format!("{host} cannot be reached: {root}. Check the network and the address.")
        } else {
            format!("{host} closed the connection before it answered: {root}. Try again.")
        };
        ProviderError::new(ErrorCategory::Network, message)
    }

    /// A response whose body broke off.
    pub(crate) fn broken(&self, error: &reqwest::Error) -> ProviderError {
        let message = format!(
            "The connection to {} broke before the answer was finished: {}. Send again to get \
             a whole answer.",
            self.host,
            root(error)
        );
        ProviderError::new(ErrorCategory::Network, message)
    }

    /// A server that does not begin to answer.
    pub(crate) fn wordless(&self, limit: Duration) -> ProviderError {
        let message = format!(
            "{} did not begin to answer within {} s, so Tacet hung up. The limit is \
             first_word_timeout_seconds in the settings.",
            self.host,
            limit.as_secs_f32()
        );
        ProviderError::new(ErrorCategory::Network, message)
    }

    /// A server that says nothing for too long.
    pub(crate) fn silent(&self) -> ProviderError {
        let message = format!(
            "{} said nothing for {} s, so Tacet hung up. The limit is the provider's idle limit in \
             the settings.",
            self.host,
            self.idle_timeout.as_secs_f32()
        );
        ProviderError::new(ErrorCategory::Network, message)
    }
}

/// The innermost reason, which is the only one that says something; never the address.
fn root(error: &reqwest::Error) -> String {
    let mut inner: Option<&dyn Error> = error.source();
    while let Some(next) = inner.and_then(Error::source) {
        inner = Some(next);
    }
    inner.map_or_else(
        || "no reason was given".to_owned(),
        |reason| reason.to_string(),
    )
}

fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let mut inner = error.source();
    while let Some(reason) = inner {
        if let Some(io) = reason.downcast_ref::<io::Error>()
            && io.kind() != io::ErrorKind::Other
        {
            return Some(io.kind());
        }
        inner = reason.source();
    }
    None
}
