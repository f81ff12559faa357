//! How long things may take: a request as a whole, and the store's part in it.

use crate::store::Patience;
use std::time::Duration;
use tokio::time::Instant;

/// How long the engine lets others take.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// How long an answer may take to compute.
    pub origin_timeout: Duration,
    /// How long the store may keep a request waiting altogether.
    pub store_budget: Duration,
}

/// By when a request has to be answered: the end of its invocation, or of its time limit.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Deadline(pub Instant);

impl Deadline {
    /// The deadline after a duration from now.
    #[must_use]
    pub fn after(duration: Duration) -> Self {
        Self(Instant::now() + duration)
    }

    /// What is left until then.
    #[must_use]
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

/// What is left of the time that the store may cost a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget(Duration);

impl Budget {
    /// The whole of it, or less when the request has less time left.
    pub(super) fn new(timing: &Timing, deadline: Deadline, now: Instant) -> Self {
        Self(timing.store_budget.min(deadline.0.saturating_duration_since(now)))
    }

    /// How long to wait for a trip that begins now; `None` when all is spent.
    pub(super) fn patience(self, now: Instant) -> Option<Patience> {
        (!self.0.is_zero()).then(|| Patience { until: now + self.0 })
    }

    /// Takes off what a piece of work has taken. It is not handed the work: every hand that a future goes through copies it.
    pub(super) fn spend_since(&mut self, started: Instant) {
        self.0 = self.0.saturating_sub(started.elapsed());
    }
}
