//! Records: what one process writes and another one has to read a moment later, such as how far a computation has got.
//!
//! They pass by the near cache, which may be seconds behind, and by what waits for a trip: an earlier record that is
//! written late would hide a later one.

use super::errand::Errand;
use super::generations::Known;
use super::{Cache, Found};
use crate::store::{FailureReason, Patience, Trip};
use bytes::Bytes;
use medinsight_core::{CacheKey, Category, Freshness, Generation};
use std::time::Duration;

impl Cache {
    /// Reads a record from the store, unless its life is over.
    ///
    /// # Errors
    ///
    /// Why the store did not answer: that a record is not there is another matter.
    pub async fn recall(&self, key: &CacheKey) -> Result<Option<Bytes>, FailureReason> {
        let category = key.kind().category();
        let errand = Errand { read: Some(key.clone()), generations: vec![category], ..Errand::default() };
        let reply = self.run(errand, Patience::of(self.0.timing.store_budget)).await.map_err(|error| error.reason)?;
        let generation = reply.generation(category).ok_or(FailureReason::Garbled)?;
        Ok(match self.judge(key, reply.entry, generation) {
            Found::Entry(entry, Freshness::Fresh | Freshness::RefreshEarly) => Some(entry.payload().clone()),
            Found::Entry(..) | Found::Nothing | Found::Failure(_) => None,
        })
    }

    /// Writes a record to the store, and returns when it is there.
    ///
    /// # Errors
    ///
    /// Why the store did not take it. It may have done so all the same.
    pub async fn keep(&self, key: &CacheKey, payload: &[u8]) -> Result<(), FailureReason> {
        let generation = self.generation_of(key.kind().category()).await?;
        let write = self.write(key, payload, Duration::ZERO, generation).ok_or(FailureReason::Refused)?;
        let trip = Trip { writes: vec![write], ..Trip::default() };
        let reply =
            self.0.store.run(trip, Patience::of(self.0.timing.store_budget)).await.map_err(|error| error.reason)?;
        reply.refusal.map_or(Ok(()), Err)
    }

    async fn generation_of(&self, category: Category) -> Result<Generation, FailureReason> {
        if let Known::Current(generation) = self.0.generations.known(category, self.0.clock.now()) {
            return Ok(generation);
        }
        let errand = Errand { generations: vec![category], ..Errand::default() };
        let reply = self.run(errand, Patience::of(self.0.timing.store_budget)).await.map_err(|error| error.reason)?;
        reply.generation(category).ok_or(FailureReason::Garbled)
    }
}
