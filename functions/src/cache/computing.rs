//! Computing an answer: once at a time in this process, and under a lease among all processes.

use super::entry::Entry;
use super::handover::Job;
use super::lease::{Fate, Lease, Right};
use super::single_flight::Role;
use super::substitute::{Computed, Substitute};
use super::timing::{Budget, Deadline};
use super::{Answer, Cache, CacheStatus};
use crate::origin::{OriginError, Revisions};
use crate::store::FailureReason;
use bytes::Bytes;
use futures_util::FutureExt;
use medinsight_core::CacheKey;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::Instant;

/// A computation of an answer. It is in a box, which is made only when it begins: the engine passes it on through many
/// futures, which would all have to be as large and be compiled for each kind of answer.
pub type Computing = Pin<Box<dyn Future<Output = Result<Bytes, OriginError>> + Send>>;

/// A computation that begins, and what another process needs to do it instead.
pub struct Computation {
    pub(super) work: Computing,
    pub(super) job: Option<Job>,
}

impl Computation {
    /// A computation, and the job by which the worker can do it; none when nobody else can.
    pub fn new(
        work: impl Future<Output = Result<Bytes, OriginError>> + Send + 'static,
        job: impl Into<Option<Job>>,
    ) -> Self {
        Self { work: Box::pin(work), job: job.into() }
    }
}

impl fmt::Debug for Computation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Computation").field("job", &self.job).finish_non_exhaustive()
    }
}

/// A computation that ends with how long its answer may be kept.
pub(super) type Rated = Pin<Box<dyn Future<Output = Result<Computed, OriginError>> + Send>>;

/// What a request takes along when it leaves for the origin.
#[derive(Clone, Debug)]
pub(super) struct Journey {
    pub(super) deadline: Deadline,
    pub(super) budget: Budget,
    /// Why the store is not to be asked again.
    pub(super) bypass: Option<FailureReason>,
    /// The revisions that the answer of another process has to be of.
    pub(super) revisions: Option<Revisions>,
}

/// What a flight brought home.
#[derive(Clone, Debug)]
pub(super) struct Landed {
    answer: Answer,
    /// Whether the entry was cleared while it was computed. Who asked before the clear may have the answer; who asked
    /// after it has to ask again.
    is_void: bool,
}

impl Cache {
    /// Refreshes an entry in the background. The caller has been answered; a failure only means that the next one tries
    /// again.
    /// Without the time for it, it is handed over.
    pub(super) fn refresh(&self, key: CacheKey, compute: Computation, journey: Journey) {
        let (cache, refreshed) = (self.clone(), key.clone());
        let work = async move {
            let (Computation { work, job }, deadline) = (compute, journey.deadline);
            let until = cache.time_to_finish(job.as_ref(), deadline);
            // Nobody waits for it any more, so it has the whole of the store's time.
            let mut journey =
                Journey { deadline: until, budget: Budget::new(&cache.0.timing, until, Instant::now()), ..journey };
            if let Right::Leased(lease) = cache.ask_within_budget(&refreshed, &mut journey).await
                && let Err(OriginError::TimedOut) =
                    cache.compute_under(&lease, &refreshed, Computed::properly(work)).await
                && until < deadline
            {
                cache.hand_over(job, deadline).await;
            }
        };
        self.work_on(key, work);
    }

    /// Computes if `admission` says so, and falls back on the substitute.
    pub(super) async fn compute_if<A, E>(
        &self,
        key: CacheKey,
        admission: A,
        compute: Computing,
        substitute: Option<Substitute>,
        mut journey: Journey,
    ) -> Result<Answer, E>
    where
        A: Future<Output = Result<(), E>> + Send,
        E: From<OriginError>,
    {
        self.admit(&key, admission, &mut journey).await?;
        Ok(self.compute_or_substitute(key, compute, substitute, journey).await?)
    }

    /// Computes if `admission` says so, and falls back on a stale entry.
    pub(super) async fn compute_instead_of<A, E>(
        &self,
        entry: Entry,
        key: CacheKey,
        admission: A,
        compute: Computing,
        mut journey: Journey,
    ) -> Result<Answer, OriginError>
    where
        A: Future<Output = Result<(), E>> + Send,
    {
        if self.admit(&key, admission, &mut journey).await.is_err() {
            return Ok(entry.into_answer(CacheStatus::Stale));
        }
        match self.compute(key, Computed::properly(compute), journey).await {
            Ok(answer) => Ok(answer),
            Err(error) => entry.instead_of(error),
        }
    }

    /// Asks for the right to a computation at the expense of the time that the store may cost the request. Who cannot be
    /// told in time may compute; while the store is down nobody is asked, nor is who joins a computation under way.
    pub(super) async fn admit<E>(
        &self,
        key: &CacheKey,
        admission: impl Future<Output = Result<(), E>>,
        journey: &mut Journey,
    ) -> Result<(), E> {
        let is_asked = journey.bypass.is_none() && !self.0.flights.is_under_way(key);
        let started = Instant::now();
        let Some(patience) = journey.budget.patience(started).filter(|_| is_asked) else { return Ok(()) };
        let admitted = tokio::time::timeout_at(patience.until, admission).await;
        journey.budget.spend_since(started);
        admitted.unwrap_or(Ok(()))
    }

    /// Computes, or joins a computation that is under way, and stores the answer.
    pub(super) async fn compute(&self, key: CacheKey, compute: Rated, journey: Journey) -> Result<Answer, OriginError> {
        let mut depart = || Box::pin(self.clone().depart(key.clone(), compute, journey));
        loop {
            let (result, role) = self.0.flights.run(key.clone(), depart).await;
            let landed = result.unwrap_or(Err(OriginError::Failed));
            match role {
                Role::Leader => return landed.map(|landed| landed.answer),
                Role::Follower(own) if landed.as_ref().is_ok_and(|landed| landed.is_void) => depart = own,
                Role::Follower(_) => {
                    return landed.map(|landed| Answer { status: CacheStatus::Coalesced, ..landed.answer });
                }
            }
        }
    }

    async fn depart(self, key: CacheKey, compute: Rated, mut journey: Journey) -> Result<Landed, OriginError> {
        let closed = self.0.lookups.closed();
        let right = match journey.bypass {
            Some(reason) => Right::Unknown(reason),
            None => self.wait_for_right(&key, &mut journey).await,
        };
        let status = right.status();
        let (answer, fate) = match right {
            Right::Answered(entry, _) => (entry.into_answer(status), Fate::NotStored),
            Right::Leased(lease) => self.compute_under(&lease, &key, compute).await?,
            Right::Held | Right::Unknown(_) => {
                (self.compute_freely(&key, compute, journey.deadline, status).await?, Fate::NotStored)
            }
        };
        let is_void = match fate {
            Fate::Stored => false,
            Fate::Void => true,
            // The store does not say whether it was cleared; if this process has removed anything since, it may have been.
            Fate::NotStored => self.0.lookups.closed() != closed,
        };
        Ok(Landed { answer, is_void })
    }

    async fn compute_under(
        &self,
        lease: &Lease,
        key: &CacheKey,
        compute: Rated,
    ) -> Result<(Answer, Fate), OriginError> {
        let started = self.0.clock.now();
        match until(lease.compute_until(), compute).await {
            Ok(computed) => {
                let cost = self.0.clock.now().since(started);
                note_computed(key, cost);
                let fate = self.store_under(lease, key, &computed, cost).await;
                Ok((computed.into_answer(CacheStatus::Miss, fate == Fate::Stored), fate))
            }
            Err(error) => {
                self.give_up(lease, key).await;
                Err(error)
            }
        }
    }

    /// Computes without the right to store the answer.
    async fn compute_freely(
        &self,
        key: &CacheKey,
        compute: Rated,
        deadline: Deadline,
        status: CacheStatus,
    ) -> Result<Answer, OriginError> {
        let started = self.0.clock.now();
        let limit = Instant::now() + self.0.timing.origin_timeout.min(deadline.remaining());
        let computed = until(limit, compute).await?;
        note_computed(key, self.0.clock.now().since(started));
        Ok(computed.into_answer(status, false))
    }
}

/// Lets a computation run until its time is up. A panic of it is a failure like any other: its lease has to be given
/// back, and its future is dropped, so nothing of it can be seen in a broken state.
async fn until(limit: Instant, compute: Rated) -> Result<Computed, OriginError> {
    match tokio::time::timeout_at(limit, AssertUnwindSafe(compute).catch_unwind()).await {
        Ok(Ok(result)) => result,
        Ok(Err(_panic)) => Err(OriginError::Failed),
        Err(_elapsed) => Err(OriginError::TimedOut),
    }
}

impl Computed {
    fn into_answer(self, status: CacheStatus, is_stored: bool) -> Answer {
        let ttl_secs = self.fresh_for_at_most.map(|life| i64::try_from(life.as_secs()).unwrap_or(i64::MAX));
        Answer { body: self.body, status, age: None, is_stored, ttl_secs, origin_cost: None }
    }
}

fn note_computed(key: &CacheKey, cost: Duration) {
    let millis = crate::clock::millis(cost);
    super::measures::origin_took(key.kind().category(), cost);
    tracing::debug!(category = key.kind().category().as_str(), millis, "answer computed");
}
