//! Redis is killed, or frozen, for some seconds while requests keep coming.

use crate::Extent;
use crate::contender::{Backends, Contender, Programs, SERVICES};
use crate::origin::Origin;
use crate::rows::{Rows, Subject};
use crate::workload::question;
use medinsight_tests::load::{self, Plan, Sample, Summary, Targets, XCache};
use medinsight_tests::redis_server::RedisServer;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// How long the origin thinks.
const ORIGIN: Duration = Duration::from_millis(50);

/// How long requests come before Redis goes, and after it is back.
const BEFORE: Duration = Duration::from_secs(1);
const AFTER: Duration = Duration::from_secs(3);

/// How many questions are asked in turn, which were all stored before.
const QUESTIONS: u64 = 8;

const PER_SECOND: u32 = 50;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How Redis is away.
#[derive(Clone, Copy, Debug)]
enum Outage {
    Killed,
    Frozen,
}

impl Outage {
    const fn name(self) -> &'static str {
        match self {
            Self::Killed => "killed",
            Self::Frozen => "frozen",
        }
    }
}

pub(crate) async fn measure(programs: &Programs, extent: Extent, rows: &mut Rows) {
    for outage in [Outage::Killed, Outage::Frozen] {
        for contender in SERVICES {
            interrupt(contender, outage, programs, extent, rows).await;
        }
    }
}

async fn interrupt(contender: Contender, outage: Outage, programs: &Programs, extent: Extent, rows: &mut Rows) {
    let (redis, origin) = (RedisServer::start().await, Origin::start(ORIGIN).await);
    let backends = Backends { redis_url: &redis.url(), origin_url: origin.url() };
    let server = contender.start(programs, backends).await;
    server.warm(0..QUESTIONS).await;
    server.ensure_hits(0..QUESTIONS).await;
    let plan = Plan { per_second: PER_SECOND, duration: BEFORE + extent.outage + AFTER, patience: PATIENCE };
    let (start, targets) = (Instant::now(), Targets::new([server.address()]));
    let load = load::run(plan, start, &targets, |index| question(index % QUESTIONS));
    let (samples, back) = tokio::join!(load, go_away(&redis, outage, start, extent.outage));
    let subject = Subject { scenario: "outage", contender: contender.name(), setting: outage.name(), round: 1 };
    report(&subject, &samples, back, rows);
}

/// Returns when Redis answers again, from the start of the load.
async fn go_away(redis: &RedisServer, outage: Outage, start: Instant, length: Duration) -> Duration {
    sleep_until(start + BEFORE).await;
    match outage {
        Outage::Killed => redis.kill(),
        Outage::Frozen => redis.freeze(),
    }
    sleep_until(start + BEFORE + length).await;
    match outage {
        Outage::Killed => redis.restart().await,
        Outage::Frozen => redis.thaw(),
    }
    start.elapsed()
}

fn report(subject: &Subject<'_>, samples: &[Sample], back: Duration, rows: &mut Rows) {
    let away = Summary::of(Sample::within(samples, BEFORE..back));
    let in_time =
        Sample::within(samples, BEFORE..back).filter(|sample| sample.is_success() && sample.answered() < back);
    let is_hit = |sample: &&Sample| sample.x_cache == XCache::Hit && sample.scheduled >= back;
    let hit_again = samples.iter().find(is_hit).map(|sample| sample.answered() - back);
    let millis = |duration: Duration| duration.as_secs_f64() * 1_000.0;
    rows.add(
        subject,
        &[
            ("requests", away.count as f64),
            ("in_time", in_time.count() as f64),
            ("failures", Summary::of(samples).failures as f64),
            ("p50_ms", millis(away.p50)),
            ("p99_ms", millis(away.p99)),
            ("slowest_ms", millis(away.max)),
            ("hit_again_ms", hit_again.map_or(f64::NAN, millis)),
        ],
    );
    rows.add_each(subject, samples);
}
