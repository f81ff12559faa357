//! What surrounds every request: its id and trace, the time limit, a plain 500 for a panic, one log line.

use super::{Problem, RequestId};
use crate::cache::{CacheStatus, Deadline};
use crate::config::Limits;
use crate::trace_context::TraceContext;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::Instant;
use tracing::Instrument;

/// Answers a request within its time limit, whatever its handler does, and logs it. Whoever passes a request on from a
/// platform that limits it, too, gives it a [`Deadline`]; the earlier one counts.
///
/// The line has the route's template instead of its path, because paths carry digests and names.
pub(super) async fn supervise(State(limits): State<Limits>, mut request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let id = id.unwrap_or_else(|| RequestId::of_request(request.headers()));
    // An error's span, so that the lines have the id whatever the log level is.
    let span = tracing::error_span!("request", request_id = id.as_str());
    let trace = TraceContext::of_request(request.headers());
    request.extensions_mut().insert(id);
    trace.of(answer(limits, request, next)).instrument(span).await
}

async fn answer(limits: Limits, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let deadline = Deadline::after(limits.request_timeout);
    let deadline = request.extensions().get::<Deadline>().map_or(deadline, |given| deadline.min(*given));
    request.extensions_mut().insert(deadline);
    // The future is dropped when it panics, so nothing of it can be seen in a broken state.
    let handling = AssertUnwindSafe(next.run(request)).catch_unwind();
    let response = match tokio::time::timeout_at(deadline.0, handling).await {
        Ok(Ok(response)) => response,
        Ok(Err(_panic)) => Problem::internal().into_response(),
        Err(_elapsed) => Problem::timed_out().into_response(),
    };
    tracing::info!(
        method = method.as_str(),
        route = route.as_ref().map_or("none", MatchedPath::as_str),
        status = response.status().as_u16(),
        cache = response.extensions().get::<CacheStatus>().map(|status| status.x_cache()),
        micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        "request answered"
    );
    response
}
