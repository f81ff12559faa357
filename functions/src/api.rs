//! The HTTP interface. Lambda functions and the local server build their routers here.

mod access;
mod analyze_health;
mod body;
mod cache_headers;
mod policy;
mod problem;
mod redis_health;
mod request_id;
mod session;
mod supervision;
mod trace_context;

pub use access::{Access, AdminToken};
pub use problem::{PROBLEM_JSON, Problem};
pub use request_id::RequestId;
pub use trace_context::TraceContext;

use crate::analysis::HealthAnalyses;
use crate::cache::Cache;
use crate::config::Limits;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

/// What the handlers share.
#[derive(Clone, Debug)]
pub struct Services {
    /// Answers health questions.
    pub analyses: HealthAnalyses,
    /// The engine.
    pub cache: Cache,
    /// What opens the routes of operators.
    pub access: Access,
    /// What a request may cost.
    pub limits: Limits,
}

/// The routes of the health group.
pub fn health_routes() -> Router<Services> {
    Router::new()
        .route("/api/v1/analyze-health", post(analyze_health::analyze_health))
        .route("/api/v1/analyze-health/{request_digest}", get(analyze_health::find_analysis))
}

/// The routes of the redis group.
pub fn redis_routes() -> Router<Services> {
    Router::new().route("/api/v1/redis/health", get(redis_health::redis_health))
}

/// The routes of the sessions group.
pub fn session_routes() -> Router<Services> {
    Router::new().route("/api/v1/cache/policy", get(policy::cache_policy))
}

/// The routes of every group.
pub fn all_routes() -> Router<Services> {
    health_routes().merge(session_routes()).merge(redis_routes())
}

/// Finishes a router: problems for unknown routes and methods, one log line a request, the time limit, and a plain 500
/// for a panic.
pub fn finish(routes: Router<Services>, services: Services) -> Router {
    routes
        .fallback(|| async { Problem::unknown_route() })
        .method_not_allowed_fallback(|| async { Problem::wrong_method() })
        .layer(from_fn_with_state(services.limits, supervision::supervise))
        .with_state(services)
}
