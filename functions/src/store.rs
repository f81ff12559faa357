//! Where entries, counters and generations are kept.
//!
//! The engine speaks to the store in [`Trip`]s: everything that one request needs goes there and back at once. A
//! backend with a network in between makes one pipeline of it.

mod memory;

pub use memory::MemoryStore;

use bytes::Bytes;
use medinsight_core::{CacheKey, Category, Generation};
use std::time::Duration;

/// The store, whichever backend it has.
#[derive(Clone, Debug)]
pub enum Store {
    /// In this process's memory.
    Memory(MemoryStore),
}

impl Store {
    /// Makes a trip.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer; then nobody knows what of the trip was done.
    pub async fn run(&self, trip: Trip) -> Result<Reply, StoreError> {
        match self {
            Self::Memory(memory) => memory.run(trip),
        }
    }

    /// The generation of a category, made up on first use.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer.
    pub async fn generation(&self, category: Category) -> Result<Generation, StoreError> {
        match self {
            Self::Memory(memory) => memory.generation(category),
        }
    }

    /// Gives a category another generation, after which no entry of the earlier one is served.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer.
    pub async fn renew_generation(&self, category: Category) -> Result<(), StoreError> {
        match self {
            Self::Memory(memory) => memory.renew_generation(category),
        }
    }

    /// The value of a counter; one that was never counted is zero.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer.
    pub async fn counter(&self, key: &CacheKey) -> Result<u64, StoreError> {
        match self {
            Self::Memory(memory) => memory.counter(key),
        }
    }
}

/// What one request wants of the store.
#[derive(Debug, Default)]
pub struct Trip {
    /// The entry to read.
    pub read: Option<CacheKey>,
    /// Counters to raise, and by how much.
    pub counts: Vec<(CacheKey, u64)>,
    /// Entries to write.
    pub writes: Vec<Write>,
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
#[derive(Debug, Default)]
pub struct Reply {
    /// The entry that was to be read.
    pub entry: Option<Bytes>,
}

/// Why a trip failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store cannot be reached.
    #[error("the store cannot be reached")]
    Unreachable,
}
