//! Keeping what a front end wants kept, as it is: written at once, read from the store itself, and never computed.

use super::counter::Counter;
use super::errand::Errand;
use super::finding::Wanted;
use super::{Cache, Deadline, Found, Stamp, UNHURRIED};
use crate::store::{FailureReason, Patience, StoreError, Trip, Write};
use bytes::Bytes;
use medinsight_core::{CacheKey, EntryKind, Freshness, Generation};
use std::time::Duration;

/// How often a payload is written again because its category was cleared meanwhile.
const ATTEMPTS: usize = 3;

/// What is kept, and for how long it was asked to be.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The payload.
    pub payload: Bytes,
    /// Seconds for which it is kept, from 1 to [`Cache::longest_life_secs`].
    pub life_secs: u32,
}

/// Why something is not kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotKept {
    /// The store did not take it, or did not say so.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It could not be framed as an entry.
    #[error("the entry could not be made")]
    Entry,
}

impl Cache {
    /// The longest life of an entry of this kind, in seconds; zero for counters, which have none.
    #[must_use]
    pub fn longest_life_secs(&self, kind: EntryKind) -> u32 {
        self.0.policy.lifetime(kind).map_or(0, |life| life.fresh_for_secs)
    }

    /// Writes a payload at once. When it returns, the store has it under the generation that is current then.
    ///
    /// # Errors
    ///
    /// [`NotKept`]; after a store error the payload may have been written all the same.
    pub async fn keep(&self, key: &CacheKey, kept: &Kept, deadline: Deadline) -> Result<(), NotKept> {
        let patience = self.unhurried(deadline);
        let category = key.kind().category();
        let mut generation = None;
        for _ in 0..ATTEMPTS {
            let writes = generation.map(|generation| self.write_kept(key, kept, generation)).transpose()?;
            let (started, is_written) = (self.0.clock.now(), writes.is_some());
            let trip = Trip { writes: writes.into_iter().collect(), generations: vec![category], ..Trip::default() };
            let reply = self.0.store.run(trip, patience).await?;
            self.0.generations.learn(&reply.generations, started);
            if let Some(reason) = reply.refusal {
                self.tally(Counter::Store(reason), 1);
                return Err(StoreError::in_doubt(reason).into());
            }
            if is_written && reply.generation(category) == generation {
                self.0.near.forget(key);
                return Ok(());
            }
            generation = reply.generation(category);
        }
        Err(StoreError::in_doubt(FailureReason::Busy).into())
    }

    /// The payload under a key, read from the store itself; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer.
    pub async fn kept(&self, key: &CacheKey, deadline: Deadline) -> Result<Option<Bytes>, StoreError> {
        let category = key.kind().category();
        let errand = Errand { read: Some(key.clone()), generations: vec![category], ..Errand::default() };
        let reply = self.run(errand, self.unhurried(deadline)).await?;
        let Some(generation) = reply.generation(category) else {
            return Err(StoreError::nothing_done(reply.refusal.unwrap_or(FailureReason::Garbled)));
        };
        match self.judge(Wanted::anything_under(key), reply.entry, generation) {
            Found::Entry(_, Freshness::StaleIfError | Freshness::Gone) | Found::Nothing => Ok(None),
            Found::Entry(entry, _) => Ok(Some(entry.payload().clone())),
            Found::Failure(reason) => Err(StoreError::nothing_done(reason)),
        }
    }

    fn write_kept(&self, key: &CacheKey, kept: &Kept, generation: Generation) -> Result<Write, NotKept> {
        let fresh_for_secs = kept.life_secs.clamp(1, self.longest_life_secs(key.kind()).max(1));
        let stamp = Stamp { written_at: self.0.clock.now(), fresh_for_secs, origin_cost_ms: 0, generation };
        self.frame(key, &kept.payload, &stamp, &mut self.0.envelope.nonces(1)).ok_or(NotKept::Entry)
    }

    fn unhurried(&self, deadline: Deadline) -> Patience {
        Patience::of(UNHURRIED.min(deadline.remaining()).max(Duration::from_millis(1)))
    }
}
