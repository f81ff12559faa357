//! The drug group: `/api/v1/drug/...`.

mod analyze;
mod catalogue;
mod info;
mod name;
mod problems;
mod stream;

pub(super) use analyze::{analyze_drug, describe_analyze_drug, describe_find_analysis_status, find_analysis_status};
pub(super) use catalogue::{compare_drugs, describe_compare_drugs, describe_search_drugs, search_drugs};
pub(super) use info::{describe_find_drug_info, find_drug_info};
pub(super) use name::parse_name;
pub(super) use stream::{describe_stream_analysis_status, stream_analysis_status};

use super::Problem;
use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

/// An answer as JSON that is framed as it is, without being parsed into values.
fn raw(answer: &Bytes) -> Result<&RawValue, Problem> {
    serde_json::from_slice(answer).map_err(|_| Problem::internal())
}

fn to_json(body: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(body).map_err(|_| Problem::internal())
}
