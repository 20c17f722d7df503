//! OpenAI Chat Completions, the wire that most servers speak, at any address.

mod calls;
pub mod decode;
pub mod encode;
mod models;
mod stream;

pub use models::Check;

use super::http::{Endpoint, Http};
use super::{BoxModelStream, ModelRequest, Provider, host};
use crate::history::Rules;
use crate::{ProviderError, StopEffect};
use encode::Dialect;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use stream::ChatStream;

/// A provider at one address. Made once and shared: its connections are kept for the next
/// request. Clones are the same provider.
#[derive(Clone, Debug)]
pub struct OpenAiChat {
    wire: Arc<Wire>,
}

/// What the running requests share.
#[derive(Debug)]
struct Wire {
    http: Http,
    rules: Rules,
    /// The server once refused `stream_options`.
    refuses_usage: AtomicBool,
}

impl OpenAiChat {
    /// A provider at `endpoint`. Nothing is sent.
    ///
    /// # Errors
    /// When the address or the key cannot be used, or the system has no certificates: in words
    /// that say what to do.
    pub fn new(endpoint: &Endpoint) -> Result<Self, ProviderError> {
        Ok(Self::over(Http::new(endpoint)?))
    }

    /// A provider over a transport that exists.
    pub(super) fn over(http: Http) -> Self {
        let rules = Rules {
            // Local servers apply templates that demand alternation; to the others it is the same.
            join_users: true,
            answer_after_tools: host::answer_after_tools(http.base()),
        };
        Self {
            wire: Arc::new(Wire {
                http,
                rules,
                refuses_usage: AtomicBool::new(false),
            }),
        }
    }
}

impl Provider for OpenAiChat {
    fn stream(&self, request: ModelRequest) -> BoxModelStream {
        Box::pin(ChatStream::new(Arc::clone(&self.wire), request))
    }

    fn stop_effect(&self) -> StopEffect {
        host::stop_effect(self.wire.http.base())
    }
}

impl Wire {
    fn dialect(&self) -> Dialect {
        Dialect {
            include_usage: !self.refuses_usage.load(Ordering::Relaxed),
            completion_limit: host::completion_limit(self.http.base()),
        }
    }

    /// Remembers a refusal of the field that asks for usage. Says whether it is one.
    fn learn_refusal_of_usage(&self, status: u16, text: &[u8]) -> bool {
        let text = String::from_utf8_lossy(text);
        let named = text.contains("stream_options") || text.contains("include_usage");
        let refused = matches!(status, 400 | 422) && named;
        if refused {
            self.refuses_usage.store(true, Ordering::Relaxed);
        }
        refused
    }
}
