//! More processes than Redis takes connections: who has none answers without the store.

use super::Setting;
use super::gauge::Gauge;
use super::question::question;
use super::sizes::prepare;
use super::stored::answer;
use crate::contender::Programs;
use crate::rows::{Rows, Subject};
use medinsight_tests::load::XCache;
use medinsight_tests::redis_server::{RedisOptions, RedisServer};

const PROCESSES: usize = 32;

/// Half as many, and one for the harness.
const CONNECTIONS: u32 = 16;

/// What each process is asked, one after the other.
const QUESTIONS: u64 = 8;

pub(super) async fn measure(programs: &Programs, rows: &mut Rows) {
    let redis = RedisServer::with(RedisOptions::default().maxclients(CONNECTIONS + 1)).await;
    let mut setting = Setting::start(programs, redis, 1).await;
    let maker = prepare(&setting).await;
    // To write takes a connection, too, so it is done before they are used up.
    maker.write(&setting.redis, 0..QUESTIONS, &answer(1_024)).await;
    setting.add(programs, PROCESSES).await;
    let mut outcomes = Vec::new();
    for server in &setting.servers {
        outcomes.extend(server.outcomes((0..QUESTIONS).map(question)).await);
    }
    let count = |wanted: XCache| outcomes.iter().filter(|outcome| **outcome == wanted).count() as f64;
    let figures = [
        ("requests", outcomes.len() as f64),
        ("hits", count(XCache::Hit)),
        ("bypasses", count(XCache::Bypass)),
        ("connections", Gauge::read(&setting.redis).await.connections),
    ];
    let setting = format!("{PROCESSES}/{CONNECTIONS}");
    rows.add(
        &Subject { scenario: "scale-connections", contender: "medinsight", setting: &setting, round: 1 },
        &figures,
    );
}
