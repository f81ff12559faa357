//! `GET /api/v1/redis/advice`.

use super::access::Admin;
use super::audit::{Action, Resource};
use super::openapi::{Header, Operation};
use super::redis_health::unstored;
use super::{Problem, Services};
use crate::monitoring::Advice;
use crate::timestamp::iso8601;
use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

/// What the sampled requests say about the times to live.
#[derive(JsonSchema, Serialize)]
struct RedisAdviceResponse {
    timestamp: String,
    #[serde(flatten)]
    advice: Advice,
}

/// Says what other times to live would have saved, by a replay of the sampled requests.
pub(super) async fn redis_advice(admin: Admin, State(services): State<Services>) -> Result<Response, Problem> {
    let record = admin.audit(Action::ReadAdvice, Resource::Service);
    let advice = Advice::of(&services.cache).await.map_err(|_| Problem::store_unavailable());
    let advice = record.close_with(advice)?;
    Ok(unstored(&RedisAdviceResponse { timestamp: iso8601(services.cache.clock().now()), advice }))
}

pub(super) fn describe() -> Operation {
    Operation::new("redis", "redis_advice", "Says what other times to live would have saved")
        .answer::<RedisAdviceResponse>("What the sampled requests say.", &[Header::CacheControl])
        .problems([Problem::store_unavailable()])
}
