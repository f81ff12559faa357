//! The HTTP interface. Lambda functions and the local server build their routers here.

mod access;
mod analysis_result;
mod analyze_health;
mod answer;
mod audit;
mod body;
mod cache_headers;
mod cache_session;
mod cache_status;
mod client;
mod conditional;
mod cors;
mod drug;
mod event_stream;
mod exposure;
mod gateway;
mod ids;
mod openapi;
mod percent;
mod policy;
mod problem;
mod redis_advice;
mod redis_clearing;
mod redis_entry;
mod redis_health;
mod redis_history;
mod redis_hottest;
mod redis_keys;
mod redis_live;
mod redis_performance;
mod redis_session;
mod redis_stats;
mod routes;
mod session;
mod supervision;
mod sweeping;
mod warming;

pub use access::{Access, AdminToken, AtCommandLine};
pub(crate) use body::read_json_body;
pub use client::Peer;
pub use exposure::Exposure;
pub(crate) use gateway::Claims;
pub use gateway::Gateway;
pub use openapi::document;
pub use problem::{PROBLEM_JSON, Problem};
pub use redis_live::LiveStreams;
pub use routes::{Describing, Purpose, Routes, Serving};

use crate::analysis::HealthAnalyses;
use crate::cache::Cache;
use crate::config::Limits;
use crate::drugs::Drugs;
use crate::monitoring::{Monitor, Price};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::Route;
use std::ops::Deref;
use std::sync::Arc;
use tower::layer::layer_fn;
use tower::service_fn;

/// What the handlers share. Clones are one pointer, because every layer around a handler makes one for each request.
#[derive(Clone, Debug)]
pub struct Services(Arc<ServiceParts>);

/// What [`Services`] are made of.
#[derive(Debug)]
pub struct ServiceParts {
    /// Answers health questions.
    pub analyses: HealthAnalyses,
    /// Answers questions about drugs.
    pub drugs: Drugs,
    /// The engine.
    pub cache: Cache,
    /// Watches the engine and its store.
    pub monitor: Monitor,
    /// What opens the routes of operators.
    pub access: Access,
    /// What stands between the service and whoever can reach it.
    pub exposure: Exposure,
    /// Those who follow what happens.
    pub live: LiveStreams,
    /// What an answer of the origin costs; none when nobody has said.
    pub answer_price: Option<Price>,
    /// What a request may cost.
    pub limits: Limits,
}

impl From<ServiceParts> for Services {
    fn from(parts: ServiceParts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for Services {
    type Target = ServiceParts;

    fn deref(&self) -> &ServiceParts {
        &self.0
    }
}

/// The routes of the health group, and the document of the interface.
#[must_use]
pub fn health_routes<P: Purpose>() -> Routes<P> {
    Routes::default()
        .post("/api/v1/analyze-health", analyze_health::analyze_health, analyze_health::describe_analyze_health)
        .get(
            "/api/v1/analyze-health/{request_digest}",
            analyze_health::find_analysis,
            analyze_health::describe_find_analysis,
        )
        .get("/api/v1/openapi.json", openapi::find_document, openapi::describe_document)
}

/// The routes of the drug group.
#[must_use]
pub fn drug_routes<P: Purpose>() -> Routes<P> {
    const STATUS: &str = "/api/v1/drug/analyze/{analysis_id}/status";
    const STREAM: &str = "/api/v1/drug/analyze/{analysis_id}/stream";
    Routes::default()
        .post("/api/v1/drug/analyze", drug::analyze_drug, drug::describe_analyze_drug)
        .get(STATUS, drug::find_analysis_status, drug::describe_find_analysis_status)
        .get(STREAM, drug::stream_analysis_status, drug::describe_stream_analysis_status)
        .get("/api/v1/drug/info/{drug_name}", drug::find_drug_info, drug::describe_find_drug_info)
        .get("/api/v1/drug/search", drug::search_drugs, drug::describe_search_drugs)
        .post("/api/v1/drug/compare", drug::compare_drugs, drug::describe_compare_drugs)
}

/// The routes of the redis group.
#[must_use]
pub fn redis_routes<P: Purpose>() -> Routes<P> {
    const ENTRY: &str = "/api/v1/redis/cache/{category}/{identifier}";
    const PATTERN: &str = "/api/v1/redis/cache/clear-pattern";
    const SESSION: &str = "/api/v1/redis/session/{session_id}";
    Routes::default()
        .get("/api/v1/redis/stats", redis_stats::redis_stats, redis_stats::describe)
        .get("/api/v1/redis/history", redis_history::redis_history, redis_history::describe)
        .get("/api/v1/redis/hottest", redis_hottest::list_hottest, redis_hottest::describe)
        .get("/api/v1/redis/live", redis_live::follow_live, redis_live::describe)
        .get("/api/v1/redis/performance", redis_performance::redis_performance, redis_performance::describe)
        .get("/api/v1/redis/advice", redis_advice::redis_advice, redis_advice::describe)
        .get("/api/v1/redis/keys/{pattern}", redis_keys::list_keys, redis_keys::describe)
        .get(ENTRY, redis_entry::show_entry, redis_entry::describe)
        .delete(ENTRY, redis_clearing::delete_entry, redis_clearing::describe_delete_entry)
        .post(PATTERN, redis_clearing::clear_pattern, redis_clearing::describe_clear_pattern)
        .get(SESSION, redis_session::show_session, redis_session::describe_show_session)
        .delete(SESSION, redis_session::erase_session, redis_session::describe_erase_session)
        .only_for_operators()
        .get("/api/v1/redis/health", redis_health::redis_health, redis_health::describe_redis_health)
}

/// The routes of the sessions group.
#[must_use]
pub fn sessions_routes<P: Purpose>() -> Routes<P> {
    const RESULT: &str = "/api/v1/cache/analysis-result/{request_digest}";
    Routes::default()
        .post("/api/v1/cache/warm-cache", warming::warm_cache, warming::describe)
        .delete("/api/v1/cache/clear-all", redis_clearing::clear_all, redis_clearing::describe_clear_all)
        .post(RESULT, analysis_result::store_analysis, analysis_result::describe)
        .only_for_operators()
        .get("/api/v1/cache/health", cache_status::cache_health, cache_status::describe_cache_health)
        .get("/api/v1/cache/stats", cache_status::cache_stats, cache_status::describe_cache_stats)
        .get("/api/v1/cache/policy", policy::cache_policy, policy::describe)
        .merge(kept_routes())
}

/// The routes for what the front end keeps.
fn kept_routes<P: Purpose>() -> Routes<P> {
    const SESSION: &str = "/api/v1/cache/session/{session_id}";
    const PROGRESS: &str = "/api/v1/cache/analysis-progress/{analysis_id}";
    Routes::default()
        .post(SESSION, cache_session::keep_session, cache_session::describe_keep_session)
        .get(SESSION, cache_session::find_session, cache_session::describe_find_session)
        .delete(SESSION, cache_session::delete_session, cache_session::describe_delete_session)
        .post(PROGRESS, cache_session::keep_progress, cache_session::describe_keep_progress)
        .get(PROGRESS, cache_session::find_progress, cache_session::describe_find_progress)
}

/// The routes of every group.
#[must_use]
pub fn all_routes<P: Purpose>() -> Routes<P> {
    health_routes().merge(drug_routes()).merge(redis_routes()).merge(sessions_routes())
}

/// Makes a router: problems for unknown routes and methods, one log line a request, the time limit, and a plain 500
/// for a panic.
pub fn finish(routes: Routes<Serving>, services: Services) -> Router {
    let sites = cors::OtherSites::new(&services.exposure, &routes);
    let router = routes
        .into_router()
        .fallback(|| async { Problem::unknown_route() })
        .method_not_allowed_fallback(|| async { Problem::wrong_method() });
    let router = match sites {
        Some(sites) => router.layer(from_fn_with_state(sites, cors::across_origins)),
        None => router,
    };
    let limits = services.limits;
    let supervised = layer_fn(move |mut route: Route| {
        service_fn(move |request| supervision::supervise(limits, request, &mut route))
    });
    router.layer(supervised).with_state(services)
}
