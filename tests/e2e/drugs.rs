//! The drug routes.

mod analyses;
mod bad_input;
mod catalogue;
mod info;
mod processes;
mod stream;

use http::Request;
use medinsight_core::CacheKey;
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::waiting::until;
use medinsight_tests::{Answered, Service, get, post_to};
use serde_json::{Value, json};
use std::time::Duration;

const ANALYZE_DRUG: &str = "/api/v1/drug/analyze";
const COMPARE: &str = "/api/v1/drug/compare";
const LIMIT: Duration = Duration::from_secs(10);

async fn analyze(service: &Service, body: &Value) -> Answered {
    service.send(post_to(ANALYZE_DRUG, body.to_string())).await
}

async fn analyze_named(service: &Service, name: &str) -> Answered {
    analyze(service, &json!({ "drug_name": name })).await
}

async fn info(service: &Service, name: &str) -> Answered {
    service.send(get(&format!("/api/v1/drug/info/{name}"))).await
}

async fn status(service: &Service, id: &str) -> Answered {
    service.send(get(&format!("{ANALYZE_DRUG}/{id}/status"))).await
}

fn stream_request(id: &str) -> Request<axum::body::Body> {
    get(&format!("{ANALYZE_DRUG}/{id}/stream"))
}

fn id_of(answer: &Answered) -> String {
    answer.json()["analysis_id"].as_str().expect("an id").to_owned()
}

/// The status of an analysis once it is over.
async fn ended(service: &Service, id: &str) -> Value {
    let is_over = || async {
        ["completed", "failed"].contains(&status(service, id).await.json()["status"].as_str().unwrap_or(""))
    };
    until("the analysis is over", LIMIT, is_over).await;
    status(service, id).await.json()
}

async fn counter(service: &Service, category: &str, endpoint: &str, name: &str) -> u64 {
    let key = CacheKey::build(category, endpoint, Some(name)).expect("a counter");
    service.cache.counter(&key).await.expect("a reachable store")
}

/// Two processes that share a Redis server of their own.
async fn two_processes() -> (RedisServer, Service, Service) {
    let redis = RedisServer::start().await;
    let settings = [("REDIS_URL", &*redis.url())];
    let (one, other) = (Service::with_settings(&settings), Service::with_settings(&settings));
    (redis, one, other)
}
