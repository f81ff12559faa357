//! `GET /api/v1/openapi.json`.

use super::{Header, Operation};
use crate::api::Problem;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// The document as it is checked in, so that serving it costs nothing; a test compares it with the code.
const DOCUMENT: &str = include_str!("../../../openapi.json");

/// It is the same for everybody and changes with a deployment only.
const FOR_EVERYBODY: HeaderValue = HeaderValue::from_static("public, max-age=300");

static TAG: LazyLock<String> = LazyLock::new(|| format!("\"{}\"", hex::encode(&Sha256::digest(DOCUMENT)[..16])));

/// Answers with this document, unless the client has it already.
pub(in crate::api) async fn find_document(headers: HeaderMap) -> Result<Response, Problem> {
    let mut response = match is_known(&headers) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => ([(CONTENT_TYPE, "application/json")], DOCUMENT).into_response(),
    };
    response.headers_mut().insert(CACHE_CONTROL, FOR_EVERYBODY);
    response.headers_mut().insert(ETAG, HeaderValue::from_str(&TAG).map_err(|_| Problem::internal())?);
    Ok(response)
}

/// Whether `If-None-Match` names this version, or any (RFC 9110 section 13.1.2). Its comparison is the weak one, which
/// a `W/` in front of a tag does not change.
fn is_known(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == *TAG)
}

pub(in crate::api) fn describe() -> Operation {
    let headers = [Header::CacheControl, Header::ETag];
    let schema = |_: &mut _| json!({ "type": "object", "required": ["openapi", "info", "paths", "components"] });
    Operation::new("document", "find_document", "This document")
        .header_parameter("If-None-Match", "The versions that the client has.", json!({ "type": "string" }))
        .answer_of(StatusCode::OK, "The document.", Some(("application/json", schema)), &headers)
        .answer_of(StatusCode::NOT_MODIFIED, "The client has this version already.", None, &headers)
}
