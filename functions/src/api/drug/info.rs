//! `GET /api/v1/drug/info/{drug_name}`.

use super::name::{FIELD, MAX_CHARS, NamedDrug};
use super::{raw, to_json};
use crate::api::cache_headers::public_answer;
use crate::api::client::Client;
use crate::api::conditional::{self, EntityTag};
use crate::api::openapi::{Header, Operation, schema};
use crate::api::{Problem, Services};
use crate::budget::Expense;
use crate::cache::Deadline;
use crate::origin::DrugFacts;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, Uri};
use medinsight_core::RequestError;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;

/// Facts about a drug.
#[derive(JsonSchema, Serialize)]
struct DrugInfoResponse<'a> {
    /// The name that was asked for, as it was written.
    drug_name: &'a str,
    status: InfoStatus,
    message: &'static str,
    #[schemars(with = "DrugFacts")]
    data: &'a RawValue,
    cached: bool,
}

#[derive(Clone, Copy, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DrugInfoStatus")]
enum InfoStatus {
    InfoRetrieved,
    InfoRetrievedFromCache,
}

/// Tells what is known of a drug, from the cache when it was asked before.
pub(in crate::api) async fn find_drug_info(
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    client: Client,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let NamedDrug { written, drug } = NamedDrug::of_path(&uri)?;
    let answer = services.drugs.info(&drug, client.paying_from(&services.exposure.computations), deadline).await?;
    let cached = answer.status.is_from_store();
    let (status, message) = if cached {
        (InfoStatus::InfoRetrievedFromCache, "drug information retrieved from the cache")
    } else {
        (InfoStatus::InfoRetrieved, "drug information retrieved")
    };
    let body = DrugInfoResponse { drug_name: &written, status, message, data: raw(&answer.body)?, cached };
    let body = to_json(&body)?;
    let tag = EntityTag::of(&body)?;
    let response = public_answer(&answer, body, || services.drugs.info_fresh_for(&drug));
    Ok(conditional::unless_known(tag, &headers, response))
}

pub(in crate::api) fn describe_find_drug_info() -> Operation {
    let mut name = schema::name("Any name of the drug. The key that it makes has at most 512 bytes.", MAX_CHARS);
    name["examples"] = json!(["Aspirin"]);
    Operation::new("drug", "find_drug_info", "Tells what is known of a drug, from the cache when it was asked before")
        .path_parameter(FIELD, "The drug.", name)
        .answer::<DrugInfoResponse<'static>>("What is known of it.", &Header::OF_DRUG_INFO)
        .conditional(&Header::OF_DRUG_INFO)
        .problems([Problem::malformed_escape(FIELD), Problem::control_character(FIELD), Problem::unknown_drug()])
        .problems(
            [RequestError::EmptyField { field: FIELD }, RequestError::KeyTooLong { field: FIELD }].map(Problem::from),
        )
        .problems([RequestError::TextTooLong { field: FIELD, max_chars: MAX_CHARS }.into()])
        .problems([Problem::over_budget(Expense::Computation)])
        .problems(Problem::of_origins())
}
