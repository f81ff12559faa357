//! What the drills have in common: the servers' settings, durations for people, and counts of origin calls.

use crate::report::Finding;
use medinsight_tests::load::{HttpClient, numbered_question};
use medinsight_tests::process::ServerProcess;
use medinsight_tests::redis_server::RedisServer;
use std::fmt;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a server waits for a command of Redis.
pub(crate) const COMMAND_TIMEOUT: Duration = Duration::from_millis(100);

/// How long a drill waits for any single answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// For how long a log must not grow to be taken for complete.
const SETTLED: Duration = Duration::from_millis(100);

/// Starts a server on a Redis, with the timeouts of the bars and without the near cache, which would hide the store.
pub(crate) async fn server_on(redis_url: &str, settings: &[(&str, &str)]) -> ServerProcess {
    let base = [
        ("REDIS_URL", redis_url),
        ("REDIS_COMMAND_TIMEOUT_MS", "100"),
        ("REDIS_CONNECT_TIMEOUT_MS", "200"),
        ("CACHE_ENCRYPTION", "off"),
        ("CACHE_NEAR_BYTES", "0"),
    ];
    // Of a name given twice the later value counts.
    ServerProcess::start(&[&base, settings].concat()).await
}

/// Starts several servers with the same settings.
pub(crate) async fn servers_on(redis_url: &str, settings: &[(&str, &str)], count: usize) -> Vec<ServerProcess> {
    let mut servers = Vec::with_capacity(count);
    for _ in 0..count {
        servers.push(server_on(redis_url, settings).await);
    }
    servers
}

/// Nothing if the server keeps its answers in one of these Redis servers, else the findings of a drill that makes no
/// sense without.
pub(crate) async fn unless_stored<'a>(
    server: &ServerProcess,
    redis: impl IntoIterator<Item = &'a RedisServer>,
) -> Option<Vec<Finding>> {
    ask(&HttpClient::default(), server, u64::MAX).await;
    let mut keys = 0;
    for redis in redis {
        keys += redis.command(&["DBSIZE"]).await.integer().unwrap_or(0);
    }
    (keys == 0).then(|| vec![Finding::not_measured("all", "the server does not keep its answers in Redis")])
}

/// Asks one question.
pub(crate) async fn ask(client: &HttpClient, server: &ServerProcess, number: u64) {
    let answer = client.ask_by(server.address(), numbered_question(number), Instant::now() + PATIENCE).await;
    answer.expect("a server that answers");
}

/// Asks questions one after the other, so that they are stored.
pub(crate) async fn warm(server: &ServerProcess, numbers: std::ops::Range<u64>) {
    let client = HttpClient::default();
    for number in numbers {
        ask(&client, server, number).await;
    }
}

/// How many origin calls the servers have logged, once the logs have come to rest.
pub(crate) async fn origin_calls(servers: &[ServerProcess]) -> usize {
    let count = || servers.iter().map(|server| server.logged("answer computed")).sum::<usize>();
    let (mut last, deadline) = (count(), Instant::now() + PATIENCE);
    loop {
        sleep(SETTLED).await;
        let now = count();
        if now == last || Instant::now() > deadline {
            return now;
        }
        last = now;
    }
}

/// A duration for people, compared as a duration.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Millis(pub(crate) Duration);

impl Millis {
    pub(crate) fn new(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} ms", self.0.as_secs_f64() * 1_000.0)
    }
}
