//! `POST /api/v1/drug/analyze` and `GET /api/v1/drug/analyze/{analysis_id}/status`.

use super::name::{MAX_CHARS, check_characters};
use super::{raw, to_json};
use crate::api::body;
use crate::api::body::read_json_body;
use crate::api::cache_headers::{X_CACHE, momentary, public_answer};
use crate::api::client::Client;
use crate::api::openapi::{Header, Operation, schema};
use crate::api::{Problem, Services};
use crate::budget::Expense;
use crate::cache::{Answer, CacheStatus, Deadline};
use crate::drugs::{AnalysisId, Progress, Submitted};
use crate::origin::{DrugAnalysis, OriginError};
use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::HeaderValue;
use medinsight_core::{AnalysisType, DrugAnalysisRequest, RequestError};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::time::Duration;

/// A drug's analysis, or the name to ask for it by.
#[derive(JsonSchema, Serialize)]
struct AnalyzeDrugResponse<'a> {
    analysis_id: String,
    status: SubmissionStatus,
    message: &'static str,
    estimated_completion_minutes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DrugAnalysis")]
    results: Option<&'a RawValue>,
    cached: bool,
}

#[derive(Clone, Copy, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum SubmissionStatus {
    Queued,
    CompletedFromCache,
}

/// Answers with a fresh analysis, or begins one in the background.
pub(in crate::api) async fn analyze_drug(
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    client: Client,
    request: Request,
) -> Result<Response, Problem> {
    let body = read_json_body(request, services.limits.body_bytes).await?;
    let question = DrugAnalysisRequest::from_json(&body)?;
    check_characters(question.drug().as_str(), "drug_name")?;
    let payer = client.paying_from(&services.exposure.computations);
    match services.drugs.submit(&question, payer, deadline).await? {
        Submitted::Answered { id, answer } => completed(id, &answer, || services.drugs.analysis_fresh_for(&question)),
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

fn completed(id: AnalysisId, answer: &Answer, fresh_for: impl FnOnce() -> Duration) -> Result<Response, Problem> {
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
    Ok(response)
}

pub(in crate::api) fn describe_analyze_drug() -> Operation {
    let headers = [Header::XCache, Header::CacheStatusIfAny, Header::Age, Header::CacheControl];
    let example = json!({ "drug_name": "Aspirin", "analysis_type": "safety_profile" });
    Operation::new("drug", "analyze_drug", "Answers with a fresh analysis of a drug, or begins one in the background")
        .body(question_schema(), example)
        .answer::<AnalyzeDrugResponse<'static>>("The analysis, or the name to ask for it by.", &headers)
        .link("find_analysis_status", "analysis_id", "$response.body#/analysis_id")
        .link("stream_analysis_status", "analysis_id", "$response.body#/analysis_id")
        .problems(body::problems())
        .problems(question_problems().map(Problem::from))
        .problems([Problem::control_character("drug_name"), Problem::unknown_drug(), OriginError::Failed.into()])
        .problems([Problem::over_budget(Expense::Computation)])
}

pub(in crate::api) fn describe_find_analysis_status() -> Operation {
    describe_progress("find_analysis_status", "Tells how far an analysis has got")
        .answer::<Progress>("How far it has got.", &[Header::CacheControl])
}

/// What status and stream have in common.
pub(super) fn describe_progress(name: &'static str, summary: &'static str) -> Operation {
    let id = json!({ "type": "string", "pattern": "^[0-9a-f]{32}$" });
    Operation::new("drug", name, summary)
        .path_parameter("analysis_id", "The name of the analysis, from `analyze_drug`.", id)
        .problems([Problem::invalid_analysis_id(), Problem::unknown_analysis(), Problem::store_unavailable()])
}

fn question_schema() -> Value {
    let types = AnalysisType::ALL.map(|analysis_type| json!(analysis_type.as_str()));
    let types: Vec<_> = types.into_iter().chain([Value::Null]).collect();
    json!({
        "type": "object",
        "required": ["drug_name"],
        "properties": {
            "drug_name": schema::name("Any name of the drug. The key that it makes has at most 512 bytes.", MAX_CHARS),
            "analysis_type": { "description": "What to look at; `overview` when absent.", "enum": types },
            "include_competitors": schema::optional_flag("Other drugs of its class; true when absent."),
            "include_market_data": schema::optional_flag("What is known of its market; true when absent."),
            "include_clinical_data": schema::optional_flag("What is known of its effects; true when absent."),
        },
    })
}

fn question_problems() -> [RequestError; 6] {
    let field = "drug_name";
    [
        RequestError::MissingField { field },
        RequestError::EmptyField { field },
        RequestError::WrongType { field, expected: "text" },
        RequestError::TextTooLong { field, max_chars: MAX_CHARS },
        RequestError::UnknownValue { field: "analysis_type", allowed: "the analysis types" },
        RequestError::KeyTooLong { field },
    ]
}
