//! Answers that stand in for those that could not be computed.

use super::Cache;
use super::computing::{Computing, Journey, Rated};
use crate::origin::OriginError;
use bytes::Bytes;
use medinsight_core::{CacheKey, Category};
use std::fmt;
use std::time::Duration;

/// Another way to an answer, which is kept for a short time only, so that the real one soon replaces it.
pub struct Substitute {
    compute: Box<dyn FnOnce() -> Computing + Send>,
    fresh_for: Duration,
}

impl Substitute {
    /// The answer of what `compute` begins, to be fresh for `fresh_for` at most. Most requests never need one.
    #[must_use]
    pub fn new(compute: impl FnOnce() -> Computing + Send + 'static, fresh_for: Duration) -> Self {
        Self { compute: Box::new(compute), fresh_for }
    }

    fn compute(self, cache: Cache, category: Category) -> Rated {
        Box::pin(async move {
            let body = (self.compute)().await?;
            cache.count_fallback(category, &body);
            Ok(Computed { body, fresh_for_at_most: Some(self.fresh_for) })
        })
    }
}

impl fmt::Debug for Substitute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Substitute").field("fresh_for", &self.fresh_for).finish_non_exhaustive()
    }
}

/// An answer that was computed, and how long it may be kept.
#[derive(Clone, Debug)]
pub(super) struct Computed {
    pub(super) body: Bytes,
    /// None when it lives as long as its kind does.
    pub(super) fresh_for_at_most: Option<Duration>,
}

impl Computed {
    /// An answer that lives as long as its kind does.
    pub(super) fn properly(compute: Computing) -> Rated {
        Box::pin(async { Ok(Self { body: compute.await?, fresh_for_at_most: None }) })
    }
}

impl Cache {
    /// Computes, or when that fails lets the substitute compute, for everybody who waits for the answer alike.
    pub(super) async fn compute_or_substitute(
        &self,
        key: CacheKey,
        compute: Computing,
        substitute: Option<Substitute>,
        journey: Journey,
    ) -> Result<super::Answer, OriginError> {
        let Some(substitute) = substitute else {
            return self.compute(key, Computed::properly(compute), journey).await;
        };
        match self.compute(key.clone(), Computed::properly(compute), journey.clone()).await {
            // That there is no answer is no failure.
            Err(error) if error != OriginError::UnknownDrug => {
                let category = key.kind().category();
                self.compute(key, substitute.compute(self.clone(), category), journey).await.map_err(|_| error)
            }
            result => result,
        }
    }
}
