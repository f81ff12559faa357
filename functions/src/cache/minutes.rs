//! What was counted in which minute. Each minute has a bucket in the store, which all processes add to and which is gone
//! a day later.
//!
//! Buckets are written by the flush only, at most once a second for each process, so no request ever pays for them.

use super::counter::{Counter, MinuteCount};
use super::{Cache, UNHURRIED};
use crate::store::{Bucket, Patience, StoreError};
use medinsight_core::{CacheKey, UnixMillis};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// How long a bucket is kept: the longest window, and an hour for those who count late.
const KEEP_FOR: Duration = Duration::from_hours(25);

/// How many minutes may wait while the store is down. Of a longer outage the oldest are lost.
const MAX_WAITING: usize = 120;

/// How many buckets are written by one trip at most.
const MAX_RIDING: usize = 8;

/// How many buckets one trip reads: no more than arrives and is understood well within the time of a command.
const READ_AT_ONCE: usize = 20;

/// A minute, counted from 1970.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct UnixMinute(pub u64);

impl UnixMinute {
    /// The minute that a moment is in.
    #[must_use]
    pub const fn of(moment: UnixMillis) -> Self {
        Self(moment.0 / 60_000)
    }

    /// The hour that it is in.
    pub(super) const fn hour(self) -> u64 {
        self.0 / 60
    }

    /// When it begins.
    #[must_use]
    pub const fn starts_at(self) -> UnixMillis {
        UnixMillis(self.0.saturating_mul(60_000))
    }
}

/// What waits to be added to buckets, by minute.
#[derive(Debug, Default)]
pub(super) struct Minutes(BTreeMap<UnixMinute, HashMap<String, u64>>);

impl Minutes {
    pub(super) fn add(&mut self, minute: UnixMinute, counts: impl IntoIterator<Item = (String, u64)>) {
        let waiting = self.0.entry(minute).or_default();
        for (name, by) in counts {
            *waiting.entry(name).or_default() += by;
        }
        while self.0.len() > MAX_WAITING {
            self.0.pop_first();
        }
    }

    /// The oldest of what waits, as many as may go at once.
    pub(super) fn take(&mut self) -> Vec<(UnixMinute, Bucket)> {
        let oldest = std::iter::from_fn(|| self.0.pop_first()).take(MAX_RIDING);
        let buckets = oldest.filter_map(|(minute, counts)| {
            let key = Counter::bucket(minute)?;
            let counts = counts.into_iter().collect();
            Some((minute, Bucket { key, counts, keep_for: KEEP_FOR }))
        });
        buckets.collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What all processes counted in one minute.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct MinuteCounts {
    counts: HashMap<MinuteCount, u64>,
    hits: Vec<(CacheKey, u64)>,
}

impl MinuteCounts {
    /// Counts by name. A name that is unknown here, because another version counted it, is left out.
    fn by_name(counts: Vec<(String, u64)>) -> Self {
        let mut minute = Self::default();
        for (name, by) in counts {
            if let Some(key) = Counter::key_hit(&name) {
                minute.hits.push((key, by));
            } else if let Some(what) = MinuteCount::of_name(&name) {
                minute.counts.insert(what, by);
            }
        }
        minute
    }

    /// How much of something was counted.
    #[must_use]
    pub fn of(&self, what: MinuteCount) -> u64 {
        self.counts.get(&what).copied().unwrap_or_default()
    }

    /// Everything that was counted.
    pub fn iter(&self) -> impl Iterator<Item = (&MinuteCount, u64)> {
        self.counts.iter().map(|(what, by)| (what, *by))
    }

    /// The entries that were hit most, and how often.
    #[must_use]
    pub fn into_hits(self) -> Vec<(CacheKey, u64)> {
        self.hits
    }
}

impl Cache {
    /// The entries about persons that this process served most lately, and how often at least. Their keys are in its memory
    /// only.
    #[must_use]
    pub fn hits_of_persons(&self) -> Vec<(CacheKey, u64)> {
        self.0.deferred.personal_hits().look()
    }

    /// What was counted in each of so many minutes from a first one on, with what this process has counted so far.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer.
    pub async fn minutes(&self, first: UnixMinute, many: u64) -> Result<Vec<MinuteCounts>, StoreError> {
        self.flush_minutes().await;
        let keys: Vec<_> =
            (first.0..first.0.saturating_add(many)).filter_map(|minute| Counter::bucket(UnixMinute(minute))).collect();
        let mut minutes = Vec::with_capacity(keys.len());
        for keys in keys.chunks(READ_AT_ONCE) {
            let buckets = self.0.store.buckets(keys, Patience::of(UNHURRIED)).await?;
            minutes.extend(buckets.into_iter().map(MinuteCounts::by_name));
        }
        Ok(minutes)
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_RIDING, MAX_WAITING, Minutes, UnixMinute};

    fn one() -> [(String, u64); 1] {
        [("usage:drug_info:requests".to_owned(), 1)]
    }

    #[test]
    fn what_is_counted_in_one_minute_is_added_up() {
        let mut minutes = Minutes::default();
        minutes.add(UnixMinute(7), one());
        minutes.add(UnixMinute(7), one());
        let taken = minutes.take();
        assert_eq!(taken.len(), 1);
        assert_eq!(taken[0].1.counts, [("usage:drug_info:requests".to_owned(), 2)]);
        assert_eq!(taken[0].1.key.as_str(), "medinsight:usage:minute:7");
        assert!(minutes.is_empty());
    }

    #[test]
    fn a_long_outage_costs_the_oldest_minutes_and_the_rest_goes_bit_by_bit() {
        let mut minutes = Minutes::default();
        (0..1_000).for_each(|minute| minutes.add(UnixMinute(minute), one()));
        let first = minutes.take();
        assert_eq!(first.len(), MAX_RIDING);
        assert_eq!(first[0].0, UnixMinute(1_000 - MAX_WAITING as u64));
        let mut rest = 0;
        while !minutes.is_empty() {
            rest += minutes.take().len();
        }
        assert_eq!(first.len() + rest, MAX_WAITING);
    }
}
