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
mod cors;
mod drug;
mod exposure;
mod ids;
mod percent;
mod policy;
mod problem;
mod redis_clearing;
mod redis_health;
mod redis_keys;
mod redis_performance;
mod redis_session;
mod redis_stats;
mod request_id;
mod session;
mod supervision;
mod sweeping;
mod trace_context;
mod warming;

pub use access::{Access, AdminToken};
pub use client::Peer;
pub use exposure::Exposure;
pub use problem::{PROBLEM_JSON, Problem};
pub use request_id::RequestId;
pub use trace_context::TraceContext;

use crate::analysis::HealthAnalyses;
use crate::cache::Cache;
use crate::config::Limits;
use crate::drugs::Drugs;
use crate::monitoring::Monitor;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post};

/// What the handlers share.
#[derive(Clone, Debug)]
pub struct Services {
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
    /// What a request may cost.
    pub limits: Limits,
}

/// The routes of the health group.
pub fn health_routes() -> Router<Services> {
    Router::new()
        .route("/api/v1/analyze-health", post(analyze_health::analyze_health))
        .route("/api/v1/analyze-health/{request_digest}", get(analyze_health::find_analysis))
}

/// The routes of the drug group.
pub fn drug_routes() -> Router<Services> {
    Router::new()
        .route("/api/v1/drug/analyze", post(drug::analyze_drug))
        .route("/api/v1/drug/analyze/{analysis_id}/status", get(drug::find_analysis_status))
        .route("/api/v1/drug/analyze/{analysis_id}/stream", get(drug::stream_analysis_status))
        .route("/api/v1/drug/info/{drug_name}", get(drug::find_drug_info))
        .route("/api/v1/drug/search", get(drug::search_drugs))
        .route("/api/v1/drug/compare", post(drug::compare_drugs))
}

/// The routes of the redis group.
pub fn redis_routes() -> Router<Services> {
    Router::new()
        .route("/api/v1/redis/health", get(redis_health::redis_health))
        .route("/api/v1/redis/stats", get(redis_stats::redis_stats))
        .route("/api/v1/redis/performance", get(redis_performance::redis_performance))
        .route("/api/v1/redis/keys/{pattern}", get(redis_keys::list_keys))
        .route("/api/v1/redis/cache/{category}/{identifier}", delete(redis_clearing::delete_entry))
        .route("/api/v1/redis/cache/clear-pattern", post(redis_clearing::clear_pattern))
        .route(
            "/api/v1/redis/session/{session_id}",
            get(redis_session::show_session).delete(redis_session::erase_session),
        )
}

/// The routes of the sessions group.
pub fn sessions_routes() -> Router<Services> {
    let session = post(cache_session::keep_session).get(cache_session::find_session);
    Router::new()
        .route("/api/v1/cache/session/{session_id}", session.delete(cache_session::delete_session))
        .route(
            "/api/v1/cache/analysis-progress/{analysis_id}",
            post(cache_session::keep_progress).get(cache_session::find_progress),
        )
        .route("/api/v1/cache/health", get(cache_status::cache_health))
        .route("/api/v1/cache/stats", get(cache_status::cache_stats))
        .route("/api/v1/cache/policy", get(policy::cache_policy))
        .route(cors::WARM_CACHE, post(warming::warm_cache))
        .route(cors::CLEAR_ALL, delete(redis_clearing::clear_all))
        .route(cors::ANALYSIS_RESULT, post(analysis_result::store_analysis))
}

/// The routes of every group.
pub fn all_routes() -> Router<Services> {
    health_routes().merge(drug_routes()).merge(redis_routes()).merge(sessions_routes())
}

/// Finishes a router: problems for unknown routes and methods, one log line a request, the time limit, and a plain 500
/// for a panic.
pub fn finish(routes: Router<Services>, services: Services) -> Router {
    routes
        .fallback(|| async { Problem::unknown_route() })
        .method_not_allowed_fallback(|| async { Problem::wrong_method() })
        .layer(from_fn_with_state(services.clone(), cors::across_origins))
        .layer(from_fn_with_state(services.limits, supervision::supervise))
        .with_state(services)
}
