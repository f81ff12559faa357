//! Hits: as many as possible in a closed loop, and how long they take at fixed rates in an open one.

use crate::Extent;
use crate::contender::{ALL, Backends, Contender, Programs, Running};
use crate::origin::Origin;
use crate::process_table;
use crate::quiet::{self, Measured};
use crate::rows::{Rows, Subject};
use crate::workload::{HITS, requests};
use crate::wrk::Wrk;
use medinsight_tests::load::{Pace, Sample, Summary, paced};
use medinsight_tests::redis_server::RedisServer;
use std::collections::HashMap;
use std::time::Duration;

/// How many connections the load comes over.
const CONNECTIONS: [u32; 3] = [1, 16, 64];

/// Requests a second of the open loop, over all connections.
const RATES: [u32; 3] = [500, 2_000, 10_000];

/// Which part of what it reached in the closed loop a contender is asked for at most. Beyond that a queue decides on the
/// latency, and not the contender.
const SATURATION: f64 = 0.7;

/// The requests a second that contenders have reached, by their connections.
type Reached = HashMap<(&'static str, u32), f64>;

pub(crate) async fn measure(programs: &Programs, extent: Extent, rows: &mut Rows) {
    let (redis, origin) = (RedisServer::start().await, Origin::start(Duration::ZERO).await);
    let mut servers = Vec::new();
    for contender in ALL {
        let backends = Backends { redis_url: &redis.url(), origin_url: origin.url() };
        servers.push(contender.start(programs, backends).await);
    }
    for server in &servers {
        server.warm(HITS).await;
        server.ensure_hits(HITS).await;
    }
    let reached = closed_loop(&servers, redis.pid(), extent, rows);
    open_loop(&servers, redis.pid(), &reached, extent, rows);
    for server in &servers {
        server.ensure_hits(HITS).await;
    }
}

/// The contenders take turns, so that a slow minute of the machine hits all of them.
fn closed_loop(servers: &[Running], redis: u32, extent: Extent, rows: &mut Rows) -> Reached {
    let wrk = Wrk::new(extent.closed_window);
    let mut reached = Reached::new();
    for connections in CONNECTIONS {
        for round in 1..=extent.rounds {
            for server in servers {
                let per_second = saturate(server, redis, &wrk, (connections, round), rows);
                let best = reached.entry((server.contender.name(), connections)).or_default();
                *best = best.max(per_second);
            }
        }
    }
    reached
}

/// Returns the requests a second.
fn saturate(server: &Running, redis: u32, wrk: &Wrk, (connections, round): (u32, u32), rows: &mut Rows) -> f64 {
    let measured = quiet::measure(
        || server.cpu() + process_table::cpu(redis),
        || {
            let before = (server.cpu(), process_table::cpu(redis));
            let printed = wrk.run(server.address(), connections);
            (printed, server.cpu() - before.0, process_table::cpu(redis) - before.1)
        },
    );
    let (printed, used, redis_used) = measured.value;
    let micros_each = |used: Duration| used.as_secs_f64() * 1e6 / printed.requests;
    let per_second = printed.requests / printed.micros * 1e6;
    let setting = connections.to_string();
    let subject = Subject { scenario: "closed", contender: server.contender.name(), setting: &setting, round };
    let figures = [
        ("requests_per_second", per_second),
        ("p50_us", printed.p50_micros),
        ("p99_us", printed.p99_micros),
        ("cpu_us", micros_each(used)),
        ("redis_cpu_us", micros_each(redis_used)),
        ("resident_mib", server.resident_mib()),
        ("others", measured.others),
    ];
    rows.add(&subject, &figures);
    per_second
}

fn open_loop(servers: &[Running], redis: u32, reached: &Reached, extent: Extent, rows: &mut Rows) {
    let requests = requests(HITS);
    for connections in CONNECTIONS {
        for per_second in RATES {
            let pace = Pace { per_second, connections, duration: extent.open_window };
            for server in servers.iter().filter(|server| keeps_up(server.contender, reached, pace)) {
                let window = || paced(server.address(), pace, &requests);
                let measured = quiet::measure(|| server.cpu() + process_table::cpu(redis), window);
                report(server.contender, pace, &measured, rows);
            }
        }
    }
}

fn keeps_up(contender: Contender, reached: &Reached, pace: Pace) -> bool {
    let reached = reached.get(&(contender.name(), pace.connections)).copied().unwrap_or(0.0);
    f64::from(pace.per_second) <= reached * SATURATION
}

fn report(contender: Contender, pace: Pace, measured: &Measured<Vec<Sample>>, rows: &mut Rows) {
    let samples = &measured.value;
    let summary = Summary::of(samples);
    let setting = format!("{}@{}", pace.connections, pace.per_second);
    let subject = Subject { scenario: "open", contender: contender.name(), setting: &setting, round: 1 };
    let micros = |duration: Duration| duration.as_secs_f64() * 1e6;
    rows.add(
        &subject,
        &[
            ("requests", samples.len() as f64),
            ("failures", summary.failures as f64),
            ("p50_us", micros(summary.p50)),
            ("p99_us", micros(summary.p99)),
            ("max_us", micros(summary.max)),
            ("others", measured.others),
        ],
    );
    rows.add_some(&subject, samples);
}
