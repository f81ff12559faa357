//! A request that is given as JSON or as text.

use super::Kind;
use crate::verdict::Failure;
use medinsight_core::{
    AnalyzerRevision, CacheKey, DrugAnalysisRequest, DrugName, HealthAnalysisRequest, KeySecret, MedicationSet,
    RequestDigest, RequestError,
};
use serde_json::json;

/// A request.
#[derive(Debug)]
pub(crate) enum Question {
    Health(HealthAnalysisRequest),
    DrugAnalysis(DrugAnalysisRequest),
    DrugInfo(DrugName),
    Medications(MedicationSet),
}

impl Question {
    /// Reads JSON where the input begins with `{`, and text elsewhere. A text is made the JSON that it stands for, so that
    /// there is one set of rules.
    pub(crate) fn read(kind: Kind, bytes: &[u8]) -> Result<Self, Failure> {
        let is_json = bytes.trim_ascii_start().first() == Some(&b'{');
        let made = if is_json { None } else { Some(json_of(kind, utf8(bytes)?)) };
        let body = made.as_deref().map_or(bytes, str::as_bytes);
        let question = match kind {
            Kind::HealthAnalysis => HealthAnalysisRequest::from_json(body).map(Self::Health),
            Kind::DrugAnalysis => DrugAnalysisRequest::from_json(body).map(Self::DrugAnalysis),
            Kind::DrugInfo => {
                DrugAnalysisRequest::from_json(body).map(|request| Self::DrugInfo(request.drug().clone()))
            }
            Kind::Medications => MedicationSet::from_json(body).map(Self::Medications),
        };
        question.map_err(|error: RequestError| Failure::Usage(error.to_string()))
    }

    /// What the digest is computed from; of a public question its name.
    pub(crate) fn canonical(&self, analyzer: &AnalyzerRevision) -> String {
        match self {
            Self::Health(question) => question.canonical_json(analyzer),
            Self::DrugAnalysis(question) => question.canonical_json(),
            Self::DrugInfo(drug) => drug.as_str().to_owned(),
            Self::Medications(medications) => medications.canonical_json(analyzer),
        }
    }

    /// The digest that clients see.
    pub(crate) fn digest(&self, analyzer: &AnalyzerRevision) -> Option<RequestDigest> {
        match self {
            Self::Health(question) => Some(question.digest(analyzer)),
            Self::DrugAnalysis(question) => Some(question.digest()),
            Self::DrugInfo(_) => None,
            Self::Medications(medications) => Some(medications.digest(analyzer)),
        }
    }

    /// The key in the store.
    pub(crate) fn key(&self, analyzer: &AnalyzerRevision, secret: Option<&KeySecret>) -> Result<CacheKey, Failure> {
        match self {
            Self::Health(question) => Ok(CacheKey::health_analysis(&question.digest(analyzer), secret)),
            Self::DrugAnalysis(question) => Ok(question.key().clone()),
            Self::DrugInfo(drug) => CacheKey::drug_info(drug).map_err(|error| Failure::Usage(error.to_string())),
            Self::Medications(set) => Ok(CacheKey::medication_interactions(&set.digest(analyzer), secret)),
        }
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(bytes).map_err(|_| Failure::Usage("the request must be UTF-8".into()))
}

fn json_of(kind: Kind, text: &str) -> String {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    match kind {
        Kind::HealthAnalysis => {
            let symptoms = lines().skip(1).collect::<Vec<_>>().join(" ");
            json!({ "concern": lines().next().unwrap_or_default(), "symptoms": symptoms })
        }
        Kind::DrugAnalysis | Kind::DrugInfo => json!({ "drug_name": text.trim() }),
        Kind::Medications => json!({ "medications": lines().collect::<Vec<_>>() }),
    }
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::{Kind, Question};
    use crate::verdict::Failure;
    use clap::ValueEnum;
    use medinsight_core::AnalyzerRevision;
    use proptest::prelude::*;

    fn canonical(kind: Kind, input: &str) -> Result<String, Failure> {
        let analyzer = AnalyzerRevision::new("invented-1").expect("a revision");
        Question::read(kind, input.as_bytes()).map(|question| question.canonical(&analyzer))
    }

    #[test]
    fn text_means_the_same_as_the_json_that_it_stands_for() {
        for (kind, text, json) in [
            (
                Kind::HealthAnalysis,
                "Headache\nThrobbing\n  pain\n",
                r#"{"concern":"headache","symptoms":"throbbing pain"}"#,
            ),
            (Kind::DrugAnalysis, " Aspirin\n", r#"{"drug_name":"aspirin"}"#),
            (Kind::DrugInfo, "insulin  glargine", r#"{"drug_name":"insulin glargine"}"#),
            (Kind::Medications, "warfarin\n\naspirin", r#"{"medications":["aspirin","warfarin"]}"#),
        ] {
            assert_eq!(canonical(kind, text), canonical(kind, json));
            assert!(canonical(kind, text).is_ok());
        }
    }

    #[test]
    fn what_breaks_a_rule_is_named_by_its_field_and_not_shown() {
        let error = canonical(Kind::HealthAnalysis, "only a concern").expect_err("no symptoms");
        assert_eq!(error.number(), 2);
        assert!(error.to_string().contains("symptoms") && !error.to_string().contains("only a concern"));
    }

    proptest! {
        #[test]
        fn no_input_panics_and_text_in_quotes_or_braces_is_only_text(input in any::<Vec<u8>>(), text in "[{\"\\\\a-z\n ]{0,40}") {
            for kind in Kind::value_variants() {
                let _ = Question::read(*kind, &input);
                let _ = Question::read(*kind, text.as_bytes());
            }
        }
    }
}
