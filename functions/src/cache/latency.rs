//! How long answers take, counted in classes of a fixed size: adding one up costs no lock and no memory.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How many classes there are, two for each doubling. The first one ends at [`FIRST_MICROS`], the last one has no end.
pub(super) const LATENCY_CLASSES: usize = 40;

/// Where the first class ends, in microseconds; the last one begins 19 doublings later, at 34 s.
const FIRST_MICROS: u64 = 64;

/// Where an answer came from, as far as its time is concerned.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Source {
    /// From the store, near or far.
    Store,
    /// From the origin, for this request or for another one that it waited for.
    Origin,
}

/// How many answers took how long.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Latency([u64; LATENCY_CLASSES]);

/// The same, for both sources, while it is being counted.
#[derive(Debug)]
pub(super) struct Stopwatch([[AtomicU32; LATENCY_CLASSES]; 2]);

impl Source {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Store, Self::Origin];

    /// The source's name in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Origin => "origin",
        }
    }
}

impl Default for Latency {
    fn default() -> Self {
        Self([0; LATENCY_CLASSES])
    }
}

impl Latency {
    /// Adds answers of a class; one that does not exist is none.
    pub fn add(&mut self, class: usize, answers: u64) {
        if let Some(count) = self.0.get_mut(class) {
            *count = count.saturating_add(answers);
        }
    }

    /// How many answers there are.
    #[must_use]
    pub fn answers(&self) -> u64 {
        self.0.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The time within which a share of the answers was given, in milliseconds; none without answers. Within a class
    /// answers count as evenly spread over the logarithm, so it is at most a fifth off.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a class is a share, not an account")]
    pub fn percentile(&self, share: f64) -> Option<f64> {
        let answers = self.answers();
        let rank = (answers as f64 * share).ceil().max(1.0);
        let mut before = 0_u64;
        for (class, count) in self.0.iter().enumerate().filter(|(_, count)| **count > 0) {
            let reached = before.saturating_add(*count);
            if reached as f64 >= rank {
                let within = (rank - before as f64) / *count as f64;
                return Some(millis_within(class, within));
            }
            before = reached;
        }
        None
    }
}

impl Default for Stopwatch {
    fn default() -> Self {
        Self(std::array::from_fn(|_| std::array::from_fn(|_| AtomicU32::new(0))))
    }
}

impl Stopwatch {
    pub(super) fn took(&self, source: Source, duration: Duration) {
        if let Some(count) = self.of(source).get(class_of(duration)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What has been counted since the last time: source, class, answers.
    pub(super) fn take(&self) -> impl Iterator<Item = (Source, usize, u64)> {
        Source::ALL.into_iter().flat_map(|source| {
            let counts = self.of(source).iter().enumerate();
            let taken = counts.map(move |(class, count)| (source, class, u64::from(count.swap(0, Ordering::Relaxed))));
            taken.filter(|(.., answers)| *answers > 0)
        })
    }

    const fn of(&self, source: Source) -> &[AtomicU32; LATENCY_CLASSES] {
        let [store, origin] = &self.0;
        match source {
            Source::Store => store,
            Source::Origin => origin,
        }
    }
}

fn class_of(duration: Duration) -> usize {
    let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX).min(1 << 31);
    let Some(doublings) = (micros / FIRST_MICROS).checked_ilog2() else { return 0 };
    let is_upper_half = micros * micros >= (FIRST_MICROS * FIRST_MICROS) << (2 * doublings + 1);
    let class = 1 + 2 * doublings as usize + usize::from(is_upper_half);
    class.min(LATENCY_CLASSES - 1)
}

/// The time at a share of the way through a class.
fn millis_within(class: usize, share: f64) -> f64 {
    let first_ms = Duration::from_micros(FIRST_MICROS).as_secs_f64() * 1_000.0;
    let millis = match i32::try_from(class).unwrap_or(i32::MAX) {
        0 => first_ms * share,
        // It has no end.
        class if class >= 39 => first_ms * 2_f64.powi(19),
        class => first_ms * 2_f64.powf((f64::from(class - 1) + share) / 2.0),
    };
    (millis * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::{LATENCY_CLASSES, Latency, Source, Stopwatch, class_of};
    use proptest::prelude::*;
    use std::time::Duration;

    #[test]
    fn classes_begin_where_the_ones_before_end() {
        for (micros, class) in
            [(0, 0), (63, 0), (64, 1), (90, 1), (91, 2), (127, 2), (128, 3), (1_024, 9), (u64::MAX, 39)]
        {
            assert_eq!(class_of(Duration::from_micros(micros)), class, "{micros}");
        }
    }

    #[test]
    fn what_was_counted_is_taken_once() {
        let stopwatch = Stopwatch::default();
        stopwatch.took(Source::Store, Duration::from_micros(70));
        stopwatch.took(Source::Origin, Duration::from_secs(3));
        assert_eq!(stopwatch.take().count(), 2);
        assert_eq!(stopwatch.take().count(), 0);
    }

    #[test]
    fn without_answers_there_is_no_percentile() {
        assert_eq!(Latency::default().percentile(0.5), None);
    }

    proptest! {
        #[test]
        fn percentiles_are_at_most_a_class_away_from_those_of_the_times_themselves(
            mut times in prop::collection::vec(64_u64..30_000_000, 1..200), share in 0.01_f64..1.0,
        ) {
            let mut latency = Latency::default();
            times.iter().for_each(|micros| latency.add(class_of(Duration::from_micros(*micros)), 1));
            times.sort_unstable();
            #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let rank = (times.len() as f64 * share).ceil() as usize;
            #[expect(clippy::cast_precision_loss)]
            let exact = times[rank.max(1) - 1] as f64 / 1_000.0;
            let told = latency.percentile(share).expect("answers");
            prop_assert!((0.7..=1.42).contains(&(told / exact)), "{told} instead of {exact}");
        }

        #[test]
        fn every_time_has_a_class_and_longer_ones_no_lower_one(one in any::<u64>(), other in any::<u64>()) {
            let (short, long) = (one.min(other), one.max(other));
            prop_assert!(class_of(Duration::from_micros(short)) <= class_of(Duration::from_micros(long)));
            prop_assert!(class_of(Duration::from_micros(long)) < LATENCY_CLASSES);
        }
    }
}
