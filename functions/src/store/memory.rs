//! The store in this process's memory: bounded by bytes, with an expiry of its own for each entry.

use super::{Reply, StoreError, Trip, Write};
use bytes::Bytes;
use medinsight_core::{CacheKey, Category, Generation};
use moka::Expiry;
use moka::sync::Cache;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What an entry costs besides its key and its bytes: the map's own bookkeeping, measured at about 200 bytes.
const OVERHEAD_BYTES: usize = 200;

/// The store in this process's memory.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    entries: Cache<CacheKey, Stored>,
    ledger: Arc<Mutex<Ledger>>,
    is_reachable: Arc<AtomicBool>,
}

#[derive(Clone, Debug)]
struct Stored {
    entry: Bytes,
    keep_for: Option<Duration>,
}

/// What must not be evicted: it is small and bounded by the number of endpoints and categories.
#[derive(Debug, Default)]
struct Ledger {
    counters: HashMap<CacheKey, u64>,
    generations: HashMap<Category, Generation>,
}

impl MemoryStore {
    /// A store that evicts what is used least once it holds more than `max_bytes`.
    #[must_use]
    pub fn new(max_bytes: u64) -> Self {
        let entries = Cache::builder()
            .max_capacity(max_bytes)
            .weigher(|key: &CacheKey, stored: &Stored| weight(key, &stored.entry))
            .expire_after(PerEntry)
            .build();
        Self { entries, ledger: Arc::default(), is_reachable: Arc::new(AtomicBool::new(true)) }
    }

    /// Makes the store fail every trip, or work again: a drill for outages.
    pub fn set_reachable(&self, is_reachable: bool) {
        self.is_reachable.store(is_reachable, Ordering::SeqCst);
    }

    /// How many bytes the entries take. Brings the books up to date first.
    #[must_use]
    pub fn weighted_bytes(&self) -> u64 {
        self.entries.run_pending_tasks();
        self.entries.weighted_size()
    }

    pub(super) fn run(&self, trip: Trip) -> Result<Reply, StoreError> {
        self.reach()?;
        let entry = trip.read.and_then(|key| self.entries.get(&key)).map(|stored| stored.entry);
        if !trip.counts.is_empty() {
            let mut ledger = self.ledger();
            for (key, by) in trip.counts {
                *ledger.counters.entry(key).or_default() += by;
            }
        }
        for Write { key, entry, keep_for } in trip.writes {
            self.entries.insert(key, Stored { entry, keep_for });
        }
        Ok(Reply { entry })
    }

    pub(super) fn generation(&self, category: Category) -> Result<Generation, StoreError> {
        self.reach()?;
        let mut ledger = self.ledger();
        if let Some(generation) = ledger.generations.get(&category) {
            return Ok(*generation);
        }
        let generation = random_generation()?;
        ledger.generations.insert(category, generation);
        Ok(generation)
    }

    pub(super) fn renew_generation(&self, category: Category) -> Result<(), StoreError> {
        self.reach()?;
        let generation = random_generation()?;
        self.ledger().generations.insert(category, generation);
        Ok(())
    }

    pub(super) fn counter(&self, key: &CacheKey) -> Result<u64, StoreError> {
        self.reach()?;
        Ok(self.ledger().counters.get(key).copied().unwrap_or_default())
    }

    fn reach(&self) -> Result<(), StoreError> {
        if self.is_reachable.load(Ordering::SeqCst) { Ok(()) } else { Err(StoreError::Unreachable) }
    }

    /// Numbers stay consistent whatever panicked while it held the lock, so poisoning means nothing here.
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn weight(key: &CacheKey, entry: &Bytes) -> u32 {
    u32::try_from(key.as_str().len() + entry.len() + OVERHEAD_BYTES).unwrap_or(u32::MAX)
}

/// A random token; without randomness there are no generations, and the store counts as out of reach.
fn random_generation() -> Result<Generation, StoreError> {
    getrandom::u64().map(Generation).map_err(|_| StoreError::Unreachable)
}

/// Every entry brings its own expiry, and writing it again starts it anew.
struct PerEntry;

impl Expiry<CacheKey, Stored> for PerEntry {
    fn expire_after_create(&self, _: &CacheKey, stored: &Stored, _: Instant) -> Option<Duration> {
        stored.keep_for
    }

    fn expire_after_update(&self, _: &CacheKey, stored: &Stored, _: Instant, _: Option<Duration>) -> Option<Duration> {
        stored.keep_for
    }
}

#[cfg(test)]
mod tests {
    use super::{MemoryStore, Trip, Write};
    use bytes::Bytes;
    use medinsight_core::{CacheKey, Category};

    fn key(drug: &str) -> CacheKey {
        CacheKey::build("drug_info", drug, None).expect("a valid key")
    }

    fn write(drug: &str, size: usize) -> Trip {
        let entry = Bytes::from(vec![0; size]);
        Trip { writes: vec![Write { key: key(drug), entry, keep_for: None }], ..Trip::default() }
    }

    #[test]
    fn entries_are_bounded_by_bytes() {
        let store = MemoryStore::new(100_000);
        for drug in 0..1_000 {
            store.run(write(&format!("drug{drug}"), 1_000)).expect("a reachable store");
        }
        assert!(store.weighted_bytes() <= 100_000);
    }

    #[test]
    fn counters_and_generations_survive_a_flood_of_entries() {
        let store = MemoryStore::new(10_000);
        let counter = CacheKey::build("usage", "drug_info", Some("requests")).expect("a valid key");
        store.run(Trip { counts: vec![(counter.clone(), 3)], ..Trip::default() }).expect("a reachable store");
        let generation = store.generation(Category::DrugInfo);
        for drug in 0..100 {
            store.run(write(&format!("drug{drug}"), 1_000)).expect("a reachable store");
        }
        assert_eq!(store.counter(&counter), Ok(3));
        assert_eq!(store.generation(Category::DrugInfo), generation);
    }
}
