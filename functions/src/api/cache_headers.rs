//! The headers that say how the cache served an answer.

use super::answer::{PRIVATE, json};
use crate::cache::{Answer, CacheStatus};
use crate::origin::Source;
use axum::body::Body;
use axum::response::Response;
use http::header::AGE;
use http::{HeaderName, HeaderValue};
use std::fmt::Write as _;
use std::time::Duration;

/// The digest of the question, for clients that check the one they computed themselves.
pub(super) const DIGEST_HEADER: HeaderName = HeaderName::from_static("x-cache-key-digest");

/// How the cache served an answer.
pub(super) const X_CACHE: HeaderName = HeaderName::from_static("x-cache");
const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// What is true at this moment only.
pub(super) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The longest that a browser or a shared cache keeps a public answer: what was cleared here is gone there within the
/// hour.
const LONGEST_PUBLIC: Duration = Duration::from_secs(3_600);

/// A response with an answer about a person.
pub(super) fn personal_answer(answer: Answer) -> Response {
    let headers = Headers::of(&answer);
    headers.on(json(answer.body, PRIVATE))
}

/// A response with an answer that is the same for everybody: `body` has the answer in it. `fresh_for` is for how long
/// one is fresh that was computed just now; a hit knows better. Caches count `max-age` from when the answer was computed
/// and take its `Age` off (RFC 9111 section 4.2), so the age is part of it.
pub(super) fn public_answer(answer: &Answer, body: impl Into<Body>, fresh_for: impl FnOnce() -> Duration) -> Response {
    let remaining = answer.ttl_secs.map(|ttl| Duration::from_secs(u64::try_from(ttl).unwrap_or(0)));
    let remaining = remaining.unwrap_or_else(fresh_for);
    let age = answer.age.filter(|_| !remaining.is_zero()).unwrap_or_default();
    let cache_control = format!("public, max-age={}", (age + remaining.min(LONGEST_PUBLIC)).as_secs());
    let headers = Headers::of(answer);
    headers.on(json(body, HeaderValue::try_from(cache_control).unwrap_or(NO_STORE)))
}

/// A response that was made for one moment.
pub(super) fn momentary(body: impl Into<Body>) -> Response {
    json(body, NO_STORE)
}

/// What the headers of an answer say of how the cache served it.
struct Headers {
    x_cache: &'static str,
    cache_status: Option<HeaderValue>,
    /// Age says that an answer was not computed for this request (RFC 9111 section 5.1), so only stored ones have it.
    age: Option<Duration>,
}

impl Headers {
    fn of(answer: &Answer) -> Self {
        Self { x_cache: answer.status.x_cache(), cache_status: cache_status(answer), age: answer.age }
    }

    fn on(self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.insert(X_CACHE, HeaderValue::from_static(self.x_cache));
        headers.extend(self.cache_status.map(|value| (CACHE_STATUS, value)));
        headers.extend(self.age.map(|age| (AGE, HeaderValue::from(age.as_secs()))));
        response
    }
}

/// The value of `Cache-Status` (RFC 9211). `stored` goes with a forwarded request (section 2.5), and a negative `ttl` is
/// that of a stale answer (section 2.4). `source` is a parameter of our own: which origin gave the answer.
fn cache_status(answer: &Answer) -> Option<HeaderValue> {
    let mut value = String::with_capacity(80);
    let _ = write!(value, "MedInsight; {}", answer.status.forward_parameters());
    if answer.status == CacheStatus::Miss && answer.is_stored {
        value.push_str("; stored");
    }
    if let Some(ttl) = answer.ttl_secs {
        let _ = write!(value, "; ttl={ttl}");
    }
    if let Some(source) = Source::of_stored(&answer.body) {
        let _ = write!(value, "; source={source}");
    }
    HeaderValue::try_from(value).ok()
}
