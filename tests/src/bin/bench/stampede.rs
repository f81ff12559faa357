//! Many people ask the same new question at the same moment.

use crate::Extent;
use crate::contender::{Backends, Contender, Programs, Running, SERVICES};
use crate::origin::Origin;
use crate::rows::{Rows, Subject};
use crate::workload::{HITS, question};
use medinsight_tests::load::{Summary, burst};
use medinsight_tests::redis_server::RedisServer;
use std::net::SocketAddr;
use std::time::Duration;

const REQUESTS: usize = 200;

/// How long the origin thinks.
const ORIGIN: Duration = Duration::from_millis(300);

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many processes of a contender share the requests.
const PROCESSES: [usize; 2] = [1, 4];

pub(crate) async fn measure(programs: &Programs, extent: Extent, rows: &mut Rows) {
    let (redis, origin) = (RedisServer::start().await, Origin::start(ORIGIN).await);
    let (redis_url, origin_url) = (redis.url(), origin.url().to_owned());
    let backends = Backends { redis_url: &redis_url, origin_url: &origin_url };
    for count in PROCESSES {
        // Questions that nobody has asked before.
        let first = HITS.end + u64::try_from(count).expect("a small number") * 100;
        for contender in SERVICES {
            let servers = start(contender, count, programs, backends).await;
            for round in 1..=extent.bursts {
                stampede(&servers, &origin, first + u64::from(round), round, rows).await;
            }
        }
    }
}

async fn start(contender: Contender, count: usize, programs: &Programs, backends: Backends<'_>) -> Vec<Running> {
    let mut servers = Vec::with_capacity(count);
    for _ in 0..count {
        let server = contender.start(programs, backends).await;
        // Connections are there and code is compiled, as in a server that has been up for a while.
        server.warm(0..2).await;
        servers.push(server);
    }
    servers
}

async fn stampede(servers: &[Running], origin: &Origin, number: u64, round: u32, rows: &mut Rows) {
    let addresses: Vec<SocketAddr> = servers.iter().map(Running::address).collect();
    let before = origin.calls();
    let samples = burst(&addresses, REQUESTS, question(number), PATIENCE).await;
    let (calls, summary) = (origin.calls() - before, Summary::of(&samples));
    let setting = servers.len().to_string();
    let subject = Subject { scenario: "stampede", contender: servers[0].contender.name(), setting: &setting, round };
    rows.add(
        &subject,
        &[
            ("origin_calls", calls as f64),
            ("failures", summary.failures as f64),
            ("p50_ms", summary.p50.as_secs_f64() * 1_000.0),
            ("slowest_ms", summary.max.as_secs_f64() * 1_000.0),
        ],
    );
}
