//! Answers that nobody waits for: what is fresh is given at once, anything else is computed by whoever has the time.

use super::computing::{Computation, Journey};
use super::substitute::Computed;
use super::timing::Budget;
use super::{Answer, Cache, CacheStatus, Found, Visit, measures};
use crate::origin::OriginError;
use medinsight_core::{CacheKey, Freshness};
use std::time::Duration;
use tokio::time::Instant;

impl Cache {
    /// The fresh answer in the store, if there is one. Near the end of its life `refresh` starts in the background.
    pub async fn find_fresh(&self, mut visit: Visit, refresh: impl FnOnce() -> Computation) -> Option<Answer> {
        let category = visit.key.kind().category();
        let mut budget = Budget::new(&self.0.timing, visit.deadline, Instant::now());
        let sighting = self.see(&visit);
        let found = self.look_up(&mut visit, &mut budget).await;
        let Visit { key, deadline, revisions, .. } = visit;
        let answer = match found {
            Found::Entry(entry, Freshness::Fresh) => Some(entry.into_answer(CacheStatus::Hit)),
            Found::Entry(entry, Freshness::RefreshEarly) => {
                self.refresh(key, refresh(), Journey { deadline, budget, bypass: None, revisions });
                Some(entry.into_answer(CacheStatus::Hit))
            }
            Found::Entry(..) | Found::Nothing | Found::Failure(_) => None,
        };
        self.note_answered(sighting, answer.as_ref());
        answer.inspect(|answer| measures::served(category, answer.status))
    }

    /// Answers with what is fresh, computed by `compute` unless the store has it by now. As in [`Cache::fetch`] it runs
    /// at most once at a time for each key. A stale answer is given only when that fails, and that of the visit's substitute
    /// only when there is no stale one.
    ///
    /// # Errors
    ///
    /// The origin's error when there is nothing to give instead, or when it knows that there is no answer.
    pub async fn renew(&self, visit: Visit, compute: impl FnOnce() -> Computation) -> Result<Answer, OriginError> {
        let category = visit.key.kind().category();
        let result = self.find_or_renew(visit, compute).await;
        if let Ok(answer) = &result {
            measures::served(category, answer.status);
        }
        result
    }

    async fn find_or_renew(
        &self,
        mut visit: Visit,
        compute: impl FnOnce() -> Computation,
    ) -> Result<Answer, OriginError> {
        let mut budget = Budget::new(&self.0.timing, visit.deadline, Instant::now());
        let found = self.look_up(&mut visit, &mut budget).await;
        let Visit { key, deadline, substitute, revisions, .. } = visit;
        let journey = |bypass| Journey { deadline, budget, bypass, revisions };
        match found {
            Found::Entry(entry, Freshness::Fresh | Freshness::RefreshEarly) => Ok(entry.into_answer(CacheStatus::Hit)),
            Found::Entry(entry, Freshness::StaleWhileRevalidate | Freshness::StaleIfError) => {
                let computed = self.compute(key, Computed::properly(compute().work), journey(None)).await;
                computed.or_else(|error| entry.instead_of(error))
            }
            Found::Entry(_, Freshness::Gone) | Found::Nothing => {
                self.compute_or_substitute(key, compute().work, substitute, journey(None)).await
            }
            Found::Failure(reason) => {
                self.compute_or_substitute(key, compute().work, substitute, journey(Some(reason))).await
            }
        }
    }

    /// For how long an answer under a key is fresh from when it was computed; zero for a key that holds none.
    #[must_use]
    pub fn fresh_for(&self, key: &CacheKey) -> Duration {
        let secs = self.lifetime(key).map_or(0, |life| life.jittered_secs(key));
        Duration::from_secs(u64::from(secs))
    }
}
