//! The store in this process's memory: bounded by bytes, with an expiry of its own for each entry.

mod listing;

use super::{
    Bucket, DatabaseInspection, FailureReason, LeaseRequest, LeaseToken, NodeInspection, Reply, ServerInfo, StoreError,
    Stored, Swept, Tally, Trip, Write, random_generation,
};
use crate::bounded::{Bounded, Capacity, bounded};
use crate::budget::{Charge, Debts, Decision};
use crate::cache::MAX_BATCHES;
use bytes::Bytes;
use medinsight_core::{CacheKey, Category, EntryHeader, Generation, Pattern};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What an entry costs besides its key and its bytes: the map's own bookkeeping, measured at about 200 bytes.
const OVERHEAD_BYTES: usize = 200;

/// What an entry has usually.
const USUAL_BYTES: u64 = 4_096;

/// What has to fit in any case: the engine stores entries of at most half of it.
const HEAVIEST_BYTES: u64 = 2 << 20;

/// How often expired entries are dropped, which nobody can be served in any case.
const BETWEEN_TIDYINGS: Duration = Duration::from_secs(60);

/// The store in this process's memory.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    entries: Arc<Bounded<CacheKey, Kept>>,
    ledger: Arc<Mutex<Ledger>>,
    is_reachable: Arc<AtomicBool>,
}

#[derive(Clone, Debug)]
struct Kept {
    entry: Bytes,
    keep_for: Option<Duration>,
    kept_since: Instant,
}

impl Kept {
    fn is_alive(&self) -> bool {
        self.keep_for.is_none_or(|keep_for| self.kept_since.elapsed() < keep_for)
    }
}

/// What must not be evicted. It is small: bounded by the number of endpoints and categories, of the minutes of a day, and
/// of the computations under way.
#[derive(Debug, Default)]
struct Ledger {
    counters: HashMap<CacheKey, u64>,
    buckets: HashMap<CacheKey, Filled>,
    generations: HashMap<Category, Generation>,
    leases: HashMap<CacheKey, Lease>,
    budgets: Debts,
    tidied_at: Option<Instant>,
    samples: HashMap<Category, VecDeque<Bytes>>,
}

#[derive(Debug)]
struct Filled {
    counts: HashMap<String, u64>,
    ends_at: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Lease {
    token: LeaseToken,
    ends_at: Instant,
}

impl MemoryStore {
    /// A store that evicts what is used least once it holds more than `max_bytes`.
    #[must_use]
    pub fn new(max_bytes: u64) -> Self {
        let capacity = Capacity { total: max_bytes, usual: USUAL_BYTES, heaviest: HEAVIEST_BYTES };
        let entries = Arc::new(bounded(capacity, weight));
        Self { entries, ledger: Arc::default(), is_reachable: Arc::new(AtomicBool::new(true)) }
    }

    /// Makes the store fail every trip, or work again: a drill for outages.
    pub fn set_reachable(&self, is_reachable: bool) {
        self.is_reachable.store(is_reachable, Ordering::SeqCst);
    }

    /// How many bytes the entries take.
    #[must_use]
    pub fn weighted_bytes(&self) -> u64 {
        self.drop_expired();
        self.entries.weight()
    }

    /// What is known without a server. How much fits is left out: a store that evicts is meant to be full.
    pub(super) fn inspect(&self) -> DatabaseInspection {
        let info = ServerInfo::of([("used_memory", self.weighted_bytes())]);
        let node = NodeInspection { address: None, info, keys: Some(self.entries.len() as u64) };
        DatabaseInspection { name: "memory", nodes: vec![node] }
    }

    pub(super) fn run(&self, trip: Trip) -> Result<Reply, StoreError> {
        self.reach()?;
        let mut reply = Reply::default();
        let counts_nothing = trip.counts.is_empty() && trip.buckets.is_empty() && trip.samples.is_empty();
        if !(counts_nothing && trip.generations.is_empty() && trip.lease.is_none()) {
            let mut ledger = self.ledger();
            reply.is_leased = ledger.lease(trip.read.as_ref(), trip.lease);
            for category in trip.generations {
                reply.generations.push((category, ledger.generation(category)?));
            }
            for (key, by) in trip.counts {
                *ledger.counters.entry(key).or_default() += by;
            }
            trip.buckets.into_iter().for_each(|bucket| ledger.fill(bucket));
            for (category, batch) in trip.samples {
                ledger.keep_sample(category, batch);
            }
        }
        reply.entry = trip.read.and_then(|key| self.entries.get(&key)).filter(Kept::is_alive).map(|kept| kept.entry);
        if !trip.writes.is_empty() {
            self.tidy();
        }
        for write in trip.writes {
            self.insert(write);
        }
        Ok(reply)
    }

    pub(super) fn store_if_leased(&self, write: Write, token: LeaseToken) -> Result<Stored, StoreError> {
        self.reach()?;
        let mut ledger = self.ledger();
        if !ledger.is_holder(&write.key, token) {
            return Ok(Stored::LeaseLost);
        }
        ledger.leases.remove(&write.key);
        self.insert(write);
        Ok(Stored::Yes)
    }

    pub(super) fn release(&self, key: &CacheKey, token: LeaseToken) -> Result<(), StoreError> {
        self.reach()?;
        let mut ledger = self.ledger();
        if ledger.is_holder(key, token) {
            ledger.leases.remove(key);
        }
        Ok(())
    }

    pub(super) fn delete(&self, key: &CacheKey) -> Result<bool, StoreError> {
        self.reach()?;
        self.ledger().leases.remove(key);
        Ok(self.entries.remove(key).is_some_and(|(_, kept)| kept.is_alive()))
    }

    pub(super) fn renew_generation(&self, category: Category, generation: Generation) -> Result<(), StoreError> {
        self.reach()?;
        self.ledger().generations.insert(category, generation);
        Ok(())
    }

    pub(super) fn sweep_category(&self, category: Category, tally: &Tally) -> Result<Swept, StoreError> {
        self.reach()?;
        let Some(generation) = self.ledger().generations.get(&category).copied() else { return Ok(tally.so_far()) };
        let is_current =
            |kept: &Kept| EntryHeader::split(&kept.entry).is_ok_and(|(header, _)| header.generation == generation);
        Ok(self.sweep(&Pattern::Category(category), |kept| !is_current(kept), tally))
    }

    pub(super) fn sweep_pattern(&self, pattern: &Pattern, tally: &Tally) -> Result<Swept, StoreError> {
        self.reach()?;
        self.ledger().leases.retain(|key, _| !pattern.matches(key));
        Ok(self.sweep(pattern, |_| true, tally))
    }

    pub(super) fn count_matching(&self, pattern: &Pattern) -> Result<Swept, StoreError> {
        self.reach()?;
        Ok(self.sweep(pattern, |_| false, &Tally::default()))
    }

    fn sweep(&self, pattern: &Pattern, is_to_go: impl Fn(&Kept) -> bool, tally: &Tally) -> Swept {
        for (key, kept) in self.living().filter(|(key, _)| pattern.matches(key)) {
            let is_to_go = is_to_go(&kept);
            if is_to_go {
                self.entries.remove(&key);
            }
            tally.add(1, u64::from(is_to_go));
        }
        tally.so_far()
    }

    pub(super) fn counter(&self, key: &CacheKey) -> Result<u64, StoreError> {
        self.reach()?;
        Ok(self.ledger().counters.get(key).copied().unwrap_or_default())
    }

    pub(super) fn bucket(&self, key: &CacheKey) -> Result<Vec<(String, u64)>, StoreError> {
        self.reach()?;
        let ledger = self.ledger();
        let filled = ledger.buckets.get(key).filter(|filled| filled.ends_at > Instant::now());
        let counts = filled.map(|filled| filled.counts.iter().map(|(name, count)| (name.clone(), *count)).collect());
        Ok(counts.unwrap_or_default())
    }

    pub(super) fn samples(&self, category: Category) -> Result<Vec<Bytes>, StoreError> {
        self.reach()?;
        Ok(self.ledger().samples.get(&category).into_iter().flatten().cloned().collect())
    }

    pub(super) fn spend(&self, client: &str, charge: Charge) -> Result<Decision, StoreError> {
        self.reach()?;
        Ok(self.ledger().budgets.spend(client, charge, Instant::now()))
    }

    pub(super) fn change_debt(&self, client: &str, by_ms: i64) -> Result<(), StoreError> {
        self.reach()?;
        self.ledger().budgets.change(client, by_ms, Instant::now());
        Ok(())
    }

    fn insert(&self, Write { key, entry, keep_for }: Write) {
        self.entries.insert(key, Kept { entry, keep_for, kept_since: Instant::now() });
    }

    fn living(&self) -> impl Iterator<Item = (CacheKey, Kept)> {
        self.entries.iter().filter(|(_, kept)| kept.is_alive())
    }

    /// Drops what has expired, once in a while.
    fn tidy(&self) {
        let (now, mut ledger) = (Instant::now(), self.ledger());
        if ledger.tidied_at.is_none_or(|last| now - last > BETWEEN_TIDYINGS) {
            ledger.tidied_at = Some(now);
            drop(ledger);
            self.drop_expired();
        }
    }

    fn drop_expired(&self) {
        self.entries.retain(|_, kept| kept.is_alive());
    }

    fn reach(&self) -> Result<(), StoreError> {
        if self.is_reachable.load(Ordering::SeqCst) {
            Ok(())
        } else {
            Err(StoreError::nothing_done(FailureReason::Unreachable))
        }
    }

    /// Numbers stay consistent whatever panicked while it held the lock, so poisoning means nothing here.
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger {
    /// Grants the lease unless somebody else holds it.
    fn lease(&mut self, key: Option<&CacheKey>, request: Option<LeaseRequest>) -> bool {
        let Some((key, request)) = key.zip(request) else { return false };
        let now = Instant::now();
        if let Some(lease) = self.leases.get(key).filter(|lease| lease.ends_at > now) {
            return lease.token == request.token;
        }
        self.leases.insert(key.clone(), Lease { token: request.token, ends_at: now + request.life });
        true
    }

    /// Adds to a bucket. A new one is the time to throw away those whose time is over.
    fn fill(&mut self, Bucket { key, counts, keep_for }: Bucket) {
        let now = Instant::now();
        if !self.buckets.contains_key(&key) {
            self.buckets.retain(|_, filled| filled.ends_at > now);
        }
        let filled = self.buckets.entry(key).or_insert_with(|| Filled { counts: HashMap::new(), ends_at: now });
        filled.ends_at = now + keep_for;
        for (name, by) in counts {
            *filled.counts.entry(name).or_default() += by;
        }
    }

    fn keep_sample(&mut self, category: Category, batch: Bytes) {
        let samples = self.samples.entry(category).or_default();
        if samples.len() == MAX_BATCHES {
            samples.pop_front();
        }
        samples.push_back(batch);
    }

    fn is_holder(&self, key: &CacheKey, token: LeaseToken) -> bool {
        self.leases.get(key).is_some_and(|lease| lease.token == token && lease.ends_at > Instant::now())
    }

    fn generation(&mut self, category: Category) -> Result<Generation, StoreError> {
        if let Some(generation) = self.generations.get(&category) {
            return Ok(*generation);
        }
        let generation = random_generation()?;
        self.generations.insert(category, generation);
        Ok(generation)
    }
}

fn weight(key: &CacheKey, kept: &Kept) -> u64 {
    (key.as_str().len() + kept.entry.len() + OVERHEAD_BYTES) as u64
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
        let ask = || Trip { generations: vec![Category::DrugInfo], ..Trip::default() };
        let generation = |store: &MemoryStore| store.run(ask()).map(|reply| reply.generation(Category::DrugInfo));
        let before = generation(&store);
        for drug in 0..100 {
            store.run(write(&format!("drug{drug}"), 1_000)).expect("a reachable store");
        }
        assert_eq!(store.counter(&counter), Ok(3));
        assert_eq!(generation(&store), before);
    }
}
