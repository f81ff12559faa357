//! `POST /api/v1/cache/analysis-result/{request_digest}`: stores an answer that was computed elsewhere. Answers are shared
//! by everybody who asks the same, so only operators may do that.

use super::access::Admin;
use super::answer::private_json;
use super::audit::{Action, Resource};
use super::body::{Members, read_json_body};
use super::{Problem, Services};
use crate::cache::{Deadline, Kept};
use crate::origin::HealthAnalysis;
use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use medinsight_core::{EntryKind, RequestDigest, RequestError};
use serde::Serialize;

const FIELD: &str = "analysis_result";

#[derive(Serialize)]
struct StoredResponse {
    success: bool,
    message: &'static str,
    data: Stored,
}

#[derive(Serialize)]
struct Stored {
    request_digest: String,
}

/// Stores the answer to the question with a digest. The body is `{"analysis_result": ...}` with an answer exactly as
/// `POST /api/v1/analyze-health` gives it; members that such an answer does not have are left out.
pub(super) async fn store_analysis(
    admin: Admin,
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    digest: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let digest: Option<RequestDigest> = digest.ok().and_then(|Path(digest)| digest.parse().ok());
    let digest = digest.ok_or_else(Problem::invalid_digest)?;
    let body = read_json_body(request, services.limits.body_bytes).await?;
    let answer: Option<HealthAnalysis> = Members::of(&body)?.read(FIELD, "an answer of analyze-health")?;
    let answer = answer.ok_or(RequestError::MissingField { field: FIELD })?;
    let payload = serde_json::to_vec(&answer).map_err(|_| Problem::internal())?.into();
    let life_secs = services.cache.longest_life_secs(EntryKind::HealthAnalysis);
    let key = services.analyses.key_of(&digest);
    let audit = admin.audit(Action::StoreAnalysis, Resource::Entry(&key));
    let stored = services.cache.keep(&key, &Kept { payload, life_secs }, deadline).await;
    audit.close_with(stored.map_err(Problem::from))?;
    let data = Stored { request_digest: digest.to_hex() };
    private_json(&StoredResponse { success: true, message: "analysis stored", data })
}
