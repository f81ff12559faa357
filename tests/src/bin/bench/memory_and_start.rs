//! How long a contender takes from nothing to its first hit, and what it holds while it waits for work.

use crate::Extent;
use crate::contender::{ALL, Backends, Contender, Programs};
use crate::origin::Origin;
use crate::rows::{Rows, Subject};
use crate::workload::HITS;
use medinsight_tests::redis_server::RedisServer;
use std::time::{Duration, Instant};

pub(crate) async fn measure(programs: &Programs, extent: Extent, rows: &mut Rows) {
    let (redis, origin) = (RedisServer::start().await, Origin::start(Duration::ZERO).await);
    let (redis_url, origin_url) = (redis.url(), origin.url().to_owned());
    let backends = Backends { redis_url: &redis_url, origin_url: &origin_url };
    for contender in ALL {
        contender.start(programs, backends).await.warm(HITS).await;
    }
    for round in 1..=extent.rounds {
        for contender in ALL {
            start(contender, programs, backends, round, rows).await;
        }
    }
}

async fn start(contender: Contender, programs: &Programs, backends: Backends<'_>, round: u32, rows: &mut Rows) {
    let begin = Instant::now();
    let server = contender.start(programs, backends).await;
    let idle_mib = server.resident_mib();
    server.ensure_hits(0..1).await;
    let first_hit_ms = begin.elapsed().as_secs_f64() * 1_000.0;
    let subject = Subject { scenario: "start", contender: contender.name(), setting: "idle", round };
    rows.add(&subject, &[("first_hit_ms", first_hit_ms), ("resident_mib", idle_mib)]);
}
