//! Which origin gave an answer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which origin gave an answer.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "AnswerSource")]
pub enum Source {
    /// The rules and the formulary that are part of this service.
    Embedded,
    /// The Hub's backend.
    Upstream,
    /// A model of Amazon Bedrock.
    Bedrock,
    /// The public drug data of openFDA.
    Openfda,
}

impl Source {
    /// Every origin.
    pub const ALL: [Self; 4] = [Self::Embedded, Self::Upstream, Self::Bedrock, Self::Openfda];

    /// The name in settings, answers and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Upstream => "upstream",
            Self::Bedrock => "bedrock",
            Self::Openfda => "openfda",
        }
    }

    /// Which origin gave the answer that is stored as this JSON; none when it does not say so.
    ///
    /// `source` is the last member of every answer, so that a hit need not be parsed. Quotes in texts are escaped, so
    /// that no text can end in the same way.
    #[must_use]
    pub fn of_stored(answer: &[u8]) -> Option<Self> {
        Self::split_off(answer).map(|(_, source)| source)
    }

    /// The same, and the answer up to that member.
    pub(super) fn split_off(answer: &[u8]) -> Option<(&[u8], Self)> {
        let rest = answer.strip_suffix(b"\"}")?;
        Self::ALL.into_iter().find_map(|source| {
            let rest = rest.strip_suffix(source.as_str().as_bytes())?;
            Some((rest.strip_suffix(b"\"source\":\"")?, source))
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Source;
    use crate::origin::embedded::EmbeddedOrigin;
    use crate::origin::{Origin, to_json};
    use medinsight_core::{AnalysisType, AnalysisVariant, DrugName, HealthAnalysisRequest};
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn its_name_is_the_one_in_json() {
        for source in Source::ALL {
            assert_eq!(json!(source), source.as_str());
            let answer = json!({ "a": 1, "source": source }).to_string();
            assert_eq!(Source::of_stored(answer.as_bytes()), Some(source), "{answer}");
        }
    }

    #[tokio::test]
    async fn every_answer_that_is_stored_says_it_at_its_end() {
        let origin = EmbeddedOrigin::new(Duration::ZERO).expect("a valid revision");
        let until = crate::cache::Deadline::after(Duration::from_secs(1));
        let question = br#"{"concern": "Headache", "symptoms": "Throbbing"}"#;
        let question = HealthAnalysisRequest::from_json(question).expect("a question");
        let interactions = crate::origin::MedicationInteractions::none();
        let drug = DrugName::new("aspirin").expect("a name");
        let analysis = to_json(&origin.analyze(&question, &interactions, until).await.expect("an answer"));
        let facts = to_json(&origin.drug_facts(&drug, until).await.expect("facts"));
        for analysis_type in AnalysisType::ALL {
            let variant = AnalysisVariant { analysis_type, ..AnalysisVariant::default() };
            let answer = to_json(&origin.drug_analysis(&drug, &variant, until).await.expect("an analysis"));
            assert_eq!(Source::of_stored(&answer.expect("JSON")), Some(Source::Embedded));
        }
        for answer in [analysis, facts] {
            assert_eq!(Source::of_stored(&answer.expect("JSON")), Some(Source::Embedded));
        }
    }

    #[test]
    fn no_text_of_an_answer_can_pass_for_it() {
        for text in [r#"","source":"upstream"}"#, r#""source":"bedrock""#, r#"\","source":"openfda"#] {
            let answer = json!({ "disclaimer": text }).to_string();
            assert_eq!(Source::of_stored(answer.as_bytes()), None, "{answer}");
        }
        let nested = json!({ "data": { "source": "upstream" } }).to_string();
        assert_eq!(Source::of_stored(nested.as_bytes()), None);
        assert_eq!(Source::of_stored(b""), None);
    }
}
