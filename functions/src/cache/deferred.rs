//! What need not reach the store at once and rides along with the next trip: a hit is only known once its own trip is
//! over, and counting it must not cost a second one.

use bytes::Bytes;
use medinsight_core::CacheKey;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many writes may wait. The server flushes every second; beyond this many the oldest writes are worth less than
/// the memory, and they are summaries that the next answer writes anew.
const MAX_WAITING_WRITES: usize = 1_024;

#[derive(Debug, Default)]
pub(super) struct Deferred(Mutex<Waiting>);

/// What waits for a trip.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// Counters and by how much they are to be raised.
    pub(super) counts: HashMap<CacheKey, u64>,
    /// Payloads to be stored.
    pub(super) writes: Vec<(CacheKey, Bytes)>,
}

impl Deferred {
    pub(super) fn count(&self, counter: CacheKey) {
        *self.waiting().counts.entry(counter).or_default() += 1;
    }

    pub(super) fn store(&self, key: CacheKey, payload: Bytes) {
        let mut waiting = self.waiting();
        if waiting.writes.len() < MAX_WAITING_WRITES {
            waiting.writes.push((key, payload));
        }
    }

    pub(super) fn take(&self) -> Waiting {
        std::mem::take(&mut *self.waiting())
    }

    pub(super) fn put_back(&self, counts: Vec<(CacheKey, u64)>) {
        let mut waiting = self.waiting();
        for (counter, by) in counts {
            *waiting.counts.entry(counter).or_default() += by;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
