//! A primary of a Redis cluster dies while requests keep coming.

use crate::report::Finding;
use crate::setting::{self, Millis, PATIENCE};
use medinsight_tests::load::{self, Plan, Sample, Summary, Targets, XCache, numbered_question};
use medinsight_tests::process::ServerProcess;
use medinsight_tests::redis_cluster::RedisCluster;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

const SERVERS: usize = 2;

/// How many questions are asked again and again; enough for each primary to have many.
const WARM_QUESTIONS: u64 = 100;

/// When a primary dies, from the start of the load on.
const DEATH_AT: Duration = Duration::from_secs(3);

/// For how long at the end everything has to be a hit again.
const CALM: Duration = Duration::from_secs(3);

const PLAN: Plan = Plan { per_second: 300, duration: Duration::from_secs(20), patience: PATIENCE };

pub(crate) async fn run() -> Vec<Finding> {
    let cluster = RedisCluster::start().await;
    let url = url(&cluster);
    let servers = setting::servers_on(&url, &[("EMBEDDED_ORIGIN_DELAY_MS", "20")], SERVERS).await;
    if let Some(findings) = setting::unless_stored(&servers[0], cluster.nodes()).await {
        return findings;
    }
    setting::warm(&servers[0], 0..WARM_QUESTIONS).await;
    let targets = Targets::new(servers.iter().map(ServerProcess::address));
    let start = Instant::now();
    let ask = load::run(PLAN, start, &targets, |index| numbered_question(index % WARM_QUESTIONS));
    let death = async {
        sleep_until(start + DEATH_AT).await;
        cluster.kill_primary_of("any key").await;
        start.elapsed()
    };
    let (samples, death) = tokio::join!(ask, death);
    judge(&samples, death)
}

/// How a server is told of a cluster: the place to change when that is decided otherwise.
fn url(cluster: &RedisCluster) -> String {
    cluster.urls().join(",")
}

fn judge(samples: &[Sample], death: Duration) -> Vec<Finding> {
    let all = Summary::of(samples);
    let missed = samples.iter().filter(|sample| sample.scheduled >= death && sample.x_cache != XCache::Hit);
    let back = missed.map(|sample| sample.answered().saturating_sub(death)).max().unwrap_or_default();
    let added = Summary::by(samples, |sample| sample.added(Duration::from_millis(20)));
    let limit = PLAN.duration.saturating_sub(CALM + death);
    vec![
        Finding::of(
            "no request fails",
            format!("{} of {}", all.failures, all.count),
            all.failures == 0 && all.count > 0,
        ),
        Finding::at_most("hits come back by themselves", (all.count > 0).then_some(Millis(back)), Millis(limit)),
        Finding::at_most("added max <= 250 ms", (all.count > 0).then_some(Millis(added.max)), Millis::new(250)),
    ]
}

#[cfg(test)]
mod tests {
    use super::{DEATH_AT, PLAN, judge};
    use crate::report::Verdict::{Met, Missed};
    use crate::report::{Verdict, verdicts};
    use http::StatusCode;
    use medinsight_tests::load::{Sample, XCache};
    use std::time::Duration;

    fn verdicts_with(change: impl FnOnce(&mut Vec<Sample>)) -> Vec<Verdict> {
        let samples = (0..PLAN.requests()).map(|index| {
            let scheduled = PLAN.departure(index);
            let is_away = (Duration::from_secs(3)..Duration::from_secs(6)).contains(&scheduled) && index % 3 == 0;
            let x_cache = if is_away { XCache::Bypass } else { XCache::Hit };
            Sample { index, scheduled, latency: Duration::from_millis(22), status: Some(StatusCode::OK), x_cache }
        });
        let mut samples = samples.collect();
        change(&mut samples);
        verdicts(&judge(&samples, DEATH_AT))
    }

    #[test]
    fn each_planted_violation_misses_its_bar() {
        assert_eq!(verdicts_with(|_| {}), [Met; 3]);
        assert_eq!(verdicts_with(|samples| samples[1_000].status = None), [Missed, Met, Met]);
        let late = |samples: &mut Vec<Sample>| samples.last_mut().expect("samples").x_cache = XCache::Bypass;
        assert_eq!(verdicts_with(late), [Met, Missed, Met]);
        let slow = |samples: &mut Vec<Sample>| samples[1_000].latency = Duration::from_millis(300);
        assert_eq!(verdicts_with(slow), [Met, Met, Missed]);
        assert_eq!(verdicts_with(Vec::clear), [Missed; 3]);
    }
}
