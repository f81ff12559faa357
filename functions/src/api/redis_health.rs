//! `GET /api/v1/redis/health`.

use super::Services;
use super::openapi::{Header, Operation};
use crate::store::{DatabaseReport, Store};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use schemars::JsonSchema;
use serde::Serialize;

/// How the store is doing, as far as this process knows.
#[derive(JsonSchema, Serialize)]
struct RedisHealthResponse {
    /// Milliseconds since 1970.
    timestamp: u64,
    redis: RedisHealth,
}

#[derive(JsonSchema, Serialize)]
struct RedisHealth {
    status: Status,
    /// Whether entries are sealed: `sealed` or `off`.
    encryption: &'static str,
}

/// How the store is doing in one word.
#[derive(Clone, Copy, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "StoreStatus")]
enum Status {
    /// It answers.
    Connected,
    /// It answers, but refuses writes, or one of two databases does not answer.
    Degraded,
    /// It does not answer; requests are served without it.
    Disconnected,
    /// It is in this process's memory.
    Embedded,
}

/// Says how the store is doing. The status is 200 also when it is down: the service is up.
pub(super) async fn redis_health(State(services): State<Services>) -> Response {
    let body = RedisHealthResponse {
        timestamp: services.cache.clock().now().0,
        redis: RedisHealth {
            status: status(services.cache.store()),
            encryption: services.cache.envelope().encryption().as_str(),
        },
    };
    let mut response = Json(body).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(super) fn describe_redis_health() -> Operation {
    Operation::new("redis", "redis_health", "Says how the store is doing; 200 also when it is down")
        .answer::<RedisHealthResponse>("How the store is doing, as far as this process knows.", &[Header::CacheControl])
}

fn status(store: &Store) -> Status {
    match store {
        Store::Memory(_) => Status::Embedded,
        Store::Redis(redis) => status_of(&redis.reports()),
    }
}

fn status_of(databases: &[DatabaseReport]) -> Status {
    let is_down = |database: &DatabaseReport| database.is_circuit_open || database.connections == 0;
    match databases {
        all if all.iter().all(is_down) => Status::Disconnected,
        some if some.iter().any(|database| is_down(database) || database.write_refusal.is_some()) => Status::Degraded,
        _ => Status::Connected,
    }
}
