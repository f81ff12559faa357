//! What is not kept, and what is said when the store fails.

use super::{ID, call, legacy, progress, session};
use http::Method;
use medinsight_tests::Service;
use medinsight_tests::fault_proxy::FaultProxy;
use medinsight_tests::redis_server::{RedisOptions, RedisServer};
use serde_json::json;

#[tokio::test]
async fn an_id_that_could_be_guessed_is_refused_for_writing_and_may_be_read() {
    let service = Service::start();
    for id in ["session_456", "0000000000000001", "maria-mustermann-1980-01-01", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
        for (group, field, member) in
            [("session", "session_id", "session_data"), ("analysis-progress", "analysis_id", "progress_data")]
        {
            let path = format!("/api/v1/cache/{group}/{id}");
            let answer = call(&service, Method::POST, &path, Some(&json!({member: 1}))).await;
            let body = answer.json();
            assert_eq!((answer.status.as_u16(), body["code"].as_str()), (422, Some("guessable_id")), "{id}");
            assert_eq!(body["field"], field);
            assert!(body["detail"].as_str().is_some_and(|detail| !detail.contains(id)));
            assert_eq!(call(&service, Method::GET, &path, None).await.status.as_u16(), 404);
        }
    }
}

#[tokio::test]
async fn with_legacy_ids_every_id_may_be_written() {
    let service = legacy();
    let path = "/api/v1/cache/session/session_456";
    assert_eq!(call(&service, Method::POST, path, Some(&json!({"session_data": 1}))).await.status.as_u16(), 200);
    assert_eq!(call(&service, Method::GET, path, None).await.status.as_u16(), 200);
}

#[tokio::test]
async fn an_id_has_1_to_128_visible_ascii_characters() {
    let service = legacy();
    for id in ["%20", "a%0Ab", "%C3%A9", "%FF", &"a".repeat(129)] {
        let answer = call(&service, Method::GET, &format!("/api/v1/cache/session/{id}"), None).await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (400, Some("invalid_id")), "{id}");
    }
}

#[tokio::test]
async fn a_value_has_at_most_64_kibibytes() {
    let service = Service::start();
    let of_length = |length: usize| json!({"session_data": "x".repeat(length - 2)});
    assert_eq!(call(&service, Method::POST, &session(), Some(&of_length(65_536))).await.status.as_u16(), 200);
    let answer = call(&service, Method::POST, &session(), Some(&of_length(65_537))).await;
    assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (413, Some("value_too_large")));
    assert_eq!(answer.json()["detail"], "session_data: must have at most 65536 bytes of JSON");
    let answer = call(&service, Method::POST, &session(), Some(&of_length(300_000))).await;
    assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (413, Some("body_too_large")));
}

#[tokio::test]
async fn a_body_is_a_strict_json_object_of_at_most_32_levels() {
    let service = Service::start();
    let nested = |levels: usize| format!(r#"{{"session_data":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
    let cases: [(String, u16, &str); 9] = [
        (nested(31), 200, ""),
        (nested(32), 400, "too_deep"),
        (nested(100_000), 400, "too_deep"),
        (r#"{"session_data":{"a":1,"a":2}}"#.into(), 400, "duplicate_member"),
        (r#"{"session_data":1,"session_data":2}"#.into(), 400, "duplicate_member"),
        (r#"{"session_data":1e400}"#.into(), 400, "not_json"),
        ("[1]".into(), 400, "not_an_object"),
        ("{}".into(), 422, "missing_field"),
        (r#"{"session_data":null}"#.into(), 422, "missing_field"),
    ];
    for (body, status, code) in cases {
        let mut request = medinsight_tests::post(body);
        *request.uri_mut() = session().parse().expect("a path");
        let answer = service.send(request).await;
        assert_eq!(answer.status.as_u16(), status, "{:?}", answer.body);
        assert_eq!(answer.json()["code"].as_str().unwrap_or_default(), code);
    }
}

#[tokio::test]
async fn while_the_store_is_down_nothing_is_said_to_be_stored_absent_or_deleted() {
    let redis = RedisServer::start().await;
    let service = Service::with_settings(&[("REDIS_URL", &redis.url())]);
    call(&service, Method::POST, &session(), Some(&json!({"session_data": 1}))).await;
    redis.kill();
    for (method, path, body) in [
        (Method::POST, session(), Some(json!({"session_data": 2}))),
        (Method::GET, session(), None),
        (Method::DELETE, session(), None),
        (Method::POST, progress(), Some(json!({"progress_data": 2}))),
        (Method::GET, progress(), None),
    ] {
        let answer = call(&service, method.clone(), &path, body.as_ref()).await;
        let code = answer.json()["code"].as_str().map(str::to_owned);
        assert_eq!((answer.status.as_u16(), code.as_deref()), (503, Some("store_unavailable")), "{method} {path}");
        assert_eq!(answer.header("retry-after"), "5");
    }
}

#[tokio::test]
async fn a_store_without_memory_is_not_said_to_have_stored_anything() {
    let redis = RedisServer::with(RedisOptions::default().maxmemory(1)).await;
    let service = Service::with_settings(&[("REDIS_URL", &redis.url())]);
    let answer = call(&service, Method::POST, &session(), Some(&json!({"session_data": 1}))).await;
    assert_eq!(answer.status.as_u16(), 503);
    assert_eq!(redis.command(&["EXISTS", &format!("medinsight:session_state:{ID}")]).await.integer(), Some(0));
}

#[tokio::test]
async fn the_open_reports_tell_no_detail_and_cost_the_store_nothing() {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let service = Service::with_settings(&[("REDIS_URL", &proxy.url())]);
    for path in ["health", "stats"] {
        let body = call(&service, Method::GET, &format!("/api/v1/cache/{path}"), None).await.json();
        assert_eq!((body["success"].as_bool(), body["data"]["status"].as_str()), (Some(true), Some("healthy")));
        assert_eq!(body["data"].as_object().map(serde_json::Map::len), Some(2));
    }
    assert_eq!(call(&service, Method::GET, "/api/v1/cache/policy", None).await.status.as_u16(), 200);
    assert_eq!(proxy.counts().all_commands(), 0);
}
