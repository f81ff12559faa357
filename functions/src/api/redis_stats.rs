//! `GET /api/v1/redis/stats`.

use super::access::Admin;
use super::audit::{Action, Resource};
use super::openapi::{Header, Operation};
use super::redis_health::unstored;
use super::{Problem, Services};
use crate::monitoring::{MoneySaved, Observation, Raised, Statistics};
use crate::timestamp::iso8601;
use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

/// What the counters say.
#[derive(JsonSchema, Serialize)]
pub(super) struct RedisStatsResponse {
    timestamp: String,
    #[serde(flatten)]
    statistics: Statistics,
    /// What clients were answered without asking the origin would have cost; null without `ORIGIN_ANSWER_PRICE`.
    money_saved: Option<MoneySaved>,
    alerts: Vec<AlertResponse>,
}

/// An alert that is raised. Numbers are percentages.
#[derive(JsonSchema, Serialize)]
struct AlertResponse {
    name: &'static str,
    value: f64,
    threshold: f64,
    since: String,
}

/// Says how well the cache serves, what went wrong, and whether somebody should have a look.
pub(super) async fn redis_stats(admin: Admin, State(services): State<Services>) -> Result<Response, Problem> {
    let record = admin.audit(Action::ReadStatistics, Resource::Service);
    let observation = services.monitor.observe().await.map_err(|_| Problem::store_unavailable());
    let observation = record.close_with(observation)?;
    Ok(unstored(&RedisStatsResponse::of(&services, &observation)))
}

impl RedisStatsResponse {
    pub(super) fn of(services: &Services, observation: &Observation) -> Self {
        Self {
            timestamp: iso8601(services.cache.clock().now()),
            statistics: Statistics::of(&observation.counts),
            money_saved: services.answer_price.as_ref().map(|price| price.saved(&observation.counts)),
            alerts: observation.alerts.iter().map(AlertResponse::of).collect(),
        }
    }
}

impl AlertResponse {
    fn of(raised: &Raised) -> Self {
        let Raised { alert, value, threshold, since } = *raised;
        Self { name: alert.as_str(), value, threshold, since: iso8601(since) }
    }
}

pub(super) fn describe() -> Operation {
    Operation::new(
        "redis",
        "redis_stats",
        "Says how well the cache serves, what went wrong, and which alerts are raised",
    )
    .answer::<RedisStatsResponse>("What the counters say.", &[Header::CacheControl])
    .problems([Problem::store_unavailable()])
}
