//! The question for drugs side by side.

use super::json::read_object;
use super::{DrugAnalysisRequest, RequestError, field};
use crate::drug::DrugName;
use std::collections::BTreeSet;

const FIELD: &str = "drug_names";

/// The question of `POST /api/v1/drug/compare`, in its normal form.
///
/// `drug_names` is a required list of 2 to 5 different names of at most 200 characters each; their order is kept.
///
/// ```
/// use medinsight_core::{DrugComparisonRequest, RequestError};
///
/// let request = DrugComparisonRequest::from_json(br#"{"drug_names": ["Warfarin", "Aspirin"]}"#)?;
/// assert_eq!(request.drugs().first().map(|drug| drug.as_str()), Some("warfarin"));
/// let alone = DrugComparisonRequest::from_json(br#"{"drug_names": ["Warfarin"]}"#);
/// assert_eq!(alone, Err(RequestError::WrongCount { field: "drug_names", min: 2, max: 5 }));
/// # Ok::<(), RequestError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct DrugComparisonRequest {
    drugs: Vec<DrugName>,
}

impl DrugComparisonRequest {
    /// The fewest drugs of a comparison.
    pub const MIN_DRUGS: usize = 2;
    /// The most drugs of a comparison.
    pub const MAX_DRUGS: usize = 5;

    /// Reads a request from the bytes of a JSON object.
    ///
    /// # Errors
    ///
    /// The first rule that the body breaks, as a [`RequestError`].
    pub fn from_json(body: &[u8]) -> Result<Self, RequestError> {
        let mut members = read_object(body, &[FIELD])?;
        let count = (Self::MIN_DRUGS, Self::MAX_DRUGS);
        let names = field::required_raw_list(&mut members, FIELD, count, DrugAnalysisRequest::MAX_NAME_CHARS)?;
        let drugs = names.iter().map(|name| DrugName::new(name)).collect::<Result<Vec<_>, _>>();
        let drugs = drugs.map_err(|_| RequestError::EmptyField { field: FIELD })?;
        if drugs.iter().collect::<BTreeSet<_>>().len() < drugs.len() {
            return Err(RequestError::RepeatedItem { field: FIELD });
        }
        Ok(Self { drugs })
    }

    /// The drugs, in the order in which they were asked for.
    #[must_use]
    pub fn drugs(&self) -> &[DrugName] {
        &self.drugs
    }
}
