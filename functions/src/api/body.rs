//! Request bodies.

use super::Problem;
use crate::config::Limits;
use axum::body::to_bytes;
use axum::extract::Request;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use medinsight_core::RequestError;

/// Reads a JSON body of at most `max_bytes`.
pub(super) async fn read_json_body(request: Request, max_bytes: usize) -> Result<Bytes, Problem> {
    if !is_json(&request) {
        return Err(Problem::not_json_media_type());
    }
    if declared_length(&request).is_some_and(|length| length > max_bytes) {
        return Err(Problem::body_too_large(max_bytes));
    }
    // The reader fails when the body is too long and when the client goes away, and the latter hears no answer.
    to_bytes(request.into_body(), max_bytes).await.map_err(|_| Problem::body_too_large(max_bytes))
}

fn declared_length(request: &Request) -> Option<usize> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whether the body is declared as JSON: `application/json` or a `+json` type, with or without parameters.
fn is_json(request: &Request) -> bool {
    let declared = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    declared.is_some_and(|declared| {
        let media_type = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        media_type == "application/json" || (media_type.starts_with("application/") && media_type.ends_with("+json"))
    })
}

/// What can be wrong with every JSON body, for the document.
pub(super) fn problems() -> impl Iterator<Item = Problem> {
    let unreadable = [
        RequestError::NotUtf8,
        RequestError::NotJson { line: 1, column: 1 },
        RequestError::NotAnObject,
        RequestError::DuplicateMember { field: None },
        RequestError::TooDeep,
    ];
    let refused = [Problem::not_json_media_type(), Problem::body_too_large(Limits::DEFAULT_BODY_BYTES)];
    unreadable.map(Problem::from).into_iter().chain(refused)
}
