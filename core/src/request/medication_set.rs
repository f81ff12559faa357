//! The question which medicines interact.

use super::json::read_object;
use super::{RequestError, field};
use crate::canonical::ObjectWriter;
use crate::{AnalyzerRevision, Category, RequestDigest};

/// A set of medicines, whose interactions are asked for. The answer may depend on nothing else.
///
/// ```
/// use medinsight_core::{AnalyzerRevision, MedicationSet};
///
/// let analyzer = AnalyzerRevision::new("embedded-1")?;
/// let one = MedicationSet::from_json(br#"{"medications": ["aspirin caffeine", "paracetamol"]}"#)?;
/// let other = MedicationSet::from_json(br#"{"medications": ["aspirin", "caffeine paracetamol"]}"#)?;
/// assert_ne!(one.digest(&analyzer), other.digest(&analyzer));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct MedicationSet(Vec<String>);

impl MedicationSet {
    /// Reads `{"medications": [..]}`: at most 64 texts of at most 256 characters, at least one of them not empty.
    ///
    /// # Errors
    ///
    /// The first rule that the body breaks, as a [`RequestError`].
    pub fn from_json(body: &[u8]) -> Result<Self, RequestError> {
        let field = "medications";
        let mut members = read_object(body, &[field])?;
        let set = field::optional_set(&mut members, field)?.ok_or(RequestError::MissingField { field })?;
        if set.is_empty() { Err(RequestError::EmptyField { field }) } else { Ok(Self(set)) }
    }

    /// The medicines of a health question, or `None` when it names none.
    #[must_use]
    pub fn of_request(request: &super::HealthAnalysisRequest) -> Option<Self> {
        let medications = request.current_medications();
        (!medications.is_empty()).then(|| Self(medications.to_vec()))
    }

    /// The medicines, normalised and sorted.
    #[must_use]
    pub fn medications(&self) -> &[String] {
        &self.0
    }

    /// The canonical JSON of the set together with the analyzer: what the digest is computed from.
    #[must_use]
    pub fn canonical_json(&self, analyzer: &AnalyzerRevision) -> String {
        let mut object = ObjectWriter::with_capacity(256);
        object.text("analyzer", analyzer.as_str());
        object.list("medications", &self.0);
        object.finish()
    }

    /// The digest of the set as `analyzer` answers it.
    #[must_use]
    pub fn digest(&self, analyzer: &AnalyzerRevision) -> RequestDigest {
        RequestDigest::of(Category::MedicationInteractions, &self.canonical_json(analyzer))
    }
}

impl std::fmt::Debug for MedicationSet {
    /// Shows nothing of the set, so that it cannot slip into a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MedicationSet(..)")
    }
}
