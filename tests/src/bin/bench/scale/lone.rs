//! What one request costs Redis when no other comes for a while, as in an environment of Lambda: nothing rides along.

use super::gauge::Gauge;
use super::question::question;
use super::sizes::prepare;
use super::stored::answer;
use super::{Setting, Spent};
use crate::contender::Programs;
use crate::rows::{Rows, Subject};
use bytes::Bytes;
use medinsight_tests::redis_server::RedisServer;
use std::time::Duration;
use tokio::time::sleep;

/// How many requests, and how far apart: counts are brought each second.
const REQUESTS: u64 = 6;
const APART: Duration = Duration::from_millis(1_500);

/// About what a real answer has.
const PAYLOAD: usize = 2_400;

pub(super) async fn measure(programs: &Programs, rows: &mut Rows) {
    let setting = Setting::start(programs, RedisServer::start().await, 1).await;
    let maker = prepare(&setting).await;
    let length = maker.write(&setting.redis, 0..REQUESTS, &answer(PAYLOAD)).await;
    sleep(APART).await;
    let idle = spent(&setting, []).await;
    let hit = spent(&setting, (0..REQUESTS).map(question)).await;
    let miss = spent(&setting, (REQUESTS..2 * REQUESTS).map(question)).await;
    for (name, spent) in [("hit", hit), ("miss", miss)] {
        let subject = Subject { scenario: "scale-lone", contender: "medinsight", setting: name, round: 1 };
        let figures = [
            ("commands", spent.commands - idle.commands),
            ("network_bytes", spent.bytes - idle.bytes),
            ("value_bytes", length as f64),
        ];
        rows.add(&subject, &figures);
    }
}

/// What Redis had to do for a request; for none, what it has to do anyhow in that time.
async fn spent(setting: &Setting, questions: impl IntoIterator<Item = Bytes>) -> Spent {
    let before = Gauge::read(&setting.redis).await;
    let mut questions = questions.into_iter();
    for _ in 0..REQUESTS {
        if let Some(question) = questions.next() {
            setting.servers[0].warm_with([question]).await;
        }
        sleep(APART).await;
    }
    Gauge::read(&setting.redis).await.since(&before, REQUESTS as f64)
}
