//! What a function hands over to the worker, because its invocation has no time for it.

use super::{LIMIT, settings};
use medinsight_tests::built;
use medinsight_tests::events::event;
use medinsight_tests::lambda_function::LambdaFunction;
use medinsight_tests::origin_server::{OriginServer, Received, Reply};
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::waiting::until;
use serde_json::{Value, json};
use std::time::Duration;

/// Entries that are stale after a second.
const STALE: (&str, &str) = ("CACHE_TTL_HEALTH_ANALYSIS", "1");

/// An origin that takes longer than an invocation.
const SLOW: [(&str, &str); 2] = [("EMBEDDED_ORIGIN_DELAY_MS", "60000"), ("ORIGIN_TIMEOUT_MS", "60000")];

/// What Lambda sets.
const AWS: [(&str, &str); 4] = [
    ("AWS_REGION", "eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "INVENTEDID"),
    ("AWS_SECRET_ACCESS_KEY", "an-invented-secret"),
    ("AWS_SESSION_TOKEN", "an-invented-token"),
];

const TIME: Duration = Duration::from_secs(2);

/// Stores an answer that is stale by then, and asks for it where there is no time to refresh it.
async fn asked_without_time(redis: &RedisServer, queue_url: &str) -> LambdaFunction {
    let (program, url) = (built::program("health"), redis.url());
    let quick = LambdaFunction::start(&program, &settings(&url, &[STALE]));
    assert_eq!(quick.invoke(&event("http-health")).await.status(), 200);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let more = [&[STALE, ("REFRESH_QUEUE_URL", queue_url)], SLOW.as_slice(), &AWS].concat();
    let function = LambdaFunction::start(&program, &settings(&url, &more));
    let stale = function.invoke_within(&event("http-health"), TIME).await;
    assert_eq!((stale.status(), stale.header("x-cache")), (200, "STALE"));
    function.idle().await;
    function
}

fn text<'a>(request: &'a Received, header: &str) -> &'a str {
    request.headers[header].to_str().expect("a text")
}

/// The event of a queue that delivers what was sent to it.
fn delivered(request: &Received) -> Value {
    let sent: Value = serde_json::from_slice(&request.body).expect("JSON");
    let mut event = event("sqs");
    let records = event["Records"].as_array_mut().expect("records");
    records.truncate(1);
    records[0]["body"] = sent["MessageBody"].clone();
    event
}

#[tokio::test]
async fn a_refresh_without_time_is_a_sealed_job_of_the_worker_and_the_answer_is_fresh_when_it_is_done() {
    let redis = RedisServer::start().await;
    let queue = OriginServer::start(|_| Reply::json(200, &json!({"MessageId": "an-invented-id"}))).await;
    let queue_url = format!("{}/000000000000/work", queue.url());
    let function = asked_without_time(&redis, &queue_url).await;
    let received = queue.received();
    let [request] = received.as_slice() else { panic!("{} messages", received.len()) };
    assert_eq!((request.target.as_str(), text(request, "x-amz-target")), ("/", "AmazonSQS.SendMessage"));
    assert_eq!(text(request, "x-amz-security-token"), "an-invented-token");
    assert!(text(request, "authorization").starts_with("AWS4-HMAC-SHA256 Credential=INVENTEDID/"));
    let body = String::from_utf8_lossy(&request.body);
    assert!(body.contains(&queue_url) && !body.to_lowercase().contains("headache"), "{body}");

    let worker = LambdaFunction::start(&built::program("worker"), &settings(&redis.url(), &[]));
    assert_eq!(worker.invoke(&delivered(request)).await.payload, Ok(json!({"batchItemFailures": []})));
    worker.idle().await;
    let again = super::health(&redis.url(), &[]).invoke(&event("http-health")).await;
    assert_eq!(again.header("x-cache"), "HIT");
    for process in [&function, &worker] {
        assert!(!process.log().iter().any(|line| line.to_lowercase().contains("headache")));
    }
}

#[tokio::test]
async fn a_job_that_was_changed_is_none() {
    let redis = RedisServer::start().await;
    let queue = OriginServer::start(|_| Reply::json(200, &json!({"MessageId": "an-invented-id"}))).await;
    asked_without_time(&redis, &format!("{}/000000000000/work", queue.url())).await;
    let mut event = delivered(&queue.received()[0]);
    let message = event["Records"][0]["body"].as_str().expect("a text").to_owned();
    let mut message: Value = serde_json::from_str(&message).expect("JSON");
    message["name"] = "00000000000000000000000000000000".into();
    event["Records"][0]["body"] = message.to_string().into();
    let worker = LambdaFunction::start(&built::program("worker"), &settings(&redis.url(), &[]));
    let failures = json!([{"itemIdentifier": "00000000-0000-4000-8000-000000000001"}]);
    assert_eq!(worker.invoke(&event).await.payload, Ok(json!({"batchItemFailures": failures})));
}

#[tokio::test]
async fn a_queue_that_takes_nothing_costs_nobody_an_answer() {
    let redis = RedisServer::start().await;
    let queue = OriginServer::start(|_| Reply::json(403, &json!({}))).await;
    let function = asked_without_time(&redis, &format!("{}/000000000000/work", queue.url())).await;
    until("the refusal is in the log", LIMIT, || async { function.logged("the worker's queue took no job") == 1 })
        .await;
    let again = function.invoke_within(&event("http-health"), TIME).await;
    assert_eq!((again.status(), again.header("x-cache")), (200, "STALE"));
}
