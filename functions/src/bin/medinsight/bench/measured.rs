//! Many durations in a few numbers.

use serde::Serialize;
use std::time::Duration;

/// How long something took.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Measured {
    pub(crate) what: &'static str,
    pub(crate) at_once: u64,
    pub(crate) times: usize,
    pub(crate) median_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) longest_ms: f64,
    pub(crate) per_sec: f64,
}

impl Measured {
    /// What durations say that were measured within `passed`.
    pub(crate) fn of(what: &'static str, at_once: u64, passed: Duration, mut took: Vec<Duration>) -> Self {
        took.sort_unstable();
        let quantile = |hundredths: usize| {
            let position = (took.len() * hundredths).div_ceil(100).saturating_sub(1);
            took.get(position).copied().unwrap_or_default().as_secs_f64() * 1_000.0
        };
        let per_sec = took.len() as f64 / passed.as_secs_f64().max(f64::MIN_POSITIVE);
        Self {
            what,
            at_once,
            times: took.len(),
            median_ms: quantile(50),
            p99_ms: quantile(99),
            longest_ms: quantile(100),
            per_sec,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Measured;
    use std::time::Duration;

    #[test]
    fn the_numbers_are_those_of_the_durations() {
        let took = (1..=200).rev().map(Duration::from_millis).collect();
        let measured = Measured::of("work", 1, Duration::from_secs(2), took);
        assert_eq!((measured.times, measured.per_sec), (200, 100.0));
        assert_eq!((measured.median_ms, measured.p99_ms, measured.longest_ms), (100.0, 198.0, 200.0));
        assert_eq!(Measured::of("nothing", 1, Duration::ZERO, Vec::new()).times, 0);
    }
}
