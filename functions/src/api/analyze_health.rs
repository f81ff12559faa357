//! `POST /api/v1/analyze-health` and `GET /api/v1/analyze-health/{request_digest}`.

use super::body::{self, read_json_body};
use super::cache_headers::{DIGEST_HEADER, personal_answer};
use super::client::Client;
use super::conditional::{self, EntityTag};
use super::ids::{self, digest_of_path};
use super::openapi::{Header, Operation, schema};
use super::session::{SESSION_HEADER, SessionId};
use super::{Problem, Services};
use crate::analysis::Asker;
use crate::budget::Expense;
use crate::cache::Deadline;
use crate::origin::HealthAnalysis;
use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::header::ETAG;
use http::{HeaderMap, HeaderValue};
use medinsight_core::request::{MAX_ITEM_CHARS, MAX_ITEMS};
use medinsight_core::{HealthAnalysisRequest, RequestDigest, RequestError};
use serde_json::{Value, json};
use std::future::Future;

/// Answers a health question, from the cache when it was answered before.
///
/// It is no `async fn`, which would keep the request for as long as the answer takes, and twice.
pub(super) fn analyze_health(
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    client: Client,
    request: Request,
) -> impl Future<Output = Result<Response, Problem>> + Send {
    let session = SessionId::of_request(&request);
    let claimed = claimed_digest(request.headers());
    let body = read_json_body(request, services.limits.body_bytes);
    async move {
        let session = session?;
        let body = body.await?;
        let claimed = claimed?;
        let question = services.analyses.question(HealthAnalysisRequest::from_json(&body)?);
        // The connection reads into the memory that the body lies in, when nobody else has it.
        drop(body);
        let digest = *question.digest();
        if claimed.is_some_and(|claimed| claimed != digest) {
            services.analyses.count_digest_mismatch();
            return Err(Problem::digest_mismatch());
        }
        let asker = Asker { session: session.as_str(), payer: client.paying_from(&services.exposure.computations) };
        let answer = services.analyses.analyze(question, asker, deadline).await?;
        let tag = EntityTag::of(&answer.body)?;
        let mut response = personal_answer(answer);
        response.headers_mut().insert(ETAG, tag.into_header());
        response.headers_mut().insert(DIGEST_HEADER, header_of(&digest)?);
        response.headers_mut().insert(SESSION_HEADER, session.into_header());
        Ok(response)
    }
}

/// The digest that a client computed itself. It is compared and never trusted: what is stored under it would otherwise be
/// the client's choice.
fn claimed_digest(headers: &HeaderMap) -> Result<Option<RequestDigest>, Problem> {
    let mut claims = headers.get_all(DIGEST_HEADER).iter();
    match (claims.next(), claims.next()) {
        (None, _) => Ok(None),
        (Some(claim), None) => {
            let digest = claim.to_str().ok().and_then(|claim| claim.parse().ok());
            digest.map(Some).ok_or_else(Problem::invalid_claim)
        }
        _ => Err(Problem::invalid_claim()),
    }
}

fn header_of(digest: &RequestDigest) -> Result<HeaderValue, Problem> {
    HeaderValue::try_from(digest.to_hex()).map_err(|_| Problem::internal())
}

/// Answers a question that a client knows the digest of, or 404. It never computes.
pub(super) async fn find_analysis(
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    headers: HeaderMap,
    digest: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let digest = digest_of_path(digest)?;
    let answer = services.analyses.find(&digest, deadline).await.ok_or_else(Problem::not_cached)?;
    let tag = EntityTag::of(&answer.body)?;
    let mut response = personal_answer(answer);
    response.headers_mut().insert(DIGEST_HEADER, header_of(&digest)?);
    Ok(conditional::unless_known(tag, &headers, response))
}

pub(super) fn describe_analyze_health() -> Operation {
    let headers = [Header::OF_ANALYSES.as_slice(), &[Header::XSessionId]].concat();
    Operation::new("health", "analyze_health", "Answers a health question")
        .header_parameter("X-Session-Id", "The session; without it one is made up.", ids::schema())
        .header_parameter(
            "X-Cache-Key-Digest",
            "The digest that the client computed; it is compared.",
            schema::digest(),
        )
        .body(question_schema(), question_example())
        .answer::<HealthAnalysis>("The answer, from the cache when it was answered before.", &headers)
        .link("find_analysis", "request_digest", "$response.header.X-Cache-Key-Digest")
        .problems([Problem::invalid_session(), Problem::invalid_claim(), Problem::digest_mismatch()])
        .problems(body::problems())
        .problems(question_problems().map(Problem::from))
        .problems([Problem::over_budget(Expense::Computation)])
        .problems(Problem::of_origins())
}

pub(super) fn describe_find_analysis() -> Operation {
    Operation::new("health", "find_analysis", "Answers a question whose digest the client knows; never computes")
        .path_parameter("request_digest", "The digest of the question.", schema::digest())
        .answer::<HealthAnalysis>("The answer, from the cache.", &Header::OF_ANALYSES)
        .conditional(&Header::OF_ANALYSES)
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
