//! That a server wants somebody signed in, as it says so in its answer to a request.

use rmcp::service::{ClientInitializeError, ServiceError};
use rmcp::transport::auth::WWWAuthenticateParams;
use rmcp::transport::streamable_http_client::StreamableHttpError;
use std::error::Error;
use url::Url;

/// How much of the permissions that a server wants is shown, in bytes.
const SHOWN: usize = 200;
/// How `rmcp` begins to tell of a 401 that has no `WWW-Authenticate`.
const BARE_REFUSAL: &str = "HTTP 401";

/// What a server wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Its `WWW-Authenticate`, where it has one.
    header: Option<String>,
    /// It knows who asks, and wants more allowed than was (403, `insufficient_scope`).
    wants_more: bool,
    /// The permissions that it names.
    scope: Option<String>,
}

impl Challenge {
    /// What a greeting was refused for; nothing where it was for something else.
    pub fn of_greeting(error: &ClientInitializeError, url: &Url) -> Option<Self> {
        let refused = error.is_authorization_required();
        Self::of(error.auth_challenge(), refused, url).or_else(|| match error {
            ClientInitializeError::TransportError { error, .. } => Self::bare(error.error.as_ref()),
            ClientInitializeError::LegacyFallbackFailed { fallback, .. } => {
                Self::of_greeting(fallback, url)
            }
            _ => None,
        })
    }

    /// What a request was refused for; nothing where it was for something else.
    pub fn of_request(error: &ServiceError, url: &Url) -> Option<Self> {
        let refused = error.is_authorization_required();
        Self::of(error.auth_challenge(), refused, url).or_else(|| match error {
            ServiceError::TransportSend(error) => Self::bare(error.error.as_ref()),
            _ => None,
        })
    }

    fn of(header: Option<&str>, refused: bool, url: &Url) -> Option<Self> {
        let said = header.map(|header| WWWAuthenticateParams::parse(header, url));
        let wants_more = !refused;
        if wants_more
            && !said
                .as_ref()
                .is_some_and(WWWAuthenticateParams::is_insufficient_scope)
        {
            return None;
        }
        Some(Self {
            header: header.map(str::to_owned),
            wants_more,
            scope: said.and_then(|said| said.scope),
        })
    }

    /// A 401 that does not say where to sign in: then the well-known addresses do.
    fn bare(error: &(dyn Error + 'static)) -> Option<Self> {
        let error = error.downcast_ref::<StreamableHttpError<reqwest::Error>>()?;
        let StreamableHttpError::UnexpectedServerResponse(said) = error else {
            return None;
        };
        said.starts_with(BARE_REFUSAL).then_some(Self {
            header: None,
            wants_more: false,
            scope: None,
        })
    }

    /// Its `WWW-Authenticate`, where it has one.
    pub fn header(&self) -> Option<&str> {
        self.header.as_deref()
    }

    /// What the server of that name wants, and what helps.
    pub fn words(&self, server: &str) -> String {
        let scope = self.scope.as_deref().filter(|_| self.wants_more);
        let scope = scope.map(|scope| &scope[..scope.floor_char_boundary(SHOWN)]);
        match scope {
            Some(scope) => format!(
                "The server “{server}” wants more permissions ({scope}). To allow that, sign in to it again in the settings."
            ),
            None if self.wants_more => format!(
                "The server “{server}” wants more permissions. To allow that, sign in to it again in the settings."
            ),
            None => format!("The server “{server}” wants you to sign in. Do that in the settings."),
        }
    }
}
