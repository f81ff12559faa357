//! `GET /api/v1/drug/search` and `POST /api/v1/drug/compare`, which the formulary answers without an origin.

use super::name::{check_characters, check_length};
use super::to_json;
use crate::api::body::read_json_body;
use crate::api::cache_headers::momentary;
use crate::api::{Problem, Services, percent};
use crate::origin::{DISCLAIMER, DrugMatch, NotComparable, compare_in_formulary, search_formulary};
use axum::extract::{Request, State};
use axum::response::Response;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode, Uri};
use medinsight_core::{DrugComparisonRequest, RequestError, text};
use serde::Serialize;

const DEFAULT_LIMIT: usize = 10;
const MAX_LIMIT: usize = 50;

/// The formulary is part of the program and changes with it.
const SEARCH_CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// What a search asks for.
struct SearchQueryParams {
    query: String,
    limit: usize,
}

/// The drugs that a search found.
#[derive(Serialize)]
struct SearchResponse {
    count: usize,
    results: Vec<DrugMatch>,
    disclaimer: &'static str,
}

/// Finds drugs by a part of one of their names.
pub(in crate::api) async fn search_drugs(uri: Uri) -> Result<Response, Problem> {
    let SearchQueryParams { query, limit } = SearchQueryParams::of(&uri)?;
    let results = search_formulary(&query, limit);
    let body = SearchResponse { count: results.len(), results, disclaimer: DISCLAIMER };
    let mut response = momentary(to_json(&body)?);
    response.headers_mut().insert(CACHE_CONTROL, SEARCH_CACHE_CONTROL);
    Ok(response)
}

/// Puts drugs side by side.
pub(in crate::api) async fn compare_drugs(
    State(services): State<Services>,
    request: Request,
) -> Result<Response, Problem> {
    let body = read_json_body(request, services.limits.body_bytes).await?;
    let question = DrugComparisonRequest::from_json(&body)?;
    question.drugs().iter().try_for_each(|drug| check_characters(drug.as_str(), "drug_names"))?;
    Ok(momentary(to_json(&compare_in_formulary(question.drugs())?)?))
}

impl SearchQueryParams {
    fn of(uri: &Uri) -> Result<Self, Problem> {
        let parameter = |name| percent::find_parameter(uri.query(), name).map_err(|_| Problem::malformed_escape(name));
        let written = parameter("query")?.ok_or(RequestError::MissingField { field: "query" })?;
        check_length(&written, "query")?;
        let query = text::normalise(&written);
        check_characters(&query, "query")?;
        if query.is_empty() {
            return Err(RequestError::EmptyField { field: "query" }.into());
        }
        let limit = parameter("limit")?.map_or(Some(DEFAULT_LIMIT), |limit| limit.parse().ok());
        let limit = limit.filter(|limit| (1..=MAX_LIMIT).contains(limit));
        Ok(Self { query, limit: limit.ok_or_else(|| Problem::limit_out_of_range(MAX_LIMIT))? })
    }
}

impl From<NotComparable> for Problem {
    fn from(error: NotComparable) -> Self {
        let (status, code) = match error {
            NotComparable::Unknown { .. } => (StatusCode::NOT_FOUND, "unknown_drug"),
            NotComparable::Repeated { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "repeated_item"),
        };
        Self::not_comparable(status, code, &error.to_string())
    }
}
