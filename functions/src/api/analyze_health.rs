//! `POST /api/v1/analyze-health` and `GET /api/v1/analyze-health/{request_digest}`.

use super::body::read_json_body;
use super::cache_headers::{DIGEST_HEADER, personal_answer};
use super::client::Client;
use super::session::{SESSION_HEADER, SessionId};
use super::{Problem, Services};
use crate::analysis::Asker;
use crate::cache::Deadline;
use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::HeaderValue;
use medinsight_core::{HealthAnalysisRequest, RequestDigest};

/// Answers a health question, from the cache when it was answered before.
pub(super) async fn analyze_health(
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    client: Client,
    request: Request,
) -> Result<Response, Problem> {
    let session = SessionId::of_request(request.headers())?;
    let body = read_json_body(request, services.limits.body_bytes).await?;
    let question = HealthAnalysisRequest::from_json(&body)?;
    let asker = Asker { session: session.as_str(), client: client.name(), budget: &services.exposure.budget };
    let analysis = services.analyses.analyze(question, asker, deadline).await?;
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
