//! Answers that are server-sent events.

use super::cache_headers::NO_STORE;
use super::openapi::schema::SchemaOf;
use super::openapi::{Header, Operation};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use http::header::CACHE_CONTROL;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};
use std::convert::Infallible;

/// Reverse proxies would hold events back.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Events as an answer, which nobody may keep or hold back.
pub(super) fn event_stream(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    let mut response = Sse::new(events).into_response();
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response.headers_mut().insert(BUFFERING, HeaderValue::from_static("no"));
    response
}

/// The answer as the document has it: what one of its events is.
pub(super) fn describe_events(operation: Operation, description: &'static str, event: SchemaOf) -> Operation {
    let headers = [Header::CacheControl, Header::XAccelBuffering];
    operation.answer_of(StatusCode::OK, description, Some(("text/event-stream", event)), &headers)
}

/// The schema of an event, by what its data are.
pub(super) fn event_with(data: &'static str) -> Value {
    json!({
        "type": "object",
        "properties": {
            "data": { "type": "string", "contentMediaType": "application/json", "description": data },
        },
        "required": ["data"],
    })
}
