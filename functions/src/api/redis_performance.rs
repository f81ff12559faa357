//! `GET /api/v1/redis/performance`.

use super::Services;
use super::access::Admin;
use super::audit::{Action, Outcome, Resource};
use super::openapi::{Header, Operation};
use super::redis_health::unstored;
use crate::monitoring::Performance;
use crate::timestamp::iso8601;
use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

/// What the servers say about themselves.
#[derive(JsonSchema, Serialize)]
struct RedisPerformanceResponse {
    timestamp: String,
    #[serde(flatten)]
    performance: Performance,
}

/// Says what the servers say about themselves. What they do not say, because they are down or somebody else manages
/// them, is null.
pub(super) async fn redis_performance(admin: Admin, State(services): State<Services>) -> Response {
    let record = admin.audit(Action::ReadPerformance, Resource::Service);
    let performance = Performance::of(&services.monitor.inspect().await);
    record.close(Outcome::Done);
    unstored(&RedisPerformanceResponse { timestamp: iso8601(services.cache.clock().now()), performance })
}

pub(super) fn describe() -> Operation {
    Operation::new("redis", "redis_performance", "Says what the store's servers say about themselves")
        .answer::<RedisPerformanceResponse>("Each server, and all of them together.", &[Header::CacheControl])
}
