//! The worker.

use super::{LIMIT, settings};
use medinsight_tests::built;
use medinsight_tests::events::event;
use medinsight_tests::lambda_function::LambdaFunction;
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::waiting::until;
use serde_json::json;
use std::time::Duration;

fn worker(redis: &RedisServer, more: &[(&str, &str)]) -> LambdaFunction {
    LambdaFunction::start(&built::program("worker"), &settings(&redis.url(), more))
}

/// The failures of the messages in `sqs.json`: all but the two that are good.
fn failures(numbers: &[u32]) -> serde_json::Value {
    let failures =
        numbers.iter().map(|number| json!({"itemIdentifier": format!("00000000-0000-4000-8000-{number:012}")}));
    json!({"batchItemFailures": failures.collect::<Vec<_>>()})
}

#[tokio::test]
async fn good_messages_are_worked_off_and_bad_ones_reported_without_their_content() {
    let redis = RedisServer::start().await;
    let worker = worker(&redis, &[]);
    let outcome = worker.invoke(&event("sqs")).await;
    assert_eq!(outcome.payload, Ok(failures(&[2, 3, 4])));
    worker.idle().await;
    let function = super::health(&redis.url(), &[]);
    assert_eq!(function.invoke(&event("http-health")).await.header("x-cache"), "HIT");
    until("the log is written", LIMIT, || async { worker.logged("messages worked off") == 1 }).await;
    for text in ["no JSON", "erase_everything", "Headache", "Cough"] {
        assert!(!worker.log().iter().any(|line| line.contains(text)), "{text}");
    }
}

#[tokio::test]
async fn what_cannot_be_done_in_time_goes_back_to_the_queue() {
    let redis = RedisServer::start().await;
    let worker = worker(&redis, &[("EMBEDDED_ORIGIN_DELAY_MS", "60000"), ("ORIGIN_TIMEOUT_MS", "60000")]);
    let time = Duration::from_millis(2_500);
    let outcome = worker.invoke_within(&event("sqs"), time).await;
    assert_eq!(outcome.payload, Ok(failures(&[1, 2, 3, 4, 5])));
    assert!(outcome.took < time);
}

#[tokio::test]
async fn on_its_schedule_it_goes_through_its_list_and_other_events_are_refused() {
    let redis = RedisServer::start().await;
    let worker = worker(&redis, &[]);
    let outcome = worker.invoke(&event("schedule")).await;
    assert!(outcome.payload.is_ok_and(|answer| answer["jobs"].as_u64() > Some(10) && answer["failed"].is_u64()));
    assert!(worker.invoke(&json!({"a planted": "secret"})).await.payload.is_err());
}
