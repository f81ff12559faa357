//! `GET /api/v1/openapi.json`.

use super::{Header, Operation};
use crate::api::Problem;
use crate::api::answer;
use crate::api::conditional::{self, EntityTag};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;
use std::sync::LazyLock;

/// The document as it is checked in, so that serving it costs nothing; a test compares it with the code.
const DOCUMENT: &str = include_str!("../../../openapi.json");

/// It is the same for everybody and changes with a deployment only.
const FOR_EVERYBODY: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// Hashed once, because the document is a quarter of a megabyte.
static TAG: LazyLock<Result<EntityTag, Problem>> = LazyLock::new(|| EntityTag::of(DOCUMENT.as_bytes()));

/// Answers with this document, unless the client has it already.
pub(in crate::api) async fn find_document(headers: HeaderMap) -> Result<Response, Problem> {
    Ok(conditional::unless_known(TAG.clone()?, &headers, answer::json(DOCUMENT, FOR_EVERYBODY)))
}

pub(in crate::api) fn describe() -> Operation {
    let headers = [Header::CacheControl, Header::ETag];
    let schema = |_: &mut _| json!({ "type": "object", "required": ["openapi", "info", "paths", "components"] });
    Operation::new("document", "find_document", "This document")
        .answer_of(StatusCode::OK, "The document.", Some(("application/json", schema)), &headers)
        .conditional(&headers)
}
