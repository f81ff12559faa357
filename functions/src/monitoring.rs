//! Watching the cache: what the counters and the servers say, and whether somebody should have a look.

mod advice;
mod alerts;
mod history;
mod percentage;
mod performance;
mod price;
mod statistics;

pub use advice::{Advice, Basis, CategoryAdvice, HitAges, Suggestion};
pub use alerts::{Alert, Bound, Change, Raised, Readings, Thresholds, decide};
pub use history::{History, Window, hottest_of_the_hour};
pub use performance::Performance;
pub use price::{MoneySaved, NotAPrice, Price};
pub use statistics::{Statistics, Traffic};

use crate::cache::{Cache, Counts};
use crate::store::{DatabaseInspection, StoreError};
use medinsight_core::UnixMillis;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A check that is no older than this is as good as a new one, so that nobody can make a storm of them.
const CHECK_IS_GOOD_FOR: Duration = Duration::from_secs(1);

/// Watches a cache. Clones share what has been seen.
#[derive(Clone, Debug)]
pub struct Monitor(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    cache: Cache,
    thresholds: Thresholds,
    seen: Mutex<Seen>,
}

/// What has been seen so far.
#[derive(Debug, Default)]
struct Seen {
    raised: Vec<Raised>,
    /// The traffic up to the last time that rates were judged.
    judged: Traffic,
    checked_at: Option<UnixMillis>,
}

/// What there was to see.
#[derive(Debug)]
pub struct Observation {
    /// The counters.
    pub counts: Counts,
    /// The alerts that are raised.
    pub alerts: Vec<Raised>,
    /// What the servers said.
    pub databases: Vec<DatabaseInspection>,
}

impl Monitor {
    /// A monitor that has seen nothing yet.
    #[must_use]
    pub fn new(cache: Cache, thresholds: Thresholds) -> Self {
        Self(Arc::new(Inner { cache, thresholds, seen: Mutex::default() }))
    }

    /// Reads the counters and judges them together with what the servers say.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the counters could not be read.
    pub async fn observe(&self) -> Result<Observation, StoreError> {
        let (counts, databases) = tokio::join!(self.0.cache.counts(), self.inspect());
        let counts = counts?;
        let alerts = self.judge(&Traffic::of(&counts), &databases);
        Ok(Observation { counts, alerts, databases })
    }

    /// What the servers say. It never fails and never takes longer than the store may keep a request waiting.
    pub async fn inspect(&self) -> Vec<DatabaseInspection> {
        self.0.cache.store().inspect(self.0.cache.patience()).await
    }

    /// Asks the store whether it is there, unless that was asked within the last second.
    pub async fn check_if_due(&self) {
        let now = self.0.cache.clock().now();
        if !self.checked_at().is_some_and(|checked_at| now.is_within(CHECK_IS_GOOD_FOR, checked_at)) {
            self.check().await;
        }
    }

    /// Asks the store whether it is there. The outcome is in its reports.
    pub async fn check(&self) {
        // Noted before it is done: whoever comes meanwhile need not ask, too.
        self.seen().checked_at = Some(self.0.cache.clock().now());
        self.0.cache.store().check().await;
    }

    /// What is done regularly in a server: a check, and a look at what alerts are about.
    pub async fn make_rounds(&self) {
        self.check().await;
        if !self.0.thresholds.are_off() {
            // A store that does not answer has been logged, and is no reason to raise or to clear anything.
            let _ = self.observe().await;
        }
    }

    /// When the store was last asked whether it is there.
    #[must_use]
    pub fn checked_at(&self) -> Option<UnixMillis> {
        self.seen().checked_at
    }

    fn judge(&self, traffic: &Traffic, databases: &[DatabaseInspection]) -> Vec<Raised> {
        let (now, thresholds) = (self.0.cache.clock().now(), &self.0.thresholds);
        let mut seen = self.seen();
        let window = traffic.since(&seen.judged);
        let is_enough = window.requests >= thresholds.min_requests;
        if is_enough {
            seen.judged = *traffic;
        }
        let readings = Readings {
            memory_percent: performance::memory_percent(databases),
            connections_percent: performance::connections_percent(databases),
            hit_rate: window.hit_rate().filter(|_| is_enough),
            error_rate: window.error_rate().filter(|_| is_enough),
        };
        let (raised, changes) = decide(&seen.raised, &readings, thresholds, now);
        seen.raised.clone_from(&raised);
        drop(seen);
        changes.iter().for_each(log);
        raised
    }

    /// What was seen is replaced as a whole, so poisoning means nothing here.
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One line for each change and none for each request.
fn log(change: &Change) {
    match change {
        Change::Raised(raised) => {
            let (alert, value, threshold) = (raised.alert.as_str(), raised.value, raised.threshold);
            tracing::warn!(alert, value, threshold, "an alert was raised");
        }
        Change::Cleared(alert) => tracing::warn!(alert = alert.as_str(), "an alert was cleared"),
    }
}
