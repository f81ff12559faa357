//! The worker.

use super::{LIMIT, settings};
use medinsight_tests::built;
use medinsight_tests::events::event;
use medinsight_tests::lambda_function::LambdaFunction;
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::waiting::until;
use serde_json::{Value, json};
use std::time::Duration;

fn worker(redis: &RedisServer, more: &[(&str, &str)]) -> LambdaFunction {
    LambdaFunction::start(&built::program("worker"), &settings(&redis.url(), more))
}

/// An event of a queue with these jobs, whose messages are numbered as those of `sqs.json`.
fn queue(jobs: &[Value]) -> Value {
    let mut event = event("sqs");
    let records = event["Records"].as_array_mut().expect("records");
    records.truncate(jobs.len());
    for (record, job) in records.iter_mut().zip(jobs) {
        record["body"] = job.to_string().into();
    }
    event
}

/// Messages by their numbers, as failures.
fn failures(numbers: &[u32]) -> Value {
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
async fn an_analysis_of_a_drug_is_waited_for_and_is_there_afterwards() {
    let redis = RedisServer::start().await;
    let worker = worker(&redis, &[("EMBEDDED_ORIGIN_DELAY_MS", "300")]);
    let jobs = [json!({"kind": "drug_analysis", "request": {"drug_name": "Aspirin"}})];
    let outcome = worker.invoke(&queue(&jobs)).await;
    assert_eq!(outcome.payload, Ok(failures(&[])));
    assert!(outcome.took >= Duration::from_millis(300));
    let drug = LambdaFunction::start(&built::program("drug"), &settings(&redis.url(), &[]));
    let mut ask = event("http-drug");
    ask["rawPath"] = "/api/v1/drug/analyze".into();
    ask["requestContext"]["http"]["method"] = "POST".into();
    ask["headers"] = json!({"content-type": "application/json"});
    ask["body"] = json!({"drug_name": "aspirin"}).to_string().into();
    let answer = drug.invoke(&ask).await;
    assert_eq!((answer.header("x-cache"), answer.json()["status"].as_str()), ("HIT", Some("completed_from_cache")));
}

#[tokio::test]
async fn a_job_that_fails_goes_back_to_the_queue_and_the_others_do_not() {
    let redis = RedisServer::start().await;
    let slow = [("EMBEDDED_ORIGIN_DELAY_MS", "60000"), ("ORIGIN_TIMEOUT_MS", "200")];
    let jobs = [
        json!({"kind": "drug_analysis", "request": {"drug_name": "aspirin"}}),
        json!({"kind": "drug_info", "drug_name": "zyxwv"}),
    ];
    assert_eq!(worker(&redis, &slow).invoke(&queue(&jobs)).await.payload, Ok(failures(&[1, 2])));
    assert_eq!(worker(&redis, &[]).invoke(&queue(&jobs)).await.payload, Ok(failures(&[2])));
}

#[tokio::test]
async fn what_the_store_does_not_take_is_not_done() {
    let redis = RedisServer::start().await;
    let worker = worker(&redis, &[]);
    redis.kill();
    let jobs = [json!({"kind": "drug_info", "drug_name": "aspirin"})];
    assert_eq!(worker.invoke(&queue(&jobs)).await.payload, Ok(failures(&[1])));
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
    assert!(outcome.payload.is_ok_and(|answer| answer["jobs"].as_u64() > Some(10) && answer["failed"] == 0));
    assert!(worker.invoke(&json!({"a planted": "secret"})).await.payload.is_err());
}
