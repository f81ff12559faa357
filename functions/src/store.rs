//! Where entries, counters, generations and leases are kept.
//!
//! The engine speaks to the store in [`Trip`]s: everything that one request needs goes there and back at once. Redis
//! makes one pipeline of it.

mod checkup;
mod failure;
mod inspection;
mod listing;
mod memory;
mod redis;
mod server_info;
mod tally;
mod trip;

pub use checkup::{Checkup, Examined, Obstacle};
pub use failure::{Doubt, FailureReason, Patience, StoreError};
pub use inspection::{DatabaseInspection, DatabaseReport, NodeInspection};
pub use listing::{Page, PageToken, Record};
pub use memory::MemoryStore;
pub use redis::{RedisStore, rights};
pub use server_info::{Keyspace, ServerInfo};
pub use tally::Tally;
pub(crate) use trip::random_generation;
pub use trip::{Bucket, LeaseRequest, LeaseToken, Reply, Stored, Trip, Write};

use crate::budget::{Charge, Decision};
use bytes::Bytes;
use futures_util::future::Either;
use medinsight_core::{CacheKey, Category, Generation, Pattern};
use std::future::{Future, ready};

/// The store, whichever backend it has.
#[derive(Clone, Debug)]
pub enum Store {
    /// In this process's memory.
    Memory(MemoryStore),
    /// In Redis, shared by all processes.
    Redis(RedisStore),
}

/// What a sweep came across.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Swept {
    /// How many keys matched.
    pub found: u64,
    /// How many of them were removed.
    pub removed: u64,
}

impl Store {
    /// The backend's name for logs and reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Memory(_) => "memory",
            Self::Redis(_) => "redis",
        }
    }

    /// Begins to connect without waiting for it.
    pub fn warm_up(&self) {
        match self {
            Self::Memory(_) => {}
            Self::Redis(redis) => redis.warm_up(),
        }
    }

    /// Asks the store whether it is there; the outcome is in the reports.
    pub async fn check(&self) {
        match self {
            Self::Memory(_) => {}
            Self::Redis(redis) => redis.check().await,
        }
    }

    /// How each database is doing; none for a store in memory.
    #[must_use]
    pub fn reports(&self) -> Vec<DatabaseReport> {
        match self {
            Self::Memory(_) => Vec::new(),
            Self::Redis(redis) => redis.reports(),
        }
    }

    /// Makes a trip.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when what was to be read could not be read.
    pub fn run(&self, trip: Trip, patience: Patience) -> impl Future<Output = Result<Reply, StoreError>> {
        match self {
            Self::Memory(memory) => Either::Left(ready(memory.run(trip))),
            Self::Redis(redis) => Either::Right(redis.run(trip, patience)),
        }
    }

    /// Stores an entry and gives the lease back, if the lease is still the writer's.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer; then the entry may or may not be stored.
    pub async fn store_if_leased(
        &self,
        write: Write,
        token: LeaseToken,
        patience: Patience,
    ) -> Result<Stored, StoreError> {
        match self {
            Self::Memory(memory) => memory.store_if_leased(write, token),
            Self::Redis(redis) => redis.store_if_leased(&write, token, patience).await,
        }
    }

    /// Gives a lease back, if it is still the holder's.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer; then the lease runs out by itself.
    pub async fn release(&self, key: &CacheKey, token: LeaseToken, patience: Patience) -> Result<(), StoreError> {
        match self {
            Self::Memory(memory) => memory.release(key, token),
            Self::Redis(redis) => redis.release(key, token, patience).await,
        }
    }

    /// Removes an entry, and voids the lease under which it may be computed now. Returns whether there was one.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer.
    pub async fn delete(&self, key: &CacheKey, patience: Patience) -> Result<bool, StoreError> {
        match self {
            Self::Memory(memory) => memory.delete(key),
            Self::Redis(redis) => redis.delete(key, patience).await,
        }
    }

    /// Gives a category another generation, after which no entry of an earlier one is served.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer.
    pub async fn renew_generation(
        &self,
        category: Category,
        generation: Generation,
        patience: Patience,
    ) -> Result<(), StoreError> {
        match self {
            Self::Memory(memory) => memory.renew_generation(category, generation),
            Self::Redis(redis) => redis.renew_generation(category, generation, patience).await,
        }
    }

    /// Removes what a category has of other generations than its current one.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer; what was removed until then stays removed.
    pub async fn sweep_category(&self, category: Category, tally: &Tally) -> Result<Swept, StoreError> {
        match self {
            Self::Memory(memory) => memory.sweep_category(category, tally),
            Self::Redis(redis) => redis.sweep_category(category, tally).await,
        }
    }

    /// Removes what a pattern matches, and voids the leases under which it may be computed now.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer; what was removed until then stays removed.
    pub async fn sweep_pattern(&self, pattern: &Pattern, tally: &Tally) -> Result<Swept, StoreError> {
        match self {
            Self::Memory(memory) => memory.sweep_pattern(pattern, tally),
            Self::Redis(redis) => redis.sweep_pattern(pattern, tally).await,
        }
    }

    /// Counts what a pattern matches, and removes nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer.
    pub async fn count_matching(&self, pattern: &Pattern) -> Result<Swept, StoreError> {
        match self {
            Self::Memory(memory) => memory.count_matching(pattern),
            Self::Redis(redis) => redis.count_matching(pattern).await,
        }
    }

    /// Lists at most `room` of the entries that a pattern matches.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer.
    pub async fn page(&self, pattern: &Pattern, from: PageToken, room: usize) -> Result<Page, StoreError> {
        match self {
            Self::Memory(memory) => memory.page(pattern, from, room),
            Self::Redis(redis) => redis.page(pattern, from, room).await,
        }
    }

    /// The values of counters, in their order, in one trip; one that was never counted is zero.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer.
    pub async fn counters(&self, keys: &[CacheKey], patience: Patience) -> Result<Vec<u64>, StoreError> {
        match self {
            Self::Memory(memory) => keys.iter().map(|key| memory.counter(key)).collect(),
            Self::Redis(redis) => redis.counters(keys, patience).await,
        }
    }

    /// What is in buckets, in their order, in one trip; one that does not exist is empty.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer.
    pub async fn buckets(&self, keys: &[CacheKey], patience: Patience) -> Result<Vec<Vec<(String, u64)>>, StoreError> {
        match self {
            Self::Memory(memory) => keys.iter().map(|key| memory.bucket(key)).collect(),
            Self::Redis(redis) => redis.buckets(keys, patience).await,
        }
    }

    /// The samples of a category's requests, the oldest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer.
    pub async fn samples(&self, category: Category, patience: Patience) -> Result<Vec<Bytes>, StoreError> {
        match self {
            Self::Memory(memory) => memory.samples(category),
            Self::Redis(redis) => redis.samples(category, patience).await,
        }
    }

    /// What the servers of each database say about themselves. It never fails: what is not known is left out.
    pub async fn inspect(&self, patience: Patience) -> Vec<DatabaseInspection> {
        match self {
            Self::Memory(memory) => vec![memory.inspect()],
            Self::Redis(redis) => redis.inspect(patience).await,
        }
    }

    /// Lets one more request of a client pass, or not. The client's key is outside every category.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer.
    pub async fn spend(&self, client: &str, charge: Charge, patience: Patience) -> Result<Decision, StoreError> {
        match self {
            Self::Memory(memory) => memory.spend(client, charge),
            Self::Redis(redis) => redis.spend(client, charge, patience).await,
        }
    }

    /// Raises or lowers the debt of a client by so many milliseconds, whatever it is.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer.
    pub async fn change_debt(&self, client: &str, by_ms: i64, patience: Patience) -> Result<(), StoreError> {
        match self {
            Self::Memory(memory) => memory.change_debt(client, by_ms),
            Self::Redis(redis) => redis.change_debt(client, by_ms, patience).await,
        }
    }
}
