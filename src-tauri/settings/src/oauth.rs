//! How Tacet is known where people sign in to an MCP server, for sign-in servers that do not
//! register a client by themselves.

use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// A client of OAuth, under the names that other clients have for its fields. Its `Debug` does not
/// show the secret.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, rename_all = "camelCase")]
pub struct OAuthClient {
    /// The id that the sign-in server gave out, or the `https` address of a Client ID Metadata
    /// Document; absent to have one registered at each sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The secret that belongs to the id, where one does: a value as those of `headers`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// The port on 127.0.0.1 that the browser comes back to; absent for any that is free.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_port: Option<u16>,
}

impl OAuthClient {
    /// Whether it can be used.
    ///
    /// # Errors
    /// What is wrong with it, in words that fit behind the server's name.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let blank = |text: &Option<String>| text.as_deref().is_some_and(|it| it.trim().is_empty());
        if blank(&self.client_id) {
            return Err("has an empty clientId: write the id, or leave it out");
        }
        if self.client_id.is_none() && self.client_secret.is_some() {
            return Err("has a clientSecret without the clientId that it belongs to");
        }
        if self.callback_port == Some(0) {
            return Err("has the callbackPort 0: leave it out to use any port that is free");
        }
        Ok(())
    }
}

impl fmt::Debug for OAuthClient {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("OAuthClient")
            .field("client_id", &self.client_id)
            .field("callback_port", &self.callback_port)
            .finish_non_exhaustive()
    }
}
