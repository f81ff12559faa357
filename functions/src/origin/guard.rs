//! What stands between us and an origin that costs money: its budget, its circuit breaker, and few, late retries.

mod allowance;
mod retries;
mod silence;

pub(super) use allowance::{Allowance, Limit, Window};

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

/// What a call brought that cost tokens, whether its answer is one or not.
#[derive(Debug)]
pub(super) struct Metered<T> {
    pub(super) answer: Result<T, CallFailure>,
    pub(super) tokens: u64,
}

/// Guards one origin. All calls of it go through [`Guard::call`] or [`Guard::call_metered`].
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
    pub(super) async fn call<'a, T: 'a>(
        &self,
        until: Deadline,
        repeatable: Repeatable,
        attempt: impl Fn(Deadline) -> Attempt<'a, T>,
    ) -> Result<T, CallFailure> {
        let unmetered = |until| -> Attempt<'a, Metered<T>> {
            let attempt = attempt(until);
            Box::pin(async { attempt.await.map(|answer| Metered { answer: Ok(answer), tokens: 0 }) })
        };
        self.call_metered(until, repeatable, 0, unmetered).await
    }

    /// [`Guard::call`] of an origin that counts tokens, of which the call may cost so many.
    pub(super) async fn call_metered<'a, T>(
        &self,
        until: Deadline,
        repeatable: Repeatable,
        tokens: u64,
        attempt: impl Fn(Deadline) -> Attempt<'a, Metered<T>>,
    ) -> Result<T, CallFailure> {
        let until = Deadline(until.0.checked_sub(TIME_TO_NOTE).unwrap_or(until.0));
        self.retries.earn();
        let mut attempts = 1;
        loop {
            let failure = match self.try_once(until, tokens, &attempt).await {
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
        tokens: u64,
        attempt: &impl Fn(Deadline) -> Attempt<'a, Metered<T>>,
    ) -> Result<T, CallFailure> {
        // Looked at before something is taken off the budget, and again by whoever waits for it.
        self.allowance.wait(until, tokens, || self.breaker.refuses(self.clock.now())).await?;
        let result = match self.breaker.admit(self.clock.now()) {
            Admission::Refuse => Err(CallFailure::CircuitOpen),
            Admission::Pass | Admission::Probe => attempt(until).await,
        };
        match &result {
            Ok(Metered { tokens: used, .. }) => self.allowance.correct(tokens, *used).await,
            Err(failure) if failure.costs_nothing() => self.allowance.correct(tokens, 0).await,
            // Nobody knows how far it got.
            Err(_) => {}
        }
        let result = result.and_then(|metered| metered.answer);
        match &result {
            Err(CallFailure::CircuitOpen) => {}
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
