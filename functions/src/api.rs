//! The HTTP interface. Lambda functions and the local server build their routers here.

mod access;
mod analyze_health;
mod body;
mod cache_headers;
mod openapi;
mod problem;
mod redis_health;
mod routes;
mod session;
mod supervision;

pub use access::{Access, AdminToken};
pub use openapi::document;
pub use problem::{PROBLEM_JSON, Problem};
pub use routes::Routes;

use crate::analysis::HealthAnalyses;
use crate::cache::Cache;
use crate::config::Limits;
use axum::Router;
use axum::middleware::from_fn_with_state;

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

/// The routes of the health group, and the document of the interface.
#[must_use]
pub fn health_routes() -> Routes {
    Routes::default()
        .post("/api/v1/analyze-health", analyze_health::analyze_health, analyze_health::describe_analyze_health)
        .get(
            "/api/v1/analyze-health/{request_digest}",
            analyze_health::find_analysis,
            analyze_health::describe_find_analysis,
        )
        .get("/api/v1/openapi.json", openapi::find_document, openapi::describe_document)
}

/// The routes of the redis group.
#[must_use]
pub fn redis_routes() -> Routes {
    Routes::default().get("/api/v1/redis/health", redis_health::redis_health, redis_health::describe_redis_health)
}

/// The routes of every group.
#[must_use]
pub fn all_routes() -> Routes {
    health_routes().merge(redis_routes())
}

/// Makes a router: problems for unknown routes and methods, one log line a request, the time limit, and a plain 500
/// for a panic.
pub fn finish(routes: Routes, services: Services) -> Router {
    routes
        .into_router()
        .fallback(|| async { Problem::unknown_route() })
        .method_not_allowed_fallback(|| async { Problem::wrong_method() })
        .layer(from_fn_with_state(services.limits, supervision::supervise))
        .with_state(services)
}
