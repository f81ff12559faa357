//! The headers that say how the cache served an answer.

use crate::cache::{Answer, CacheStatus};
use axum::body::Body;
use axum::response::Response;
use http::header::{AGE, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};

/// The digest of the question, for clients that check the one they computed themselves.
pub(super) const DIGEST_HEADER: HeaderName = HeaderName::from_static("x-cache-key-digest");

const X_CACHE: HeaderName = HeaderName::from_static("x-cache");
const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Answers about a person stay with that person (RFC 9111 section 5.2.2).
const PERSONAL: HeaderValue = HeaderValue::from_static("private, no-store");

/// A response with an answer about a person.
pub(super) fn personal_answer(answer: Answer) -> Response {
    let cache_status = cache_status(&answer);
    let mut response = Response::new(Body::from(answer.body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(CACHE_CONTROL, PERSONAL);
    headers.insert(X_CACHE, HeaderValue::from_static(answer.status.x_cache()));
    headers.extend(cache_status.map(|value| (CACHE_STATUS, value)));
    // Age says that an answer was not computed for this request (RFC 9111 section 5.1), so only stored ones have it.
    headers.extend(answer.age.map(|age| (AGE, HeaderValue::from(age.as_secs()))));
    response.extensions_mut().insert(answer.status);
    response
}

/// The value of `Cache-Status` (RFC 9211). `stored` goes with a forwarded request (section 2.5), and a negative `ttl` is
/// that of a stale answer (section 2.4).
fn cache_status(answer: &Answer) -> Option<HeaderValue> {
    let parameters = answer.status.forward_parameters();
    let value = match (answer.ttl_secs, answer.status) {
        (Some(ttl), _) => format!("MedInsight; {parameters}; ttl={ttl}"),
        (None, CacheStatus::Miss) if answer.is_stored => format!("MedInsight; {parameters}; stored"),
        (None, _) => format!("MedInsight; {parameters}"),
    };
    HeaderValue::try_from(value).ok()
}
