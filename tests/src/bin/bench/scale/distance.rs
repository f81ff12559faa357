//! Redis further away: every reply comes as much later as the way there and back takes.

use super::Setting;
use super::question::question;
use super::sizes::prepare;
use super::stored::answer;
use crate::contender::Programs;
use crate::rows::{Rows, Subject};
use medinsight_tests::fault_proxy::FaultProxy;
use medinsight_tests::load::XCache;
use medinsight_tests::redis_server::RedisServer;
use std::time::{Duration, Instant};

/// What each setting is asked, one after the other; the first ones, while connections are made, are not counted.
const QUESTIONS: u64 = 30;
const FIRST: u64 = 5;

/// Time limits that hold for every distance here.
const LONGER: [(&str, &str); 3] =
    [("REDIS_COMMAND_TIMEOUT_MS", "900"), ("CACHE_BUDGET_MS", "900"), ("REDIS_CONNECT_TIMEOUT_MS", "900")];

/// How far away Redis is, and what is set for it.
#[derive(Clone, Copy, Debug)]
struct Distance {
    name: &'static str,
    round_trip: Duration,
    settings: &'static [(&'static str, &'static str)],
}

impl Distance {
    const fn by_default(name: &'static str, round_trip_ms: u64) -> Self {
        Self { name, round_trip: Duration::from_millis(round_trip_ms), settings: &[] }
    }

    const fn longer(name: &'static str, round_trip_ms: u64) -> Self {
        Self { settings: &LONGER, ..Self::by_default(name, round_trip_ms) }
    }
}

const DISTANCES: [Distance; 6] = [
    Distance::by_default("1", 1),
    Distance::by_default("20", 20),
    Distance::by_default("80", 80),
    Distance::by_default("217", 217),
    Distance::longer("80 longer", 80),
    Distance::longer("217 longer", 217),
];

pub(super) async fn measure(programs: &Programs, rows: &mut Rows) {
    let mut setting = Setting::start(programs, RedisServer::start().await, 1).await;
    prepare(&setting).await.write(&setting.redis, 0..QUESTIONS, &answer(1_024)).await;
    for Distance { name, round_trip, settings } in DISTANCES {
        let proxy = FaultProxy::start(setting.redis.address()).await;
        proxy.delay_replies(round_trip);
        setting.servers.clear();
        setting.add_one(programs, &proxy.url(), settings).await;
        let subject = Subject { scenario: "scale-distance", contender: "medinsight", setting: name, round: 1 };
        rows.add(&subject, &ask(&setting).await);
    }
}

async fn ask(setting: &Setting) -> [(&'static str, f64); 4] {
    let (mut hits, mut times) = (0, Vec::new());
    for number in 0..QUESTIONS {
        let begin = Instant::now();
        let outcomes = setting.servers[0].outcomes([question(number)]).await;
        if number >= FIRST {
            times.push(begin.elapsed().as_secs_f64() * 1_000.0);
            hits += usize::from(outcomes == [XCache::Hit]);
        }
    }
    times.sort_unstable_by(f64::total_cmp);
    let last = times.len() - 1;
    [("requests", times.len() as f64), ("hits", hits as f64), ("p50_ms", times[last / 2]), ("slowest_ms", times[last])]
}
