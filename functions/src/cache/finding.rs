//! Finding an entry: near by, in the store, or together with those who are just looking for it.

use super::entry::{Entry, Unusable};
use super::errand::Errand;
use super::generations::Known;
use super::lookups::{Joining, Part};
use super::near::{self, Content};
use super::timing::Budget;
use super::{Cache, Counter, Endpoint, Visit};
use crate::origin::Revisions;
use crate::store::FailureReason;
use bytes::Bytes;
use medinsight_core::{CacheKey, Freshness, Generation, UnixMillis};
use std::mem::take;
use tokio::time::Instant;

/// The entry that is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) key: &'a CacheKey,
    /// The revisions that it has to be of to be fresh.
    pub(super) revisions: Option<&'a Revisions>,
}

impl<'a> Wanted<'a> {
    /// What a visit is about.
    const fn by(visit: &'a Visit) -> Self {
        Self { key: &visit.key, revisions: visit.revisions.as_ref() }
    }

    /// Whatever is under a key.
    pub(super) const fn anything_under(key: &'a CacheKey) -> Self {
        Self { key, revisions: None }
    }

    /// What an entry is worth whose age makes it worth so much: one of another revision is as good as stale.
    fn judge(self, entry: &Entry, freshness: Freshness) -> Freshness {
        let is_outdated =
            || self.revisions.is_some_and(|revisions| !revisions.include(entry.payload(), entry.fresh_for()));
        match freshness {
            Freshness::Fresh | Freshness::RefreshEarly if is_outdated() => Freshness::StaleWhileRevalidate,
            _ => freshness,
        }
    }
}

/// What a visit brings along for the store.
#[derive(Debug)]
struct Luggage {
    counts: Option<Counter>,
    inputs: Vec<(CacheKey, Bytes)>,
}

impl Luggage {
    /// Takes it off a visit.
    fn of(visit: &mut Visit) -> Self {
        Self { counts: visit.counts.take(), inputs: take(&mut visit.inputs) }
    }
}

/// What a lookup found.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// An entry that may be served, or may be served if all else fails.
    Entry(Entry, Freshness),
    /// No entry.
    Nothing,
    /// The store failed.
    Failure(FailureReason),
}

impl Cache {
    /// Looks up what nobody in this process is just looking up, or else is told what they find.
    pub(super) async fn look_up_together(&self, visit: &mut Visit, budget: &mut Budget) -> Found {
        let (luggage, wanted) = (Luggage::of(visit), Wanted::by(visit));
        match self.0.lookups.take_part(wanted.key) {
            Part::Looks(looking) => {
                let found = self.look(wanted, luggage, budget).await;
                looking.found(&found);
                found
            }
            Part::Joins(joining) => match self.be_told(joining, budget).await {
                Some(found) => {
                    self.note_hit(wanted.key, &found);
                    self.defer(luggage);
                    found
                }
                None => self.look(wanted, luggage, budget).await,
            },
        }
    }

    async fn be_told(&self, joining: Joining, budget: &mut Budget) -> Option<Found> {
        let started = Instant::now();
        let patience = budget.patience(started)?;
        let told = tokio::time::timeout_at(patience.until, joining.told()).await;
        budget.spend_since(started);
        told.ok().flatten()
    }

    /// Notes which entry was hit, if it is an answer that others may share. What is stored for a session is nobody's
    /// business, and a key without an entry may be anything that somebody typed.
    fn note_hit(&self, key: &CacheKey, found: &Found) {
        if matches!(found, Found::Entry(..)) && Endpoint::of(key.kind().category()).is_some() {
            self.0.deferred.hit(key);
        }
    }

    /// Leaves what a visit brings to the next trip.
    fn defer(&self, luggage: Luggage) {
        luggage.counts.into_iter().for_each(|counter| self.tally(counter, 1));
        luggage.inputs.into_iter().for_each(|(key, payload)| self.store_later(key, payload));
    }

    /// Looks up what a visit is about, and leaves with the store what it brings along.
    pub(super) async fn look_up(&self, visit: &mut Visit, budget: &mut Budget) -> Found {
        let (luggage, wanted) = (Luggage::of(visit), Wanted::by(visit));
        self.look(wanted, luggage, budget).await
    }

    async fn look(&self, wanted: Wanted<'_>, luggage: Luggage, budget: &mut Budget) -> Found {
        let found = self.look_near_and_far(wanted, luggage, budget).await;
        self.note_hit(wanted.key, &found);
        found
    }

    async fn look_near_and_far(&self, wanted: Wanted<'_>, luggage: Luggage, budget: &mut Budget) -> Found {
        let (key, now) = (wanted.key, self.0.clock.now());
        let known = self.0.generations.known(key.kind().category(), now);
        if let Known::Current(generation) = known
            && let Some(entry) = self.find_nearby(wanted, generation, now)
        {
            self.defer(luggage);
            return Found::Entry(entry, Freshness::Fresh);
        }
        let Luggage { counts, inputs } = luggage;
        let mut errand = Errand { read: Some(key.clone()), counts, payloads: inputs, ..Errand::default() };
        if !matches!(known, Known::Current(_)) {
            errand.generations.push(key.kind().category());
        }
        let (closed, started) = (self.0.lookups.closed(), Instant::now());
        let Some(patience) = budget.patience(started) else { return Found::Failure(FailureReason::BudgetSpent) };
        let result = self.run(errand, patience).await;
        budget.spend_since(started);
        match result {
            Err(error) => Found::Failure(error.reason),
            Ok(reply) => match (reply.generation(key.kind().category()), known) {
                (Some(generation), _) | (None, Known::Current(generation)) => {
                    self.judge_and_keep(wanted, reply.entry, generation, closed)
                }
                (None, _) => Found::Nothing,
            },
        }
    }

    /// An entry that was read a moment ago and is still fresh.
    fn find_nearby(&self, wanted: Wanted<'_>, generation: Generation, now: UnixMillis) -> Option<Entry> {
        let key = wanted.key;
        let life = self.lifetime(key)?;
        let opened = match self.0.near.find(key, now)? {
            Content::AsStored(bytes) => Entry::open(&self.0.envelope, key, bytes, &life, generation, now),
            Content::Open(header, payload) => Entry::of(header, payload, &life, generation, now),
        };
        let is_fresh = |(entry, freshness): &(Entry, _)| wanted.judge(entry, *freshness) == Freshness::Fresh;
        opened.ok().filter(is_fresh).map(|(entry, _)| entry)
    }

    fn judge_and_keep(&self, wanted: Wanted<'_>, bytes: Option<Bytes>, generation: Generation, closed: u64) -> Found {
        let key = wanted.key;
        let kept = if self.0.near.is_off() { None } else { bytes.clone() };
        let found = self.judge(wanted, bytes, generation);
        if let (Found::Entry(entry, Freshness::Fresh), Some(bytes)) = (&found, kept) {
            let open = entry.header().filter(|_| near::may_be_kept_open(key));
            let content =
                open.map_or(Content::AsStored(bytes), |header| Content::Open(header, entry.payload().clone()));
            self.0.near.keep(key, content, self.0.clock.now());
            // It may have been removed since it was read. Whoever removes closes the lookups first and forgets after that, so
            // one of the two forgets it.
            if self.0.lookups.closed() != closed {
                self.0.near.forget(key);
            }
        }
        found
    }

    /// Decides what an entry is worth. One that cannot be read, or is of another generation, is none.
    pub(super) fn judge(&self, wanted: Wanted<'_>, entry: Option<Bytes>, generation: Generation) -> Found {
        let key = wanted.key;
        let Some((bytes, life)) = entry.zip(self.lifetime(key)) else { return Found::Nothing };
        match Entry::open(&self.0.envelope, key, bytes, &life, generation, self.0.clock.now()) {
            Ok((entry, freshness)) => {
                let freshness = wanted.judge(&entry, freshness);
                Found::Entry(entry, freshness)
            }
            Err(Unusable::Cleared) => Found::Nothing,
            Err(Unusable::Unreadable(reason)) => {
                self.tally(Counter::Unreadable(reason), 1);
                Found::Nothing
            }
        }
    }
}
