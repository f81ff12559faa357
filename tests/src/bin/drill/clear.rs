//! A category with a million entries is cleared.

use crate::library;
use crate::report::Finding;
use crate::setting::{self, Millis, PATIENCE};
use medinsight_core::Category;
use medinsight_tests::load::{self, Plan, Sample, Targets, XCache, numbered_question};
use medinsight_tests::process::ServerProcess;
use medinsight_tests::redis_server::{RedisServer, SlowCommand};
use medinsight_tests::{filler, waiting};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

const KEYS: usize = 1_000_000;
const SERVERS: usize = 4;

/// When the category is cleared, from the start of the load on.
const CLEAR_AT: Duration = Duration::from_secs(1);

/// How long the sweep may go on in the background.
const SWEEP_LIMIT: Duration = Duration::from_secs(120);

/// Each question of the load was stored before and is asked once, so that a hit is an answer from before the clear.
const PLAN: Plan = Plan { per_second: 200, duration: Duration::from_secs(5), patience: PATIENCE };

/// What was seen.
#[derive(Clone, Debug)]
struct Clearing {
    samples: Vec<Sample>,
    /// When the library said that the category was cleared.
    cleared: Duration,
    /// What took Redis long while it was swept.
    slow: Vec<SlowCommand>,
    /// Calls of the commands that block or do too much.
    forbidden_calls: u64,
}

pub(crate) async fn run() -> Vec<Finding> {
    let redis = RedisServer::start().await;
    let servers = setting::servers_on(&redis.url(), &[], SERVERS).await;
    if let Some(findings) = setting::unless_stored(&servers[0], [&redis]).await {
        return findings;
    }
    let filled = filler::fill(&redis, "medinsight:health_analysis:", KEYS).await;
    filled.expect("a Redis that takes a million entries");
    setting::warm(&servers[0], 0..PLAN.requests()).await;
    judge(&observe(&redis, &servers).await)
}

async fn observe(redis: &RedisServer, servers: &[ServerProcess]) -> Clearing {
    redis.record_slowlog(Duration::from_millis(1), 10_000).await;
    let targets = Targets::new(servers.iter().map(ServerProcess::address));
    let start = Instant::now();
    let clear = async {
        sleep_until(start + CLEAR_AT).await;
        library::clear_category(redis, Category::HealthAnalysis).await;
        start.elapsed()
    };
    let (samples, cleared) = tokio::join!(load::run(PLAN, start, &targets, numbered_question), clear);
    waiting::until("the entries are swept", SWEEP_LIMIT, || async { remaining(redis).await < KEYS / 10 }).await;
    let stats = redis.commandstats().await;
    let calls = |command: &str| stats.get(command).copied().unwrap_or(0);
    let forbidden_calls = ["keys", "flushdb", "flushall"].map(calls).into_iter().sum();
    Clearing { samples, cleared, slow: redis.slowlog().await, forbidden_calls }
}

async fn remaining(redis: &RedisServer) -> usize {
    let size = redis.command(&["DBSIZE"]).await.integer();
    size.and_then(|size| usize::try_from(size).ok()).unwrap_or(usize::MAX)
}

fn judge(clearing: &Clearing) -> Vec<Finding> {
    let hits = clearing.samples.iter().filter(|sample| sample.x_cache == XCache::Hit);
    let last_hit = hits.map(|sample| Millis(sample.scheduled.saturating_sub(clearing.cleared))).max();
    let failures = clearing.samples.iter().filter(|sample| !sample.is_success()).count();
    let slowest = clearing.slow.iter().map(|command| Millis(command.duration)).max();
    vec![
        Finding::of("no request fails", format!("{failures} of {}", clearing.samples.len()), {
            failures == 0 && !clearing.samples.is_empty()
        }),
        Finding::at_most("effective in 4 processes <= 1 s", last_hit, Millis::new(1_000)),
        // The slow log begins at 1 ms, so an empty one is a good sign.
        Finding::at_most("no command > 5 ms in SLOWLOG", slowest.or(Some(Millis::new(0))), Millis::new(5)),
        Finding::at_most("KEYS, FLUSHDB, FLUSHALL: 0 calls", Some(clearing.forbidden_calls), 0),
    ]
}

#[cfg(test)]
mod tests {
    use super::{Clearing, PLAN, judge};
    use crate::report::Verdict::{Met, Missed};
    use crate::report::{Verdict, verdicts};
    use http::StatusCode;
    use medinsight_tests::load::{Sample, XCache};
    use medinsight_tests::redis_server::SlowCommand;
    use std::time::Duration;

    fn verdicts_with(change: impl FnOnce(&mut Clearing)) -> Vec<Verdict> {
        let samples = (0..PLAN.requests()).map(|index| {
            let scheduled = PLAN.departure(index);
            let x_cache = if scheduled < Duration::from_millis(1_900) { XCache::Hit } else { XCache::Miss };
            let latency = Duration::from_millis(1);
            Sample { index, scheduled, latency, status: Some(StatusCode::OK), x_cache }
        });
        let samples = samples.collect();
        let slow = vec![SlowCommand { duration: Duration::from_millis(4), words: vec!["scan".into()] }];
        let mut clearing = Clearing { samples, cleared: Duration::from_secs(1), slow, forbidden_calls: 0 };
        change(&mut clearing);
        verdicts(&judge(&clearing))
    }

    #[test]
    fn each_planted_violation_misses_its_bar() {
        assert_eq!(verdicts_with(|_| {}), [Met; 4]);
        assert_eq!(verdicts_with(|clearing| clearing.samples[9].status = None), [Missed, Met, Met, Met]);
        assert_eq!(verdicts_with(|clearing| clearing.samples[500].x_cache = XCache::Hit), [Met, Missed, Met, Met]);
        let slow = |clearing: &mut Clearing| clearing.slow[0].duration = Duration::from_millis(6);
        assert_eq!(verdicts_with(slow), [Met, Met, Missed, Met]);
        assert_eq!(verdicts_with(|clearing| clearing.forbidden_calls = 1), [Met, Met, Met, Missed]);
        assert_eq!(verdicts_with(|clearing| clearing.slow.clear()), [Met; 4]);
    }
}
