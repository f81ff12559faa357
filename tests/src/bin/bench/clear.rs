//! All answers are cleared while they are asked for, among many entries more.

use crate::Extent;
use crate::contender::{ADMIN_TOKEN, Backends, Programs, Running, SERVICES};
use crate::origin::Origin;
use crate::rows::{Rows, Subject};
use crate::workload::question;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use medinsight_tests::load::{self, Plan, Sample, Summary, Targets, XCache};
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::{filler, waiting};
use serde_json::json;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

/// When everything is cleared, from the start of the load on.
const CLEAR_AT: Duration = Duration::from_millis(500);

/// How long it may go on.
const LIMIT: Duration = Duration::from_secs(60);

/// Each question was stored before and is asked once, so that a hit is an answer from before the clear.
const PLAN: Plan = Plan { per_second: 200, duration: Duration::from_secs(3), patience: LIMIT };

/// What is known of a clear, from the start of the load.
#[derive(Clone, Copy, Debug)]
struct Cleared {
    asked: Duration,
    answered: Duration,
}

pub(crate) async fn measure(programs: &Programs, extent: Extent, rows: &mut Rows) {
    for contender in SERVICES {
        let (redis, origin) = (RedisServer::start().await, Origin::start(Duration::ZERO).await);
        let backends = Backends { redis_url: &redis.url(), origin_url: origin.url() };
        let server = contender.start(programs, backends).await;
        server.warm(0..PLAN.requests()).await;
        filler::fill(&redis, contender.keys(), extent.entries).await.expect("a Redis that takes the entries");
        observe(&server, &redis, extent, rows).await;
    }
}

async fn observe(server: &Running, redis: &RedisServer, extent: Extent, rows: &mut Rows) {
    redis.record_slowlog(Duration::from_micros(100), 10_000).await;
    let (start, targets) = (Instant::now(), Targets::new([server.address()]));
    let (samples, cleared) = tokio::join!(load::run(PLAN, start, &targets, question), clear(server, start));
    waiting::until("the entries are gone", LIMIT, || async { entries(redis).await < extent.entries / 2 }).await;
    let setting = extent.entries.to_string();
    let subject = Subject { scenario: "clear", contender: server.contender.name(), setting: &setting, round: 1 };
    report(&subject, &samples, cleared, slowest_command(redis).await, rows);
}

async fn clear(server: &Running, start: Instant) -> Cleared {
    sleep_until(start + CLEAR_AT).await;
    let asked = start.elapsed();
    ask_to_clear(server).await.expect("a server that clears");
    Cleared { asked, answered: start.elapsed() }
}

async fn ask_to_clear(server: &Running) -> Result<(), Box<dyn std::error::Error>> {
    let stream = TokioIo::new(TcpStream::connect(server.address()).await?);
    let (mut sender, connection) = handshake::<_, Full<bytes::Bytes>>(stream).await?;
    tokio::spawn(connection);
    let body = json!({"pattern": server.contender.pattern()}).to_string();
    let request = http::Request::post("/api/v1/redis/cache/clear-pattern").header("host", "localhost");
    let request =
        request.header("content-type", "application/json").header("authorization", format!("Bearer {ADMIN_TOKEN}"));
    let answer = sender.send_request(request.body(body.into())?).await?;
    let (status, body) = (answer.status(), answer.into_body().collect().await?.to_bytes());
    if status.is_success() { Ok(()) } else { Err(String::from_utf8_lossy(&body).into()) }
}

async fn entries(redis: &RedisServer) -> usize {
    let size = redis.command(&["DBSIZE"]).await.integer();
    size.and_then(|size| usize::try_from(size).ok()).unwrap_or(usize::MAX)
}

async fn slowest_command(redis: &RedisServer) -> Duration {
    redis.slowlog().await.iter().map(|command| command.duration).max().unwrap_or_default()
}

fn report(subject: &Subject<'_>, samples: &[Sample], cleared: Cleared, slowest: Duration, rows: &mut Rows) {
    let old = samples.iter().filter(|sample| sample.x_cache == XCache::Hit && sample.scheduled >= cleared.asked);
    let effective = old.map(|sample| sample.scheduled - cleared.asked).max().unwrap_or_default();
    let summary = Summary::of(Sample::within(samples, cleared.asked..PLAN.duration));
    let millis = |duration: Duration| duration.as_secs_f64() * 1_000.0;
    rows.add(
        subject,
        &[
            ("effective_ms", millis(effective)),
            ("answered_ms", millis(cleared.answered - cleared.asked)),
            ("failures", summary.failures as f64),
            ("slowest_ms", millis(summary.max)),
            ("slowest_command_ms", millis(slowest)),
        ],
    );
}
