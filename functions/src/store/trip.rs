//! What goes to the store and back at once.

use super::{FailureReason, StoreError};
use bytes::Bytes;
use medinsight_core::{CacheKey, Category, Generation};
use std::time::Duration;

/// What one request wants of the store.
#[derive(Clone, Debug, Default)]
pub struct Trip {
    /// The entry to read.
    pub read: Option<CacheKey>,
    /// The lease to ask for, on the key of `read`; it is asked for before the entry is read.
    pub lease: Option<LeaseRequest>,
    /// Categories whose generations are to be read, and made up on first use.
    pub generations: Vec<Category>,
    /// Counters to raise, and by how much.
    pub counts: Vec<(CacheKey, u64)>,
    /// Buckets to add to.
    pub buckets: Vec<Bucket>,
    /// Entries to write.
    pub writes: Vec<Write>,
    /// Samples of requests to be kept with their category's; that one could not be kept is no failure.
    pub samples: Vec<(Category, Bytes)>,
}

impl Trip {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let reads_nothing = self.read.is_none() && self.generations.is_empty();
        let counts_nothing = self.counts.is_empty() && self.buckets.is_empty() && self.samples.is_empty();
        reads_nothing && counts_nothing && self.writes.is_empty()
    }

    /// The trip without what must not be done twice; none when that is what it is for. A lease must not be asked for
    /// twice with one token: the first command may be executed late, after the lease was voided, and would bring it back
    /// to life.
    #[must_use]
    pub fn repeatable(&self) -> Option<Self> {
        let without = || Self { counts: Vec::new(), buckets: Vec::new(), samples: Vec::new(), ..self.clone() };
        self.lease.is_none().then(without)
    }
}

/// Numbers by name under one key, to be added to those that are there.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Where they are.
    pub key: CacheKey,
    /// Names, and by how much each is to be raised.
    pub counts: Vec<(String, u64)>,
    /// How long to keep the bucket from now on.
    pub keep_for: Duration,
}

/// An entry to write.
#[derive(Clone, Debug)]
pub struct Write {
    /// Where to.
    pub key: CacheKey,
    /// The header and the payload.
    pub entry: Bytes,
    /// How long to keep it; for ever when `None`.
    pub keep_for: Option<Duration>,
}

/// What a trip brought back.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// The entry that was to be read.
    pub entry: Option<Bytes>,
    /// Whether the lease was granted; false when it was not asked for.
    pub is_leased: bool,
    /// The generations that were to be read.
    pub generations: Vec<(Category, Generation)>,
    /// Why counts or writes were refused, although the entry was read.
    pub refusal: Option<FailureReason>,
    /// Whether the counts were left out of a second attempt, because the first one may have raised them.
    pub has_lost_counts: bool,
}

impl Reply {
    /// The generation of a category, if it was read.
    #[must_use]
    pub fn generation(&self, category: Category) -> Option<Generation> {
        self.generations.iter().find(|(read, _)| *read == category).map(|(_, generation)| *generation)
    }
}

/// The right to compute an entry and to store it.
#[derive(Clone, Copy, Debug)]
pub struct LeaseRequest {
    /// Who asks.
    pub token: LeaseToken,
    /// How long it lasts unless it is given back.
    pub life: Duration,
}

/// Names a holder of a lease; random, so that nobody takes another's lease for its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LeaseToken(pub u64);

impl LeaseToken {
    /// A new token; `None` without a source of randomness.
    #[must_use]
    pub fn random() -> Option<Self> {
        getrandom::u64().ok().map(Self)
    }

    /// The token as the store has it.
    #[must_use]
    pub fn to_hex(self) -> String {
        format!("{:016x}", self.0)
    }
}

/// A new token for a category, of which no entry can have one yet.
///
/// # Errors
///
/// [`FailureReason::Refused`] without a source of randomness; then the store counts as out of reach.
pub(crate) fn random_generation() -> Result<Generation, StoreError> {
    getrandom::u64().map(Generation).map_err(|_| StoreError::nothing_done(FailureReason::Refused))
}

/// What became of an entry that was computed under a lease.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stored {
    /// The store has it.
    Yes,
    /// The lease was no longer the writer's: it ran out, or the entry was cleared meanwhile.
    LeaseLost,
}
