//! How often calls may be repeated: seldom, so that retries never multiply what an overloaded origin has to do.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A retry costs as much as ten calls earn, so that at most a tenth of all calls are retries.
const COST: u32 = 10;

/// The most that is saved up.
const MOST: u32 = 10 * COST;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What calls have earned and retries not spent yet.
#[derive(Debug)]
pub(super) struct RetryBudget(AtomicU32);

impl Default for RetryBudget {
    fn default() -> Self {
        Self(AtomicU32::new(MOST))
    }
}

impl RetryBudget {
    /// Notes a call that is no retry.
    pub(super) fn earn(&self) {
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |saved| Some((saved + 1).min(MOST)));
    }

    /// Whether there is enough for a retry, which is then paid.
    pub(super) fn spend(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |saved| saved.checked_sub(COST)).is_ok()
    }
}

/// A pause before the next attempt: at random between nothing and a limit that doubles (full jitter), so that callers
/// that failed together do not come back together.
pub(super) fn jitter(attempts: u32) -> Duration {
    let limit = FIRST_PAUSE.saturating_mul(1 << attempts.min(8)).min(LONGEST_PAUSE);
    let millis = crate::clock::millis(limit).max(1);
    // Without randomness everybody waits for the longest time.
    Duration::from_millis(getrandom::u64().map_or(millis, |noise| noise % millis))
}

#[cfg(test)]
mod tests {
    use super::{RetryBudget, jitter};
    use std::time::Duration;

    #[test]
    fn at_most_a_tenth_of_the_calls_are_retries_in_the_long_run() {
        let budget = RetryBudget::default();
        let retries = (0..1_000)
            .filter(|_| {
                budget.earn();
                budget.spend()
            })
            .count();
        assert!((100..=112).contains(&retries), "{retries}");
    }

    #[test]
    fn nothing_is_saved_up_beyond_ten_retries() {
        let budget = RetryBudget::default();
        (0..10_000).for_each(|_| budget.earn());
        assert_eq!((0..100).filter(|_| budget.spend()).count(), 10);
    }

    #[test]
    fn pauses_stay_below_a_limit() {
        for attempts in 0..100 {
            assert!(jitter(attempts) <= Duration::from_secs(2));
        }
    }
}
