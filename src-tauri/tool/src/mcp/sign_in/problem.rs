//! Why a sign-in came to nothing, in words that fit behind "did not work".

use super::super::words::{bare, deepest};
use rmcp::transport::auth::AuthError;

/// The words for an error of `rmcp`'s while it finds out where to sign in.
pub fn of_discovery(error: &AuthError) -> String {
    match error {
        AuthError::AuthorizationServerMismatch {
            expected_issuer,
            received_issuer,
        } => bare(&format!(
            "the sign-in server {expected_issuer} calls itself {received_issuer}, and is not trusted"
        )),
        AuthError::AuthorizationServerMissingIssuer { expected_issuer } => bare(&format!(
            "the sign-in server {expected_issuer} does not say who it is, and is not trusted"
        )),
        other => problem(other),
    }
}

/// The words for any other error of `rmcp`'s.
pub fn problem(error: &AuthError) -> String {
    match error {
        AuthError::AuthorizationServerMismatch { .. }
        | AuthError::AuthorizationServerMissingIssuer { .. } => {
            "the answer in the browser did not come from its sign-in server, and was not used"
                .to_owned()
        }
        AuthError::DiscoveryRequestFailed { url, source } => {
            let host = url.host_str().unwrap_or_default();
            let reason = deepest(source.as_ref());
            bare(&format!(
                "{host} could not be asked how to sign in: {reason}"
            ))
        }
        AuthError::ProtectedResourceMetadataInvalid { reason, .. } => bare(&format!(
            "what it says about signing in is not for this address: {reason}"
        )),
        AuthError::AuthorizationServersUnavailable {
            authorization_servers,
            ..
        } => bare(&format!(
            "the sign-in server that it names does not say how to sign in: {}",
            authorization_servers.join(", ")
        )),
        AuthError::RegistrationFailed(said) => bare(&format!(
            "its sign-in server did not register Tacet: {said}"
        )),
        AuthError::TokenExchangeFailed(said) => bare(&format!(
            "its sign-in server did not take the answer: {said}"
        )),
        AuthError::TokenRefreshFailed(said) => bare(&format!(
            "what you signed in with could not be renewed: {said}"
        )),
        AuthError::InternalError(_) => {
            "what you signed in with could not be renewed, since its sign-in server was not reached"
                .to_owned()
        }
        AuthError::CredentialStoreError(said) => bare(said),
        other => bare(&other.to_string()),
    }
}

/// The words for what a sign-in server sent the browser back with (RFC 6749, 4.1.2.1).
pub fn refused(error: &str, description: Option<&str>) -> String {
    match (error, description) {
        ("access_denied", _) => "it was not allowed in the browser".to_owned(),
        (error, Some(description)) => bare(&format!(
            "its sign-in server answered {error}: {description}"
        )),
        (error, None) => bare(&format!("its sign-in server answered {error}")),
    }
}
