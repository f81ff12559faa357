//! Redis is away for ten seconds, killed or frozen, while requests keep coming.

use crate::report::Finding;
use crate::setting::{self, COMMAND_TIMEOUT, Millis, PATIENCE};
use medinsight_tests::load::{self, Plan, Sample, Summary, Targets, XCache, numbered_question};
use medinsight_tests::redis_server::RedisServer;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// What the origin takes.
const ORIGIN: Duration = Duration::from_millis(20);

/// When Redis goes, and for how long.
const DOWN_AT: Duration = Duration::from_secs(3);
const DOWN_FOR: Duration = Duration::from_secs(10);

/// How long the load goes on; Redis needs a moment to start again.
const LOAD_FOR: Duration = Duration::from_secs(18);

/// How soon there have to be hits again.
const RECOVERY: Duration = Duration::from_millis(1_500);

/// How many questions are asked again and again; the others are new each time.
const WARM_QUESTIONS: u64 = 50;

/// How Redis is away.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outage {
    Kill,
    Freeze,
}

/// When what happened, from the start of the load.
#[derive(Clone, Copy, Debug)]
struct Timeline {
    down: Duration,
    back: Duration,
}

pub(crate) async fn run(outage: Outage) -> Vec<Finding> {
    let redis = RedisServer::start().await;
    let server = setting::server_on(&redis.url(), &[("EMBEDDED_ORIGIN_DELAY_MS", "20")]).await;
    if let Some(findings) = setting::unless_stored(&server, [&redis]).await {
        return findings;
    }
    setting::warm(&server, 0..WARM_QUESTIONS).await;
    let plan = Plan { per_second: 500, duration: LOAD_FOR, patience: PATIENCE };
    let start = Instant::now();
    let targets = Targets::new([server.address()]);
    let (samples, timeline) = tokio::join!(load::run(plan, start, &targets, question), go_away(&redis, outage, start));
    judge(outage, &samples, timeline)
}

/// Every other question is one of the warm ones.
fn question(index: u64) -> bytes::Bytes {
    numbered_question(if is_warm(index) { (index / 2) % WARM_QUESTIONS } else { 1_000 + index })
}

fn is_warm(index: u64) -> bool {
    index.is_multiple_of(2)
}

async fn go_away(redis: &RedisServer, outage: Outage, start: Instant) -> Timeline {
    sleep_until(start + DOWN_AT).await;
    let down = start.elapsed();
    match outage {
        Outage::Kill => redis.kill(),
        Outage::Freeze => redis.freeze(),
    }
    sleep_until(start + DOWN_AT + DOWN_FOR).await;
    match outage {
        Outage::Kill => redis.restart().await,
        Outage::Freeze => redis.thaw(),
    }
    Timeline { down, back: start.elapsed() }
}

fn judge(outage: Outage, samples: &[Sample], timeline: Timeline) -> Vec<Finding> {
    let affected = || Sample::within(samples, timeline.down..timeline.back + RECOVERY);
    let added = Summary::by(affected(), |sample| sample.added(ORIGIN));
    let all = Summary::of(samples);
    let measured = |value| (added.count > 0).then_some(Millis(value));
    let mut findings = vec![
        Finding::of(
            "no request fails",
            format!("{} of {}", all.failures, all.count),
            all.failures == 0 && all.count > 0,
        ),
        Finding::at_most("added p99 <= 10 ms", measured(added.p99), Millis::new(10)),
        Finding::at_most("added max <= 250 ms", measured(added.max), Millis::new(250)),
        Finding::at_most("hits again <= 1.5 s after", first_hit(samples, timeline.back), Millis(RECOVERY)),
    ];
    if outage == Outage::Freeze {
        let nearly = COMMAND_TIMEOUT - Duration::from_millis(5);
        let paid = affected().filter(|sample| sample.added(ORIGIN) >= nearly).count();
        findings.push(Finding::at_most("at most 5 pay the timeout", Some(paid), 5));
    }
    findings
}

/// How long after Redis was back the first hit was complete that departed since.
fn first_hit(samples: &[Sample], back: Duration) -> Option<Millis> {
    let hits = samples.iter().filter(|sample| sample.scheduled >= back && sample.x_cache == XCache::Hit);
    hits.map(|sample| Millis(sample.answered() - back)).min()
}

#[cfg(test)]
mod tests {
    use super::{LOAD_FOR, Outage, Timeline, judge};
    use crate::report::Verdict::{Met, Missed};
    use crate::report::{Verdict, verdicts};
    use http::StatusCode;
    use medinsight_tests::load::{Sample, XCache};
    use std::time::Duration;

    const TIMELINE: Timeline = Timeline { down: Duration::from_secs(3), back: Duration::from_secs(13) };

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// A run without a flaw: bypasses while Redis is away, hits otherwise, for half of the requests.
    fn flawless() -> Vec<Sample> {
        let samples = (0..LOAD_FOR.as_secs() * 500).map(|index| {
            let scheduled = ms(index * 2);
            let is_away = (ms(3_000)..ms(13_200)).contains(&scheduled);
            let x_cache = if is_away {
                XCache::Bypass
            } else if index % 2 == 0 {
                XCache::Hit
            } else {
                XCache::Miss
            };
            let latency = if x_cache == XCache::Hit { ms(1) } else { ms(22) };
            Sample { index, scheduled, latency, status: Some(StatusCode::OK), x_cache }
        });
        samples.collect()
    }

    fn verdicts_with(outage: Outage, change: impl FnOnce(&mut Vec<Sample>)) -> Vec<Verdict> {
        let mut samples = flawless();
        change(&mut samples);
        verdicts(&judge(outage, &samples, TIMELINE))
    }

    #[test]
    fn a_run_without_a_flaw_meets_every_bar() {
        assert_eq!(verdicts_with(Outage::Kill, |_| {}), [Met; 4]);
        assert_eq!(verdicts_with(Outage::Freeze, |_| {}), [Met; 5]);
    }

    #[test]
    fn one_failure_is_too_many_whenever_it_happens() {
        let fail = |samples: &mut Vec<Sample>| samples[7].status = Some(StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(verdicts_with(Outage::Kill, fail), [Missed, Met, Met, Met]);
        let lose = |samples: &mut Vec<Sample>| samples[2_000].status = None;
        assert_eq!(verdicts_with(Outage::Kill, lose)[0], Missed);
    }

    #[test]
    fn slow_requests_miss_the_bar_of_their_number() {
        let one = |samples: &mut Vec<Sample>| samples[2_000].latency = ms(275);
        assert_eq!(verdicts_with(Outage::Kill, one), [Met, Met, Missed, Met]);
        let two_percent = |samples: &mut Vec<Sample>| samples.iter_mut().step_by(50).for_each(|s| s.latency = ms(90));
        assert_eq!(verdicts_with(Outage::Kill, two_percent), [Met, Missed, Met, Met]);
        let six = |samples: &mut Vec<Sample>| samples[2_000..2_006].iter_mut().for_each(|s| s.latency = ms(121));
        assert_eq!(verdicts_with(Outage::Freeze, six), [Met, Met, Met, Met, Missed]);
    }

    #[test]
    fn hits_that_come_back_late_or_never_miss_the_bar() {
        let late = |samples: &mut Vec<Sample>| {
            samples[6_500..7_300].iter_mut().for_each(|sample| sample.x_cache = XCache::Bypass);
        };
        assert_eq!(verdicts_with(Outage::Kill, late)[3], Missed);
        let never = |samples: &mut Vec<Sample>| {
            samples[6_500..].iter_mut().for_each(|sample| sample.x_cache = XCache::Bypass);
        };
        assert_eq!(verdicts_with(Outage::Kill, never)[3], Missed);
    }

    #[test]
    fn nothing_measured_is_nothing_met() {
        assert_eq!(verdicts(&judge(Outage::Kill, &[], TIMELINE)), [Missed; 4]);
    }
}
