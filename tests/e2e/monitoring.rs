//! What operators see: health, statistics, performance and alerts.

mod access;
mod advice;
mod alerts;
mod health;
mod history;
mod live;
mod performance;
mod stats;

use axum::body::Body;
use http::Request;
use http::header::AUTHORIZATION;
use medinsight_functions::api::AdminToken;
use medinsight_functions::config::Config;
use medinsight_tests::{Answered, Service};
use serde_json::Value;

const TOKEN: &str = "an invented token of operators";

const HEALTH: &str = "/api/v1/redis/health";
const HISTORY: &str = "/api/v1/redis/history";
const HOTTEST: &str = "/api/v1/redis/hottest";
const LIVE: &str = "/api/v1/redis/live";
const STATS: &str = "/api/v1/redis/stats";
const ADVICE: &str = "/api/v1/redis/advice";
const PERFORMANCE: &str = "/api/v1/redis/performance";

/// Lets operators in.
fn with_token(config: &mut Config) {
    config.access.token = AdminToken::new(TOKEN);
}

/// A service on the store of the test run that lets operators in.
fn operated() -> Service {
    Service::with(with_token)
}

/// A service on a Redis of the test's own that lets operators in.
fn operated_on(settings: &[(&str, &str)]) -> Service {
    let settings: Vec<_> = settings.iter().copied().chain([("MEDINSIGHT_ADMIN_TOKEN", TOKEN)]).collect();
    Service::with_settings(&settings)
}

/// What a route answers to somebody who presents this.
async fn ask(service: &Service, path: &str, authorization: Option<&str>) -> Answered {
    let mut request = Request::get(path);
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    service.send(request.body(Body::empty()).expect("a request")).await
}

/// What a route answers to an operator.
#[track_caller]
fn operate(service: &Service, path: &str) -> impl Future<Output = Value> {
    let authorization = format!("Bearer {TOKEN}");
    async move {
        let answer = ask(service, path, Some(&authorization)).await;
        assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"), "{path}");
        answer.json()
    }
}

/// Whether an object has these members and no others.
#[track_caller]
fn assert_members(object: &Value, expected: &[&str]) {
    let mut members: Vec<_> = object.as_object().expect("an object").keys().map(String::as_str).collect();
    let mut expected = expected.to_vec();
    members.sort_unstable();
    expected.sort_unstable();
    assert_eq!(members, expected);
}
