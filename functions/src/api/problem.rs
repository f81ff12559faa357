//! Errors as clients see them: `application/problem+json` (RFC 9457).
//!
//! `detail` is the member that clients of the earlier service read. It names the field and the rule that was broken,
//! never the content.

mod refusals;

use crate::origin::OriginError;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use medinsight_core::RequestError;
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;

/// The media type of problems.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// After how many seconds a client may try again when the origin is down.
const RETRY_AFTER_SECS: u64 = 5;

/// An error and its HTTP status.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    field: Option<&'static str>,
    retry_after_secs: Option<u64>,
}

/// The body of a problem. Its `type` is `about:blank`, so its `title` is the status's own phrase (RFC 9457 section
/// 4.2.1); `code` is the stable name for programs.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Problem")]
pub(super) struct ProblemBody<'a> {
    #[schemars(extend("const" = "about:blank"))]
    r#type: &'static str,
    /// The phrase of the status.
    title: &'static str,
    /// The HTTP status.
    #[schemars(range(min = 400, max = 599))]
    status: u16,
    /// The field, where it is one, and the rule; never the content.
    detail: &'a str,
    /// The stable name of the problem, for programs.
    code: &'static str,
    /// The field or header that is to blame, when it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, detail: detail.into(), field: None, retry_after_secs: None }
    }

    pub(super) fn of_field(self, field: &'static str) -> Self {
        Self { field: Some(field), ..self }
    }

    pub(crate) fn unknown_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown_route", "there is no such route")
    }

    pub(super) fn wrong_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", "the route does not have this method")
    }

    pub(super) fn not_cached() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_cached", "no answer with this digest is cached")
    }

    pub(super) fn invalid_digest() -> Self {
        let rule = "request_digest: must be 64 lower-case hexadecimal characters";
        Self::new(StatusCode::BAD_REQUEST, "not_a_digest", rule).of_field("request_digest")
    }

    pub(super) fn invalid_claim() -> Self {
        let rule = "X-Cache-Key-Digest: must be given once, as 64 lower-case hexadecimal characters";
        Self::new(StatusCode::BAD_REQUEST, "not_a_digest", rule).of_field("X-Cache-Key-Digest")
    }

    pub(super) fn digest_mismatch() -> Self {
        let rule = "X-Cache-Key-Digest: must be the digest of the question; the analyzer may have changed, see \
             /api/v1/cache/policy";
        Self::new(StatusCode::CONFLICT, "digest_mismatch", rule).of_field("X-Cache-Key-Digest")
    }

    pub(super) fn invalid_session() -> Self {
        let rule = "X-Session-Id: must be given once, as 1 to 128 visible ASCII characters";
        Self::new(StatusCode::BAD_REQUEST, "invalid_session_id", rule).of_field("X-Session-Id")
    }

    pub(super) fn not_json_media_type() -> Self {
        let rule = "Content-Type: must be application/json";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong_content_type", rule).of_field("Content-Type")
    }

    pub(super) fn body_too_large(max_bytes: usize) -> Self {
        let rule = format!("the body must have at most {max_bytes} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", rule)
    }

    pub(super) fn timed_out() -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "timed_out", "the request took too long")
    }

    pub(super) fn admin_is_closed() -> Self {
        Self::new(StatusCode::FORBIDDEN, "admin_is_closed", "the routes of operators are closed in this deployment")
    }

    pub(super) fn scope_is_missing() -> Self {
        Self::new(StatusCode::FORBIDDEN, "scope_is_missing", "the token does not have the admin scope")
    }

    pub(super) fn unauthenticated() -> Self {
        let rule = "Authorization: must be Bearer with the admin token";
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", rule).of_field("Authorization")
    }

    pub(super) fn store_unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", "the store did not answer")
    }

    pub(super) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the service failed")
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    fn may_be_retried(&self) -> bool {
        self.status == StatusCode::SERVICE_UNAVAILABLE
    }
}

impl From<RequestError> for Problem {
    /// What is no readable JSON object is a 400; a readable one that breaks a field's rule is a 422, as it was in the
    /// earlier service.
    fn from(error: RequestError) -> Self {
        let status = match error {
            RequestError::NotUtf8
            | RequestError::NotJson { .. }
            | RequestError::NotAnObject
            | RequestError::DuplicateMember { .. }
            | RequestError::TooDeep => StatusCode::BAD_REQUEST,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self { field: error.field(), ..Self::new(status, error.code(), error.to_string()) }
    }
}

impl Problem {
    /// What can go wrong while an origin computes.
    pub(super) fn of_origins() -> [Self; 3] {
        [OriginError::TimedOut, OriginError::Unavailable, OriginError::Failed].map(Self::from)
    }
}

impl From<OriginError> for Problem {
    fn from(error: OriginError) -> Self {
        let (status, code) = match error {
            OriginError::TimedOut => (StatusCode::GATEWAY_TIMEOUT, "origin_timed_out"),
            OriginError::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "origin_unavailable"),
            OriginError::Failed => (StatusCode::BAD_GATEWAY, "origin_failed"),
            OriginError::UnknownDrug => return Self::unknown_drug(),
        };
        Self::new(status, code, error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
            field: self.field,
        };
        let json = serde_json::to_string(&body).unwrap_or_default();
        let mut response = (self.status, json).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110 section 11.6.1 demands it.
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(secs) = self.retry_after_secs.or(self.may_be_retried().then_some(RETRY_AFTER_SECS)) {
            headers.insert(RETRY_AFTER, HeaderValue::from(secs));
        }
        response
    }
}
