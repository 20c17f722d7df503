//! Time in which this process ran. A computer that sleeps, or a process that is held, must not come
//! back to limits that ran out meanwhile: nobody could have kept them.
//!
//! Tokio measures time as [`std::time::Instant`] does. On Linux that is `CLOCK_MONOTONIC`, which
//! stands still while the computer sleeps (`clock_gettime(2)`; `CLOCK_BOOTTIME` is the one that goes
//! on), but not while the process is held by `SIGSTOP`; on Windows it goes on in both. So the clock
//! is looked at often, and what passes between two looks beyond their distance is not counted.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Instant;

/// The longest time between two looks at the clock.
pub const BEAT: Duration = Duration::from_secs(1);
/// How late a look may come on a busy computer.
const SLACK: Duration = Duration::from_secs(1);

/// Finds the times in which nothing ran, for somebody who looks every [`BEAT`] or more often.
#[derive(Debug)]
pub struct Pulse {
    last: Instant,
}

impl Default for Pulse {
    fn default() -> Self {
        Self::new()
    }
}

impl Pulse {
    /// Begins to look.
    #[must_use]
    pub fn new() -> Self {
        let last = Instant::now();
        Self { last }
    }

    /// How much of the time since the last look nothing ran.
    pub fn slept(&mut self) -> Duration {
        let now = Instant::now();
        let passed = now - std::mem::replace(&mut self.last, now);
        if passed > BEAT + SLACK {
            passed - BEAT
        } else {
            Duration::ZERO
        }
    }
}

/// Resolves after a time in which this process ran.
#[derive(Debug)]
pub struct Sleep {
    left: Duration,
    last: Instant,
    beat: Pin<Box<tokio::time::Sleep>>,
}

impl Sleep {
    /// Resolves when `time` has passed.
    #[must_use]
    pub fn new(time: Duration) -> Self {
        let last = Instant::now();
        Self {
            left: time,
            last,
            beat: Box::pin(tokio::time::sleep_until(last + time.min(BEAT))),
        }
    }

    /// Begins anew, for that time.
    pub fn reset(&mut self, time: Duration) {
        self.last = Instant::now();
        self.left = time;
        self.beat.as_mut().reset(self.last + time.min(BEAT));
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.beat.as_mut().poll(task));
            let (now, beat) = (Instant::now(), self.left.min(BEAT));
            let passed = now - self.last;
            let counted = if passed > beat + SLACK { beat } else { passed };
            self.left = self.left.saturating_sub(counted);
            if self.left.is_zero() {
                return Poll::Ready(());
            }
            self.last = now;
            let next = now + self.left.min(BEAT);
            self.beat.as_mut().reset(next);
        }
    }
}

/// What comes of `work` within a time in which this process runs; `None` when it takes longer.
pub async fn within<T>(time: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = work => Some(done),
        () = Sleep::new(time) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn a_time_that_passes_while_the_process_runs_is_counted() {
        let began = Instant::now();
        Sleep::new(Duration::from_millis(30_500)).await;
        let took = began.elapsed();
        assert!(took >= Duration::from_millis(30_500), "{took:?}");
        assert!(took < Duration::from_secs(31), "{took:?}");
        assert_eq!(within(BEAT, pending::<()>()).await, None);
        assert_eq!(within(BEAT, async { 7 }).await, Some(7));
    }

    #[tokio::test(start_paused = true)]
    async fn a_time_in_which_the_process_was_held_is_not_counted() {
        let mut sleep = Sleep::new(Duration::from_secs(30));
        assert!(futures::poll!(&mut sleep).is_pending());
        advance(Duration::from_secs(40)).await;
        assert!(futures::poll!(&mut sleep).is_pending());
        let woken = Instant::now();
        (&mut sleep).await;
        assert_eq!(woken.elapsed().as_secs(), 29);
    }

    #[tokio::test(start_paused = true)]
    async fn a_sleep_that_begins_anew_has_all_of_its_time() {
        let mut sleep = Sleep::new(Duration::from_secs(5));
        assert!(futures::poll!(&mut sleep).is_pending());
        advance(Duration::from_millis(900)).await;
        sleep.reset(Duration::from_secs(5));
        let again = Instant::now();
        sleep.await;
        assert_eq!(again.elapsed().as_secs(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pulse_finds_a_sleep_and_takes_no_busy_moment_for_one() {
        let mut pulse = Pulse::new();
        advance(Duration::from_millis(1_900)).await;
        assert_eq!(pulse.slept(), Duration::ZERO);
        advance(Duration::from_secs(40)).await;
        assert_eq!(pulse.slept(), Duration::from_secs(39));
        advance(BEAT).await;
        assert_eq!(pulse.slept(), Duration::ZERO);
    }
}
