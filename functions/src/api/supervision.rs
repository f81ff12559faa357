//! What surrounds every request: its id and trace, the time limit, a plain 500 for a panic, one log line.

use super::Problem;
use super::cache_headers::X_CACHE;
use crate::cache::Deadline;
use crate::config::Limits;
use crate::request_id::RequestId;
use crate::trace_context::TraceContext;
use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::Route;
use futures_util::{FutureExt, TryFutureExt};
use http::Method;
use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use tokio::time::Instant;
use tower::Service;

/// Answers a request within its time limit, whatever its handler does, and logs it. Whoever passes a request on from a
/// platform that limits it, too, gives it a [`Deadline`]; the earlier one counts.
///
/// The line has the route's template instead of its path, because paths carry digests and names.
///
/// None of this is an `async fn`, and it is no middleware of axum's: both would keep a second copy of each argument for as
/// long as the request takes, and what a request is made of would be copied that much more often.
pub(super) fn supervise(
    limits: Limits,
    request: Request,
    route: &mut Route,
) -> impl Future<Output = Result<Response, Infallible>> + Send + use<> {
    let id = request.extensions().get::<RequestId>().cloned();
    let id = id.unwrap_or_else(|| RequestId::of_request(request.headers()));
    let trace = TraceContext::of_request(request.headers());
    id.of(trace.of(answer(limits, request, route)))
}

fn answer(
    limits: Limits,
    mut request: Request,
    route: &mut Route,
) -> impl Future<Output = Result<Response, Infallible>> + Send + use<> {
    let started = Instant::now();
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let deadline = Deadline(started + limits.request_timeout);
    let deadline = request.extensions().get::<Deadline>().map_or(deadline, |given| deadline.min(*given));
    request.extensions_mut().insert(deadline);
    // The future is dropped when it panics, so nothing of it can be seen in a broken state.
    let handling = AssertUnwindSafe(route.call(request)).catch_unwind();
    let handled = tokio::time::timeout_at(deadline.0, handling).map(|outcome| match outcome {
        Ok(Ok(answered)) => answered,
        Ok(Err(_panic)) => Ok(Problem::internal().into_response()),
        Err(_elapsed) => Ok(Problem::timed_out().into_response()),
    });
    handled.inspect_ok(move |response| log(&method, path.as_ref(), response, started))
}

/// A line that is not written reads no clock.
fn log(method: &Method, path: Option<&MatchedPath>, response: &Response, started: Instant) {
    tracing::info!(
        method = method.as_str(),
        route = path.map_or("none", MatchedPath::as_str),
        status = response.status().as_u16(),
        cache = response.headers().get(X_CACHE).and_then(|status| status.to_str().ok()),
        micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        "request answered"
    );
}
