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
use http::{HeaderMap, HeaderValue};
use medinsight_core::{HealthAnalysisRequest, RequestDigest};

/// Answers a health question, from the cache when it was answered before.
pub(super) async fn analyze_health(
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    client: Client,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let session = SessionId::of_request(&headers)?;
    let body = read_json_body(request, services.limits.body_bytes).await?;
    let claimed = claimed_digest(&headers)?;
    let question = services.analyses.question(HealthAnalysisRequest::from_json(&body)?);
    let digest = *question.digest();
    if claimed.is_some_and(|claimed| claimed != digest) {
        services.analyses.count_digest_mismatch();
        return Err(Problem::digest_mismatch());
    }
    let asker = Asker { session: session.as_str(), client: client.name(), budget: &services.exposure.budget };
    let answer = services.analyses.analyze(question, asker, deadline).await?;
    let mut response = personal_answer(&answer);
    response.headers_mut().insert(DIGEST_HEADER, header_of(&digest)?);
    response.headers_mut().insert(SESSION_HEADER, session.into_header());
    Ok(response)
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
    digest: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let digest: Option<RequestDigest> = digest.ok().and_then(|Path(digest)| digest.parse().ok());
    let digest = digest.ok_or_else(Problem::invalid_digest)?;
    let answer = services.analyses.find(&digest, deadline).await.ok_or_else(Problem::not_cached)?;
    let mut response = personal_answer(&answer);
    response.headers_mut().insert(DIGEST_HEADER, header_of(&digest)?);
    Ok(response)
}
