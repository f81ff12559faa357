//! The engine: fetch an answer from the store, or compute it once.
//!
//! A lookup ends as a named [`CacheStatus`], and headers, counters and logs are derived from that. The engine owns no
//! policy of its own: whether an entry may be served is decided by [`Freshness`] in the core.

mod accounting;
mod clearing;
mod compression;
mod computing;
mod counter;
mod deferred;
mod encryption;
mod entry;
mod envelope;
mod errand;
mod finding;
mod generations;
mod handover;
mod hottest;
mod keeping;
mod keyring;
mod latency;
mod lease;
mod lookups;
mod measures;
mod minutes;
mod near;
mod nonces;
mod records;
mod renewing;
mod sampled;
mod sampling;
mod settling;
mod single_flight;
mod status;
mod substitute;
mod timing;

pub use accounting::Counts;
pub use clearing::Cleared;
pub use computing::{Computation, Computing};
pub use counter::{Counter, Endpoint, MinuteCount, SizeClass, Usage};
pub use encryption::{Encryption, EncryptionSetting, NoEncryption, StoreScope};
pub use envelope::{Envelope, NotWrapped, Opened, Stamp, Unreadable};
pub use handover::{Job, Successor};
pub use keeping::{Kept, NotKept};
pub use keyring::{InvalidKeyring, Keyring};
pub use latency::{Latency, Source};
pub use measures::{Measure, Measures, Tokens};
pub use minutes::{MinuteCounts, UnixMinute};
pub use sampling::{AgeClass, BATCH_EVERY, Batch, Event, MAX_BATCHES, Point, Replay, Sampling, SamplingKey};
pub use settling::Settled;
pub use status::CacheStatus;
pub use timing::{Deadline, Timing};

use crate::clock::Clock;
use crate::origin::{OriginError, Revisions};
use crate::store::{Patience, Store, StoreError};
use bytes::Bytes;
use computing::{Journey, Landed};
use deferred::Deferred;
use errand::Errand;
use finding::Found;
use generations::Generations;
use lookups::Lookups;
use medinsight_core::{CacheKey, Freshness, Lifetime, TtlPolicy};
use near::Near;
use sampling::Sampler;
use single_flight::SingleFlight;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
pub use substitute::Substitute;
use timing::Budget;
use tokio::time::Instant;

/// How long a trip may take that nobody waits for.
const UNHURRIED: Duration = Duration::from_secs(1);

/// The engine. Clones share everything.
#[derive(Clone, Debug)]
pub struct Cache(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    envelope: Envelope,
    policy: TtlPolicy,
    timing: Timing,
    clock: Clock,
    near: Near,
    lookups: Lookups,
    flights: SingleFlight<CacheKey, Result<Landed, OriginError>>,
    background: SingleFlight<CacheKey, ()>,
    generations: Generations,
    deferred: Deferred,
    sampler: Option<Sampler>,
    successor: Option<Arc<dyn Successor>>,
}

/// What an engine is made of.
#[derive(Debug)]
pub struct Parts {
    /// Where entries are kept.
    pub store: Store,
    /// How they are sealed.
    pub envelope: Envelope,
    /// How long they live.
    pub policy: TtlPolicy,
    /// How long the origin and the store may take.
    pub timing: Timing,
    /// How much of the store is kept at hand for a few seconds; 0 for nothing.
    pub near_bytes: u64,
    /// Whether requests are sampled for the advice on times to live.
    pub sampling: Sampling,
    /// Who does what this process has no time for; none where it has all the time that it needs.
    pub successor: Option<Arc<dyn Successor>>,
    /// What time it is.
    pub clock: Clock,
}

/// What a request brings to the engine.
#[derive(Debug)]
pub struct Visit {
    /// The entry that answers it.
    pub key: CacheKey,
    /// The counter to raise in the same trip.
    pub counts: Option<Counter>,
    /// What the person wrote, to be stored in the same trip.
    pub inputs: Vec<(CacheKey, Bytes)>,
    /// By when the request has to be answered.
    pub deadline: Deadline,
    /// What to do when the computation fails and there is no entry to serve instead.
    pub substitute: Option<Substitute>,
    /// The revisions that a fresh answer has to be of, when the key does not say them. One of another revision is stale.
    pub revisions: Option<Revisions>,
}

impl Visit {
    /// A visit that brings nothing along.
    #[must_use]
    pub const fn to(key: CacheKey, deadline: Deadline) -> Self {
        Self { key, counts: None, inputs: Vec::new(), deadline, substitute: None, revisions: None }
    }
}

/// An answer and where it came from.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The bytes of the answer, as the origin gave them.
    pub body: Bytes,
    /// How the cache served it.
    pub status: CacheStatus,
    /// How long ago it was computed, when it came from the store and says so.
    pub age: Option<Duration>,
    /// Whether the store has it now.
    pub is_stored: bool,
    /// Whole seconds for which it stays fresh, negative when it is stale; none when it was computed just now and lives as
    /// long as others of its kind.
    pub ttl_secs: Option<i64>,
    /// What it cost the origin, when it came from the store and says so.
    pub origin_cost: Option<Duration>,
}

impl Cache {
    /// Puts an engine together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { store, envelope, policy, timing, near_bytes, sampling, successor, clock } = parts;
        Self(Arc::new(Inner {
            store,
            envelope,
            policy,
            timing,
            clock,
            near: Near::new(near_bytes),
            lookups: Lookups::default(),
            flights: SingleFlight::default(),
            background: SingleFlight::default(),
            generations: Generations::default(),
            deferred: Deferred::default(),
            sampler: Sampler::of(&sampling),
            successor,
        }))
    }

    /// Answers from the store, or else by `compute`, which runs at most once at a time for each key: in this process,
    /// and among all processes that share the store.
    ///
    /// A stale answer is served while it is refreshed in the background, and for a longer while when `compute` fails.
    /// Only when there is none does the visit's substitute step in.
    ///
    /// # Errors
    ///
    /// The origin's error when there is nothing to serve instead. A failing store is never an error.
    pub async fn fetch(&self, visit: Visit, compute: impl FnOnce() -> Computation) -> Result<Answer, OriginError> {
        self.fetch_if(visit, std::future::ready(Ok(())), compute).await
    }

    /// [`Cache::fetch`] for a caller whose right to a computation is asked for first, but only if there has to be one:
    /// what the store has is served to everybody, and joining a computation that is under way costs nothing.
    ///
    /// # Errors
    ///
    /// The origin's error, or that of `admission`, when there is nothing to serve instead.
    pub fn fetch_if<A, E>(
        &self,
        mut visit: Visit,
        admission: A,
        compute: impl FnOnce() -> Computation,
    ) -> impl Future<Output = Result<Answer, E>>
    where
        A: Future<Output = Result<(), E>> + Send,
        E: From<OriginError>,
    {
        let (category, started) = (visit.key.kind().category(), Instant::now());
        let sighting = self.see(&visit);
        let mut budget = Budget::new(&self.0.timing, visit.deadline, started);
        // Unlike the body of an `async fn` the block keeps no second copy of each argument while it waits; and it is one
        // block, because each combinator around a future copies it.
        async move {
            let found = self.look_up_together(&mut visit, &mut budget).await;
            let Visit { key, deadline, substitute, revisions, .. } = visit;
            let journey = |bypass| Journey { deadline, budget, bypass, revisions };
            let result = match found {
                Found::Entry(entry, Freshness::Fresh) => Ok(entry.into_answer(CacheStatus::Hit)),
                Found::Entry(entry, Freshness::RefreshEarly) => {
                    self.refresh(key, compute(), journey(None));
                    Ok(entry.into_answer(CacheStatus::Hit))
                }
                Found::Entry(entry, Freshness::StaleWhileRevalidate) => {
                    self.refresh(key, compute(), journey(None));
                    Ok(entry.into_answer(CacheStatus::Stale))
                }
                // Computations are boxes, so that the future of a hit is small.
                Found::Entry(entry, Freshness::StaleIfError) => {
                    Ok(Box::pin(self.compute_instead_of(entry, key, admission, compute().work, journey(None))).await?)
                }
                Found::Entry(_, Freshness::Gone) | Found::Nothing => {
                    Box::pin(self.compute_if(key, admission, compute().work, substitute, journey(None))).await
                }
                Found::Failure(reason) => {
                    Box::pin(self.compute_if(key, admission, compute().work, substitute, journey(Some(reason)))).await
                }
            };
            if let Ok(answer) = &result {
                self.note_answered(sighting, Some(answer));
                self.served(category, answer.status, started);
            }
            result
        }
    }

    /// Answers from the store or not at all.
    pub async fn peek(&self, visit: Visit) -> Option<Answer> {
        let (category, started) = (visit.key.kind().category(), Instant::now());
        let sighting = self.see(&visit);
        let answer = self.find(visit).await;
        // Without an answer nothing is computed, and whoever asks again in another way is seen then.
        if let Some(answer) = &answer {
            self.note_answered(sighting, Some(answer));
            self.served(category, answer.status, started);
        }
        answer
    }

    async fn find(&self, mut visit: Visit) -> Option<Answer> {
        let mut budget = Budget::new(&self.0.timing, visit.deadline, Instant::now());
        match self.look_up(&mut visit, &mut budget).await {
            Found::Entry(entry, Freshness::Fresh | Freshness::RefreshEarly) => {
                Some(entry.into_answer(CacheStatus::Hit))
            }
            Found::Entry(entry, Freshness::StaleWhileRevalidate) => Some(entry.into_answer(CacheStatus::Stale)),
            Found::Entry(_, Freshness::StaleIfError | Freshness::Gone) | Found::Nothing | Found::Failure(_) => None,
        }
    }

    /// Stores what is not needed at once with the next trip.
    pub fn store_later(&self, key: CacheKey, payload: Bytes) {
        self.0.deferred.store(key, payload);
    }

    /// Sends what waits for the next trip on trips of its own, until nothing waits, or the store fails or refuses something.
    /// What was counted by minute goes once a second at most, and may wait on.
    pub async fn flush(&self) {
        // What the store did not take goes on waiting.
        let _ = self.flush_all().await;
    }

    /// [`Cache::flush`] for those who must not go on while something waits.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not take it, and it may still come.
    pub async fn flush_all(&self) -> Result<(), StoreError> {
        while !self.0.deferred.is_empty(self.0.clock.now()) || self.has_due_samples() {
            let reply = self.run(Errand::default(), Patience::of(UNHURRIED)).await?;
            if let Some(reason) = reply.refusal {
                // It would refuse the same again and again: that it did so is a count, which waits for a trip itself.
                return if self.0.deferred.has_payloads() { Err(StoreError::in_doubt(reason)) } else { Ok(()) };
            }
        }
        Ok(())
    }

    /// [`Cache::flush`] together with what was counted in the current minute, however lately that was sent. It is for
    /// those who read it.
    pub async fn flush_minutes(&self) {
        self.0.deferred.let_minutes_ride();
        self.flush().await;
    }

    /// The payload under a key that a person's request stored, unless its life is over.
    pub async fn stored(&self, key: &CacheKey) -> Option<Bytes> {
        let deadline = Deadline::after(UNHURRIED);
        self.peek(Visit::to(key.clone(), deadline)).await.map(|answer| answer.body)
    }

    /// The value of a counter, with what this process has counted so far.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer.
    pub async fn counter(&self, key: &CacheKey) -> Result<u64, StoreError> {
        self.flush().await;
        let values = self.0.store.counters(std::slice::from_ref(key), Patience::of(UNHURRIED)).await?;
        Ok(values.first().copied().unwrap_or_default())
    }

    /// Does some work in the background that belongs to the request, unless work with this name is under way. A process
    /// that may be frozen waits for it, see [`Cache::settle`].
    pub fn work_on(&self, name: CacheKey, work: impl Future<Output = ()> + Send + 'static) {
        self.0.background.start(name, work);
    }

    /// Whether anything is being computed, for a caller or in the background.
    #[must_use]
    pub fn is_computing(&self) -> bool {
        !(self.0.flights.is_idle() && self.0.background.is_idle())
    }

    /// The engine's clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// How long entries live.
    #[must_use]
    pub fn policy(&self) -> &TtlPolicy {
        &self.0.policy
    }

    /// Where entries are kept.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// How long the store may keep a request waiting, from now on.
    #[must_use]
    pub fn patience(&self) -> Patience {
        Patience::of(self.0.timing.store_budget)
    }

    /// By when an answer that is computed from now on for a request has to be there.
    #[must_use]
    pub fn computed_by(&self, deadline: Deadline) -> Deadline {
        deadline.min(Deadline::after(self.0.timing.origin_timeout))
    }

    /// How entries are sealed.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.0.envelope
    }

    fn lifetime(&self, key: &CacheKey) -> Option<Lifetime> {
        self.0.policy.lifetime(key.kind())
    }
}
