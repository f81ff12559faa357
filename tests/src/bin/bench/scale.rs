//! What a request costs as there are more entries, longer answers and more processes.
//!
//! Entries are made and sealed here as the service would, and written past it: to have ten million answers computed would
//! take hours. Hits are spread evenly over all of them.

mod connections;
mod distance;
mod gauge;
mod lone;
mod question;
mod sizes;
mod stored;

use crate::contender::{Backends, Contender, Programs, Running};
use crate::origin::Origin;
use crate::process_table;
use crate::quiet::{self, Measured};
use crate::rows::{Rows, Subject};
use crate::wrk::{Printed, Wrk};
use gauge::{Gauge, Spent};
use medinsight_tests::redis_server::RedisServer;
use std::thread;
use std::time::Duration;

/// How much of it is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    window: Duration,
    /// How many entries there are in turn.
    entries: &'static [u64],
}

pub(crate) const FULL: Extent =
    Extent { window: Duration::from_secs(3), entries: &[1_000, 10_000, 100_000, 1_000_000, 10_000_000] };

pub(crate) const BRIEF: Extent =
    Extent { window: Duration::from_secs(1), entries: &[1_000, 10_000, 100_000, 1_000_000] };

/// The connections over which a load comes that is meant to be as much as possible.
const CONNECTIONS: u32 = 64;

pub(crate) async fn measure(programs: &Programs, extent: Extent, rows: &mut Rows) {
    lone::measure(programs, rows).await;
    connections::measure(programs, rows).await;
    distance::measure(programs, rows).await;
    sizes::by_payload(programs, extent, rows).await;
    sizes::by_processes(programs, extent, rows).await;
    sizes::by_entries(programs, extent, rows).await;
}

/// Processes of the service on one Redis.
#[derive(Debug)]
struct Setting {
    redis: RedisServer,
    origin: Origin,
    servers: Vec<Running>,
}

impl Setting {
    async fn start(programs: &Programs, redis: RedisServer, processes: usize) -> Self {
        let origin = Origin::start(Duration::ZERO).await;
        let mut setting = Self { redis, origin, servers: Vec::new() };
        setting.add(programs, processes).await;
        setting
    }

    /// Starts processes until there are so many.
    async fn add(&mut self, programs: &Programs, processes: usize) {
        let redis_url = self.redis.url();
        while self.servers.len() < processes {
            self.add_one(programs, &redis_url, &[]).await;
        }
    }

    /// Starts a process that finds Redis at a URL, with some settings of its own.
    async fn add_one(&mut self, programs: &Programs, redis_url: &str, settings: &[(&str, &str)]) {
        let backends = Backends { redis_url, origin_url: self.origin.url() };
        self.servers.push(Contender::Ours.start_with(programs, backends, settings).await);
    }

    fn cpu(&self) -> Duration {
        self.servers.iter().map(Running::cpu).sum()
    }

    /// The memory of the process that holds most.
    fn resident_mib(&self) -> f64 {
        self.servers.iter().map(Running::resident_mib).fold(0.0, f64::max)
    }
}

/// What a load on all processes gave.
#[derive(Clone, Copy, Debug)]
struct Load {
    requests: f64,
    per_second: f64,
    p50_micros: f64,
    p99_micros: f64,
    used: Duration,
    redis_used: Duration,
}

/// Asks all processes at the same time, over so many connections each.
fn saturate(setting: &Setting, wrk: &Wrk, connections: u32) -> Load {
    let redis = setting.redis.pid();
    let before = (setting.cpu(), process_table::cpu(redis));
    let printed: Vec<Printed> = thread::scope(|scope| {
        let runs = setting.servers.iter().map(|server| scope.spawn(move || wrk.run(server.address(), connections)));
        let runs: Vec<_> = runs.collect();
        runs.into_iter().map(|run| run.join().expect("a load that runs")).collect()
    });
    let (used, redis_used) = (setting.cpu() - before.0, process_table::cpu(redis) - before.1);
    let mean = |value: fn(&Printed) -> f64| printed.iter().map(value).sum::<f64>() / printed.len() as f64;
    Load {
        requests: printed.iter().map(|printed| printed.requests).sum(),
        per_second: printed.iter().map(|printed| printed.requests / printed.micros * 1e6).sum(),
        p50_micros: mean(|printed| printed.p50_micros),
        p99_micros: mean(|printed| printed.p99_micros),
        used,
        redis_used,
    }
}

/// Measures a load, and what it cost Redis, in a quiet moment.
async fn observe(setting: &Setting, wrk: &Wrk, connections: u32) -> (Measured<Load>, Spent) {
    let before = Gauge::read(&setting.redis).await;
    let mut requests = 0.0;
    let measured = quiet::measure(
        || setting.cpu() + process_table::cpu(setting.redis.pid()),
        || {
            let load = saturate(setting, wrk, connections);
            requests += load.requests;
            load
        },
    );
    (measured, Gauge::read(&setting.redis).await.since(&before, requests))
}

/// The rows of a setting: as many hits as there can be, and one at a time.
async fn report(setting: &Setting, wrk: &Wrk, subject: &Subject<'_>, more: &[(&'static str, f64)], rows: &mut Rows) {
    let each = CONNECTIONS / u32::try_from(setting.servers.len()).expect("a few processes");
    let (measured, spent) = observe(setting, wrk, each).await;
    let (load, micros) = (measured.value, |used: Duration| used.as_secs_f64() * 1e6 / measured.value.requests);
    let (alone, _) = observe(setting, wrk, 1).await;
    let gauge = Gauge::read(&setting.redis).await;
    let mut figures = vec![
        ("requests_per_second", load.per_second),
        ("cpu_us", micros(load.used)),
        ("redis_cpu_us", micros(load.redis_used)),
        ("p50_us", load.p50_micros),
        ("p99_us", load.p99_micros),
        ("one_p50_us", alone.value.p50_micros),
        ("one_p99_us", alone.value.p99_micros),
        ("network_bytes", spent.bytes),
        ("commands", spent.commands),
        ("session_bytes", spent.memory),
        ("connections", gauge.connections),
        ("resident_mib", setting.resident_mib()),
        ("others", measured.others),
    ];
    figures.extend_from_slice(more);
    rows.add(subject, &figures);
}
