//! How far a sweep has got, for somebody who cannot wait for its end.

use super::Swept;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a sweep came across so far.
#[derive(Debug, Default)]
pub struct Tally {
    found: AtomicU64,
    removed: AtomicU64,
}

impl Tally {
    /// Adds a batch.
    pub(crate) fn add(&self, found: u64, removed: u64) {
        self.found.fetch_add(found, Ordering::Relaxed);
        self.removed.fetch_add(removed, Ordering::Relaxed);
    }

    /// The sums.
    #[must_use]
    pub fn so_far(&self) -> Swept {
        Swept { found: self.found.load(Ordering::Relaxed), removed: self.removed.load(Ordering::Relaxed) }
    }
}
