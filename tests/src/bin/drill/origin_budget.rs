//! A thousand people ask a thousand different new questions at the same moment, over two processes, and the origin
//! allows four requests a second.

use crate::report::Finding;
use crate::setting::{self, Millis};
use medinsight_tests::load::{Sample, burst_of, numbered_question};
use medinsight_tests::origin_server::{OriginServer, Reply};
use medinsight_tests::process::ServerProcess;
use medinsight_tests::redis_server::RedisServer;
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

const REQUESTS: u64 = 1_000;
const SERVERS: usize = 2;

/// What the origin allows in any second.
const BUDGET: usize = 4;

/// By when each request has to be answered: what `REQUEST_TIMEOUT_MS` says, and as long as two cores need to send and
/// receive a thousand answers.
const DEADLINE: Duration = Duration::from_secs(10);
const MARGIN: Duration = Duration::from_millis(500);

/// Who answers when the origin cannot.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    /// The embedded origin.
    WithFallback,
    /// Nobody.
    Alone,
}

/// What came of it.
#[derive(Clone, Debug)]
struct Outcome {
    samples: Vec<Sample>,
    arrivals: Vec<Instant>,
}

pub(crate) async fn run(order: Order) -> Vec<Finding> {
    let redis = RedisServer::start().await;
    let origin = OriginServer::start(|_| Reply::json(200, &answer())).await;
    let (url, deadline) = (origin.url(), DEADLINE.as_millis().to_string());
    let settings = [
        ("MEDINSIGHT_ORIGIN", order.setting()),
        ("ORIGIN_URL", &url),
        ("ORIGIN_REQUESTS_PER_SECOND", "4"),
        ("REQUEST_TIMEOUT_MS", &deadline),
    ];
    let servers = setting::servers_on(&redis.url(), &settings, SERVERS).await;
    let addresses: Vec<_> = servers.iter().map(ServerProcess::address).collect();
    let questions = (0..REQUESTS).map(numbered_question).collect();
    let samples = burst_of(&addresses, questions, DEADLINE * 3).await;
    let arrivals = origin.received().into_iter().map(|received| received.at).collect();
    judge(order, &Outcome { samples, arrivals })
}

impl Order {
    const fn setting(self) -> &'static str {
        match self {
            Self::WithFallback => "upstream,embedded",
            Self::Alone => "upstream",
        }
    }

    /// Whether an answer is one that may be given.
    fn allows(self, sample: &Sample) -> bool {
        match self {
            Self::WithFallback => sample.is_success(),
            Self::Alone => sample.is_success() || sample.status.is_some_and(|status| status.as_u16() == 503),
        }
    }
}

fn judge(order: Order, outcome: &Outcome) -> Vec<Finding> {
    let Outcome { samples, arrivals } = outcome;
    let answered = samples.iter().filter(|sample| order.allows(sample)).count();
    let expected = match order {
        Order::WithFallback => "every request has an answer",
        Order::Alone => "every request has an answer or a 503",
    };
    vec![
        Finding::of(
            expected,
            format!("{answered} of {}", samples.len()),
            answered == samples.len() && u64::try_from(answered) == Ok(REQUESTS),
        ),
        Finding::of(
            "the origin is asked at most 4 times in any second, and is asked",
            format!("{} times, {} in a second at most", arrivals.len(), most_in_a_second(arrivals)),
            most_in_a_second(arrivals) <= BUDGET && !arrivals.is_empty(),
        ),
        Finding::at_most(
            "none waits beyond its deadline (10 s)",
            samples.iter().map(|sample| Millis(sample.latency)).max(),
            Millis(DEADLINE + MARGIN),
        ),
    ]
}

fn most_in_a_second(arrivals: &[Instant]) -> usize {
    let second = Duration::from_secs(1);
    let within = |from: &Instant| arrivals.iter().filter(|at| **at >= *from && **at - *from < second).count();
    arrivals.iter().map(within).max().unwrap_or(0)
}

fn answer() -> serde_json::Value {
    json!({
        "condition": "An invented condition",
        "explanation": "An invented explanation.",
        "natural_remedies": [],
        "severity": "moderate",
        "recommendation": "An invented recommendation.",
        "when_to_see_doctor": [],
        "disclaimer": "Invented.",
    })
}

#[cfg(test)]
mod tests {
    use super::{Order, Outcome, REQUESTS, judge};
    use crate::report::Verdict::{Met, Missed};
    use crate::report::{Verdict, verdicts};
    use http::StatusCode;
    use medinsight_tests::load::{Sample, XCache};
    use std::time::Duration;
    use tokio::time::Instant;

    fn verdicts_with(order: Order, change: impl FnOnce(&mut Outcome)) -> Vec<Verdict> {
        let sample = |index| Sample {
            index,
            scheduled: Duration::ZERO,
            latency: Duration::from_secs(2),
            status: Some(StatusCode::OK),
            x_cache: XCache::Miss,
        };
        let start = Instant::now();
        let arrivals = (0..10).map(|number| start + Duration::from_millis(334) * number).collect();
        let mut outcome = Outcome { samples: (0..REQUESTS).map(sample).collect(), arrivals };
        change(&mut outcome);
        verdicts(&judge(order, &outcome))
    }

    #[test]
    fn each_planted_violation_misses_its_bar() {
        let with_fallback = |change: fn(&mut Outcome)| verdicts_with(Order::WithFallback, change);
        let unavailable = |outcome: &mut Outcome| outcome.samples[7].status = Some(StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(with_fallback(|_| {}), [Met; 3]);
        assert_eq!(with_fallback(unavailable), [Missed, Met, Met]);
        assert_eq!(verdicts_with(Order::Alone, unavailable), [Met; 3]);
        assert_eq!(verdicts_with(Order::Alone, |outcome| outcome.samples[7].status = None), [Missed, Met, Met]);
        assert_eq!(with_fallback(|outcome| outcome.samples.truncate(999)), [Missed, Met, Met]);
        assert_eq!(with_fallback(|outcome| outcome.arrivals = vec![outcome.arrivals[0]; 5]), [Met, Missed, Met]);
        assert_eq!(with_fallback(|outcome| outcome.arrivals.clear()), [Met, Missed, Met]);
        assert_eq!(with_fallback(|outcome| outcome.samples[7].latency = Duration::from_secs(11)), [Met, Met, Missed]);
    }
}
