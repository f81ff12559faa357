//! The only place that reads the clock.

use medinsight_core::UnixMillis;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// Where the time of day comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands still until it is moved, for tests.
    Manual(ManualClock),
}

impl Clock {
    /// The time now.
    #[must_use]
    pub fn now(&self) -> UnixMillis {
        match self {
            Self::System => system_now(),
            Self::Manual(clock) => UnixMillis(clock.0.load(Ordering::SeqCst)),
        }
    }
}

/// A clock that stands still until it is moved.
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// A clock that stands at the given time.
    #[must_use]
    pub fn at(now: UnixMillis) -> Self {
        Self(Arc::new(AtomicU64::new(now.0)))
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(millis(by), Ordering::SeqCst);
    }
}

/// A duration in whole milliseconds, the largest number when it is longer than that.
#[must_use]
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The nanoseconds since the beginning of 1970, for what must differ from one moment to the next.
pub(crate) fn nanos() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().ok().and_then(|elapsed| u64::try_from(elapsed.as_nanos()).ok()).unwrap_or_default()
}

fn system_now() -> UnixMillis {
    UnixMillis(SystemTime::UNIX_EPOCH.elapsed().map(millis).unwrap_or_default())
}
