//! `GET /api/v1/drug/info/{drug_name}`.

use super::name::NamedDrug;
use super::{raw, to_json};
use crate::api::cache_headers::public_answer;
use crate::api::{Problem, Services};
use crate::cache::Deadline;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use http::Uri;
use serde::Serialize;
use serde_json::value::RawValue;

/// Facts about a drug.
#[derive(Serialize)]
struct DrugInfoResponse<'a> {
    /// The name that was asked for, as it was written.
    drug_name: &'a str,
    status: InfoStatus,
    message: &'static str,
    data: &'a RawValue,
    cached: bool,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum InfoStatus {
    InfoRetrieved,
    InfoRetrievedFromCache,
}

/// Tells what is known of a drug, from the cache when it was asked before.
pub(in crate::api) async fn find_drug_info(
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    uri: Uri,
) -> Result<Response, Problem> {
    let NamedDrug { written, drug } = NamedDrug::of_path(&uri)?;
    let answer = services.drugs.info(&drug, deadline).await?;
    let cached = answer.status.is_from_store();
    let (status, message) = if cached {
        (InfoStatus::InfoRetrievedFromCache, "drug information retrieved from the cache")
    } else {
        (InfoStatus::InfoRetrieved, "drug information retrieved")
    };
    let body = DrugInfoResponse { drug_name: &written, status, message, data: raw(&answer.body)?, cached };
    Ok(public_answer(&answer, to_json(&body)?, services.drugs.info_fresh_for(&drug)))
}
