//! Panics, and the end of an environment.

use super::{LIMIT, health, settings};
use medinsight_tests::built;
use medinsight_tests::events::event;
use medinsight_tests::lambda_function::LambdaFunction;
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::waiting::until;
use std::time::Duration;

#[tokio::test]
async fn a_panic_is_a_500_without_details_and_the_next_invocation_works() {
    let redis = RedisServer::start().await;
    let function = LambdaFunction::start(&built::test_program("planted_function"), &settings(&redis.url(), &[]));
    let mut planted = event("http-redis");
    planted["rawPath"] = "/planted/panic".into();
    planted["requestContext"]["http"]["path"] = "/planted/panic".into();
    let answer = function.invoke(&planted).await;
    assert_eq!((answer.status(), &answer.json()["detail"]), (500, &"the service failed".into()));
    until("the panic is in the log", LIMIT, || async { function.logged("panicked") == 1 }).await;
    assert!(!function.log().iter().any(|line| line.contains("planted secret")));
    assert_eq!(function.invoke(&event("http-health")).await.status(), 200);
}

#[tokio::test]
async fn sigterm_ends_the_environment_at_once_and_nothing_that_was_counted_is_lost() {
    let redis = RedisServer::start().await;
    let settings = [("EMBEDDED_ORIGIN_DELAY_MS", "3000"), ("CACHE_TTL_HEALTH_ANALYSIS", "1")];
    let filling = health(&redis.url(), &settings[1..]);
    assert_eq!(filling.invoke(&event("http-health")).await.status(), 200);
    filling.idle().await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    // The hit is counted only once its answer is out, and the refresh keeps the environment busy until it is ended.
    let function = health(&redis.url(), &settings);
    assert_eq!(function.invoke(&event("http-health")).await.header("x-cache"), "STALE");
    function.terminate();
    assert!(function.ended(LIMIT).await.success());
    let hits = redis.command(&["GET", "medinsight:usage:health_analysis:hits"]).await.text();
    assert_eq!(hits, "1");
}
