//! The right to compute an entry, of which there is one among all processes that share the store.
//!
//! It is asked for only after a miss. Whoever does not get it asks again and again, and takes the answer as soon as it
//! is there, or the right itself when its holder died. What is stored under a lease that ran out or was voided by a
//! clear is refused by the store.

use super::computing::Journey;
use super::counter::Counter;
use super::entry::Entry;
use super::errand::Errand;
use super::finding::Wanted;
use super::generations::Known;
use super::substitute::Computed;
use super::timing::Deadline;
use super::{Cache, CacheStatus, Found, UNHURRIED};
use crate::store::{Doubt, FailureReason, LeaseRequest, LeaseToken, Patience, Reply, StoreError, Stored};
use medinsight_core::{CacheKey, Freshness, Generation};
use std::time::Duration;
use tokio::time::Instant;

/// What a lease lasts longer than its computation may take, so that the answer can still be stored.
const TIME_TO_STORE: Duration = Duration::from_millis(250);

/// How often somebody who waits asks: after a part of the time that it has waited, within these limits. So an answer is
/// seen soon after it was stored, measured by what it took, and a long computation is not asked for all the time.
const PART_OF_THE_WAIT: u32 = 64;
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(40);

/// How often a lease is given back until the store has heard it. Nobody computes under it, and all others wait for it.
const GIVEN_BACK_EVERY: Duration = Duration::from_millis(250);

/// A lease that was granted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lease {
    token: LeaseToken,
    /// The category's generation when the lease was granted, which was before the computation began.
    generation: Generation,
    ends_at: Instant,
}

/// What came of asking for a lease.
pub(super) enum Right {
    /// Somebody else has stored an answer; no computation is needed.
    Answered(Entry, Wait),
    /// The lease: compute, and store the answer.
    Leased(Lease),
    /// Somebody else holds it.
    Held,
    /// The store failed: compute, and store nothing.
    Unknown(FailureReason),
}

impl Right {
    /// How an answer is served that comes of it.
    pub(super) const fn status(&self) -> CacheStatus {
        match self {
            Self::Answered(_, Wait::None) => CacheStatus::Hit,
            Self::Answered(_, Wait::ForAnother) => CacheStatus::Coalesced,
            Self::Leased(_) | Self::Held => CacheStatus::Miss,
            Self::Unknown(reason) => CacheStatus::Bypass(*reason),
        }
    }
}

/// What became of an answer that was computed under a lease.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    /// The store has it.
    Stored,
    /// It was cleared, or its lease ran out, before it was there.
    Void,
    /// This computation did not put it into the store.
    NotStored,
}

/// Whether an answer was waited for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Wait {
    /// It was there.
    None,
    /// Another process computed it meanwhile.
    ForAnother,
}

impl Lease {
    /// By when the computation has to end.
    pub(super) fn compute_until(&self) -> Instant {
        self.ends_at - TIME_TO_STORE
    }
}

impl Cache {
    /// Asks for the right to compute, and while another process has it, waits for that process's answer: for as long as
    /// it may take, but not so long that there is no time left to compute in its stead.
    pub(super) async fn wait_for_right(&self, key: &CacheKey, journey: &mut Journey) -> Right {
        let (started, give_up_at) = (Instant::now(), self.give_up_at(journey.deadline));
        let mut right = self.ask_within_budget(key, journey).await;
        while matches!(right, Right::Held) && Instant::now() < give_up_at {
            tokio::time::sleep((started.elapsed() / PART_OF_THE_WAIT).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)).await;
            let patience = Patience { until: give_up_at }.at_most(UNHURRIED);
            let wanted = Wanted { key, revisions: journey.revisions.as_ref() };
            right = self.ask(wanted, journey.deadline, patience, Wait::ForAnother).await;
        }
        right
    }

    /// Asks once, at the expense of the time that the store may cost the request.
    pub(super) async fn ask_within_budget(&self, key: &CacheKey, journey: &mut Journey) -> Right {
        let started = Instant::now();
        let Some(patience) = journey.budget.patience(started) else {
            return Right::Unknown(FailureReason::BudgetSpent);
        };
        let wanted = Wanted { key, revisions: journey.revisions.as_ref() };
        let right = self.ask(wanted, journey.deadline, patience, Wait::None).await;
        journey.budget.spend_since(started);
        right
    }

    async fn ask(&self, wanted: Wanted<'_>, deadline: Deadline, patience: Patience, wait: Wait) -> Right {
        let Some(token) = LeaseToken::random() else { return Right::Unknown(FailureReason::Refused) };
        let life = self.0.timing.origin_timeout.min(deadline.remaining()) + TIME_TO_STORE;
        let ends_at = Instant::now() + life;
        let errand = Errand {
            read: Some(wanted.key.clone()),
            lease: Some(LeaseRequest { token, life }),
            generations: vec![wanted.key.kind().category()],
            ..Errand::default()
        };
        match self.run(errand, patience).await {
            Err(error) => {
                // It may have been granted all the same, and then nobody else should wait for it.
                if error.doubt == Doubt::InDoubt {
                    let (cache, key) = (self.clone(), wanted.key.clone());
                    tokio::spawn(async move { cache.give_back(&key, token, ends_at).await });
                }
                Right::Unknown(error.reason)
            }
            Ok(reply) => self.right_of(wanted, reply, token, ends_at, wait).await,
        }
    }

    async fn right_of(
        &self,
        wanted: Wanted<'_>,
        reply: Reply,
        token: LeaseToken,
        ends_at: Instant,
        wait: Wait,
    ) -> Right {
        let Some(generation) = reply.generation(wanted.key.kind().category()) else {
            return Right::Unknown(FailureReason::Garbled);
        };
        if let Found::Entry(entry, Freshness::Fresh) = self.judge(wanted, reply.entry, generation) {
            if reply.is_leased {
                self.give_back(wanted.key, token, ends_at).await;
            }
            return Right::Answered(entry, wait);
        }
        if reply.is_leased { Right::Leased(Lease { token, generation, ends_at }) } else { Right::Held }
    }

    /// A holder may die at the end of its time, and whoever takes its place may need as much again: to give up shortly
    /// before its answer is there would have every process compute at once.
    fn give_up_at(&self, deadline: Deadline) -> Instant {
        let (now, origin_timeout) = (Instant::now(), self.0.timing.origin_timeout);
        let remaining = deadline.remaining();
        let with_time_to_compute = now + remaining.saturating_sub(origin_timeout).max(remaining / 2);
        with_time_to_compute.min(now + 2 * (origin_timeout + TIME_TO_STORE))
    }

    /// Stores an answer that was computed under a lease.
    pub(super) async fn store_under(&self, lease: &Lease, key: &CacheKey, computed: &Computed, cost: Duration) -> Fate {
        let mut pen = self.pen(1, self.0.clock.now());
        let Some(write) = self.write_computed(key, computed, cost, lease.generation, &mut pen) else {
            self.give_up(lease, key).await;
            return Fate::NotStored;
        };
        let (bytes, patience) = (write.entry.len(), Patience::of(self.0.timing.store_budget));
        match self.0.store.store_if_leased(write, lease.token, patience).await {
            Ok(Stored::Yes) if self.is_outdated(lease, key) => Fate::Void,
            Ok(Stored::Yes) => {
                self.count_stored(key.kind().category(), bytes);
                Fate::Stored
            }
            Ok(Stored::LeaseLost) => {
                self.tally(Counter::LeaseLost, 1);
                Fate::Void
            }
            Err(StoreError { reason, .. }) => {
                self.tally(Counter::Store(reason), 1);
                self.keep_giving_back(key, lease.token, lease.ends_at);
                Fate::NotStored
            }
        }
    }

    /// Whether the category was cleared meanwhile, as far as this process knows; then nobody will be served the entry.
    fn is_outdated(&self, lease: &Lease, key: &CacheKey) -> bool {
        match self.0.generations.known(key.kind().category(), self.0.clock.now()) {
            Known::Current(generation) | Known::Earlier(generation) => generation != lease.generation,
            Known::Not => false,
        }
    }

    /// Gives a lease back without an answer, so that nobody waits for one.
    pub(super) async fn give_up(&self, lease: &Lease, key: &CacheKey) {
        self.give_back(key, lease.token, lease.ends_at).await;
    }

    async fn give_back(&self, key: &CacheKey, token: LeaseToken, ends_at: Instant) {
        if let Err(error) = self.release(key, token).await {
            self.tally(Counter::Store(error.reason), 1);
            self.keep_giving_back(key, token, ends_at);
        }
    }

    /// Gives a lease back in the background until the store has heard it, or the lease ends by itself. A store that is away
    /// for a moment would else have everybody wait for somebody who does not compute.
    fn keep_giving_back(&self, key: &CacheKey, token: LeaseToken, ends_at: Instant) {
        let (cache, key) = (self.clone(), key.clone());
        tokio::spawn(async move {
            while Instant::now() < ends_at {
                tokio::time::sleep(GIVEN_BACK_EVERY).await;
                if cache.release(&key, token).await.is_ok() {
                    return;
                }
            }
        });
    }

    async fn release(&self, key: &CacheKey, token: LeaseToken) -> Result<(), StoreError> {
        self.0.store.release(key, token, Patience::of(self.0.timing.store_budget)).await
    }
}
