//! Names of drugs in paths, queries and lists.

use super::Problem;
use crate::api::percent;
use http::Uri;
use medinsight_core::{CacheKey, DrugAnalysisRequest, DrugName, RequestError};

pub(super) const FIELD: &str = "drug_name";

/// The longest name, in code points, as in the bodies of requests.
pub(super) const MAX_CHARS: usize = DrugAnalysisRequest::MAX_NAME_CHARS;

/// A drug's name as it was written, and its normal form.
pub(super) struct NamedDrug {
    pub(super) written: String,
    pub(super) drug: DrugName,
}

impl NamedDrug {
    /// The name that the last segment of a path is.
    pub(super) fn of_path(uri: &Uri) -> Result<Self, Problem> {
        let segment = uri.path().rsplit('/').next().unwrap_or_default();
        let written = percent::decode_segment(segment).map_err(|_| Problem::malformed_escape(FIELD))?;
        let drug = parse_name(&written)?;
        Ok(Self { written, drug })
    }
}

/// The drug that a text names.
pub(in crate::api) fn parse_name(written: &str) -> Result<DrugName, Problem> {
    check_length(written, FIELD)?;
    let drug = DrugName::new(written).map_err(|_| RequestError::EmptyField { field: FIELD })?;
    check_characters(drug.as_str(), FIELD)?;
    CacheKey::drug_info(&drug).map_err(|_| RequestError::KeyTooLong { field: FIELD })?;
    Ok(drug)
}

/// Checks how long a text is that names a drug, or a part of one.
pub(super) fn check_length(text: &str, field: &'static str) -> Result<(), Problem> {
    if text.chars().count() > MAX_CHARS {
        return Err(RequestError::TextTooLong { field, max_chars: MAX_CHARS }.into());
    }
    Ok(())
}

/// Checks a text in its normal form, in which tabs and line breaks have become spaces.
pub(super) fn check_characters(normal: &str, field: &'static str) -> Result<(), Problem> {
    if normal.chars().any(char::is_control) { Err(Problem::control_character(field)) } else { Ok(()) }
}
