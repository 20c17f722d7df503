//! Waiting for a state instead of sleeping, so that a test that hangs says what it hung on.

use std::future::Future;
use std::time::Duration;

/// How long any single wait may take before the test is declared stuck: long, since it says nothing
/// about how quick a thing is, and a machine may be busy with other builds.
pub const LIMIT: Duration = Duration::from_secs(60);

/// How often a state that cannot announce itself (a process table, a page) is looked at.
pub const GLANCE: Duration = Duration::from_millis(2);

/// Awaits `future` for at most [`LIMIT`].
///
/// # Panics
/// When the limit passes, with `what` in the message.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    within_limit(LIMIT, what, future).await
}

/// Awaits `future` for at most `limit`.
///
/// # Panics
/// When the limit passes, with `what` in the message.
pub async fn within_limit<T>(limit: Duration, what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(limit, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {limit:?} for {what}, and it did not come"),
    }
}

/// Looks every [`GLANCE`] until `look` finds something.
///
/// # Panics
/// When [`LIMIT`] passes, with `what` in the message.
pub async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    within(what, async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            tokio::time::sleep(GLANCE).await;
        }
    })
    .await
}
