//! The engine: fetch an answer from the store, or compute it once.
//!
//! A lookup ends as a named [`CacheStatus`], and headers, counters and logs are derived from that. The engine owns no
//! policy of its own: whether an entry may be served is decided by [`Freshness`] in the core.

mod compression;
mod deferred;
mod encryption;
mod entry;
mod envelope;
mod generations;
mod keyring;
mod single_flight;
mod status;

pub use encryption::{Encryption, EncryptionSetting, NoEncryption, StoreScope};
pub use envelope::{Envelope, NotWrapped, Opened, Stamp, Unreadable};
pub use keyring::{InvalidKeyring, Keyring};
pub use status::{BypassReason, CacheStatus};

use crate::clock::{Clock, millis};
use crate::origin::OriginError;
use crate::store::{Store, StoreError, Trip, Write};
use bytes::Bytes;
use deferred::Deferred;
use entry::Entry;
use generations::Generations;
use medinsight_core::{CacheKey, Category, Freshness, Generation, Lifetime, TtlPolicy};
use single_flight::{Role, SingleFlight};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// The engine. Clones share everything.
#[derive(Clone, Debug)]
pub struct Cache(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    envelope: Envelope,
    policy: TtlPolicy,
    clock: Clock,
    flights: SingleFlight<CacheKey, Result<Computed, OriginError>>,
    generations: Generations,
    deferred: Deferred,
}

/// What a request brings to the engine.
#[derive(Debug)]
pub struct Visit {
    /// The entry that answers it.
    pub key: CacheKey,
    /// Counters to raise in the same trip.
    pub counts: Vec<CacheKey>,
    /// What the person wrote, to be stored in the same trip.
    pub inputs: Vec<(CacheKey, Bytes)>,
}

/// An answer and where it came from.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The bytes of the answer, as the origin gave them.
    pub body: Bytes,
    /// How the cache served it.
    pub status: CacheStatus,
    /// How long ago it was computed, when it came from the store.
    pub age: Option<Duration>,
    /// Whether the store has it now.
    pub is_stored: bool,
    /// Whole seconds for which it stays fresh, negative when it is stale; none when it was computed just now.
    pub ttl_secs: Option<i64>,
}

/// What a flight brought home.
#[derive(Clone, Debug)]
struct Computed {
    body: Bytes,
    is_stored: bool,
}

/// What a lookup found.
enum Found {
    /// An entry that may be served, or may be served if all else fails.
    Entry(Entry, Freshness),
    /// No entry.
    Nothing,
    /// The store failed.
    Failure(BypassReason),
}

impl Cache {
    /// An engine on a store.
    #[must_use]
    pub fn new(store: Store, envelope: Envelope, policy: TtlPolicy, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            store,
            envelope,
            policy,
            clock,
            flights: SingleFlight::default(),
            generations: Generations::default(),
            deferred: Deferred::default(),
        }))
    }

    /// Answers from the store, or else by `compute`, which runs at most once at a time for each key in this process.
    ///
    /// A stale answer is served while it is refreshed in the background, and for a longer while when `compute` fails.
    ///
    /// # Errors
    ///
    /// The origin's error when there is nothing to serve instead. A failing store is never an error.
    pub async fn fetch<F>(&self, visit: Visit, compute: F) -> Result<Answer, OriginError>
    where
        F: Future<Output = Result<Bytes, OriginError>> + Send + 'static,
    {
        let key = visit.key.clone();
        match self.look_up(visit).await {
            Found::Entry(entry, Freshness::Fresh) => Ok(entry.into_answer(CacheStatus::Hit)),
            Found::Entry(entry, Freshness::RefreshEarly) => {
                self.refresh(key, compute);
                Ok(entry.into_answer(CacheStatus::Hit))
            }
            Found::Entry(entry, Freshness::StaleWhileRevalidate) => {
                self.refresh(key, compute);
                Ok(entry.into_answer(CacheStatus::Stale))
            }
            Found::Entry(entry, Freshness::StaleIfError) => {
                let computed = self.compute(key, compute, CacheStatus::Miss).await;
                computed.or_else(|_| Ok(entry.into_answer(CacheStatus::Stale)))
            }
            Found::Entry(_, Freshness::Gone) | Found::Nothing => self.compute(key, compute, CacheStatus::Miss).await,
            Found::Failure(reason) => self.compute(key, compute, CacheStatus::Bypass(reason)).await,
        }
    }

    /// Answers from the store or not at all.
    pub async fn peek(&self, visit: Visit) -> Option<Answer> {
        match self.look_up(visit).await {
            Found::Entry(entry, Freshness::Fresh | Freshness::RefreshEarly) => {
                Some(entry.into_answer(CacheStatus::Hit))
            }
            Found::Entry(entry, Freshness::StaleWhileRevalidate) => Some(entry.into_answer(CacheStatus::Stale)),
            Found::Entry(_, Freshness::StaleIfError | Freshness::Gone) | Found::Nothing | Found::Failure(_) => None,
        }
    }

    /// Raises a counter with the next trip.
    pub fn count(&self, counter: CacheKey) {
        self.0.deferred.count(counter);
    }

    /// Stores what is not needed at once with the next trip.
    pub fn store_later(&self, key: CacheKey, payload: Bytes) {
        self.0.deferred.store(key, payload);
    }

    /// Sends what waits for the next trip on a trip of its own.
    pub async fn flush(&self) {
        let trip = self.trip(None).await;
        if !(trip.counts.is_empty() && trip.writes.is_empty()) {
            let _ = self.run(trip).await;
        }
    }

    /// The payload under a key that a person's request stored, unless its life is over.
    pub async fn stored(&self, key: &CacheKey) -> Option<Bytes> {
        let visit = Visit { key: key.clone(), counts: Vec::new(), inputs: Vec::new() };
        self.peek(visit).await.map(|answer| answer.body)
    }

    /// The value of a counter, with what this process has counted so far.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer.
    pub async fn counter(&self, key: &CacheKey) -> Result<u64, StoreError> {
        self.flush().await;
        self.0.store.counter(key).await
    }

    /// Clears a category: from now on none of its entries is served, also none whose computation is under way.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer; then the category is not cleared.
    pub async fn clear(&self, category: Category) -> Result<(), StoreError> {
        self.0.store.renew_generation(category).await?;
        self.0.generations.forget(category);
        Ok(())
    }

    /// The engine's clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    async fn look_up(&self, visit: Visit) -> Found {
        let Ok(generation) = self.generation(visit.key.kind().category()).await else {
            return Found::Failure(BypassReason::StoreUnreachable);
        };
        let mut trip = self.trip(Some(visit.key.clone())).await;
        trip.counts.extend(visit.counts.into_iter().map(|counter| (counter, 1)));
        for (key, payload) in visit.inputs {
            trip.writes.extend(self.write(key, &payload, Duration::ZERO, None).await);
        }
        match self.run(trip).await {
            Ok(reply) => self.judge(&visit.key, reply, generation),
            Err(StoreError::Unreachable) => Found::Failure(BypassReason::StoreUnreachable),
        }
    }

    /// Decides what an entry is worth. One that cannot be read, or is of another generation, is none.
    fn judge(&self, key: &CacheKey, entry: Option<Bytes>, generation: Generation) -> Found {
        let now = self.0.clock.now();
        let entry = entry
            .zip(self.lifetime(key))
            .and_then(|(bytes, life)| Entry::open(&self.0.envelope, key, bytes, &life, generation, now).ok());
        entry.map_or(Found::Nothing, |(entry, freshness)| Found::Entry(entry, freshness))
    }

    fn refresh<F>(&self, key: CacheKey, compute: F)
    where
        F: Future<Output = Result<Bytes, OriginError>> + Send + 'static,
    {
        let cache = self.clone();
        tokio::spawn(async move {
            // The caller has been answered; a failure only means that the next one tries again.
            let _ = cache.compute(key, compute, CacheStatus::Miss).await;
        });
    }

    /// Computes, or joins a computation that is under way, and stores the answer.
    async fn compute<F>(&self, key: CacheKey, compute: F, status: CacheStatus) -> Result<Answer, OriginError>
    where
        F: Future<Output = Result<Bytes, OriginError>> + Send + 'static,
    {
        let work = self.clone().compute_and_store(key.clone(), compute);
        let (result, role) = self.0.flights.run(key, work).await;
        let status = match role {
            Role::Leader => status,
            Role::Follower => CacheStatus::Coalesced,
        };
        let Computed { body, is_stored } = result.unwrap_or(Err(OriginError::Failed))?;
        Ok(Answer { body, status, age: None, is_stored, ttl_secs: None })
    }

    async fn compute_and_store<F>(self, key: CacheKey, compute: F) -> Result<Computed, OriginError>
    where
        F: Future<Output = Result<Bytes, OriginError>> + Send + 'static,
    {
        let generation = self.generation(key.kind().category()).await.ok();
        if let Some(body) = self.written_meanwhile(&key, generation).await {
            return Ok(Computed { body, is_stored: true });
        }
        let started = self.0.clock.now();
        let body = compute.await?;
        let cost = self.0.clock.now().since(started);
        let write = match generation {
            Some(_) => self.write(key, &body, cost, generation).await,
            None => None,
        };
        let is_stored = match write {
            Some(write) => self.run(Trip { writes: vec![write], ..Trip::default() }).await.is_ok(),
            None => false,
        };
        Ok(Computed { body, is_stored })
    }

    /// What another flight wrote between this caller's lookup and its turn. Without this second look a caller that was
    /// held up in between would ask the origin once more.
    async fn written_meanwhile(&self, key: &CacheKey, generation: Option<Generation>) -> Option<Bytes> {
        let reply = self.run(Trip { read: Some(key.clone()), ..Trip::default() }).await.ok()?;
        match self.judge(key, reply, generation?) {
            Found::Entry(entry, Freshness::Fresh) => Some(entry.into_answer(CacheStatus::Hit).body),
            _ => None,
        }
    }

    /// Frames a payload as an entry of the given generation, or else of the current one.
    async fn write(
        &self,
        key: CacheKey,
        payload: &[u8],
        cost: Duration,
        generation: Option<Generation>,
    ) -> Option<Write> {
        let generation = match generation {
            Some(generation) => generation,
            None => self.generation(key.kind().category()).await.ok()?,
        };
        let life = self.lifetime(&key)?;
        let fresh_for_secs = life.jittered_secs(&key);
        let origin_cost_ms = u32::try_from(millis(cost)).unwrap_or(u32::MAX);
        let stamp = Stamp { written_at: self.0.clock.now(), fresh_for_secs, origin_cost_ms, generation };
        let entry = self.0.envelope.wrap(&key, &stamp, payload).ok()?;
        Some(Write { key, entry, keep_for: life.retention(fresh_for_secs) })
    }

    /// A trip that takes along what has been waiting for one.
    async fn trip(&self, read: Option<CacheKey>) -> Trip {
        let waiting = self.0.deferred.take();
        let mut writes = Vec::with_capacity(waiting.writes.len());
        for (key, payload) in waiting.writes {
            writes.extend(self.write(key, &payload, Duration::ZERO, None).await);
        }
        Trip { read, counts: waiting.counts.into_iter().collect(), writes }
    }

    /// Makes a trip. Counts of a trip that failed wait for the next one; nothing was lost that somebody relies on.
    async fn run(&self, trip: Trip) -> Result<Option<Bytes>, StoreError> {
        let counts = trip.counts.clone();
        let reply = self.0.store.run(trip).await;
        if reply.is_err() {
            self.0.deferred.put_back(counts);
        }
        reply.map(|reply| reply.entry)
    }

    async fn generation(&self, category: Category) -> Result<Generation, StoreError> {
        self.0.generations.current(category, &self.0.store, self.0.clock.now()).await
    }

    fn lifetime(&self, key: &CacheKey) -> Option<Lifetime> {
        self.0.policy.lifetime(key.kind())
    }
}
