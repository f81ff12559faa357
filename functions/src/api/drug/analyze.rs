//! `POST /api/v1/drug/analyze` and `GET /api/v1/drug/analyze/{analysis_id}/status`.

use super::name::check_characters;
use super::{raw, to_json};
use crate::api::body::read_json_body;
use crate::api::cache_headers::{X_CACHE, momentary, public_answer};
use crate::api::{Problem, Services};
use crate::cache::{Answer, CacheStatus, Deadline};
use crate::drugs::{AnalysisId, Progress, Submitted};
use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::HeaderValue;
use medinsight_core::DrugAnalysisRequest;
use serde::Serialize;
use serde_json::value::RawValue;
use std::time::Duration;

/// A drug's analysis, or the name to ask for it by.
#[derive(Serialize)]
struct AnalyzeDrugResponse<'a> {
    analysis_id: String,
    status: SubmissionStatus,
    message: &'static str,
    estimated_completion_minutes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<&'a RawValue>,
    cached: bool,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum SubmissionStatus {
    Queued,
    CompletedFromCache,
}

/// Answers with a fresh analysis, or begins one in the background.
pub(in crate::api) async fn analyze_drug(
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    request: Request,
) -> Result<Response, Problem> {
    let body = read_json_body(request, services.limits.body_bytes).await?;
    let question = DrugAnalysisRequest::from_json(&body)?;
    check_characters(question.drug().as_str(), "drug_name")?;
    match services.drugs.submit(&question, deadline).await? {
        Submitted::Answered { id, answer, fresh_for } => completed(id, &answer, fresh_for),
        Submitted::UnderWay { id, status, expected_in } => queued(id, status, expected_in),
    }
}

/// Tells how far an analysis has got.
pub(in crate::api) async fn find_analysis_status(
    State(services): State<Services>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let progress = find_progress(&services, parse_id(id)?).await?;
    Ok(momentary(to_json(&progress)?))
}

pub(super) fn parse_id(id: Result<Path<String>, PathRejection>) -> Result<AnalysisId, Problem> {
    id.ok().and_then(|Path(id)| id.parse().ok()).ok_or_else(Problem::invalid_analysis_id)
}

pub(super) async fn find_progress(services: &Services, id: AnalysisId) -> Result<Progress, Problem> {
    let progress = services.drugs.progress(id).await.map_err(|_| Problem::store_unavailable())?;
    progress.ok_or_else(Problem::unknown_analysis)
}

fn completed(id: AnalysisId, answer: &Answer, fresh_for: Duration) -> Result<Response, Problem> {
    let body = AnalyzeDrugResponse {
        analysis_id: id.to_string(),
        status: SubmissionStatus::CompletedFromCache,
        message: "the analysis was in the cache",
        estimated_completion_minutes: 0,
        results: Some(raw(&answer.body)?),
        cached: true,
    };
    Ok(public_answer(answer, to_json(&body)?, fresh_for))
}

fn queued(id: AnalysisId, status: CacheStatus, expected_in: Duration) -> Result<Response, Problem> {
    let body = AnalyzeDrugResponse {
        analysis_id: id.to_string(),
        status: SubmissionStatus::Queued,
        message: "the analysis is under way; ask for its status",
        estimated_completion_minutes: expected_in.as_secs().div_ceil(60).max(1),
        results: None,
        cached: false,
    };
    let mut response = momentary(to_json(&body)?);
    response.headers_mut().insert(X_CACHE, HeaderValue::from_static(status.x_cache()));
    response.extensions_mut().insert(status);
    Ok(response)
}
