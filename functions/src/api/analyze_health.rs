//! `POST /api/v1/analyze-health` and `GET /api/v1/analyze-health/{request_digest}`.

use super::body::{self, read_json_body};
use super::cache_headers::{DIGEST_HEADER, personal_answer};
use super::openapi::{Header, Operation, schema};
use super::session::{SESSION_HEADER, SessionId};
use super::{Problem, Services};
use crate::cache::Deadline;
use crate::origin::{HealthAnalysis, OriginError};
use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::HeaderValue;
use medinsight_core::request::{MAX_ITEM_CHARS, MAX_ITEMS};
use medinsight_core::{HealthAnalysisRequest, RequestDigest, RequestError};
use serde_json::{Value, json};

/// Answers a health question, from the cache when it was answered before.
pub(super) async fn analyze_health(
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    request: Request,
) -> Result<Response, Problem> {
    let session = SessionId::of_request(request.headers())?;
    let body = read_json_body(request, services.limits.body_bytes).await?;
    let question = HealthAnalysisRequest::from_json(&body)?;
    let analysis = services.analyses.analyze(question, session.as_str(), deadline).await?;
    let mut response = personal_answer(analysis.answer);
    let digest = HeaderValue::try_from(analysis.digest.to_hex()).map_err(|_| Problem::internal())?;
    response.headers_mut().insert(DIGEST_HEADER, digest);
    response.headers_mut().insert(SESSION_HEADER, session.into_header());
    Ok(response)
}

/// Answers a question that a client knows the digest of, or 404. It never computes.
pub(super) async fn find_analysis(
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    digest: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let digest: Option<RequestDigest> = digest.ok().and_then(|Path(digest)| digest.parse().ok());
    let digest = digest.ok_or_else(Problem::invalid_digest)?;
    let answer = services.analyses.find(&digest, deadline).await.ok_or_else(Problem::not_cached)?;
    let mut response = personal_answer(answer);
    let digest = HeaderValue::try_from(digest.to_hex()).map_err(|_| Problem::internal())?;
    response.headers_mut().insert(DIGEST_HEADER, digest);
    Ok(response)
}

pub(super) fn describe_analyze_health() -> Operation {
    let headers = [Header::OF_CACHED_ANSWERS.as_slice(), &[Header::XSessionId]].concat();
    Operation::new("health", "analyze_health", "Answers a health question")
        .header_parameter("X-Session-Id", "The session; without it one is made up.", SessionId::schema())
        .body(question_schema(), question_example())
        .answer::<HealthAnalysis>("The answer, from the cache when it was answered before.", &headers)
        .link("find_analysis", "request_digest", "$response.header.X-Cache-Key-Digest")
        .problems([Problem::invalid_session()])
        .problems(body::problems())
        .problems(question_problems().map(Problem::from))
        .problems([OriginError::TimedOut, OriginError::Unavailable, OriginError::Failed].map(Problem::from))
}

pub(super) fn describe_find_analysis() -> Operation {
    Operation::new("health", "find_analysis", "Answers a question whose digest the client knows; never computes")
        .path_parameter("request_digest", "The digest of the question.", schema::digest())
        .answer::<HealthAnalysis>("The answer, from the cache.", &Header::OF_CACHED_ANSWERS)
        .problems([Problem::invalid_digest(), Problem::not_cached()])
}

fn question_schema() -> Value {
    type Question = HealthAnalysisRequest;
    json!({
        "type": "object",
        "required": ["concern", "symptoms"],
        "properties": {
            "concern": schema::filled_text("What the person is worried about.", Question::MAX_CONCERN_CHARS),
            "symptoms": schema::filled_text("What the person feels.", Question::MAX_SYMPTOMS_CHARS),
            "patient_age": schema::optional_number("In years.", Question::MAX_AGE),
            "patient_gender": schema::optional_text("In the person's words.", Question::MAX_GENDER_CHARS),
            "medical_history": schema::optional_set("Earlier and lasting illnesses."),
            "current_medications": schema::optional_set("Medicines that the person takes."),
        },
    })
}

fn question_example() -> Value {
    json!({
        "concern": "Headache",
        "symptoms": "Throbbing pain on one side, worse in bright light",
        "patient_age": 34,
        "current_medications": ["Warfarin", "Ibuprofen 400 mg"],
    })
}

/// One of each kind; which field it is about differs.
fn question_problems() -> [RequestError; 6] {
    let (field, list) = ("concern", "current_medications");
    [
        RequestError::MissingField { field },
        RequestError::EmptyField { field },
        RequestError::WrongType { field, expected: "text" },
        RequestError::TextTooLong { field: list, max_chars: MAX_ITEM_CHARS },
        RequestError::ListTooLong { field: list, max_items: MAX_ITEMS },
        RequestError::OutOfRange { field: "patient_age", max: HealthAnalysisRequest::MAX_AGE },
    ]
}
