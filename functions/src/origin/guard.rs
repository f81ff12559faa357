//! What stands between us and an origin that costs money: its budget, its circuit breaker, and few, late retries.

mod allowance;
mod retries;

pub(super) use allowance::{Allowance, Window};

use super::Source;
use super::failure::{CallFailure, Repeatable};
use crate::breaker::{Admission, Breaker, Change, Gravity, Tempo};
use crate::cache::Deadline;
use crate::clock::Clock;
use retries::RetryBudget;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often one question is asked at most.
const MAX_ATTEMPTS: u32 = 3;

/// How long before the end of its time a call is given up, so that its failure is still noted.
const TIME_TO_NOTE: Duration = Duration::from_millis(25);

/// One call of an origin under way.
pub(super) type Attempt<'a, T> = Pin<Box<dyn Future<Output = Result<T, CallFailure>> + Send + 'a>>;

/// Guards one origin. All calls of it go through [`Guard::call`].
#[derive(Debug)]
pub(super) struct Guard {
    source: Source,
    allowance: Allowance,
    breaker: Breaker,
    retries: RetryBudget,
    clock: Clock,
}

impl Guard {
    pub(super) fn new(source: Source, allowance: Allowance, clock: &Clock) -> Self {
        let (breaker, retries) = (Breaker::new(Tempo::ORIGIN), RetryBudget::default());
        Self { source, allowance, breaker, retries, clock: clock.clone() }
    }

    /// Calls the origin when its budget and its circuit allow it, and again where that does no harm.
    pub(super) async fn call<'a, T>(
        &self,
        until: Deadline,
        repeatable: Repeatable,
        attempt: impl Fn(Deadline) -> Attempt<'a, T>,
    ) -> Result<T, CallFailure> {
        let until = Deadline(until.0.checked_sub(TIME_TO_NOTE).unwrap_or(until.0));
        self.retries.earn();
        let mut attempts = 1;
        loop {
            let failure = match self.try_once(until, &attempt).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let pause = failure.repeatable_after(repeatable).map(|pause| pause + retries::jitter(attempts));
            match pause.filter(|pause| attempts < MAX_ATTEMPTS && Instant::now() + *pause < until.0) {
                Some(pause) if self.retries.spend() => sleep(pause).await,
                _ => return Err(self.noted(failure)),
            }
            attempts += 1;
        }
    }

    async fn try_once<'a, T>(
        &self,
        until: Deadline,
        attempt: &impl Fn(Deadline) -> Attempt<'a, T>,
    ) -> Result<T, CallFailure> {
        // Looked at before something is taken off the budget, and again by whoever waits for it.
        self.allowance.wait(until, || self.breaker.refuses(self.clock.now())).await?;
        match self.breaker.admit(self.clock.now()) {
            Admission::Refuse => return Err(CallFailure::CircuitOpen),
            Admission::Pass | Admission::Probe => {}
        }
        let result = attempt(until).await;
        match &result {
            Err(failure) if failure.is_outage() => self.note_outage(*failure),
            _ => self.note_sign_of_life(),
        }
        result
    }

    fn note_sign_of_life(&self) {
        if self.breaker.succeed() == Change::Closed {
            tracing::info!(origin = self.source.as_str(), "the origin answers again");
        }
    }

    fn note_outage(&self, failure: CallFailure) {
        // Without randomness pauses have no jitter, which is no reason to do without the breaker.
        let noise = getrandom::u64().unwrap_or_default();
        if self.breaker.fail(Gravity::Ordinary, self.clock.now(), noise) == Change::Opened {
            let (origin, reason) = (self.source.as_str(), failure.as_str());
            tracing::warn!(origin, reason, "the origin fails and is left alone for a while");
        }
    }

    fn noted(&self, failure: CallFailure) -> CallFailure {
        let (origin, reason) = (self.source.as_str(), failure.as_str());
        match failure {
            // One was logged when the circuit opened, the other would be a line for each request of a stampede, and the
            // last is an answer.
            CallFailure::CircuitOpen | CallFailure::OverBudget | CallFailure::UnknownDrug => {
                tracing::debug!(origin, reason, "the origin was not asked");
            }
            _ => tracing::warn!(origin, reason, "the origin gave no answer"),
        }
        failure
    }
}
