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

/// Stops a turn or a generation. Any task may hold a clone and call it any number of times;
/// the first call counts.
#[derive(Clone, Debug)]
pub struct StopHandle {
    token: CancellationToken,
    first: Arc<OnceLock<StopRequest>>,
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
        }
    }

    /// Stops. Says whether this was the first call.
    pub fn stop(&self, cause: Cause) -> bool {
        self.stop_clicked(cause, None)
    }

    /// Stops, and keeps the time of the click by the page's clock for the receipt.
    pub fn stop_clicked(&self, cause: Cause, clicked_at: Option<Millis>) -> bool {
        let first = self
            .first
            .set(StopRequest {
                cause,
                at: Instant::now(),
                at_millis: now(),
                clicked_at,
            })
            .is_ok();
        self.token.cancel();
        first
    }

    /// Whether somebody has called stop.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.token.is_cancelled()
    }

    /// The first Stop, once there was one.
    #[must_use]
    pub fn request(&self) -> Option<StopRequest> {
        self.first.get().copied()
    }

    /// Resolves when somebody has called stop.
    pub async fn stopped(&self) -> StopRequest {
        self.token.cancelled().await;
        *self.first.get_or_init(|| StopRequest {
            cause: Cause::AppQuit,
            at: Instant::now(),
            at_millis: now(),
            clicked_at: None,
        })
    }
}
