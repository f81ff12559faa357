//! What is left to do when an answer has gone out: what is computed in the background, what waits for a trip to the
//! store, and the metrics.

use super::host::Concurrency;
use crate::cache::{Cache, Deadline, Measures, Settled};
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::request_id::RequestId;
use lambda_http::Error;
use lambda_runtime::tower::Layer;
use lambda_runtime::{LambdaInvocation, Service};
use medinsight_core::UnixMillis;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

/// What is kept of an invocation's time, so that an answer is out before Lambda gives up on it. Of a short time it is
/// a fifth.
const MARGIN: Duration = Duration::from_millis(250);

/// Before the first Lambda function: nothing ends before it.
const EARLIEST: UnixMillis = UnixMillis(1_400_000_000_000);

/// Does what is left to do.
#[derive(Debug)]
pub(crate) struct Aftercare {
    cache: Cache,
    metrics: Metrics,
    concurrency: Concurrency,
    /// What was measured for the invocation under way; what a refresh takes belongs to it, too.
    measured: Mutex<Option<(RequestId, Measures)>>,
}

/// What the runtime does when an answer has gone out, before it asks for the next invocation. Lambda does not freeze the
/// environment until then, and whoever has asked has the answer already.
#[derive(Clone, Debug)]
pub(super) enum Afterwards {
    /// What is left to do.
    Care(Arc<Aftercare>),
    /// Nothing: the environment is not frozen.
    Nothing,
}

/// The runtime's service, which also sends the answer, with [`Afterwards`] around it.
#[derive(Clone, Debug)]
pub(super) struct WithAftercare<S> {
    inner: S,
    afterwards: Afterwards,
}

impl Aftercare {
    pub(super) const fn new(cache: Cache, metrics: Metrics, concurrency: Concurrency) -> Self {
        Self { cache, metrics, concurrency, measured: Mutex::new(None) }
    }

    pub(crate) fn clock(&self) -> &Clock {
        self.cache.clock()
    }

    /// Takes what was measured for an invocation, to be published with what its refreshes take.
    pub(crate) fn note(&self, id: RequestId, measures: Measures) {
        match self.concurrency {
            Concurrency::One => *self.measured.lock().unwrap_or_else(PoisonError::into_inner) = Some((id, measures)),
            Concurrency::Several => self.metrics.publish(&id, &measures.take()),
        }
    }

    async fn finish(&self, deadline: Deadline) {
        if self.cache.settle(deadline).await == Settled::OutOfTime {
            tracing::warn!("a refresh was not finished in time; its lease lapses, and the next request tries again");
        }
        let measured = self.measured.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((id, measures)) = measured {
            self.metrics.publish(&id, &measures.take());
        }
    }
}

impl<S> Layer<S> for Afterwards {
    type Service = WithAftercare<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WithAftercare { inner, afterwards: self.clone() }
    }
}

impl<S> Service<LambdaInvocation> for WithAftercare<S>
where
    S: Service<LambdaInvocation, Response = (), Error = Error>,
    S::Future: Send + 'static,
{
    type Response = ();
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let deadline_ms = invocation.context.deadline;
        let (answering, afterwards) = (self.inner.call(invocation), self.afterwards.clone());
        Box::pin(async move {
            let answered = answering.await;
            if let Afterwards::Care(aftercare) = afterwards {
                aftercare.finish(until(deadline_ms, aftercare.clock())).await;
            }
            answered
        })
    }
}

/// The end of an invocation less the margin. Lambda gives it by the time of day, `cargo lambda watch` as a span of ten
/// minutes.
pub(crate) fn until(deadline_ms: u64, clock: &Clock) -> Deadline {
    let is_time_of_day = deadline_ms >= EARLIEST.0;
    let remaining =
        if is_time_of_day { UnixMillis(deadline_ms).since(clock.now()) } else { Duration::from_millis(deadline_ms) };
    Deadline::after(remaining.saturating_sub(MARGIN.min(remaining / 5)))
}

#[cfg(test)]
mod tests {
    use super::until;
    use crate::clock::{Clock, ManualClock};
    use medinsight_core::UnixMillis;
    use std::time::Duration;

    #[test]
    fn the_deadline_is_a_little_before_the_end_of_the_invocation() {
        let now = 1_800_000_000_000;
        let clock = Clock::Manual(ManualClock::at(UnixMillis(now)));
        let remaining = |in_ms: i64| until(now.saturating_add_signed(in_ms), &clock).remaining();
        let between = |low, high| Duration::from_millis(low)..=Duration::from_millis(high);
        assert!(between(9_000, 9_750).contains(&remaining(10_000)));
        assert!(between(1, 400).contains(&remaining(500)));
        assert_eq!(remaining(-500), Duration::ZERO);
    }

    #[test]
    fn what_is_too_early_to_be_a_time_of_day_is_how_much_time_there_is() {
        let clock = Clock::Manual(ManualClock::at(UnixMillis(1_800_000_000_000)));
        assert!(until(600_000, &clock).remaining() > Duration::from_secs(590));
    }
}
