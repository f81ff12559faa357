//! The question for a drug's analysis.

use super::json::{Members, read_object};
use super::{RequestError, field};
use crate::canonical::ObjectWriter;
use crate::drug::{AnalysisType, AnalysisVariant, DrugName};
use crate::{CacheKey, Category, RequestDigest};

const FIELDS: [&str; 5] =
    ["drug_name", "analysis_type", "include_competitors", "include_market_data", "include_clinical_data"];
const MAX_TYPE_CHARS: usize = 64;
const TYPES: &str =
    "overview, market_research, clinical_trials, competitive_analysis, safety_profile, pricing_analysis";

/// The question of `POST /api/v1/drug/analyze`, in its normal form.
///
/// `drug_name` is a required text of at most 200 characters, `analysis_type` one of [`AnalysisType::ALL`] (`overview`
/// when absent), and the three include flags are true when absent.
///
/// ```
/// use medinsight_core::DrugAnalysisRequest;
///
/// let request = DrugAnalysisRequest::from_json(br#"{"drug_name": "Aspirin"}"#)?;
/// assert_eq!(request.key().as_str(), "medinsight:drug_analysis:aspirin");
/// # Ok::<(), medinsight_core::RequestError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct DrugAnalysisRequest {
    drug: DrugName,
    variant: AnalysisVariant,
    key: CacheKey,
}

impl DrugAnalysisRequest {
    /// The longest `drug_name`, in code points.
    pub const MAX_NAME_CHARS: usize = 200;

    /// Reads a request from the bytes of a JSON object.
    ///
    /// # Errors
    ///
    /// The first rule that the body breaks, as a [`RequestError`].
    pub fn from_json(body: &[u8]) -> Result<Self, RequestError> {
        let field = "drug_name";
        let mut members = read_object(body, &FIELDS)?;
        let name = field::required_raw_text(&mut members, field, Self::MAX_NAME_CHARS)?;
        let drug = DrugName::new(&name).map_err(|_| RequestError::EmptyField { field })?;
        let variant = read_variant(&mut members)?;
        let key = CacheKey::drug_analysis(&drug, &variant).map_err(|_| RequestError::KeyTooLong { field })?;
        Ok(Self { drug, variant, key })
    }

    /// The canonical JSON of the request: what the digest is computed from.
    #[must_use]
    pub fn canonical_json(&self) -> String {
        let mut object = ObjectWriter::with_capacity(256);
        object.text("analysis_type", self.variant.analysis_type.as_str());
        object.text("drug_name", self.drug.as_str());
        object.boolean("include_clinical_data", self.variant.include_clinical_data);
        object.boolean("include_competitors", self.variant.include_competitors);
        object.boolean("include_market_data", self.variant.include_market_data);
        object.finish()
    }

    /// The digest of the request. The key holds the name and the variant themselves: they are public.
    #[must_use]
    pub fn digest(&self) -> RequestDigest {
        RequestDigest::of(Category::DrugAnalysis, &self.canonical_json())
    }

    /// The key of the analysis.
    #[must_use]
    pub fn key(&self) -> &CacheKey {
        &self.key
    }

    /// The drug.
    #[must_use]
    pub fn drug(&self) -> &DrugName {
        &self.drug
    }

    /// The variant of the analysis.
    #[must_use]
    pub fn variant(&self) -> &AnalysisVariant {
        &self.variant
    }
}

fn read_variant(members: &mut Members<'_>) -> Result<AnalysisVariant, RequestError> {
    Ok(AnalysisVariant {
        analysis_type: read_type(members)?,
        include_competitors: field::optional_boolean(members, "include_competitors")?.unwrap_or(true),
        include_market_data: field::optional_boolean(members, "include_market_data")?.unwrap_or(true),
        include_clinical_data: field::optional_boolean(members, "include_clinical_data")?.unwrap_or(true),
    })
}

fn read_type(members: &mut Members<'_>) -> Result<AnalysisType, RequestError> {
    let field = "analysis_type";
    match field::required_raw_text(members, field, MAX_TYPE_CHARS) {
        Err(RequestError::MissingField { .. }) => Ok(AnalysisType::default()),
        Err(RequestError::TextTooLong { .. }) => Err(RequestError::UnknownValue { field, allowed: TYPES }),
        Ok(text) => AnalysisType::find(&text).ok_or(RequestError::UnknownValue { field, allowed: TYPES }),
        Err(error) => Err(error),
    }
}
