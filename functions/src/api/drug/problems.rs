//! Problems of the drug group.

use super::Problem;
use http::StatusCode;

impl Problem {
    pub(in crate::api) fn unknown_drug() -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown_drug", "drug_name: is no known drug").of_field("drug_name")
    }

    pub(super) fn unknown_analysis() -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown_analysis", "there is no analysis with this id")
    }

    pub(super) fn invalid_analysis_id() -> Self {
        let rule = "analysis_id: must be 32 lower-case hexadecimal characters";
        Self::new(StatusCode::BAD_REQUEST, "invalid_analysis_id", rule).of_field("analysis_id")
    }

    pub(super) fn malformed_escape(field: &'static str) -> Self {
        let rule = format!("{field}: must be percent-encoded UTF-8 and given once");
        Self::new(StatusCode::BAD_REQUEST, "malformed_escape", rule).of_field(field)
    }

    pub(super) fn control_character(field: &'static str) -> Self {
        let rule = format!("{field}: must have no control characters");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "control_character", rule).of_field(field)
    }

    pub(super) fn limit_out_of_range(max: usize) -> Self {
        let rule = format!("limit: must be a whole number from 1 to {max}");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "out_of_range", rule).of_field("limit")
    }

    /// `rule` names the position of the item to blame.
    pub(super) fn not_comparable(status: StatusCode, code: &'static str, rule: &str) -> Self {
        Self::new(status, code, format!("drug_names: {rule}")).of_field("drug_names")
    }
}
