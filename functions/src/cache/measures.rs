//! What the cache did for one request and what that took, gathered along the way for metrics.
//!
//! They travel with the task instead of as an argument: a computation that a request starts runs in a task of its own
//! and still belongs to it, and most callers of the engine do not ask for them.

use super::CacheStatus;
use crate::task_local;
use medinsight_core::Category;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

tokio::task_local! {
    static CURRENT: Measures;
}

/// What was measured for one request. Clones share everything.
#[derive(Clone, Debug, Default)]
pub struct Measures(Arc<Mutex<Vec<Measure>>>);

/// What was measured in one category.
#[derive(Clone, Debug)]
pub struct Measure {
    /// The category.
    pub category: Category,
    /// How each lookup was served.
    pub statuses: Vec<CacheStatus>,
    /// How long the store took.
    pub store: Duration,
    /// How long the origin took; none when it was not asked.
    pub origin: Option<Duration>,
    /// How many answers stood in for those that were wanted.
    pub fallbacks: u64,
    /// What a model has read and written.
    pub tokens: Tokens,
}

/// What a model has read and written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tokens {
    /// Tokens that it was sent.
    pub input: u64,
    /// Tokens that it sent back.
    pub output: u64,
}

impl Measure {
    /// Nothing was measured yet.
    #[must_use]
    pub fn of(category: Category) -> Self {
        let (store, tokens) = (Duration::ZERO, Tokens::default());
        Self { category, statuses: Vec::new(), store, origin: None, fallbacks: 0, tokens }
    }
}

impl Measures {
    /// Runs some work and measures what the cache does for it.
    pub fn of<T, W: Future<Output = T>>(&self, work: W) -> impl Future<Output = T> + use<T, W> {
        CURRENT.scope(self.clone(), work)
    }

    /// What has been measured since the last time, by category.
    #[must_use]
    pub fn take(&self) -> Vec<Measure> {
        std::mem::take(&mut self.measures())
    }

    fn in_category(&self, category: Category, note: impl FnOnce(&mut Measure)) {
        let mut measures = self.measures();
        if let Some(measure) = measures.iter_mut().find(|measure| measure.category == category) {
            return note(measure);
        }
        let mut measure = Measure::of(category);
        note(&mut measure);
        measures.push(measure);
    }

    /// What was noted before a panic is right as far as it goes, so poisoning means nothing here.
    fn measures(&self) -> MutexGuard<'_, Vec<Measure>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The work with the measures of whoever starts it, for a task of its own.
pub(super) fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    task_local::carried(&CURRENT, work)
}

pub(super) fn served(category: Category, status: CacheStatus) {
    note(category, |measure| measure.statuses.push(status));
}

pub(super) fn store_took(category: Category, sent_at: Instant) {
    note(category, |measure| measure.store += sent_at.elapsed());
}

pub(super) fn origin_took(category: Category, duration: Duration) {
    note(category, |measure| *measure.origin.get_or_insert_default() += duration);
}

pub(super) fn fell_back(category: Category) {
    note(category, |measure| measure.fallbacks += 1);
}

#[cfg(feature = "bedrock")]
pub(super) fn tokens_used(category: Category, tokens: Tokens) {
    note(category, |measure| {
        measure.tokens.input += tokens.input;
        measure.tokens.output += tokens.output;
    });
}

/// Nobody measures outside of a request.
fn note(category: Category, note: impl FnOnce(&mut Measure)) {
    let _ = CURRENT.try_with(|measures| measures.in_category(category, note));
}

#[cfg(test)]
mod tests {
    use super::{Measures, carried, origin_took, served};
    use crate::cache::CacheStatus;
    use medinsight_core::Category;
    use std::time::Duration;

    #[tokio::test]
    async fn what_a_task_of_its_own_does_is_measured_for_the_request_that_started_it() {
        let measures = Measures::default();
        let task = measures.of(async {
            served(Category::DrugInfo, CacheStatus::Miss);
            tokio::spawn(carried(async { origin_took(Category::DrugInfo, Duration::from_millis(3)) })).await
        });
        assert!(task.await.is_ok());
        let taken = measures.take();
        assert_eq!((taken.len(), taken[0].origin), (1, Some(Duration::from_millis(3))));
        assert_eq!(taken[0].statuses, [CacheStatus::Miss]);
        assert!(measures.take().is_empty());
    }

    #[test]
    fn outside_of_a_request_nothing_is_measured_and_nothing_fails() {
        served(Category::DrugInfo, CacheStatus::Hit);
    }
}
