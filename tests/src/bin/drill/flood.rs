//! One client has one new question after the other computed, on a Redis that has not the room for so many answers.

use crate::report::Finding;
use crate::setting::{self, PATIENCE};
use bytes::Bytes;
use http::StatusCode;
use medinsight_tests::load::{self, HttpClient, Plan, Sample, Targets, XCache, numbered_question};
use medinsight_tests::redis_server::{RedisOptions, RedisServer};
use medinsight_tests::resp::Value;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::time::Instant;

const FLOODER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 66));

/// How many other people have asked before.
const OTHERS: u8 = 200;

/// Each asks a question that nobody has asked.
const PLAN: Plan = Plan { per_second: 2_500, duration: Duration::from_secs(80), patience: PATIENCE };

/// What a client may have computed: so many at once, and then so many a minute. These are the defaults.
const BUDGET: usize = 60;

/// Room for what the others have, and for a small part of the flood.
const REDIS_BYTES: u64 = 24 << 20;

/// What was seen.
#[derive(Clone, Debug)]
struct Flood {
    samples: Vec<Sample>,
    /// Keys of the others' sessions before, and those of them that are there after.
    before: usize,
    still_there: usize,
    /// How the others' questions are answered after.
    asked_again: Vec<XCache>,
}

pub(crate) async fn run() -> Vec<Finding> {
    let full =
        RedisOptions::default().setting(&format!("maxmemory {REDIS_BYTES}")).setting("maxmemory-policy volatile-lru");
    let redis = RedisServer::with(full).await;
    let server = setting::server_on(&redis.url(), &[("TRUSTED_PROXY_HOPS", "1")]).await;
    if let Some(findings) = setting::unless_stored(&server, [&redis]).await {
        return findings;
    }
    let others: Vec<_> = (0..OTHERS).map(|number| IpAddr::V4(Ipv4Addr::new(198, 51, 100, number))).collect();
    ask_all(&others, server.address()).await;
    let sessions = sessions(&redis).await;
    let flooder = HttpClient::of(FLOODER);
    let samples = load::run_as(flooder, PLAN, Instant::now(), &Targets::new([server.address()]), new_question).await;
    let still_there = count(&redis, &sessions).await;
    let asked_again = ask_all(&others, server.address()).await;
    judge(&Flood { samples, before: sessions.len(), still_there, asked_again })
}

fn new_question(index: u64) -> Bytes {
    numbered_question(1_000_000 + index)
}

/// Each of the others asks a question of their own.
async fn ask_all(others: &[IpAddr], server: SocketAddr) -> Vec<XCache> {
    let mut answers = Vec::new();
    for (number, other) in (0..).zip(others) {
        let client = HttpClient::of(*other);
        let answer = client.ask_by(server, numbered_question(number), Instant::now() + PATIENCE).await;
        answers.push(answer.expect("a server that answers").1);
    }
    answers
}

/// What is stored for sessions.
async fn sessions(redis: &RedisServer) -> Vec<String> {
    let mut keys = Vec::new();
    for category in ["symptom", "ai_summary"] {
        let found = redis.command(&["KEYS", &format!("medinsight:{category}:*")]).await;
        keys.extend(found.items().iter().map(Value::text));
    }
    keys
}

async fn count(redis: &RedisServer, keys: &[String]) -> usize {
    let words: Vec<_> = std::iter::once("EXISTS").chain(keys.iter().map(String::as_str)).collect();
    redis.command(&words).await.integer().and_then(|count| usize::try_from(count).ok()).unwrap_or(0)
}

fn judge(flood: &Flood) -> Vec<Finding> {
    let asked = flood.samples.len();
    let minutes = usize::try_from(PLAN.duration.as_secs().div_ceil(60)).unwrap_or(usize::MAX);
    let allowed = BUDGET + BUDGET * minutes;
    let computed = flood.samples.iter().filter(|sample| sample.x_cache.is_computed()).count();
    let is_expected = |sample: &&Sample| matches!(sample.status, Some(StatusCode::OK | StatusCode::TOO_MANY_REQUESTS));
    let unexpected = asked - flood.samples.iter().filter(is_expected).count();
    let lost = flood.before - flood.still_there.min(flood.before);
    let is_enough = flood.before >= usize::from(OTHERS) * 2;
    let hits = flood.asked_again.iter().filter(|answer| **answer == XCache::Hit).count();
    vec![
        Finding::of(
            "200,000 new questions of one client: an answer or a 429",
            format!("{unexpected} others of {asked}"),
            unexpected == 0 && asked >= 200_000,
        ),
        Finding::at_most("it has computed what its budget allows", Some(computed), allowed),
        Finding::of("every other session in place", format!("{lost} of {} lost", flood.before), lost == 0 && is_enough),
        Finding::of("what others asked is still a hit", format!("{hits} of {OTHERS}"), hits == usize::from(OTHERS)),
    ]
}

#[cfg(test)]
mod tests {
    use super::{Flood, OTHERS, PLAN, judge};
    use crate::report::Verdict::{Met, Missed};
    use crate::report::{Verdict, verdicts};
    use http::StatusCode;
    use medinsight_tests::load::{Sample, XCache};
    use std::time::Duration;

    fn verdicts_with(change: impl FnOnce(&mut Flood)) -> Vec<Verdict> {
        let samples = (0..PLAN.requests()).map(|index| {
            let (status, x_cache) = match index {
                0..60 => (StatusCode::OK, XCache::Miss),
                _ => (StatusCode::TOO_MANY_REQUESTS, XCache::Unsaid),
            };
            let latency = Duration::from_millis(1);
            Sample { index, scheduled: PLAN.departure(index), latency, status: Some(status), x_cache }
        });
        let others = usize::from(OTHERS);
        let mut flood = Flood {
            samples: samples.collect(),
            before: others * 2,
            still_there: others * 2,
            asked_again: vec![XCache::Hit; others],
        };
        change(&mut flood);
        verdicts(&judge(&flood))
    }

    #[test]
    fn each_planted_violation_misses_its_bar() {
        assert_eq!(verdicts_with(|_| {}), [Met; 4]);
        let failed = |flood: &mut Flood| flood.samples[70].status = Some(StatusCode::BAD_GATEWAY);
        assert_eq!(verdicts_with(failed), [Missed, Met, Met, Met]);
        let computed = |flood: &mut Flood| {
            flood.samples.iter_mut().take(200).for_each(|sample| sample.x_cache = XCache::Miss);
        };
        assert_eq!(verdicts_with(computed), [Met, Missed, Met, Met]);
        assert_eq!(verdicts_with(|flood| flood.still_there -= 1), [Met, Met, Missed, Met]);
        assert_eq!(verdicts_with(|flood| flood.asked_again[3] = XCache::Miss), [Met, Met, Met, Missed]);
    }
}
