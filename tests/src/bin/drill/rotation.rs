//! The encryption key is replaced by another one, step by step, while requests keep coming.

use crate::report::Finding;
use crate::setting::{self, PATIENCE};
use medinsight_tests::load::{self, Plan, Sample, Summary, Targets, XCache, numbered_question};
use medinsight_tests::process::ServerProcess;
use medinsight_tests::redis_server::RedisServer;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// The first key of a list seals, all of them open. The keys are invented.
pub(crate) const STEPS: [&str; 4] = [
    "1:YW4gaW52ZW50ZWQga2V5IG9mIDMyIGJ5dGVzOiBBICE=",
    "1:YW4gaW52ZW50ZWQga2V5IG9mIDMyIGJ5dGVzOiBBICE=,2:YW4gaW52ZW50ZWQga2V5IG9mIDMyIGJ5dGVzOiBCICE=",
    "2:YW4gaW52ZW50ZWQga2V5IG9mIDMyIGJ5dGVzOiBCICE=,1:YW4gaW52ZW50ZWQga2V5IG9mIDMyIGJ5dGVzOiBBICE=",
    "2:YW4gaW52ZW50ZWQga2V5IG9mIDMyIGJ5dGVzOiBCICE=",
];

const SERVERS: usize = 2;
const WARM_QUESTIONS: u64 = 100;

/// How long each step lasts.
const STEP: Duration = Duration::from_secs(3);

const PLAN: Plan = Plan { per_second: 200, duration: Duration::from_secs(14), patience: PATIENCE };

pub(crate) async fn run() -> Vec<Finding> {
    let redis = RedisServer::start().await;
    let mut servers = Vec::new();
    for _ in 0..SERVERS {
        servers.push(server(&redis, STEPS[0]).await);
    }
    if let Some(findings) = setting::unless_stored(&servers[0], [&redis]).await {
        return findings;
    }
    setting::warm(&servers[0], 0..WARM_QUESTIONS).await;
    let targets = Targets::new(servers.iter().map(ServerProcess::address));
    let start = Instant::now();
    let ask = load::run(PLAN, start, &targets, |index| numbered_question(index % WARM_QUESTIONS));
    let (samples, removed) = tokio::join!(ask, rotate(&redis, servers, &targets, start));
    judge(&samples, removed)
}

async fn server(redis: &RedisServer, keys: &str) -> ServerProcess {
    setting::server_on(&redis.url(), &[("CACHE_ENCRYPTION", ""), ("CACHE_ENCRYPTION_KEYS", keys)]).await
}

/// Goes through the steps, one server after the other; returns when the removal of the old key began.
async fn rotate(redis: &RedisServer, mut servers: Vec<ServerProcess>, targets: &Targets, start: Instant) -> Duration {
    let mut began = Duration::ZERO;
    for (step, keys) in (1..).zip(&STEPS[1..]) {
        sleep_until(start + STEP * step).await;
        began = start.elapsed();
        for old in &mut servers {
            replace(old, server(redis, keys).await, targets).await;
        }
    }
    sleep_until(start + PLAN.duration).await;
    began
}

async fn replace(old: &mut ServerProcess, new: ServerProcess, targets: &Targets) {
    targets.add(new.address());
    targets.remove(old.address(), PATIENCE).await;
    old.terminate();
    old.ended(PATIENCE).await;
    *old = new;
}

fn judge(samples: &[Sample], removed: Duration) -> Vec<Finding> {
    let all = Summary::of(samples);
    let before = || Sample::within(samples, Duration::ZERO..removed);
    let hits = before().filter(|sample| sample.x_cache == XCache::Hit).count();
    let asked = before().count();
    let after = Sample::within(samples, removed..Duration::MAX);
    let unexpected = after.filter(|sample| sample.x_cache == XCache::Bypass).count();
    vec![
        Finding::of(
            "no request fails",
            format!("{} of {}", all.failures, all.count),
            all.failures == 0 && all.count > 0,
        ),
        Finding::of("all hits until A is removed", format!("{hits} of {asked}"), hits == asked && asked > 0),
        Finding::at_most("misses only after that, no bypass", Some(unexpected), 0),
    ]
}

#[cfg(test)]
mod tests {
    use super::{PLAN, judge};
    use crate::report::Verdict::{Met, Missed};
    use crate::report::{Verdict, verdicts};
    use http::StatusCode;
    use medinsight_tests::load::{Sample, XCache};
    use std::time::Duration;

    const REMOVED: Duration = Duration::from_secs(9);

    fn verdicts_with(change: impl FnOnce(&mut Vec<Sample>)) -> Vec<Verdict> {
        let samples = (0..PLAN.requests()).map(|index| {
            let scheduled = PLAN.departure(index);
            let x_cache = if (1_800..1_900).contains(&index) { XCache::Miss } else { XCache::Hit };
            Sample { index, scheduled, latency: Duration::ZERO, status: Some(StatusCode::OK), x_cache }
        });
        let mut samples = samples.collect();
        change(&mut samples);
        verdicts(&judge(&samples, REMOVED))
    }

    #[test]
    fn each_planted_violation_misses_its_bar() {
        assert_eq!(verdicts_with(|_| {}), [Met; 3]);
        assert_eq!(verdicts_with(|samples| samples[2_000].status = None), [Missed, Met, Met]);
        assert_eq!(verdicts_with(|samples| samples[1_799].x_cache = XCache::Miss), [Met, Missed, Met]);
        assert_eq!(verdicts_with(|samples| samples[1_850].x_cache = XCache::Bypass), [Met, Met, Missed]);
        assert_eq!(verdicts_with(Vec::clear), [Missed, Missed, Met]);
    }
}
