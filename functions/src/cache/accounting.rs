//! Counting: what happened to answers and entries. Counts wait for a trip that is made anyway.

use super::counter::{Counter, Endpoint, Usage};
use super::latency::Source;
#[cfg(feature = "bedrock")]
use super::measures::Tokens;
use super::{Answer, Cache, CacheStatus, UNHURRIED, measures};
use crate::origin::Source as Origin;
use crate::store::{Patience, StoreError};
use medinsight_core::{CacheKey, Category};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// What counters stand at.
#[derive(Clone, Debug, Default)]
pub struct Counts(HashMap<Counter, u64>);

impl Counts {
    /// Counts as they were read; what is not among them is zero.
    #[must_use]
    pub fn of(counts: impl IntoIterator<Item = (Counter, u64)>) -> Self {
        Self(counts.into_iter().collect())
    }

    /// What one counter stands at.
    #[must_use]
    pub fn of_counter(&self, counter: Counter) -> u64 {
        self.0.get(&counter).copied().unwrap_or_default()
    }

    /// What one counter of an endpoint stands at.
    #[must_use]
    pub fn of_usage(&self, endpoint: Endpoint, usage: Usage) -> u64 {
        self.of_counter(Counter::Usage(endpoint, usage))
    }
}

impl Cache {
    /// Raises a counter with a later trip.
    pub fn tally(&self, counter: Counter, by: u64) {
        if by > 0 {
            self.0.deferred.count(counter, by);
        }
    }

    /// Counts how a request of an endpoint was answered. The request itself is counted by the trip of its visit.
    pub fn count_answer(&self, endpoint: Endpoint, answer: &Answer) {
        let usage = |usage| self.tally(Counter::Usage(endpoint, usage), 1);
        match answer.status {
            CacheStatus::Hit => usage(Usage::Hits),
            CacheStatus::Stale => {
                usage(Usage::Hits);
                usage(Usage::Stale);
            }
            CacheStatus::Coalesced => usage(Usage::Coalesced),
            CacheStatus::Bypass(reason) => usage(Usage::Bypass(reason)),
            CacheStatus::Miss => {}
        }
        if answer.status.is_from_store() {
            let saved = crate::clock::millis(answer.origin_cost.unwrap_or(Duration::ZERO));
            self.tally(Counter::Usage(endpoint, Usage::SavedMillis), saved);
        }
    }

    /// Notes that a lookup was served, and how long that took.
    pub(super) fn served(&self, category: Category, status: CacheStatus, started: Instant) {
        measures::served(category, status);
        let source = if status.is_from_store() { Source::Store } else { Source::Origin };
        self.0.deferred.took(source, started.elapsed());
    }

    /// Counts an answer that stands in for one that could not be computed.
    pub(super) fn count_fallback(&self, category: Category, answer: &[u8]) {
        if let Some(origin) = Origin::of_stored(answer) {
            self.tally(Counter::Fallback(origin), 1);
            measures::fell_back(category);
        }
    }

    /// Counts what a model has read and written for an answer, or for nothing.
    #[cfg(feature = "bedrock")]
    pub(crate) fn count_tokens(&self, category: Category, tokens: Tokens) {
        self.tally(Counter::TokensRead, tokens.input);
        self.tally(Counter::TokensWritten, tokens.output);
        measures::tokens_used(category, tokens);
    }

    /// Counts an entry that the store has taken.
    pub(super) fn count_stored(&self, category: Category, bytes: usize) {
        for (counter, by) in Counter::of_stored(category, bytes) {
            self.tally(counter, by);
        }
    }

    /// Every counter, with what this process has counted so far.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        self.flush().await;
        let (counters, keys): (Vec<Counter>, Vec<CacheKey>) =
            Counter::all().filter_map(|counter| Some((counter, counter.key()?))).unzip();
        let values = self.0.store.counters(&keys, Patience::of(UNHURRIED)).await?;
        Ok(Counts::of(counters.into_iter().zip(values)))
    }
}
