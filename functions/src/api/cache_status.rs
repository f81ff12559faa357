//! `GET /api/v1/cache/health` and `/stats`: open, so they tell nothing in detail and cost the store nothing.

use super::answer::private_json;
use super::openapi::{Header, Operation};
use super::{Problem, Services};
use crate::store::DatabaseReport;
use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(JsonSchema, Serialize)]
#[schemars(rename = "CacheStatusResponse")]
struct StatusResponse {
    success: bool,
    message: &'static str,
    data: StatusData,
}

#[derive(JsonSchema, Serialize)]
#[schemars(rename = "CacheStatusData")]
struct StatusData {
    /// Milliseconds since 1970.
    timestamp: u64,
    status: Status,
}

/// How the cache is doing in one word.
#[derive(Clone, Copy, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ServiceStatus")]
enum Status {
    /// It works.
    Healthy,
    /// It works without the store, or without some of it.
    Degraded,
}

/// Says how the cache is doing. The status is 200 also when the store is down: the service is up.
pub(super) async fn cache_health(State(services): State<Services>) -> Result<Response, Problem> {
    let message = "details are at /api/v1/redis/health, for operators";
    private_json(&StatusResponse { success: true, message, data: status_data(&services) })
}

/// Says as much. Figures are for operators.
pub(super) async fn cache_stats(State(services): State<Services>) -> Result<Response, Problem> {
    let message = "figures are at /api/v1/redis/stats, for operators";
    private_json(&StatusResponse { success: true, message, data: status_data(&services) })
}

fn status_data(services: &Services) -> StatusData {
    let is_down = |database: &DatabaseReport| database.is_circuit_open || database.write_refusal.is_some();
    let is_degraded = services.cache.store().reports().iter().any(is_down);
    let status = if is_degraded { Status::Degraded } else { Status::Healthy };
    StatusData { timestamp: services.cache.clock().now().0, status }
}

pub(super) fn describe_cache_health() -> Operation {
    describe("cache_health", "Says how the cache is doing in one word; 200 also when the store is down")
}

pub(super) fn describe_cache_stats() -> Operation {
    describe("cache_stats", "Says as much as the health route; figures are for operators")
}

fn describe(name: &'static str, summary: &'static str) -> Operation {
    Operation::new("sessions", name, summary)
        .answer::<StatusResponse>("How the cache is doing.", &[Header::CacheControl])
}
