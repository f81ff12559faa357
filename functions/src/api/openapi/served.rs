//! `GET /api/v1/openapi.json`.

use super::{Header, Operation};
use crate::api::Problem;
use crate::api::conditional::{self, EntityTag};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;

/// The document as it is checked in, so that serving it costs nothing; a test compares it with the code.
const DOCUMENT: &str = include_str!("../../../openapi.json");

/// It is the same for everybody and changes with a deployment only.
const FOR_EVERYBODY: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// Answers with this document, unless the client has it already.
pub(in crate::api) async fn find_document(headers: HeaderMap) -> Result<Response, Problem> {
    let described = [(CONTENT_TYPE, HeaderValue::from_static("application/json")), (CACHE_CONTROL, FOR_EVERYBODY)];
    let tag = EntityTag::of(DOCUMENT.as_bytes())?;
    Ok(conditional::unless_known(tag, &headers, (described, DOCUMENT).into_response()))
}

pub(in crate::api) fn describe() -> Operation {
    let headers = [Header::CacheControl, Header::ETag];
    let schema = |_: &mut _| json!({ "type": "object", "required": ["openapi", "info", "paths", "components"] });
    Operation::new("document", "find_document", "This document")
        .answer_of(StatusCode::OK, "The document.", Some(("application/json", schema)), &headers)
        .conditional(&headers)
}
