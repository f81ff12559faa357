//! Invocations and their answers.

use super::{KEYS, LIMIT, health, settings};
use medinsight_tests::events::{event, numbered_question};
use medinsight_tests::lambda_api::Call;
use medinsight_tests::lambda_function::LambdaFunction;
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::waiting::until;
use medinsight_tests::{built, ports::ReservedPort};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_miss_and_a_hit_by_an_http_api_and_by_a_rest_api() {
    let redis = RedisServer::start().await;
    let function = health(&redis.url(), &[]);
    let first = function.invoke(&event("http-health")).await;
    assert_eq!((first.status(), first.header("x-cache")), (200, "MISS"));
    let second = function.invoke(&event("http-health")).await;
    assert_eq!((second.status(), second.header("x-cache")), (200, "HIT"));
    let rest = function.invoke(&event("rest-health")).await;
    assert_eq!((rest.status(), rest.header("x-cache"), rest.json()), (200, "HIT", first.json()));
}

#[tokio::test]
async fn each_group_is_a_function() {
    let redis = RedisServer::start().await;
    for (name, member) in [("drug", "data"), ("sessions", "analyzer"), ("redis", "timestamp")] {
        let function = LambdaFunction::start(&built::program(name), &settings(&redis.url(), &[]));
        let answer = function.invoke(&event(&format!("http-{name}"))).await;
        assert_eq!(answer.status(), 200, "{name}");
        assert!(answer.json().get(member).is_some(), "{name}");
        assert_eq!(function.invoke(&event("http-health")).await.status(), 404, "{name}");
    }
}

#[tokio::test]
async fn the_redis_function_has_the_dashboard_which_is_told_once_where_a_server_would_go_on() {
    let redis = RedisServer::start().await;
    let token = "an invented token of operators";
    let function =
        LambdaFunction::start(&built::program("redis"), &settings(&redis.url(), &[("MEDINSIGHT_ADMIN_TOKEN", token)]));
    for (path, media_type) in [("/dashboard", "text/html; charset=utf-8"), ("/dashboard/page.js", "text/javascript")] {
        let answer = function.invoke(&get_event(path, token)).await;
        assert_eq!((answer.status(), answer.header("content-type")), (200, media_type));
        assert!(answer.header("content-security-policy").contains("default-src 'none'"));
    }
    let live = function.invoke(&get_event("/api/v1/redis/live", token)).await;
    assert_eq!((live.status(), live.header("content-type")), (200, "text/event-stream"));
    let body = live.payload.as_ref().expect("an answer")["body"].as_str().expect("a text").to_owned();
    assert_eq!(body.matches("data: ").count(), 1, "{body}");
}

/// A `GET` by an operator.
fn get_event(path: &str, token: &str) -> Value {
    let mut event = event("http-redis");
    event["rawPath"] = path.into();
    event["requestContext"]["http"]["path"] = path.into();
    event["headers"]["authorization"] = format!("Bearer {token}").into();
    event
}

#[tokio::test]
async fn an_event_of_another_kind_is_refused_without_its_content() {
    let redis = RedisServer::start().await;
    let function = health(&redis.url(), &[]);
    let refused = function.invoke(&json!({"version": "2.0", "rawPath": "/a-planted-secret"})).await;
    let error = refused.payload.expect_err("an error").to_string();
    assert!(error.contains("neither of an HTTP API nor of a REST API") && !error.contains("secret"), "{error}");
    assert_eq!(function.invoke(&event("http-health")).await.status(), 200);
}

#[tokio::test]
async fn without_redis_the_first_invocation_is_answered_and_later_ones_are_hits_once_it_is_there() {
    let port = ReservedPort::any();
    let function = health(&format!("redis://{}", port.address()), &[]);
    let first = function.invoke(&event("http-health")).await;
    assert_eq!((first.status(), first.header("x-cache")), (200, "BYPASS"));
    let redis = RedisServer::start_on(port).await;
    until("there are hits", LIMIT, || async {
        function.invoke(&event("http-health")).await.header("x-cache") == "HIT"
    })
    .await;
    assert!(redis.calls("get").await > 0);
}

#[tokio::test]
async fn an_environment_has_one_connection_to_redis() {
    let redis = RedisServer::start().await;
    let function = health(&redis.url(), &[("REDIS_MAX_CONNECTIONS", "20")]);
    for number in 0..5 {
        assert_eq!(function.invoke(&numbered_question(number)).await.status(), 200);
    }
    let clients = redis.command(&["CLIENT", "LIST"]).await.text();
    // The harness has one of its own.
    assert_eq!(clients.lines().count(), 2, "{clients}");
}

#[tokio::test]
async fn an_origin_that_takes_longer_than_the_invocation_may_is_given_up_in_time() {
    let redis = RedisServer::start().await;
    let function = health(&redis.url(), &[("EMBEDDED_ORIGIN_DELAY_MS", "60000"), ("ORIGIN_TIMEOUT_MS", "60000")]);
    let time = Duration::from_millis(2_500);
    let answer = function.invoke_within(&event("http-health"), time).await;
    assert_eq!(answer.status(), 504);
    assert!(answer.took < time, "{:?}", answer.took);
}

#[tokio::test]
async fn several_invocations_at_once_are_answered_at_once_in_a_managed_environment() {
    let redis = RedisServer::start().await;
    let settings = [("AWS_LAMBDA_MAX_CONCURRENCY", "4"), ("EMBEDDED_ORIGIN_DELAY_MS", "1000")];
    let function = health(&redis.url(), &settings);
    let questions: Vec<_> = (0..4).map(numbered_question).collect();
    function.idle().await;
    let invoked = questions.iter().map(|question| function.api().invoke_now(question, LIMIT));
    let answers = futures_util::future::join_all(invoked).await;
    assert!(answers.iter().all(|answer| answer.status() == 200));
    let together: Duration = answers.iter().map(|answer| answer.took).sum();
    let slowest = answers.iter().map(|answer| answer.took).max().expect("answers");
    assert!(slowest < together / 2, "{slowest:?} of {together:?}");
    assert!(!function.api().calls().iter().any(|call| matches!(call, Call::Registered(_))));
}

#[tokio::test]
async fn a_bad_setting_is_told_to_lambda_by_its_name_and_without_its_value() {
    let secret = ("CACHE_KEY_SECRET", "hunter2");
    let function = LambdaFunction::start(&built::program("health"), &[KEYS, secret]);
    assert!(!function.ended(LIMIT).await.success());
    let error = function.api().init_error().expect("a report");
    assert_eq!(error["errorMessage"], "CACHE_KEY_SECRET: must be at least 16 bytes");
}

#[tokio::test]
async fn every_line_of_a_request_has_its_id_and_metrics_say_what_the_cache_did() {
    let redis = RedisServer::start().await;
    let function = health(&redis.url(), &[]);
    for _ in 0..2 {
        function.invoke(&event("http-health")).await;
        function.idle().await;
    }
    until("the metrics are written", LIMIT, || async { function.metrics().len() >= 3 }).await;
    let id = |number: u64| format!(r#""request_id":"00000000-0000-4000-8000-{number:012x}""#);
    let lines = function.log();
    for message in ["request answered", "answer computed"] {
        let line = lines.iter().find(|line| line.contains(message)).expect(message);
        assert!(line.contains(&id(1)), "{line}");
    }
    let metrics = function.metrics();
    let of = |category: &str| metrics.iter().filter(|line| line["category"] == category).collect::<Vec<_>>();
    let health = of("health_analysis");
    assert_eq!((&health[0]["misses"], &health[1]["hits"]), (&json!(1), &json!(1)));
    assert!(health[0]["origin_ms"].is_number() && health[1].get("origin_ms").is_none());
    assert_eq!(of("medication_interactions").len(), 1);
    let cold: u64 = metrics.iter().filter_map(|line| line["cold_starts"].as_u64()).sum();
    assert_eq!((cold, &metrics[0]["function"]), (1, &json!("invented-function")));
    for text in ["Headache", "Throbbing", "Warfarin", "warfarin"] {
        assert!(!lines.iter().any(|line| line.contains(text)), "{text}");
    }
}
