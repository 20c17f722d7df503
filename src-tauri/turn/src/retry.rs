//! When a request is made again, and after how long: only before the first token, only where the
//! provider may answer soon, and never for ever.

use std::time::Duration;
use tacet_conversation::ProviderError;

/// How often a request is made again.
pub(crate) const RETRIES: u32 = 3;
/// How long the first wait is; each further one is twice as long.
const FIRST: Duration = Duration::from_millis(500);
/// How far a wait is moved at random, so that not all clients come back at the same moment.
const JITTER: f64 = 0.25;
/// The longest wait that a provider may ask for; beyond it the person decides.
const LONGEST: Duration = Duration::from_secs(60);

/// How long to wait before a failed request is made again; `None` when it is not. `made` counts
/// the retries before this one, and `chance` is from 0 to 1.
pub(crate) fn wait(error: &ProviderError, made: u32, chance: f64) -> Option<Duration> {
    if !error.retryable || made >= RETRIES {
        return None;
    }
    let asked = error.retry_after_ms.map(Duration::from_millis);
    if asked.is_some_and(|asked| asked > LONGEST) {
        return None;
    }
    let own = FIRST * 2_u32.pow(made);
    Some(match asked {
        // Never earlier than the provider wants.
        Some(asked) => asked + own.mul_f64(JITTER * chance),
        None => own.mul_f64(1.0 + JITTER * (2.0 * chance - 1.0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tacet_conversation::ErrorCategory;

    fn busy(retry_after_ms: Option<u64>) -> ProviderError {
        ProviderError {
            retryable: true,
            retry_after_ms,
            ..ProviderError::new(ErrorCategory::Overloaded, "busy")
        }
    }

    #[test]
    fn waits_double_within_their_jitter_and_end() {
        let waits = |chance| (0..=RETRIES).map(move |made| wait(&busy(None), made, chance));
        let millis = Duration::from_millis;
        assert!(waits(0.5).eq([
            Some(millis(500)),
            Some(millis(1_000)),
            Some(millis(2_000)),
            None
        ]));
        assert!(waits(0.0).eq([
            Some(millis(375)),
            Some(millis(750)),
            Some(millis(1_500)),
            None
        ]));
        assert!(waits(1.0).eq([
            Some(millis(625)),
            Some(millis(1_250)),
            Some(millis(2_500)),
            None
        ]));
    }

    #[test]
    fn a_provider_that_says_when_is_never_asked_earlier_and_not_waited_for_over_a_minute() {
        assert_eq!(
            wait(&busy(Some(7_000)), 0, 0.0),
            Some(Duration::from_secs(7))
        );
        assert!(wait(&busy(Some(7_000)), 0, 1.0) > Some(Duration::from_secs(7)));
        assert_eq!(wait(&busy(Some(60_001)), 0, 0.5), None);
    }

    #[test]
    fn what_will_fail_again_is_not_tried_again() {
        let error = ProviderError::new(ErrorCategory::Authentication, "no");
        assert_eq!(wait(&error, 0, 0.5), None);
    }
}
