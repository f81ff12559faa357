//! What need not reach the store at once and rides along with the next trip: a hit is only known once its own trip is
//! over, and counting it must not cost a second one.

use bytes::Bytes;
use medinsight_core::{CacheKey, UnixMillis};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many payloads may wait. The server flushes every second; beyond this many the newest are worth less than the
/// memory, and they are summaries and inputs that the next question writes anew.
const MAX_WAITING_PAYLOADS: usize = 4_096;

/// How many payloads ride along with one trip. After an outage many wait, and a hit must not wait for all of them.
const MAX_RIDING_PAYLOADS: usize = 16;

/// How often counts ride along. A hit raises several counters, and a busy process would send several commands with each
/// trip that add up to the same in one.
const COUNTS_RIDE_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct Deferred(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    counts: HashMap<CacheKey, u64>,
    payloads: VecDeque<(CacheKey, Bytes)>,
    counts_rode_at: UnixMillis,
}

/// Which counts ride along with a trip.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Boarding {
    /// All, if none have ridden within the last second.
    Now(UnixMillis),
    /// All.
    All,
}

/// What rides along with a trip.
#[derive(Debug, Default)]
pub(super) struct Riders {
    /// Counters and by how much they are to be raised.
    pub(super) counts: Vec<(CacheKey, u64)>,
    /// Payloads to be stored.
    pub(super) payloads: Vec<(CacheKey, Bytes)>,
}

impl Deferred {
    pub(super) fn count(&self, counter: CacheKey, by: u64) {
        *self.waiting().counts.entry(counter).or_default() += by;
    }

    pub(super) fn store(&self, key: CacheKey, payload: Bytes) {
        let mut waiting = self.waiting();
        if waiting.payloads.len() < MAX_WAITING_PAYLOADS {
            waiting.payloads.push_back((key, payload));
        }
    }

    pub(super) fn take(&self, boarding: Boarding) -> Riders {
        let mut waiting = self.waiting();
        let riding = waiting.payloads.len().min(MAX_RIDING_PAYLOADS);
        let payloads = waiting.payloads.drain(..riding).collect();
        Riders { counts: waiting.take_counts(boarding), payloads }
    }

    pub(super) fn put_back(&self, riders: Riders) {
        riders.counts.into_iter().for_each(|(counter, by)| self.count(counter, by));
        riders.payloads.into_iter().for_each(|(key, payload)| self.store(key, payload));
    }

    pub(super) fn is_empty(&self) -> bool {
        let waiting = self.waiting();
        waiting.counts.is_empty() && waiting.payloads.is_empty()
    }

    pub(super) fn has_payloads(&self) -> bool {
        !self.waiting().payloads.is_empty()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn take_counts(&mut self, boarding: Boarding) -> Vec<(CacheKey, u64)> {
        if let Boarding::Now(now) = boarding {
            if now.is_within(COUNTS_RIDE_EVERY, self.counts_rode_at) || self.counts.is_empty() {
                return Vec::new();
            }
            self.counts_rode_at = now;
        }
        let mut counts: Vec<_> = self.counts.drain().collect();
        // Requests go before hits, so that nobody who reads in between sees more hits than requests.
        counts.sort_unstable_by_key(|(counter, _)| !counter.as_str().ends_with(":requests"));
        counts
    }
}
