//! How fast answers may be computed.

use crate::service::Answered;
use http::StatusCode;
use http::header::RETRY_AFTER;
use std::time::Duration;
use tokio::time::Instant;

/// The longest that a service may let us wait at a time.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// So many answers a minute, on average since the last pause.
#[derive(Debug)]
pub(crate) struct Pace {
    each: Duration,
    next: Instant,
}

impl Pace {
    pub(crate) fn of(per_minute: Option<u32>) -> Self {
        let each = per_minute.map_or(Duration::ZERO, |per_minute| Duration::from_secs(60) / per_minute);
        Self { each, next: Instant::now() }
    }

    /// Waits until more may be computed.
    pub(crate) async fn wait(&self) {
        tokio::time::sleep_until(self.next).await;
    }

    /// Notes that so many answers were computed.
    pub(crate) fn computed(&mut self, count: usize) {
        let pause = self.each.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX));
        self.next = self.next.max(Instant::now()) + pause;
    }
}

/// For how long the service wants to be left alone, if it does.
pub(crate) fn retry_after(answer: &Answered) -> Option<Duration> {
    if !matches!(answer.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return None;
    }
    let secs = answer.headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(secs).min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::Pace;
    use std::time::Duration;
    use tokio::time::Instant;

    #[tokio::test]
    async fn a_budget_lets_time_pass_for_what_was_computed_and_for_nothing_else() {
        let mut pace = Pace::of(Some(600));
        let started = Instant::now();
        pace.computed(0);
        assert!(pace.next <= Instant::now());
        pace.computed(5);
        assert!(pace.next >= started + Duration::from_millis(500));
        assert_eq!(Pace::of(None).each, Duration::ZERO);
    }
}
