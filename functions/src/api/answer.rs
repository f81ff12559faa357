//! JSON answers.

use super::Problem;
use axum::body::Body;
use axum::response::Response;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Serialize;

/// Answers about a person stay with that person (RFC 9111 section 5.2.2).
pub(super) const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-store");

/// Room for the headers of every answer: growing step by step costs more than all of them.
const MOST_HEADERS: usize = 12;

/// An answer that is for whoever asked, and for nobody who comes after.
pub(super) fn private_json(body: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_vec(body).map_err(|_| Problem::internal())?;
    Ok(json(body, PRIVATE))
}

/// An answer that HTTP caches may keep as `cache_control` says.
pub(super) fn json(body: impl Into<Body>, cache_control: HeaderValue) -> Response {
    let mut response = Response::new(body.into());
    response.headers_mut().reserve(MOST_HEADERS);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, cache_control);
    response
}
