//! `GET /api/v1/drug/search` and `POST /api/v1/drug/compare`, which the formulary answers without an origin.

use super::name::{MAX_CHARS, check_characters, check_length};
use super::to_json;
use crate::api::body;
use crate::api::body::read_json_body;
use crate::api::cache_headers::momentary;
use crate::api::openapi::{Header, Operation, schema};
use crate::api::{Problem, Services, percent};
use crate::origin::drug_answer::DrugComparison;
use crate::origin::{DISCLAIMER, DrugMatch, NotComparable, compare_in_formulary, search_formulary};
use axum::extract::{Request, State};
use axum::response::Response;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode, Uri};
use medinsight_core::{DrugComparisonRequest, RequestError, text};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

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
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "DrugSearchResponse")]
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

pub(in crate::api) fn describe_search_drugs() -> Operation {
    let field = "query";
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT });
    Operation::new("drug", "search_drugs", "Finds drugs by a part of one of their names")
        .required_query_parameter(field, "The part of a name.", schema::name("A part of a name.", MAX_CHARS))
        .query_parameter("limit", "The most drugs to be told of.", limit)
        .answer::<SearchResponse>("The drugs, the likeliest first.", &[Header::CacheControl])
        .problems([RequestError::MissingField { field }, RequestError::EmptyField { field }].map(Problem::from))
        .problems([RequestError::TextTooLong { field, max_chars: MAX_CHARS }.into()])
        .problems([Problem::malformed_escape(field), Problem::control_character(field)])
        .problems([Problem::limit_out_of_range(MAX_LIMIT)])
}

pub(in crate::api) fn describe_compare_drugs() -> Operation {
    type Question = DrugComparisonRequest;
    let names = json!({
        "description": "The drugs, none of them twice, not even by another name.",
        "type": "array",
        "minItems": Question::MIN_DRUGS,
        "maxItems": Question::MAX_DRUGS,
        "uniqueItems": true,
        "items": schema::name("Any name of a drug.", MAX_CHARS),
    });
    let question = json!({ "type": "object", "required": ["drug_names"], "properties": { "drug_names": names } });
    Operation::new("drug", "compare_drugs", "Puts drugs side by side")
        .body(question, json!({ "drug_names": ["Warfarin", "Aspirin"] }))
        .answer::<DrugComparison>("The drugs and the interactions between them.", &[Header::CacheControl])
        .problems(body::problems())
        .problems(comparison_problems().map(Problem::from))
        .problems([NotComparable::Unknown { position: 1 }, NotComparable::Repeated { position: 2 }].map(Problem::from))
        .problems([Problem::control_character("drug_names")])
}

fn comparison_problems() -> [RequestError; 6] {
    let (field, min, max) = ("drug_names", DrugComparisonRequest::MIN_DRUGS, DrugComparisonRequest::MAX_DRUGS);
    [
        RequestError::MissingField { field },
        RequestError::WrongType { field, expected: "a list of texts" },
        RequestError::WrongCount { field, min, max },
        RequestError::TextTooLong { field, max_chars: MAX_CHARS },
        RequestError::EmptyField { field },
        RequestError::RepeatedItem { field },
    ]
}
