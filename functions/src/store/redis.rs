//! The store in Redis, shared by all processes: a single server, a Redis Cluster, or a service that looks like either.
//!
//! What belongs to sessions may lie in a database of its own, so that a flood of computed answers cannot push sessions
//! out: no eviction policy protects them in the same database. A trip then goes to both at once.

mod checkup;
mod client;
mod commands;
mod condition;
mod database;
mod failure;
mod inspect;
mod link;
mod listing;
pub mod rights;
mod samples;
mod scripts;
mod sweep;
mod topology;

use super::{LeaseToken, Page, PageToken, Patience, Reply, StoreError, Stored, Swept, Tally, Trip, Write};
use crate::budget::{Charge, Decision};
use crate::clock::Clock;
use crate::config::RedisConfig;
use crate::store::{Checkup, DatabaseInspection, DatabaseReport, Doubt, FailureReason};
use bytes::Bytes;
use commands::{Command, bulk, checked, integer, show_generation};
use database::Database;
use futures_util::future::join_all;
use medinsight_core::{CacheKey, Category, Generation, Pattern};
use redis::{Value, cmd};
use scripts::Call;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use sweep::Removal;

/// The store in Redis.
#[derive(Clone)]
pub struct RedisStore {
    answers: Arc<Database>,
    sessions: Option<Arc<Database>>,
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisStore(..)")
    }
}

impl RedisStore {
    /// A store that is not connected to yet: start-up never waits for Redis.
    ///
    /// # Errors
    ///
    /// When the settings do not fit together or `REDIS_CA_FILE` cannot be read. Neither shows a credential.
    pub fn new(config: &RedisConfig, clock: &Clock) -> Result<Self, Box<dyn std::error::Error>> {
        let sessions = config.sessions.as_ref();
        let sessions = sessions.map(|endpoint| Database::new("sessions", endpoint, config, clock)).transpose()?;
        Ok(Self { answers: Database::new("answers", &config.answers, config, clock)?, sessions })
    }

    /// Begins to connect without waiting for it.
    pub fn warm_up(&self) {
        self.databases().for_each(|database| database.warm_up());
    }

    /// Asks every database whether it is there. The circuit breakers learn from the answers.
    pub async fn check(&self) {
        // The outcomes are in the reports.
        join_all(self.databases().map(|database| database.check())).await;
    }

    /// Checks each database, patiently and over connections of its own. `config` is what the store was made of.
    pub async fn check_up(&self, config: &RedisConfig) -> Vec<Checkup> {
        let endpoints = std::iter::once(&config.answers).chain(&config.sessions);
        let databases = self.databases().zip(endpoints);
        join_all(databases.map(|(database, endpoint)| checkup::check_up(database, endpoint, config))).await
    }

    /// How each database is doing, as far as this process knows.
    #[must_use]
    pub fn reports(&self) -> Vec<DatabaseReport> {
        self.databases()
            .map(|database| DatabaseReport {
                name: database.name(),
                is_circuit_open: database.is_circuit_open(),
                circuit_opened_for: database.condition().circuit_opened_for(),
                write_refusal: database.condition().refusal(),
                connections: database.connections(),
                max_connections: database.max_connections(),
            })
            .collect()
    }

    pub(super) async fn run(&self, trip: Trip, patience: Patience) -> Result<Reply, StoreError> {
        match &self.sessions {
            None => self.answers.run(&trip, patience).await,
            // A box, so that the trip of who has one database is small.
            Some(sessions) => Box::pin(self.run_on_both(sessions, trip, patience)).await,
        }
    }

    async fn run_on_both(&self, sessions: &Arc<Database>, trip: Trip, patience: Patience) -> Result<Reply, StoreError> {
        let (to_answers, to_sessions) = split(trip);
        match (to_answers.is_empty(), to_sessions.is_empty()) {
            (_, true) => self.answers.run(&to_answers, patience).await,
            (true, false) => sessions.run(&to_sessions, patience).await,
            (false, false) => {
                let (answers, sessions) =
                    tokio::join!(self.answers.run(&to_answers, patience), sessions.run(&to_sessions, patience));
                joined(answers, sessions, to_sessions.read.is_some())
            }
        }
    }

    pub(super) async fn store_if_leased(
        &self,
        write: &Write,
        token: LeaseToken,
        patience: Patience,
    ) -> Result<Stored, StoreError> {
        let value = self.of(&write.key).call(&Call::store_if_leased(write, token), patience).await?;
        match integer(&value).map_err(StoreError::in_doubt)? {
            1 => Ok(Stored::Yes),
            _ => Ok(Stored::LeaseLost),
        }
    }

    pub(super) async fn release(
        &self,
        key: &CacheKey,
        token: LeaseToken,
        patience: Patience,
    ) -> Result<(), StoreError> {
        self.of(key).call(&Call::release(key, token), patience).await.map(|_| ())
    }

    /// Removes an entry. Its lease goes first: whoever computes the entry now cannot store it any more.
    pub(super) async fn delete(&self, key: &CacheKey, patience: Patience) -> Result<bool, StoreError> {
        let database = self.of(key);
        database.command(cmd("UNLINK").arg(key.lease_key()), patience).await?;
        let removed = database.command(cmd("UNLINK").arg(key.as_str()), patience).await?;
        integer(&removed).map(|count| count > 0).map_err(StoreError::in_doubt)
    }

    pub(super) async fn renew_generation(
        &self,
        category: Category,
        generation: Generation,
        patience: Patience,
    ) -> Result<(), StoreError> {
        let database = self.of_category(category);
        let command = cmd("SET").arg(category.generation_key()).arg(show_generation(generation)).take();
        database.command(&command, patience).await.map(|_| ())
    }

    /// Removes what a category has of other generations than its current one.
    pub(super) async fn sweep_category(&self, category: Category, tally: &Tally) -> Result<Swept, StoreError> {
        let glob = Pattern::Category(category).to_redis_glob();
        sweep::sweep(self.of_category(category), &glob, Removal::OtherGenerations(category), tally).await
    }

    /// Removes what a pattern matches. All leases go before the first entry: a computation that began before the clear
    /// can then store nothing that the second pass might miss.
    pub(super) async fn sweep_pattern(&self, pattern: &Pattern, tally: &Tally) -> Result<Swept, StoreError> {
        let (database, glob) = (self.of_category(pattern.category()), pattern.to_redis_glob());
        sweep::sweep(database, &format!("medinsight:lease:{{{glob}"), Removal::All, &Tally::default()).await?;
        sweep::sweep(database, &glob, Removal::All, tally).await
    }

    pub(super) async fn count_matching(&self, pattern: &Pattern) -> Result<Swept, StoreError> {
        let database = self.of_category(pattern.category());
        sweep::sweep(database, &pattern.to_redis_glob(), Removal::Nothing, &Tally::default()).await
    }

    pub(super) async fn page(&self, pattern: &Pattern, from: PageToken, room: usize) -> Result<Page, StoreError> {
        listing::page(self.of_category(pattern.category()), pattern, from, room).await
    }

    /// Reads counters, all of which lie in the database of answers. They are read one by one in one trip and not by one
    /// `MGET`, which in a cluster may not cross slots and which a user of an ACL need not be allowed.
    pub(super) async fn counters(&self, keys: &[CacheKey], patience: Patience) -> Result<Vec<u64>, StoreError> {
        let gets: Vec<_> = keys.iter().map(|key| cmd("GET").arg(key.as_str()).take()).collect();
        let commands: Vec<_> = gets.iter().map(Command::Other).collect();
        let outcomes = self.answers.ask(&commands, patience).await?;
        let counts: Result<Vec<_>, _> =
            outcomes.into_iter().map(|outcome| checked(outcome).and_then(count_of)).collect();
        counts.map_err(StoreError::nothing_done)
    }

    /// Reads buckets, which lie in the database of answers like all that is counted.
    pub(super) async fn buckets(
        &self,
        keys: &[CacheKey],
        patience: Patience,
    ) -> Result<Vec<Vec<(String, u64)>>, StoreError> {
        let reads: Vec<_> = keys.iter().map(|key| cmd("HGETALL").arg(key.as_str()).take()).collect();
        let commands: Vec<_> = reads.iter().map(Command::Other).collect();
        let outcomes = self.answers.ask(&commands, patience).await?;
        let buckets: Result<Vec<_>, _> =
            outcomes.into_iter().map(|outcome| checked(outcome).and_then(bucket_of)).collect();
        buckets.map_err(StoreError::nothing_done)
    }

    pub(super) async fn inspect(&self, patience: Patience) -> Vec<DatabaseInspection> {
        join_all(self.databases().map(|database| inspect::inspect(database, patience))).await
    }

    pub(super) async fn spend(&self, key: &str, charge: Charge, patience: Patience) -> Result<Decision, StoreError> {
        let value = self.answers.call(&Call::spend(key, charge), patience).await?;
        let debt = integer(&value).map_err(StoreError::in_doubt)?;
        Ok(match u64::try_from(debt) {
            Ok(debt_ms) => Decision::Pass { debt_ms },
            Err(_) => Decision::Refuse { retry_after: Duration::from_millis(debt.unsigned_abs()) },
        })
    }

    pub(super) async fn change_debt(&self, key: &str, by_ms: i64, patience: Patience) -> Result<(), StoreError> {
        self.answers.call(&Call::change_debt(key, by_ms), patience).await.map(drop)
    }

    pub(super) async fn samples(&self, category: Category, patience: Patience) -> Result<Vec<Bytes>, StoreError> {
        samples::read(self.of_category(category), category, patience).await
    }

    fn databases(&self) -> impl Iterator<Item = &Arc<Database>> {
        std::iter::once(&self.answers).chain(&self.sessions)
    }

    fn of(&self, key: &CacheKey) -> &Arc<Database> {
        self.of_category(key.kind().category())
    }

    fn of_category(&self, category: Category) -> &Arc<Database> {
        self.sessions.as_ref().filter(|_| belongs_to_sessions(category)).unwrap_or(&self.answers)
    }
}

/// The value of a counter; one that was never counted is zero.
fn count_of(value: Value) -> Result<u64, FailureReason> {
    let Some(text) = bulk(value)? else { return Ok(0) };
    std::str::from_utf8(&text).ok().and_then(|text| text.parse().ok()).ok_or(FailureReason::Garbled)
}

/// What is in a bucket. A name or a number that is none of ours is left out.
fn bucket_of(value: Value) -> Result<Vec<(String, u64)>, FailureReason> {
    let pairs = value.into_map_iter().map_err(|_| FailureReason::Garbled)?;
    let counts = pairs.filter_map(|(name, count)| {
        let name = String::from_utf8(bulk(name).ok()??.into()).ok()?;
        Some((name, count_of(count).ok()?))
    });
    Ok(counts.collect())
}

/// Whether a category is about a session, and not an answer that others may share.
const fn belongs_to_sessions(category: Category) -> bool {
    match category {
        Category::User
        | Category::Symptom
        | Category::AiSummary
        | Category::SessionState
        | Category::AnalysisProgress => true,
        Category::HealthAnalysis
        | Category::MedicationInteractions
        | Category::DrugAnalysis
        | Category::DrugInfo
        | Category::Usage
        | Category::Errors => false,
    }
}

/// A trip's parts for the two databases.
fn split(trip: Trip) -> (Trip, Trip) {
    let is_of_sessions = |key: &CacheKey| belongs_to_sessions(key.kind().category());
    let reads_session = trip.read.as_ref().is_some_and(is_of_sessions);
    let (session_writes, writes) = trip.writes.into_iter().partition(|write| is_of_sessions(&write.key));
    let (session_generations, generations) =
        trip.generations.into_iter().partition(|category| belongs_to_sessions(*category));
    let (session_read, read) = if reads_session { (trip.read, None) } else { (None, trip.read) };
    let (session_lease, lease) = if reads_session { (trip.lease, None) } else { (None, trip.lease) };
    (
        Trip { read, lease, generations, counts: trip.counts, buckets: trip.buckets, writes, samples: trip.samples },
        Trip {
            read: session_read,
            lease: session_lease,
            generations: session_generations,
            writes: session_writes,
            ..Trip::default()
        },
    )
}

/// The two replies as one. The database that was read decides whether the trip failed, which is in doubt as soon as the
/// other one may have done its part; what the other one did not take is a refusal.
fn joined(
    answers: Result<Reply, StoreError>,
    sessions: Result<Reply, StoreError>,
    is_read_from_sessions: bool,
) -> Result<Reply, StoreError> {
    let (main, side) = if is_read_from_sessions { (sessions, answers) } else { (answers, sessions) };
    let mut reply = main.map_err(|error| match side {
        Err(StoreError { doubt: Doubt::NothingDone, .. }) => error,
        Ok(_) | Err(_) => StoreError::in_doubt(error.reason),
    })?;
    match side {
        Ok(side) => {
            reply.generations.extend(side.generations);
            reply.refusal = reply.refusal.or(side.refusal);
            reply.has_lost_counts |= side.has_lost_counts;
        }
        Err(error) => reply.refusal = reply.refusal.or(Some(error.reason)),
    }
    Ok(reply)
}

#[cfg(test)]
mod tests {
    use super::{Doubt, FailureReason, Reply, StoreError, joined};

    fn doubt(answers: Result<Reply, StoreError>, sessions: Result<Reply, StoreError>) -> Option<Doubt> {
        joined(answers, sessions, true).err().map(|error| error.doubt)
    }

    #[test]
    fn a_trip_that_one_of_two_databases_may_have_made_is_in_doubt() {
        let nothing_done = || Err(StoreError::nothing_done(FailureReason::CircuitOpen));
        assert_eq!(doubt(Ok(Reply::default()), nothing_done()), Some(Doubt::InDoubt));
        assert_eq!(doubt(Err(StoreError::in_doubt(FailureReason::TimedOut)), nothing_done()), Some(Doubt::InDoubt));
        assert_eq!(doubt(nothing_done(), nothing_done()), Some(Doubt::NothingDone));
    }
}
