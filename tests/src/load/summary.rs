//! Many samples in a few numbers.

use super::Sample;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

/// Many samples in a few numbers. A percentile is the smallest value that so many percent do not exceed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Summary {
    /// How many.
    pub count: usize,
    /// How many had no answer, or another status than 2xx.
    pub failures: usize,
    /// The median of the durations.
    pub p50: Duration,
    /// Their 99th percentile.
    pub p99: Duration,
    /// The longest.
    pub max: Duration,
}

impl Summary {
    /// Of the latencies.
    pub fn of<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> Self {
        Self::by(samples, |sample| sample.latency)
    }

    /// Of another duration of each sample.
    pub fn by<'a>(samples: impl IntoIterator<Item = &'a Sample>, duration: impl Fn(&Sample) -> Duration) -> Self {
        let (mut durations, mut failures) = (Vec::new(), 0);
        for sample in samples {
            durations.push(duration(sample));
            failures += usize::from(!sample.is_success());
        }
        durations.sort_unstable();
        Self {
            count: durations.len(),
            failures,
            p50: percentile(&durations, 50),
            p99: percentile(&durations, 99),
            max: durations.last().copied().unwrap_or_default(),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, failures, p50, p99, max } = self;
        write!(f, "{count} requests, {failures} failed, p50 {p50:.1?}, p99 {p99:.1?}, max {max:.1?}")
    }
}

impl Sample {
    /// The samples that should have departed within a window.
    pub fn within(samples: &[Self], window: Range<Duration>) -> impl Iterator<Item = &Self> {
        samples.iter().filter(move |sample| window.contains(&sample.scheduled))
    }
}

/// A percentile of sorted durations.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Sample, Summary};
    use crate::load::XCache;
    use http::StatusCode;
    use std::time::Duration;

    fn sample(index: u64, millis: u64, status: Option<u16>) -> Sample {
        let status = status.and_then(|status| StatusCode::from_u16(status).ok());
        let answer = status.map(|status| (status, XCache::Miss));
        let scheduled = Duration::from_millis(index * 10);
        Sample::new(index, scheduled, scheduled + Duration::from_millis(millis), answer)
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        let samples: Vec<_> = (1..=200).map(|index| sample(index, index, Some(200))).collect();
        let summary = Summary::of(&samples);
        assert_eq!((summary.p50.as_millis(), summary.p99.as_millis(), summary.max.as_millis()), (100, 198, 200));
        assert_eq!(Summary::of(&samples[..1]).p99.as_millis(), 1);
        assert_eq!(Summary::of(&[]), Summary::default());
    }

    #[test]
    fn other_statuses_and_no_answer_are_failures() {
        let samples = [sample(0, 1, Some(200)), sample(1, 1, Some(404)), sample(2, 1, Some(503)), sample(3, 1, None)];
        assert_eq!(Summary::of(&samples).failures, 3);
    }

    #[test]
    fn a_window_goes_by_the_scheduled_time_and_the_origins_time_can_be_left_out() {
        let samples: Vec<_> = (0..10).map(|index| sample(index, 25, Some(200))).collect();
        let window = Duration::from_millis(20)..Duration::from_millis(50);
        let summary = Summary::by(Sample::within(&samples, window), |sample| sample.added(Duration::from_millis(20)));
        assert_eq!((summary.count, summary.max.as_millis()), (3, 5));
    }
}
