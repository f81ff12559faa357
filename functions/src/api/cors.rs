//! Which other sites' pages may use the service from a browser: those of a list, none by default. The routes of
//! operators are for no page at all.

use super::cache_headers::DIGEST_HEADER;
use super::session::SESSION_HEADER;
use super::{Exposure, Routes, Serving};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{AGE, AUTHORIZATION, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Method};
use std::sync::Arc;
use std::time::Duration;
use tower::{Layer, ServiceExt};
use tower_http::cors::CorsLayer;

/// How long browsers may remember what is allowed.
const MAX_AGE: Duration = Duration::from_secs(600);

/// What other sites' pages may use.
#[derive(Clone, Debug)]
pub(super) struct OtherSites {
    layer: CorsLayer,
    closed: Arc<[&'static str]>,
}

impl OtherSites {
    /// None when no other site may use anything: requests then do not pass through here at all.
    pub(super) fn new(exposure: &Exposure, routes: &Routes<Serving>) -> Option<Self> {
        let layer = exposure.cors.clone()?;
        Some(Self { layer, closed: routes.paths_of_operators().collect() })
    }
}

/// What browsers are told about an allow-list; none when it is empty.
pub(super) fn layer(origins: &[HeaderValue]) -> Option<CorsLayer> {
    let exposed = ["x-cache", "cache-status"].map(HeaderName::from_static);
    let exposed = exposed.into_iter().chain([AGE, ETAG, RETRY_AFTER, DIGEST_HEADER, SESSION_HEADER]);
    (!origins.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(origins.to_vec())
            .allow_methods([Method::GET, Method::POST, Method::DELETE])
            .allow_headers([CONTENT_TYPE, AUTHORIZATION, IF_NONE_MATCH, SESSION_HEADER, DIGEST_HEADER])
            .expose_headers(exposed.collect::<Vec<_>>())
            .max_age(MAX_AGE)
    })
}

/// Answers preflights, and says which page may read an answer.
pub(super) async fn across_origins(State(sites): State<OtherSites>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    if route.is_none_or(|route| sites.closed.contains(&route)) {
        return next.run(request).await;
    }
    let Ok(response) = sites.layer.layer(next).oneshot(request).await;
    response
}
