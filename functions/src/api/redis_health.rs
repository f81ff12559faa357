//! `GET /api/v1/redis/health`.

use super::access::Admin;
use super::audit::{Action, Outcome, Resource};
use super::openapi::{Header, Operation};
use super::{Problem, Services};
use crate::monitoring::Performance;
use crate::store::{DatabaseReport, Store};
use crate::timestamp::iso8601;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// How the store is doing, as far as this process knows.
#[derive(JsonSchema, Serialize)]
struct RedisHealthResponse {
    timestamp: String,
    redis: RedisHealth,
}

#[derive(JsonSchema, Serialize)]
pub(super) struct RedisHealth {
    status: Status,
    /// Whether entries are sealed: `sealed` or `off`.
    encryption: &'static str,
    #[serde(flatten)]
    details: Option<Details>,
}

/// What only operators are told. Null is what the servers do not say.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "StoreDetails")]
struct Details {
    store: &'static str,
    version: Value,
    connected_clients: Value,
    used_memory: Value,
    used_memory_human: Value,
    keyspace: Value,
    connection_pool_stats: Vec<PoolStats>,
    breaker: Vec<BreakerState>,
    /// When the store was last asked whether it is there.
    last_check: Option<String>,
}

#[derive(JsonSchema, Serialize)]
struct PoolStats {
    database: &'static str,
    connections: usize,
    max_connections: usize,
}

#[derive(JsonSchema, Serialize)]
struct BreakerState {
    database: &'static str,
    is_open: bool,
    opened_for: Option<&'static str>,
    write_refusal: Option<&'static str>,
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
pub(super) async fn redis_health(admin: Option<Admin>, State(services): State<Services>) -> Result<Response, Problem> {
    services.monitor.check_if_due().await;
    let details = match admin {
        Some(admin) => {
            let record = admin.audit(Action::ReadHealth, Resource::Service);
            let performance = Performance::of(&services.monitor.inspect().await);
            let details = Details::of(&services, &performance);
            record.close(Outcome::Done);
            Some(details)
        }
        None => None,
    };
    let redis = RedisHealth::of(&services, details);
    Ok(unstored(&RedisHealthResponse { timestamp: iso8601(services.cache.clock().now()), redis }))
}

/// A body that is right at this moment only.
pub(super) fn unstored(body: &impl Serialize) -> Response {
    let mut response = Json(body).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(super) fn describe_redis_health() -> Operation {
    Operation::new("redis", "redis_health", "Says how the store is doing; 200 also when it is down")
        .with_more_for_operators()
        .answer::<RedisHealthResponse>("How the store is doing, as far as this process knows.", &[Header::CacheControl])
}

impl RedisHealth {
    fn of(services: &Services, details: Option<Details>) -> Self {
        Self {
            status: status(services.cache.store()),
            encryption: services.cache.envelope().encryption().as_str(),
            details,
        }
    }

    /// With what only operators are told, of which the servers have said their part.
    pub(super) fn for_operators(services: &Services, performance: &Performance) -> Self {
        Self::of(services, Some(Details::of(services, performance)))
    }
}

impl Details {
    fn of(services: &Services, performance: &Performance) -> Self {
        let store = services.cache.store();
        let reports = store.reports();
        Self {
            store: store.name(),
            version: performance.member("server", "redis_version"),
            connected_clients: performance.member("connections", "connected_clients"),
            used_memory: performance.member("memory", "used_memory"),
            used_memory_human: performance.member("memory", "used_memory_human"),
            keyspace: performance.keyspace(),
            connection_pool_stats: reports.iter().map(PoolStats::of).collect(),
            breaker: reports.iter().map(BreakerState::of).collect(),
            last_check: services.monitor.checked_at().map(iso8601),
        }
    }
}

impl PoolStats {
    const fn of(report: &DatabaseReport) -> Self {
        let DatabaseReport { name, connections, max_connections, .. } = *report;
        Self { database: name, connections, max_connections }
    }
}

impl BreakerState {
    fn of(report: &DatabaseReport) -> Self {
        Self {
            database: report.name,
            is_open: report.is_circuit_open,
            opened_for: report.circuit_opened_for.map(|reason| reason.as_str()),
            write_refusal: report.write_refusal.map(|reason| reason.as_str()),
        }
    }
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
