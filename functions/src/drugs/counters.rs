//! What is counted of a question about drugs.

use crate::cache::{Answer, Cache};
use crate::origin::OriginError;
use medinsight_core::{CacheKey, KeyError};

/// The keys of what is counted. Requests are counted with the read, hits later: so hits never outnumber them.
#[derive(Debug)]
pub(super) struct Counters {
    pub(super) requests: CacheKey,
    pub(super) hits: CacheKey,
    pub(super) failures: CacheKey,
}

impl Counters {
    pub(super) fn of(endpoint: &str) -> Result<Self, KeyError> {
        Ok(Self {
            requests: CacheKey::build("usage", endpoint, Some("requests"))?,
            hits: CacheKey::build("usage", endpoint, Some("cache_hits"))?,
            failures: CacheKey::build("errors", endpoint, Some("failures"))?,
        })
    }

    /// Counts what came of a request. That a drug is unknown is no failure.
    pub(super) fn count(&self, cache: &Cache, result: &Result<Answer, OriginError>) {
        match result {
            Ok(answer) if answer.status.is_from_store() => cache.count(self.hits.clone()),
            Ok(_) | Err(OriginError::UnknownDrug) => {}
            Err(OriginError::TimedOut | OriginError::Unavailable | OriginError::Failed) => {
                cache.count(self.failures.clone());
            }
        }
    }
}
