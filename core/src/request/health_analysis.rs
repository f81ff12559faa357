//! The health question.

use super::json::read_object;
use super::{RequestError, field};
use crate::canonical::ObjectWriter;
use crate::{AnalyzerRevision, Category, RequestDigest};

const FIELDS: [&str; 6] =
    ["concern", "symptoms", "patient_age", "patient_gender", "medical_history", "current_medications"];

/// The question of `POST /api/v1/analyze-health`, in its normal form.
///
/// # Fields
///
/// | field | rule |
/// |---|---|
/// | `concern` | required text, at most 2,000 characters |
/// | `symptoms` | required text, at most 8,000 characters |
/// | `patient_age` | whole number, 0 to 150 |
/// | `patient_gender` | text, at most 64 characters |
/// | `medical_history`, `current_medications` | at most 64 texts of at most 256 characters; a set |
///
/// Lengths are counted in Unicode code points as sent. Texts are normalised by [`crate::text::normalise`].
///
/// # The same question has the same digest
///
/// ```
/// use medinsight_core::{AnalyzerRevision, HealthAnalysisRequest};
///
/// let analyzer = AnalyzerRevision::new("embedded-1")?;
/// let one = br#"{"concern": "Cough", "symptoms": "dry", "current_medications": ["Ramipril", "aspirin"]}"#;
/// let other = br#"{"symptoms": " DRY", "concern": "cough", "current_medications": ["aspirin", "ramipril", ""]}"#;
/// let digest = |body| HealthAnalysisRequest::from_json(body).map(|request| request.digest(&analyzer));
/// assert_eq!(digest(one)?, digest(other)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # A field that breaks its rule is named
///
/// ```
/// use medinsight_core::HealthAnalysisRequest;
///
/// let error = HealthAnalysisRequest::from_json(br#"{"concern": "cough", "symptoms": 7}"#).unwrap_err();
/// assert_eq!(error.to_string(), "symptoms: must be text");
/// ```
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct HealthAnalysisRequest {
    concern: String,
    symptoms: String,
    patient_age: Option<u8>,
    patient_gender: Option<String>,
    medical_history: Vec<String>,
    current_medications: Vec<String>,
}

impl HealthAnalysisRequest {
    /// The longest `concern`, in code points.
    pub const MAX_CONCERN_CHARS: usize = 2_000;
    /// The longest `symptoms`, in code points.
    pub const MAX_SYMPTOMS_CHARS: usize = 8_000;
    /// The longest `patient_gender`, in code points.
    pub const MAX_GENDER_CHARS: usize = 64;
    /// The highest `patient_age`.
    pub const MAX_AGE: u8 = 150;

    /// Reads a request from the bytes of a JSON object.
    ///
    /// # Errors
    ///
    /// The first rule that the body breaks, as a [`RequestError`].
    pub fn from_json(body: &[u8]) -> Result<Self, RequestError> {
        let mut members = read_object(body, &FIELDS)?;
        Ok(Self {
            concern: field::required_text(&mut members, "concern", Self::MAX_CONCERN_CHARS)?,
            symptoms: field::required_text(&mut members, "symptoms", Self::MAX_SYMPTOMS_CHARS)?,
            patient_age: field::optional_number(&mut members, "patient_age", Self::MAX_AGE)?,
            patient_gender: field::optional_text(&mut members, "patient_gender", Self::MAX_GENDER_CHARS)?
                .filter(|gender| !gender.is_empty()),
            medical_history: field::optional_set(&mut members, "medical_history")?.unwrap_or_default(),
            current_medications: field::optional_set(&mut members, "current_medications")?.unwrap_or_default(),
        })
    }

    /// The canonical JSON of the request together with the analyzer: what the digest is computed from.
    #[must_use]
    pub fn canonical_json(&self, analyzer: &AnalyzerRevision) -> String {
        let items = self.medical_history.iter().chain(&self.current_medications);
        let texts: usize = items.map(|item| item.len() + 3).sum();
        let mut object = ObjectWriter::with_capacity(256 + self.concern.len() + self.symptoms.len() + texts);
        object.text("analyzer", analyzer.as_str());
        object.text("concern", &self.concern);
        if !self.current_medications.is_empty() {
            object.list("current_medications", &self.current_medications);
        }
        if !self.medical_history.is_empty() {
            object.list("medical_history", &self.medical_history);
        }
        if let Some(age) = self.patient_age {
            object.number("patient_age", age);
        }
        if let Some(gender) = &self.patient_gender {
            object.text("patient_gender", gender);
        }
        object.text("symptoms", &self.symptoms);
        object.finish()
    }

    /// The digest of the request as `analyzer` answers it.
    #[must_use]
    pub fn digest(&self, analyzer: &AnalyzerRevision) -> RequestDigest {
        RequestDigest::of(Category::HealthAnalysis, &self.canonical_json(analyzer))
    }

    /// What the person is worried about.
    #[must_use]
    pub fn concern(&self) -> &str {
        &self.concern
    }

    /// What the person feels.
    #[must_use]
    pub fn symptoms(&self) -> &str {
        &self.symptoms
    }

    /// The person's age in years.
    #[must_use]
    pub fn patient_age(&self) -> Option<u8> {
        self.patient_age
    }

    /// The person's gender.
    #[must_use]
    pub fn patient_gender(&self) -> Option<&str> {
        self.patient_gender.as_deref()
    }

    /// Earlier and lasting illnesses, sorted.
    #[must_use]
    pub fn medical_history(&self) -> &[String] {
        &self.medical_history
    }

    /// Medicines that the person takes, sorted.
    #[must_use]
    pub fn current_medications(&self) -> &[String] {
        &self.current_medications
    }
}

impl std::fmt::Debug for HealthAnalysisRequest {
    /// Shows nothing of the request, so that it cannot slip into a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HealthAnalysisRequest(..)")
    }
}
