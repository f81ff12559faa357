//! `GET /api/v1/redis/health`.

use super::{HEALTH, ask, assert_members, operate, operated, operated_on};
use futures_util::future::join_all;
use medinsight_tests::fault_proxy::FaultProxy;
use medinsight_tests::question;
use medinsight_tests::redis_server::RedisServer;
use serde_json::json;
use std::time::{Duration, Instant};

const DETAILS: [&str; 11] = [
    "status",
    "encryption",
    "store",
    "version",
    "connected_clients",
    "used_memory",
    "used_memory_human",
    "keyspace",
    "connection_pool_stats",
    "breaker",
    "last_check",
];

/// How long a health answer may take when a reply of Redis may take a tenth of a second. There is room for a busy
/// machine.
const QUICKLY: Duration = Duration::from_secs(2);

const QUICK: [(&str, &str); 3] =
    [("CACHE_BUDGET_MS", "150"), ("REDIS_COMMAND_TIMEOUT_MS", "100"), ("REDIS_CONNECT_TIMEOUT_MS", "200")];

#[tokio::test]
async fn everybody_sees_the_status_and_the_encryption_and_nothing_else() {
    let service = operated();
    let answer = ask(&service, HEALTH, None).await;
    let body = answer.json();
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"));
    assert_members(&body, &["timestamp", "redis"]);
    assert_eq!(body["timestamp"], "2027-01-15T08:00:00Z");
    assert_members(&body["redis"], &["status", "encryption"]);
    let status = if service.cache.store().name() == "memory" { "embedded" } else { "connected" };
    assert_eq!(body["redis"], json!({"status": status, "encryption": "sealed"}));
}

#[tokio::test]
async fn operators_see_every_detail() {
    let service = operated();
    service.ask(&question()).await;
    let redis = operate(&service, HEALTH).await["redis"].clone();
    assert_members(&redis, &DETAILS);
    assert_eq!(redis["store"], service.cache.store().name());
    assert!(redis["used_memory"].is_u64() && redis["keyspace"]["keys"].is_u64(), "{redis}");
    assert!(redis["last_check"].is_string(), "{redis}");
    if service.cache.store().name() == "redis" {
        assert!(redis["version"].is_string() && redis["connected_clients"].is_u64(), "{redis}");
        assert_eq!(redis["breaker"][0]["is_open"], false);
        let pool = &redis["connection_pool_stats"][0];
        assert_eq!(
            (&pool["database"], &pool["connections"], &pool["max_connections"]),
            (&json!("answers"), &json!(1), &json!(20))
        );
    }
}

#[tokio::test]
async fn while_redis_is_killed_or_frozen_the_answer_is_quick_and_says_so_and_afterwards_it_says_that_it_is_back() {
    let redis = RedisServer::start().await;
    let url = redis.url();
    let settings: Vec<_> = QUICK.into_iter().chain([("REDIS_URL", url.as_str())]).collect();
    let service = operated_on(&settings);
    let status = async |expected: &str| {
        service.advance_secs(1);
        for _ in 0..3 {
            let started = Instant::now();
            let (open, detailed) = (ask(&service, HEALTH, None).await, operate(&service, HEALTH).await);
            assert!(started.elapsed() < QUICKLY, "{:?}", started.elapsed());
            assert_eq!((open.status.as_u16(), &open.json()["redis"]["status"]), (200, &json!(expected)));
            assert_eq!(&detailed["redis"]["status"], expected);
            assert_members(&detailed["redis"], &DETAILS);
            assert_eq!(detailed["redis"]["used_memory"].is_null(), expected == "disconnected");
        }
    };
    status("connected").await;
    redis.kill();
    status("disconnected").await;
    redis.restart().await;
    service.advance_secs(5);
    status("connected").await;
    redis.freeze();
    status("disconnected").await;
    redis.thaw();
    service.advance_secs(5);
    status("connected").await;
}

#[tokio::test]
async fn a_store_of_which_one_database_is_down_is_degraded() {
    let (answers, sessions) = (RedisServer::start().await, RedisServer::start().await);
    let (answers_url, sessions_url) = (answers.url(), sessions.url());
    let urls = [("REDIS_URL", answers_url.as_str()), ("REDIS_SESSION_URL", sessions_url.as_str())];
    let service = operated_on(&QUICK.into_iter().chain(urls).collect::<Vec<_>>());
    assert_eq!(operate(&service, HEALTH).await["redis"]["status"], "connected");
    sessions.kill();
    service.advance_secs(1);
    let redis = operate(&service, HEALTH).await["redis"].clone();
    assert_eq!(redis["status"], "degraded");
    assert_eq!(
        redis["connection_pool_stats"][1],
        json!({"database": "sessions", "connections": 0, "max_connections": 20})
    );
}

#[tokio::test]
async fn a_storm_of_questions_about_its_health_does_not_reach_redis() {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let service = operated_on(&[("REDIS_URL", &proxy.url())]);
    ask(&service, HEALTH, None).await;
    let before = proxy.counts().all_commands();
    join_all((0..100).map(|_| ask(&service, HEALTH, None))).await;
    assert_eq!(proxy.counts().all_commands(), before);
    service.advance_secs(1);
    join_all((0..100).map(|_| ask(&service, HEALTH, None))).await;
    assert_eq!(proxy.counts().all_commands(), before + 1);
}
