//! More entries, longer answers, more processes.

use super::gauge::Gauge;
use super::question::{question, script};
use super::stored::{Maker, answer};
use super::{Extent, Setting, report};
use crate::contender::Programs;
use crate::rows::{Rows, Subject};
use crate::wrk::Wrk;
use medinsight_tests::redis_server::RedisServer;

/// From 256 bytes to 256 KiB.
const PAYLOADS: [usize; 6] = [256, 1_024, 4_096, 16_384, 65_536, 262_144];

const PROCESSES: [usize; 6] = [1, 2, 4, 8, 16, 32];

/// How long answers are where their length does not matter, and how many there are where their number does not.
const PAYLOAD: usize = 256;
const ENTRIES: u64 = 1_000;

pub(super) async fn by_entries(programs: &Programs, extent: Extent, rows: &mut Rows) {
    let setting = Setting::start(programs, RedisServer::start().await, 1).await;
    let maker = prepare(&setting).await;
    let (mut first, mut grown) = (1, 0.0);
    for count in extent.entries {
        let before = Gauge::read(&setting.redis).await.memory;
        let length = maker.write(&setting.redis, first..*count, &answer(PAYLOAD)).await;
        // What sessions have added meanwhile is no part of it.
        grown += Gauge::read(&setting.redis).await.memory - before;
        let more = [("value_bytes", length as f64), ("entry_bytes", grown / (*count - 1) as f64)];
        ensure_hits(&setting, *count).await;
        let name = count.to_string();
        report(&setting, &Wrk::with(&script(*count), extent.window), &subject("scale-entries", &name), &more, rows)
            .await;
        first = *count;
    }
}

pub(super) async fn by_payload(programs: &Programs, extent: Extent, rows: &mut Rows) {
    let setting = Setting::start(programs, RedisServer::start().await, 1).await;
    let maker = prepare(&setting).await;
    for payload in PAYLOADS {
        let length = maker.write(&setting.redis, 0..ENTRIES, &answer(payload)).await;
        ensure_hits(&setting, ENTRIES).await;
        let (name, more) = (payload.to_string(), [("value_bytes", length as f64)]);
        report(&setting, &Wrk::with(&script(ENTRIES), extent.window), &subject("scale-payload", &name), &more, rows)
            .await;
    }
}

pub(super) async fn by_processes(programs: &Programs, extent: Extent, rows: &mut Rows) {
    let mut setting = Setting::start(programs, RedisServer::start().await, 1).await;
    let maker = prepare(&setting).await;
    let length = maker.write(&setting.redis, 0..ENTRIES, &answer(PAYLOAD)).await;
    for processes in PROCESSES {
        setting.add(programs, processes).await;
        ensure_hits(&setting, ENTRIES).await;
        let (name, more) = (processes.to_string(), [("value_bytes", length as f64)]);
        report(&setting, &Wrk::with(&script(ENTRIES), extent.window), &subject("scale-processes", &name), &more, rows)
            .await;
    }
}

fn subject<'a>(scenario: &'static str, setting: &'a str) -> Subject<'a> {
    Subject { scenario, contender: "medinsight", setting, round: 1 }
}

/// Has the service store an answer, which says how the others have to be.
pub(super) async fn prepare(setting: &Setting) -> Maker {
    setting.servers[0].warm_with([question(0)]).await;
    Maker::like_the_first(&setting.redis).await
}

/// Every process answers the first, a middle and the last question from the store.
async fn ensure_hits(setting: &Setting, count: u64) {
    for server in &setting.servers {
        server.ensure_hits_of([0, count / 2, count - 1].map(question)).await;
    }
}
