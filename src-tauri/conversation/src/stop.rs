//! The one way to stop a turn: a token, and who pulled it first (rules C01, C07).

use crate::{Cause, Millis};
use std::sync::{Arc, OnceLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tokio_util::sync::CancellationToken;

/// The wall clock.
#[must_use]
pub fn now() -> Millis {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
        })
}

/// The first Stop that a turn got.
#[derive(Clone, Copy, Debug)]
pub struct StopRequest {
    /// Why.
    pub cause: Cause,
    /// When the token was cancelled, for durations.
    pub at: Instant,
    /// The same by the wall clock.
    pub at_millis: Millis,
    /// When the person clicked, by the page's clock.
    pub clicked_at: Option<Millis>,
}

impl StopRequest {
    /// A Stop of this moment.
    #[must_use]
    pub fn now(cause: Cause, clicked_at: Option<Millis>) -> Self {
        Self {
            cause,
            at: Instant::now(),
            at_millis: now(),
            clicked_at,
        }
    }
}

/// Stops a turn or a generation. Any task may hold a clone and call it any number of times;
/// the first call counts.
#[derive(Clone, Debug)]
pub struct StopHandle {
    token: CancellationToken,
    first: Arc<OnceLock<StopRequest>>,
    /// Whose Stop is one of this too.
    above: Option<Arc<StopHandle>>,
}

impl Default for StopHandle {
    fn default() -> Self {
        Self::new(CancellationToken::new())
    }
}

impl StopHandle {
    /// A handle over `token`. A cancellation of one of the token's ancestors counts as a Stop
    /// with the cause `app-quit`.
    #[must_use]
    pub fn new(token: CancellationToken) -> Self {
        Self {
            token,
            first: Arc::new(OnceLock::new()),
            above: None,
        }
    }

    /// A handle for a part of the work, a request or a tool call: a Stop of this one stops that too,
    /// for the same cause, and a Stop of that leaves this running.
    #[must_use]
    pub fn child(&self) -> Self {
        Self {
            above: Some(Arc::new(self.clone())),
            ..Self::new(self.token.child_token())
        }
    }

    /// Stops. Says whether this was the first call.
    pub fn stop(&self, cause: Cause) -> bool {
        self.stop_clicked(cause, None)
    }

    /// Stops, and keeps the time of the click by the page's clock for the receipt.
    pub fn stop_clicked(&self, cause: Cause, clicked_at: Option<Millis>) -> bool {
        let first = self.first.set(StopRequest::now(cause, clicked_at)).is_ok();
        self.token.cancel();
        first
    }

    /// The token itself, for work that knows nothing but tokens: it is cancelled with this, and is
    /// not to be cancelled by itself.
    #[must_use]
    pub fn token(&self) -> CancellationToken {
        self.token.child_token()
    }

    /// Whether somebody has called stop.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.token.is_cancelled()
    }

    /// The first Stop, once there was one.
    #[must_use]
    pub fn request(&self) -> Option<StopRequest> {
        self.first.get().copied().or_else(|| self.request_above())
    }

    /// Resolves when somebody has called stop.
    pub async fn stopped(&self) -> StopRequest {
        self.token.cancelled().await;
        let unsaid = || StopRequest::now(Cause::AppQuit, None);
        // Kept, so that the time stays that of the first who saw it.
        *self
            .first
            .get_or_init(|| self.request_above().unwrap_or_else(unsaid))
    }

    fn request_above(&self) -> Option<StopRequest> {
        self.above.as_ref()?.request()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use futures::FutureExt;

    #[test]
    fn c01_a_child_stops_with_its_parent_for_the_same_cause_and_alone() {
        let turn = StopHandle::default();
        let (request, tool) = (turn.child(), turn.child());
        assert!(tool.stop(Cause::Deadline));
        assert!(tool.is_stopped() && !turn.is_stopped() && !request.is_stopped());
        assert!(turn.stop_clicked(Cause::WindowClosed, Some(7)));
        let seen = request.stopped().now_or_never().unwrap();
        assert_eq!(
            (seen.cause, seen.clicked_at),
            (Cause::WindowClosed, Some(7))
        );
        assert_eq!(seen.at, turn.request().unwrap().at);
        let seen = tool.stopped().now_or_never().unwrap();
        assert_eq!(seen.cause, Cause::Deadline, "its own came first");
        assert!(!request.stop(Cause::User), "a later one does not count");
    }

    #[test]
    fn c01_a_cancelled_root_is_the_end_of_the_app() {
        let root = CancellationToken::new();
        let call = StopHandle::new(root.child_token()).child();
        root.cancel();
        assert_eq!(call.stopped().now_or_never().unwrap().cause, Cause::AppQuit);
    }
}
