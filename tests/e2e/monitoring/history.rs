//! `GET /api/v1/redis/history`.

use super::{HISTORY, TOKEN, ask, operate, operated, operated_on, with_token};
use medinsight_functions::origin::OriginError;
use medinsight_tests::fault_proxy::FaultProxy;
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::{Mood, Service, question};
use serde_json::{Value, json};

/// A series without the points at which nothing was counted, each with how many points before the last one it is.
fn peaks(series: &Value) -> Vec<(usize, u64)> {
    let points: Vec<_> =
        series.as_array().expect("a series").iter().map(|point| point.as_u64().expect("a count")).collect();
    let last = points.len() - 1;
    points.iter().enumerate().filter(|(_, count)| **count > 0).map(|(at, count)| (last - at, *count)).collect()
}

#[tokio::test]
async fn before_the_first_request_every_series_is_there_and_zero() {
    let service = operated();
    for (window, points, step) in [("hour", 60, 60), ("day", 288, 300)] {
        let history = operate(&service, &format!("{HISTORY}?window={window}")).await;
        assert_eq!((&history["points"], &history["step_seconds"]), (&json!(points), &json!(step)));
        let requests = &history["endpoints"]["health_analysis"]["requests"];
        assert_eq!((requests.as_array().map(Vec::len), peaks(requests)), (Some(points), vec![]));
        assert_eq!(history["latency"]["store"]["whole"]["p99_ms"], Value::Null);
    }
}

#[tokio::test]
async fn requests_are_in_the_minute_in_which_they_came() {
    let service = operated();
    service.ask(&question()).await;
    service.cache.flush().await;
    service.advance_secs(120);
    service.ask(&question()).await;
    service.ask(&question()).await;
    let history = operate(&service, HISTORY).await;
    let health = &history["endpoints"]["health_analysis"];
    assert_eq!((peaks(&health["requests"]), peaks(&health["cache_hits"])), (vec![(2, 1), (0, 2)], vec![(0, 2)]));
    // An analysis costs the origin three seconds.
    assert_eq!(peaks(&health["saved_millis"]), [(0, 6_000)]);
    let latency = &history["latency"];
    assert_eq!((&latency["store"]["whole"]["answers"], &latency["origin"]["whole"]["answers"]), (&json!(2), &json!(2)));
    assert!(latency["store"]["whole"]["p50_ms"].as_f64() > Some(0.0), "{latency}");
    let day = operate(&service, &format!("{HISTORY}?window=day")).await;
    assert_eq!(peaks(&day["endpoints"]["health_analysis"]["requests"]).iter().map(|(_, count)| count).sum::<u64>(), 3);
}

#[tokio::test]
async fn what_is_older_than_the_window_is_not_shown() {
    let service = operated();
    service.ask(&question()).await;
    service.cache.flush().await;
    service.advance_secs(3_600);
    let hour = operate(&service, HISTORY).await;
    assert_eq!(peaks(&hour["endpoints"]["health_analysis"]["requests"]), []);
    let day = operate(&service, &format!("{HISTORY}?window=day")).await;
    assert_eq!(peaks(&day["endpoints"]["health_analysis"]["requests"]), [(12, 1)]);
}

#[tokio::test]
async fn failures_and_answers_without_the_store_are_in_their_minute_although_the_store_learns_of_them_later() {
    let (service, memory) = Service::in_memory_with(with_token);
    service.ask(&question()).await;
    service.advance_secs(60);
    memory.set_reachable(false);
    service.ask(&question()).await;
    service.cache.flush().await;
    service.advance_secs(60);
    memory.set_reachable(true);
    service.origin.set_mood(Mood::Fails(OriginError::Failed));
    service.ask(&json!({"concern": "Fever", "symptoms": "High"})).await;
    let history = operate(&service, HISTORY).await;
    let health = &history["endpoints"]["health_analysis"];
    assert_eq!(peaks(&health["requests"]), [(2, 1), (1, 1), (0, 1)]);
    assert_eq!((peaks(&health["bypass"]), peaks(&health["failures"])), (vec![(1, 1)], vec![(0, 1)]));
    assert_eq!(peaks(&history["bypass_by_reason"]["store-unreachable"]), [(1, 1)]);
    assert!(!peaks(&history["store_failures"]["store-unreachable"]).is_empty(), "{history}");
}

#[tokio::test]
async fn processes_add_to_the_same_minute_and_it_is_gone_a_day_later() {
    let redis = RedisServer::start().await;
    let processes = [operated_on(&[("REDIS_URL", &redis.url())]), operated_on(&[("REDIS_URL", &redis.url())])];
    for process in &processes {
        process.ask(&question()).await;
        process.cache.flush_minutes().await;
    }
    let history = operate(&processes[0], HISTORY).await;
    assert_eq!(peaks(&history["endpoints"]["health_analysis"]["requests"]), [(0, 2)]);
    let life: i64 = redis.command(&["TTL", "medinsight:usage:minute:30000000"]).await.text().parse().expect("a number");
    assert!((24 * 3_600..=25 * 3_600).contains(&life), "{life}");
}

#[tokio::test]
async fn a_hit_pays_nothing_for_its_minute_which_is_written_by_the_flush_once_a_second() {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let service = operated_on(&[("REDIS_URL", &proxy.url())]);
    for _ in 0..20 {
        service.ask(&question()).await;
    }
    let asked = proxy.counts();
    assert_eq!((asked.command("HINCRBY"), asked.command("EXPIRE")), (0, 0));
    for _ in 0..3 {
        service.cache.flush().await;
        service.ask(&question()).await;
    }
    assert_eq!(proxy.counts().command("EXPIRE"), 1);
    service.advance_secs(1);
    let before = proxy.counts();
    service.cache.flush().await;
    let after = proxy.counts();
    assert_eq!((after.round_trips - before.round_trips, after.command("EXPIRE")), (1, 2));
    let history = operate(&service, HISTORY).await;
    assert_eq!(peaks(&history["endpoints"]["health_analysis"]["requests"]), [(0, 23)]);
}

#[tokio::test]
async fn what_was_written_there_by_others_does_no_harm() {
    let redis = RedisServer::start().await;
    let service = operated_on(&[("REDIS_URL", &redis.url())]);
    let bucket = "medinsight:usage:minute:30000000";
    for (name, count) in
        [("usage:of-a-later-version:requests", "7"), ("usage:drug_info:requests", "many"), ("latency:store:99", "1")]
    {
        redis.command(&["HSET", bucket, name, count]).await;
    }
    service.ask(&question()).await;
    let history = operate(&service, HISTORY).await;
    assert_eq!(peaks(&history["endpoints"]["health_analysis"]["requests"]), [(0, 1)]);
    assert_eq!(peaks(&history["endpoints"]["drug_info"]["requests"]), []);
}

#[tokio::test]
async fn another_window_is_refused_and_a_store_that_is_down_is_named() {
    let (service, memory) = Service::in_memory_with(with_token);
    let authorization = format!("Bearer {TOKEN}");
    for query in ["week", "", "hour&window=day"] {
        let answer = ask(&service, &format!("{HISTORY}?window={query}"), Some(&authorization)).await;
        answer.assert_problem(400, "invalid_window", "window: must be hour or day, and be given once");
    }
    memory.set_reachable(false);
    let answer = ask(&service, HISTORY, Some(&authorization)).await;
    answer.assert_problem(503, "store_unavailable", "the store did not answer");
}
