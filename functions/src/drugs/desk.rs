//! The desk where analyses are taken in and asked for: which are under way in this process, and the records of all.

use super::{AnalysisId, Progress};
use crate::bounded::{Bounded, Capacity, bounded};
use crate::cache::Cache;
use crate::store::FailureReason;
use bytes::Bytes;
use medinsight_core::{CacheKey, KeyError};
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How many bytes of records are kept here, because the store does not have them.
const MOST_BYTES: u64 = 4 << 20;

/// What a record has usually, and besides its results.
const USUAL_BYTES: u64 = 4_096;
const OVERHEAD_BYTES: u64 = 400;

/// For how long; the store keeps them as long by default.
const KEPT_FOR: Duration = Duration::from_secs(300);

type UnderWay = Arc<Mutex<HashMap<CacheKey, AnalysisId>>>;

#[derive(Debug)]
pub(super) struct Desk {
    cache: Cache,
    under_way: UnderWay,
    /// Records that the store does not have: they are on their way there, or it did not take them.
    not_stored: Bounded<AnalysisId, NotStored>,
}

#[derive(Clone, Debug)]
struct NotStored {
    progress: Progress,
    since: Instant,
}

/// The store did not say whether there is such an analysis.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the store did not answer")]
pub struct NoAnswerNow;

/// What came of taking in a question.
pub(super) enum Taken {
    /// Nobody is at it: it is the caller's, until the ticket is dropped.
    New(Ticket),
    /// It is under way as this analysis.
    Already(AnalysisId),
}

/// The right to work on a question in this process.
#[derive(Debug)]
pub(super) struct Ticket {
    under_way: UnderWay,
    key: CacheKey,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        lock(&self.under_way).remove(&self.key);
    }
}

impl Desk {
    pub(super) fn new(cache: Cache) -> Self {
        let capacity = Capacity { total: MOST_BYTES, usual: USUAL_BYTES, heaviest: MOST_BYTES / 4 };
        let not_stored = bounded(capacity, |_, NotStored { progress, .. }| {
            let results = progress.results.as_ref().map_or(0, |results| results.get().len());
            results as u64 + OVERHEAD_BYTES
        });
        Self { cache, under_way: UnderWay::default(), not_stored }
    }

    /// The analysis as which a question is under way in this process.
    pub(super) fn find_under_way(&self, key: &CacheKey) -> Option<AnalysisId> {
        lock(&self.under_way).get(key).copied()
    }

    /// Takes in a question, unless it is under way.
    pub(super) fn take_in(&self, key: &CacheKey, id: AnalysisId) -> Taken {
        let mut under_way = lock(&self.under_way);
        if let Some(already) = under_way.get(key) {
            return Taken::Already(*already);
        }
        under_way.insert(key.clone(), id);
        Taken::New(Ticket { under_way: Arc::clone(&self.under_way), key: key.clone() })
    }

    /// Has an analysis worked on in the background.
    pub(super) fn begin(&self, id: AnalysisId, work: impl Future<Output = ()> + Send + 'static) {
        if let Ok(key) = record_key(id) {
            self.cache.work_on(key, work);
        }
    }

    /// Records how far an analysis has got. Without the store this process knows it alone.
    pub(super) async fn record(&self, id: AnalysisId, progress: Progress) {
        let Ok(payload) = serde_json::to_vec(&progress) else { return };
        let Ok(key) = record_key(id) else { return };
        self.not_stored.insert(id, NotStored { progress, since: Instant::now() });
        if self.cache.record(&key, payload.into()).await.is_ok() {
            self.not_stored.remove(&id);
        }
    }

    /// How far an analysis has got, if that is recorded.
    pub(super) async fn progress(&self, id: AnalysisId) -> Result<Option<Progress>, NoAnswerNow> {
        if let Some(kept) = self.not_stored.get(&id).filter(|kept| kept.since.elapsed() < KEPT_FOR) {
            return Ok(Some(kept.progress));
        }
        let record = self.recall(record_key(id)).await?;
        Ok(record.and_then(|payload| serde_json::from_slice(&payload).ok()))
    }

    /// What was asked.
    pub(super) async fn session(&self, id: AnalysisId) -> Result<Option<Bytes>, NoAnswerNow> {
        self.recall(session_key(id)).await
    }

    async fn recall(&self, key: Result<CacheKey, KeyError>) -> Result<Option<Bytes>, NoAnswerNow> {
        let Ok(key) = key else { return Ok(None) };
        self.cache.recall(&key).await.map_err(|_: FailureReason| NoAnswerNow)
    }
}

/// Where the store has how far an analysis has got.
fn record_key(id: AnalysisId) -> Result<CacheKey, KeyError> {
    CacheKey::build("analysis_progress", &id.to_string(), None)
}

/// Where the store has what was asked.
pub(super) fn session_key(id: AnalysisId) -> Result<CacheKey, KeyError> {
    CacheKey::build("user", &id.to_string(), Some("session"))
}

/// Nothing runs while the lock is held that could leave the map half-changed, so poisoning means nothing here.
fn lock(under_way: &UnderWay) -> MutexGuard<'_, HashMap<CacheKey, AnalysisId>> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}
