//! `GET /api/v1/redis/history`.

use super::access::Admin;
use super::audit::{Action, Resource};
use super::openapi::{Header, Operation};
use super::redis_health::unstored;
use super::{Problem, Services};
use crate::monitoring::{History, Window};
use crate::timestamp::iso8601;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Deserialize)]
pub(super) struct HistoryQueryParams {
    window: Option<String>,
}

/// What was counted in the last hour or day.
#[derive(JsonSchema, Serialize)]
struct RedisHistoryResponse {
    timestamp: String,
    #[serde(flatten)]
    history: History,
}

/// Says what was counted in each minute of the last hour, or in each five minutes of the last day.
pub(super) async fn redis_history(
    admin: Admin,
    State(services): State<Services>,
    query: Result<Query<HistoryQueryParams>, QueryRejection>,
) -> Result<Response, Problem> {
    let window = window(query)?;
    let record = admin.audit(Action::ReadHistory, Resource::Service);
    let history = History::read(&services.cache, window).await.map_err(|_| Problem::store_unavailable());
    let history = record.close_with(history)?;
    Ok(unstored(&RedisHistoryResponse { timestamp: iso8601(services.cache.clock().now()), history }))
}

fn window(query: Result<Query<HistoryQueryParams>, QueryRejection>) -> Result<Window, Problem> {
    let Query(query) = query.map_err(|_| Problem::invalid_window())?;
    query.window.map_or(Ok(Window::default()), |name| Window::named(&name).ok_or_else(Problem::invalid_window))
}

pub(super) fn describe() -> Operation {
    let windows = json!({ "type": "string", "enum": [Window::Hour.as_str(), Window::Day.as_str()] });
    Operation::new(
        "redis",
        "redis_history",
        "Says what was counted in each minute of the last hour, or in five of the last day",
    )
    .query_parameter("window", "How far back to look; `hour` when absent.", windows)
    .answer::<RedisHistoryResponse>("A number for each point of each series.", &[Header::CacheControl])
    .problems([Problem::invalid_window(), Problem::store_unavailable()])
}
