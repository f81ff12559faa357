//! What is done when the answer has gone out.

use super::{LIMIT, health, settings};
use medinsight_tests::built;
use medinsight_tests::events::event;
use medinsight_tests::lambda_api::{Call, Extensions};
use medinsight_tests::lambda_function::LambdaFunction;
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::waiting::until;
use serde_json::{Value, json};
use std::time::Duration;

/// Entries that are stale after a second, and an origin that takes a while.
const STALE: [(&str, &str); 2] = [("CACHE_TTL_HEALTH_ANALYSIS", "1"), ("EMBEDDED_ORIGIN_DELAY_MS", "2000")];

/// How long the origin takes.
fn delay() -> Duration {
    Duration::from_millis(STALE[1].1.parse().expect("milliseconds"))
}

/// An event with another path.
fn event_to(path: &str, name: &str) -> Value {
    let mut event = event(name);
    event["rawPath"] = path.into();
    event["requestContext"]["http"]["path"] = path.into();
    event
}

/// Asks for an answer that is stale, and checks that it came at once and was fresh again when the environment was idle.
async fn refreshed_after_the_answer(function: &LambdaFunction) -> Vec<Call> {
    assert_eq!(function.invoke(&event("http-health")).await.header("x-cache"), "MISS");
    function.idle().await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let before = function.api().calls().len();
    let computed = function.logged("answer computed");
    let stale = function.invoke(&event("http-health")).await;
    assert_eq!((stale.status(), stale.header("x-cache")), (200, "STALE"));
    assert!(stale.took < delay(), "{:?}", stale.took);
    function.idle().await;
    until("the refresh is in the log", LIMIT, || async { function.logged("answer computed") == computed + 1 }).await;
    let fresh = function.invoke(&event("http-health")).await;
    assert_eq!(fresh.header("x-cache"), "HIT");
    function.api().calls()[before..].to_vec()
}

#[tokio::test]
async fn a_stale_answer_is_refreshed_after_it_went_out_and_before_the_runtime_asks_for_the_next_invocation() {
    let redis = RedisServer::start().await;
    let function = health(&redis.url(), &STALE);
    let calls = refreshed_after_the_answer(&function).await;
    assert_eq!(&calls[..2], [Call::Answered(2), Call::RuntimeNext]);
    let calls = function.api().calls();
    assert_eq!(calls[0], Call::Registered(r#"{"events":[]}"#.to_owned()));
    let asked = calls.iter().filter(|call| **call == Call::ExtensionNext).count();
    assert_eq!(asked, 1, "the extension costs an invocation nothing");
}

#[tokio::test]
async fn where_extensions_are_refused_the_same_is_done_at_the_same_time() {
    let redis = RedisServer::start().await;
    let function =
        LambdaFunction::start_with(Extensions::Refused, &built::program("health"), &settings(&redis.url(), &STALE));
    let calls = refreshed_after_the_answer(&function).await;
    assert_eq!(&calls[..2], [Call::Answered(2), Call::RuntimeNext]);
}

#[tokio::test]
async fn no_freeze_cuts_a_refresh_and_what_it_stored_serves_others_meanwhile() {
    let redis = RedisServer::start().await;
    let quick = [("CACHE_TTL_HEALTH_ANALYSIS", "3"), ("EMBEDDED_ORIGIN_DELAY_MS", "500")];
    let (frozen, other) = (health(&redis.url(), &quick), health(&redis.url(), &quick[1..]));
    assert_eq!(frozen.invoke(&event("http-health")).await.header("x-cache"), "MISS");
    for _ in 0..2 {
        frozen.idle().await;
        tokio::time::sleep(Duration::from_millis(3_100)).await;
        assert_eq!(frozen.invoke(&event("http-health")).await.header("x-cache"), "STALE");
        frozen.freeze().await;
        assert_eq!(other.invoke(&event("http-health")).await.header("x-cache"), "HIT");
        frozen.thaw();
    }
    let computed = frozen.logged("answer computed") + other.logged("answer computed");
    assert_eq!(computed, 1 + 1 + 2, "one for the interactions of the medicines, and one for each refresh");
}

#[tokio::test]
async fn an_idle_environment_has_nothing_left_to_send() {
    let redis = RedisServer::start().await;
    let function = health(&redis.url(), &[]);
    for _ in 0..3 {
        assert_eq!(function.invoke(&event("http-health")).await.status(), 200);
    }
    function.freeze().await;
    for (counter, expected) in [("requests", "3"), ("hits", "2")] {
        let key = format!("medinsight:usage:health_analysis:{counter}");
        assert_eq!(redis.command(&["GET", &key]).await.text(), expected, "{counter}");
    }
}

#[tokio::test]
async fn an_analysis_that_was_queued_is_finished_before_the_environment_is_frozen() {
    let redis = RedisServer::start().await;
    let (program, url) = (built::program("drug"), redis.url());
    let function = LambdaFunction::start(&program, &settings(&url, &STALE));
    let mut ask = event_to("/api/v1/drug/analyze", "http-health");
    ask["body"] = json!({"drug_name": "Aspirin"}).to_string().into();
    let queued = function.invoke(&ask).await;
    assert_eq!((queued.status(), &queued.json()["status"]), (200, &json!("queued")));
    assert!(queued.took < delay(), "{:?}", queued.took);
    function.freeze().await;
    let other = LambdaFunction::start(&program, &settings(&url, &[]));
    let id = queued.json()["analysis_id"].as_str().expect("an id").to_owned();
    let status = other.invoke(&event_to(&format!("/api/v1/drug/analyze/{id}/status"), "http-drug")).await;
    let progress = status.json();
    assert_eq!((status.status(), &progress["status"]), (200, &json!("completed")));
    assert_eq!(progress["progress_percentage"], 100);
}

#[tokio::test]
async fn a_refresh_that_takes_too_long_is_left_and_the_environment_lives_on() {
    let redis = RedisServer::start().await;
    let quick = health(&redis.url(), &STALE[..1]);
    assert_eq!(quick.invoke(&event("http-health")).await.status(), 200);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let slow = health(&redis.url(), &[STALE[0], ("EMBEDDED_ORIGIN_DELAY_MS", "60000"), ("ORIGIN_TIMEOUT_MS", "60000")]);
    let stale = slow.invoke_within(&event("http-health"), Duration::from_secs(2)).await;
    assert_eq!((stale.status(), stale.header("x-cache")), (200, "STALE"));
    slow.idle().await;
    let again = slow.invoke_within(&event("http-health"), Duration::from_secs(2)).await;
    assert_eq!((again.status(), again.header("x-cache")), (200, "STALE"));
}

#[tokio::test]
async fn an_extension_that_cannot_ask_for_events_ends_the_process_which_lambda_would_wait_for_otherwise() {
    let redis = RedisServer::start().await;
    let (program, url) = (built::program("health"), redis.url());
    let settings = settings(&url, &[]);
    let function = LambdaFunction::start_with(Extensions::Broken, &program, &settings);
    assert!(!function.ended(LIMIT).await.success());
    assert!(function.api().calls().contains(&Call::ExtensionFailed));
}
