//! Clearing by the routes of operators.

use super::{on_redis, operate, service};
use axum::body::Body;
use http::Method;
use medinsight_tests::operator::{request, with_token};
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::{Service, question};
use serde_json::{Value, json};

const CLEAR: &str = "/api/v1/redis/cache/clear-pattern";

async fn clear(service: &Service, body: Value) -> Value {
    let answer = operate(service, Method::POST, CLEAR, Some(&body)).await;
    assert_eq!(answer.status.as_u16(), 200, "{:?}", answer.body);
    answer.json()
}

#[tokio::test]
async fn a_cleared_category_is_a_miss_and_the_others_are_untouched() {
    let service = service();
    service.ask_as("a-session", &question()).await;
    service.ask_as("a-session", &question()).await;
    let cleared = clear(&service, json!({"pattern": "health_analysis"})).await;
    assert_eq!((cleared["keys_found"].as_u64(), cleared["keys_deleted"].as_u64()), (Some(1), Some(1)));
    assert_eq!((cleared["pattern"].as_str(), cleared["is_sweeping"].as_bool()), (Some("health_analysis"), Some(false)));
    assert!(cleared["timestamp"].is_u64());
    assert!(service.stored("symptom", "a-session", Some("inputs")).await.is_some());
    assert_eq!(service.ask(&question()).await.x_cache(), "MISS");
}

#[tokio::test]
async fn a_dry_run_counts_and_changes_nothing() {
    let service = service();
    service.ask(&question()).await;
    for pattern in ["health_analysis", "health_analysis:*", "medication_interactions:*"] {
        let counted = clear(&service, json!({"pattern": pattern, "dry_run": true})).await;
        assert_eq!((counted["keys_found"].as_u64(), counted["keys_deleted"].as_u64()), (Some(1), Some(0)));
        assert_eq!(counted["dry_run"], true);
    }
    assert_eq!(service.ask(&question()).await.x_cache(), "HIT");
}

#[tokio::test]
async fn a_member_whose_name_is_written_with_an_escape_means_the_same() {
    let service = service();
    service.ask(&question()).await;
    let mut request = with_token(request(Method::POST, CLEAR, Some(&json!({}))));
    *request.body_mut() = Body::from(r#"{"pattern": "health_analysis", "dry\u005frun": true}"#);
    let counted = service.send(request).await.json();
    assert_eq!((counted["dry_run"].as_bool(), counted["keys_deleted"].as_u64()), (Some(true), Some(0)));
    assert_eq!(service.ask(&question()).await.x_cache(), "HIT");
}

#[tokio::test]
async fn a_prefix_and_an_exact_key_clear_what_they_say() {
    let service = service();
    let digest = service.ask(&question()).await.header("x-cache-key-digest").to_owned();
    let other = if digest.starts_with('0') { "1" } else { "0" };
    let cleared = clear(&service, json!({"pattern": format!("health_analysis:{other}*")})).await;
    assert_eq!(cleared["keys_deleted"], 0);
    let cleared = clear(&service, json!({"pattern": format!("health_analysis:{}*", &digest[..5])})).await;
    assert_eq!(cleared["keys_deleted"], 1);
    service.ask(&question()).await;
    let cleared = clear(&service, json!({"pattern": format!("health_analysis:{digest}")})).await;
    assert_eq!(cleared["keys_deleted"], 1);
    assert_eq!(service.ask(&question()).await.x_cache(), "MISS");
}

#[tokio::test]
async fn one_entry_is_deleted_by_its_parts() {
    let service = service();
    service.ask_as("a-session", &question()).await;
    service.cache.flush().await;
    let path = "/api/v1/redis/cache/symptom/a-session?sub_key=inputs";
    let deleted = operate(&service, Method::DELETE, path, None).await.json();
    assert_eq!(
        (deleted["deleted"].as_bool(), deleted["key"].as_str()),
        (Some(true), Some("medinsight:symptom:a-session:inputs"))
    );
    assert_eq!(operate(&service, Method::DELETE, path, None).await.json()["deleted"], false);
    assert_eq!(service.stored("symptom", "a-session", Some("inputs")).await, None);
}

#[tokio::test]
async fn an_answer_with_a_private_key_is_deleted_by_the_digest_that_clients_see() {
    let redis = RedisServer::start().await;
    let service = on_redis(&redis, &[("CACHE_KEY_SECRET", "an invented secret of enough length")]);
    let digest = service.ask(&question()).await.header("x-cache-key-digest").to_owned();
    let path = format!("/api/v1/redis/cache/health_analysis/{digest}");
    assert_eq!(operate(&service, Method::DELETE, &path, None).await.json()["deleted"], true);
    assert_eq!(service.ask(&question()).await.x_cache(), "MISS");
}

#[tokio::test]
async fn what_is_no_key_or_a_counter_is_a_400_that_names_the_part() {
    let service = service();
    for (path, field) in [
        ("nonsense/x", "category"),
        ("gen/drug_info", "category"),
        ("lease/x", "category"),
        ("usage/health_analysis?sub_key=requests", "category"),
        ("errors/store?sub_key=x", "category"),
        ("user/x", "sub_key"),
        ("user/x?sub_key=y", "sub_key"),
        ("health_analysis/x", "identifier"),
        ("drug_info/%20", "identifier"),
    ] {
        let answer = operate(&service, Method::DELETE, &format!("/api/v1/redis/cache/{path}"), None).await;
        assert_eq!((answer.status.as_u16(), answer.json()["field"].as_str()), (400, Some(field)), "{path}");
    }
}

#[tokio::test]
async fn a_body_without_a_pattern_or_with_another_type_names_the_field() {
    let service = service();
    for (body, field) in [
        (json!({}), "pattern"),
        (json!({"pattern": null}), "pattern"),
        (json!({"pattern": ["drug_info"]}), "pattern"),
        (json!({"pattern": "drug_info", "dry_run": "yes"}), "dry_run"),
    ] {
        let answer = operate(&service, Method::POST, CLEAR, Some(&body)).await;
        assert_eq!((answer.status.as_u16(), answer.json()["field"].as_str()), (422, Some(field)));
    }
}

#[tokio::test]
async fn clearing_everything_spares_counters_and_is_effective_in_another_process_within_a_second() {
    let redis = RedisServer::start().await;
    let (one, other) = (on_redis(&redis, &[]), on_redis(&redis, &[]));
    one.ask_as("a-session", &question()).await;
    assert_eq!(other.ask(&question()).await.x_cache(), "HIT");
    one.cache.flush().await;
    let answer = operate(&one, Method::DELETE, "/api/v1/cache/clear-all", None).await.json();
    assert_eq!((answer["success"].as_bool(), answer["data"]["is_sweeping"].as_bool()), (Some(true), Some(false)));
    assert_eq!(answer["data"]["categories"].as_array().map(Vec::len), Some(9));
    assert!(answer["data"]["keys_deleted"].as_u64() >= Some(4));
    other.advance_secs(1);
    assert_eq!(other.ask(&question()).await.x_cache(), "MISS");
    assert_eq!(one.stored("symptom", "a-session", Some("inputs")).await, None);
    assert!(one.counter("usage", "requests").await >= 3);
    for command in ["keys", "flushdb", "flushall"] {
        assert_eq!(redis.calls(command).await, 0, "{command}");
    }
}
