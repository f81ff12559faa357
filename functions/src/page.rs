//! Pages that are part of the program: their files, and the headers that protect them.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};

/// The media type of scripts.
pub(crate) const JAVASCRIPT: &str = "text/javascript";

/// The media type of pages.
pub(crate) const HTML: &str = "text/html; charset=utf-8";

/// A file of a page.
pub(crate) fn file(media_type: &'static str, content: impl Into<Body>) -> Response {
    ([(CONTENT_TYPE, media_type)], content.into()).into_response()
}

/// An answer of a page with the headers that every one has, among them the page's content security policy.
pub(crate) fn protected(mut response: Response, policy: &'static str) -> Response {
    let protection = [
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-cache"),
    ];
    for (name, value) in protection {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
