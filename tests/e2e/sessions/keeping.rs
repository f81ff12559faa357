//! What is kept comes back byte for byte, for as long as it was to be kept.

use super::{ID, call, legacy, progress, session};
use axum::body::Body;
use http::{Method, Request};
use medinsight_tests::Service;
use medinsight_tests::redis_server::RedisServer;
use serde_json::json;

fn raw(path: &str, body: &str) -> Request<Body> {
    Request::post(path).header("content-type", "application/json").body(Body::from(body.to_owned())).expect("a request")
}

#[tokio::test]
async fn session_data_comes_back_byte_for_byte() {
    let service = Service::start();
    let values = [
        r#"{"b":1,"a":[1.0,2.50,1e3,-0],"text":"\u00e9\/ é 🌿"}"#,
        r#"  {  "spaced" : [ ] }"#,
        r#""only a text""#,
        "12345678901234567890.123456789",
        "false",
        "[]",
    ];
    for value in values {
        let stored = service.send(raw(&session(), &format!(r#"{{"session_data":{value}}}"#))).await;
        assert_eq!(stored.status.as_u16(), 200, "{:?}", stored.body);
        let found = call(&service, Method::GET, &session(), None).await;
        let expected = format!(r#""data":{{"session_data":{}}}"#, value.trim());
        for answer in [stored, found] {
            assert!(String::from_utf8_lossy(&answer.body).contains(&expected), "{:?}", answer.body);
            assert_eq!(
                (answer.json()["success"].as_bool(), answer.header("cache-control")),
                (Some(true), "private, no-store")
            );
            assert!(answer.json()["message"].is_string());
        }
    }
}

#[tokio::test]
async fn progress_is_kept_likewise_and_apart_from_the_session() {
    let service = Service::start();
    let body = json!({"progress_data": {"percent": 40}, "ttl": 60});
    assert_eq!(call(&service, Method::POST, &progress(), Some(&body)).await.status.as_u16(), 200);
    let found = call(&service, Method::GET, &progress(), None).await.json();
    assert_eq!(found["data"], json!({"progress_data": {"percent": 40}}));
    let absent = call(&service, Method::GET, &session(), None).await;
    assert_eq!((absent.status.as_u16(), absent.json()["code"].as_str()), (404, Some("not_kept")));
}

#[tokio::test]
async fn what_is_deleted_is_gone_and_deleting_it_again_is_no_error() {
    let service = Service::start();
    call(&service, Method::POST, &session(), Some(&json!({"session_data": 1}))).await;
    let deleted = call(&service, Method::DELETE, &session(), None).await;
    assert_eq!((deleted.status.as_u16(), deleted.json()["data"]["deleted"].as_bool()), (200, Some(true)));
    assert_eq!(call(&service, Method::GET, &session(), None).await.status.as_u16(), 404);
    assert_eq!(call(&service, Method::DELETE, &session(), None).await.json()["data"]["deleted"], false);
}

#[tokio::test]
async fn a_life_is_from_one_second_to_what_the_policy_says() {
    let service = Service::start();
    for (path, member, longest) in [(session(), "session_data", 1_800), (progress(), "progress_data", 300)] {
        for ttl in [json!(1), json!(longest), json!(null)] {
            let answer = call(&service, Method::POST, &path, Some(&json!({member: 1, "ttl": ttl}))).await;
            assert_eq!(answer.status.as_u16(), 200, "{ttl}");
        }
        for ttl in [json!(0), json!(longest + 1), json!(u64::MAX)] {
            let answer = call(&service, Method::POST, &path, Some(&json!({member: 1, "ttl": ttl}))).await;
            let detail = format!("ttl: must be from 1 to {longest}");
            assert_eq!((answer.status.as_u16(), answer.json()["detail"].as_str()), (422, Some(detail.as_str())));
        }
        for ttl in [json!(-1), json!(1.5), json!("60"), json!([])] {
            let answer = call(&service, Method::POST, &path, Some(&json!({member: 1, "ttl": ttl}))).await;
            assert_eq!((answer.status.as_u16(), answer.json()["field"].as_str()), (422, Some("ttl")), "{ttl}");
        }
    }
}

#[tokio::test]
async fn what_was_kept_is_not_served_after_its_life() {
    let service = Service::start();
    call(&service, Method::POST, &session(), Some(&json!({"session_data": 1, "ttl": 60}))).await;
    service.advance_secs(59);
    assert_eq!(call(&service, Method::GET, &session(), None).await.status.as_u16(), 200);
    service.advance_secs(1);
    assert_eq!(call(&service, Method::GET, &session(), None).await.status.as_u16(), 404);
}

#[tokio::test]
async fn another_process_reads_at_once_what_one_wrote_also_with_a_near_cache() {
    let redis = RedisServer::start().await;
    let url = redis.url();
    let settings = [("REDIS_URL", url.as_str()), ("CACHE_NEAR_BYTES", "1000000")];
    let (one, other) = (Service::with_settings(&settings), Service::with_settings(&settings));
    for number in 0..5 {
        call(&one, Method::POST, &session(), Some(&json!({"session_data": number}))).await;
        for service in [&one, &other] {
            assert_eq!(call(service, Method::GET, &session(), None).await.json()["data"]["session_data"], number);
        }
    }
    one.cache.clear(medinsight_core::Category::SessionState).await.map(|_| ()).expect("a reachable store");
    assert_eq!(call(&other, Method::GET, &session(), None).await.status.as_u16(), 404);
    call(&other, Method::POST, &session(), Some(&json!({"session_data": "after"}))).await;
    assert_eq!(call(&one, Method::GET, &session(), None).await.json()["data"]["session_data"], "after");
}

#[tokio::test]
async fn what_is_kept_is_sealed_and_expires_in_the_store() {
    let redis = RedisServer::start().await;
    let service = Service::with_settings(&[("REDIS_URL", &redis.url())]);
    call(&service, Method::POST, &session(), Some(&json!({"session_data": "zyxcanary", "ttl": 60}))).await;
    let key = format!("medinsight:session_state:{ID}");
    assert!(!redis.command(&["GET", &key]).await.text().contains("zyxcanary"));
    let life = redis.command(&["PTTL", &key]).await.integer().expect("a life");
    assert!((50_000..=60_000).contains(&life), "{life}");
}

#[tokio::test]
async fn ids_are_different_however_they_are_spelled_in_the_path() {
    let service = legacy();
    call(&service, Method::POST, "/api/v1/cache/session/a%3Ab", Some(&json!({"session_data": 1}))).await;
    for (path, expected) in [("a:b", 200), ("a%253Ab", 404), ("a", 404), ("A:b", 404)] {
        let answer = call(&service, Method::GET, &format!("/api/v1/cache/session/{path}"), None).await;
        assert_eq!(answer.status.as_u16(), expected, "{path}");
    }
}
