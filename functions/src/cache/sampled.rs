//! The engine's part in the sample: requests are noted when they are answered, and batches ride along with flushes.

use super::sampling::{Batch, Sighting, age_at_hit};
use super::{Answer, Cache, Endpoint, UNHURRIED, Visit};
use crate::store::{Patience, StoreError};
use bytes::Bytes;
use medinsight_core::{Category, UnixMillis};

impl Cache {
    /// Takes note of a visit, if it is a request that may be sampled.
    pub(super) fn see(&self, visit: &Visit) -> Option<Sighting> {
        self.0.sampler.as_ref()?.see(visit)
    }

    /// Takes note of how it was answered. One that failed is not noted: nothing was computed.
    pub(super) fn note_answered(&self, sighting: Option<Sighting>, answer: Option<&Answer>) {
        if let Some((sampler, sighting)) = self.0.sampler.as_ref().zip(sighting) {
            sampler.note(sighting, answer.and_then(age_at_hit), || self.0.clock.now());
        }
    }

    pub(super) fn has_due_samples(&self) -> bool {
        self.0.sampler.as_ref().is_some_and(|sampler| sampler.is_due(self.0.clock.now()))
    }

    pub(super) fn due_samples(&self, now: UnixMillis) -> Vec<(Category, Bytes)> {
        self.0.sampler.as_ref().map(|sampler| sampler.take_due(now)).unwrap_or_default()
    }

    /// [`Cache::flush_minutes`] for a process that ends: what was sampled goes, too.
    pub async fn flush_at_the_end(&self) {
        if let Some(sampler) = &self.0.sampler {
            sampler.hurry();
        }
        self.flush_minutes().await;
    }

    /// What was sampled of an endpoint's requests with this process's key, here and in every process that shares the
    /// store; `None` when requests are not sampled.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer.
    pub async fn samples(&self, endpoint: Endpoint) -> Result<Option<Vec<Batch>>, StoreError> {
        let Some(sampler) = &self.0.sampler else { return Ok(None) };
        let tag = sampler.key().tag();
        let kept = self.0.store.samples(endpoint.category(), Patience::of(UNHURRIED)).await?;
        let kept = kept.iter().filter_map(|batch| Batch::decode(batch)).filter(|batch| batch.tag == tag);
        Ok(Some(kept.chain(sampler.gathered(endpoint)).collect()))
    }
}
