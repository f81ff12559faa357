//! `GET /api/v1/redis/live` and `GET /api/v1/redis/hottest`: what the dashboard shows besides.

use super::{HOTTEST, LIVE, STATS, TOKEN, ask, assert_members, operate, operated_on, with_token};
use axum::body::Body;
use http::Request;
use http::header::AUTHORIZATION;
use medinsight_tests::log::CapturedLog;
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::{Answered, Service, get, question};
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

async fn follow(service: &Service) -> Answered {
    ask(service, LIVE, Some(&format!("Bearer {TOKEN}"))).await
}

/// The data of each event of a stream.
#[track_caller]
fn told(answer: &Answered) -> Vec<Value> {
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/event-stream"));
    let text = String::from_utf8(answer.body.to_vec()).expect("UTF-8");
    text.lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).expect("JSON"))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn who_finds_a_place_is_told_every_two_seconds_and_who_finds_none_is_told_once() {
    let (service, _memory) = Service::in_memory_with(|config| {
        with_token(config);
        config.live_streams = 1;
    });
    let (first, second) = tokio::join!(follow(&service), follow(&service));
    // A request has thirty seconds.
    assert_eq!((told(&first).len(), told(&second).len()), (15, 1));
    // The place is free again.
    assert_eq!(told(&follow(&service).await).len(), 15);
}

#[tokio::test]
async fn what_is_told_is_what_the_other_routes_tell() {
    let redis = RedisServer::start().await;
    let service = operated_on(&[("REDIS_URL", &redis.url())]);
    service.ask(&question()).await;
    service.ask(&question()).await;
    let snapshot = told(&follow(&service).await).remove(0);
    assert_members(&snapshot, &["timestamp", "health", "stats", "performance"]);
    assert_eq!(snapshot["stats"], operate(&service, STATS).await);
    assert_eq!(snapshot["stats"]["cache_performance"]["health_analysis"]["requests"], 2);
    assert_eq!((&snapshot["health"]["status"], &snapshot["health"]["store"]), (&json!("connected"), &json!("redis")));
    assert!(snapshot["performance"]["memory"]["used_memory"].as_u64() > Some(0), "{snapshot}");
    for secret in ["medinsight:", "headache", "warfarin"] {
        assert!(!snapshot.to_string().to_lowercase().contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn while_the_store_is_down_the_rest_is_told() {
    let (service, memory) = Service::in_memory_with(with_token);
    memory.set_reachable(false);
    let snapshot = told(&follow(&service).await).remove(0);
    assert_eq!((&snapshot["stats"], &snapshot["health"]["status"]), (&Value::Null, &json!("embedded")));
}

#[tokio::test]
async fn following_and_reading_keys_is_for_operators_and_audited() {
    let (service, _memory) = Service::in_memory_with(with_token);
    let log = CapturedLog::start(LevelFilter::INFO);
    for path in [LIVE, HOTTEST] {
        assert_eq!(ask(&service, path, None).await.status.as_u16(), 401);
    }
    assert!(log.audits().is_empty());
    follow(&service).await;
    ask(&service, HOTTEST, Some(&format!("Bearer {TOKEN}"))).await;
    let actions: Vec<_> = log.audits().iter().map(|audit| audit["action"].clone()).collect();
    assert_eq!(actions, ["follow_live", "list_hottest"]);
}

#[tokio::test]
async fn the_entries_that_are_hit_most_are_told_by_category_for_all_processes() {
    let redis = RedisServer::start().await;
    let processes = [operated_on(&[("REDIS_URL", &redis.url())]), operated_on(&[("REDIS_URL", &redis.url())])];
    for process in &processes {
        for (drug, times) in [("aspirin", 4), ("ibuprofen", 3), ("warfarin", 1)] {
            for _ in 0..times {
                process.send(get(&format!("/api/v1/drug/info/{drug}"))).await;
            }
        }
        process.cache.flush_minutes().await;
    }
    let mut digest = String::new();
    for _ in 0..3 {
        digest = processes[0].ask(&question()).await.header("x-cache-key-digest").to_owned();
    }
    let hottest = || async {
        let request = Request::get(HOTTEST).header(AUTHORIZATION, format!("Bearer {TOKEN}"));
        let answer = processes[0].send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.header("cache-control"), "private, no-store");
        answer.json()["categories"].clone()
    };
    let expected = json!({
        "drug_info": [
            {"key": "medinsight:drug_info:aspirin", "hits": 7},
            {"key": "medinsight:drug_info:ibuprofen", "hits": 5},
        ],
        "health_analysis": [{"key": format!("medinsight:health_analysis:{digest}"), "hits": 2}],
    });
    assert_eq!(hottest().await, expected);
    let dump = redis.dump().await;
    let buckets = dump.iter().filter(|(key, _)| key.contains(":minute:"));
    assert!(buckets.clone().count() > 0 && buckets.clone().all(|(_, counts)| !counts.contains(&digest)), "{dump:?}");
    let entry = format!("/api/v1/redis/cache/health_analysis/{digest}");
    let request = Request::delete(entry).header(AUTHORIZATION, format!("Bearer {TOKEN}"));
    processes[0].send(request.body(Body::empty()).expect("a request")).await;
    processes[0].advance_secs(3_600);
    assert_eq!(hottest().await, json!({}));
}

#[tokio::test]
async fn what_hits_saved_has_a_price_if_somebody_says_what_an_answer_costs() {
    let redis = RedisServer::start().await;
    let priced = operated_on(&[("REDIS_URL", &redis.url()), ("ORIGIN_ANSWER_PRICE", "0.25 EUR")]);
    for _ in 0..3 {
        priced.ask(&question()).await;
    }
    let expected = json!({"amount": 0.5, "currency": "EUR", "price_of_an_answer": 0.25});
    assert_eq!(operate(&priced, STATS).await["money_saved"], expected);
    let without = operated_on(&[("REDIS_URL", &redis.url())]);
    assert_eq!(operate(&without, STATS).await["money_saved"], Value::Null);
}
