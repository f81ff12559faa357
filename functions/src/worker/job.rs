//! A job of the worker: one answer that is to be there before somebody asks for it.

use crate::api::{ServiceParts, Services};
use crate::cache::{Cache, Deadline};
use crate::warming::{self, Fate};
use medinsight_core::{CacheKey, DrugAnalysisRequest, DrugName, HealthAnalysisRequest};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A job.
#[derive(Debug)]
pub(super) enum Job {
    /// Analyse a drug.
    DrugAnalysis(DrugAnalysisRequest),
    /// Look facts about a drug up.
    DrugInfo(DrugName),
    /// Answer a health question.
    HealthAnalysis(HealthAnalysisRequest),
}

/// A job as messages have it: `{"kind": "drug_analysis", "request": {"drug_name": "aspirin"}}`. A `request` is the body
/// of the route's own request, with the same rules. A health question then lies in the queue, which has to be encrypted.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Written {
    DrugAnalysis {
        request: Map<String, Value>,
    },
    DrugInfo {
        drug_name: String,
    },
    HealthAnalysis {
        request: Map<String, Value>,
    },
    /// Another job, as one of our own functions hands it over.
    Sealed {
        name: String,
        job: String,
    },
}

impl Job {
    /// Reads a message, which may be sealed; nothing for one that is no job.
    pub(super) fn read(message: &str, cache: &Cache) -> Option<Self> {
        match serde_json::from_slice(message.as_bytes()).ok()? {
            Written::Sealed { name, job } => Self::parse(&cache.unsealed(&name, &job)?),
            written => Self::of(written),
        }
    }

    /// Reads a message that is not sealed; nothing for one that is no job.
    pub(super) fn parse(message: &str) -> Option<Self> {
        Self::of(serde_json::from_slice(message.as_bytes()).ok()?)
    }

    fn of(written: Written) -> Option<Self> {
        let body = |request| Value::Object(request).to_string().into_bytes();
        match written {
            Written::Sealed { .. } => None,
            Written::DrugAnalysis { request } => {
                DrugAnalysisRequest::from_json(&body(request)).ok().map(Self::DrugAnalysis)
            }
            Written::HealthAnalysis { request } => {
                HealthAnalysisRequest::from_json(&body(request)).ok().map(Self::HealthAnalysis)
            }
            Written::DrugInfo { drug_name } => {
                let drug = DrugName::new(&drug_name).ok()?;
                CacheKey::drug_info(&drug).ok().map(|_key| Self::DrugInfo(drug))
            }
        }
    }

    /// Does the job, and waits for its end at most until the deadline.
    pub(super) async fn run(self, services: &Services, deadline: Deadline) -> Fate {
        let ServiceParts { analyses, drugs, .. } = &**services;
        match self {
            Self::DrugAnalysis(question) => {
                let warming = drugs.warm_analysis(question.drug(), *question.variant(), deadline);
                warming::by(deadline, warming).await
            }
            Self::DrugInfo(drug) => warming::by(deadline, drugs.warm_info(&drug, deadline)).await,
            Self::HealthAnalysis(question) => warming::by(deadline, analyses.warm(question, deadline)).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Job;
    use crate::worker::written;
    use medinsight_core::{AnalysisType, AnalysisVariant, AnalyzerRevision, DrugName, HealthAnalysisRequest};

    #[test]
    fn a_job_is_read_by_the_rules_of_the_route_that_computes_it() {
        let analysis = Job::parse(r#"{"kind": "drug_analysis", "request": {"drug_name": "Aspirin"}}"#);
        assert!(matches!(analysis, Some(Job::DrugAnalysis(question)) if question.drug().as_str() == "aspirin"));
        let facts = Job::parse(r#"{"kind": "drug_info", "drug_name": "Vitamin  D/3"}"#);
        assert!(matches!(facts, Some(Job::DrugInfo(drug)) if drug.as_str() == "vitamin_d/3"));
        let question = r#"{"kind": "health_analysis", "request": {"concern": "Cough", "symptoms": "Dry cough"}}"#;
        assert!(matches!(Job::parse(question), Some(Job::HealthAnalysis(_))));
    }

    #[test]
    fn a_job_that_a_function_writes_is_the_question_that_it_had() {
        let drug = DrugName::new("Vitamin  D/3").expect("a name");
        let facts = Job::parse(written::drug_info(&drug).text());
        assert!(matches!(facts, Some(Job::DrugInfo(read)) if read == drug));
        for analysis_type in AnalysisType::ALL {
            let variant = AnalysisVariant { analysis_type, include_market_data: false, ..AnalysisVariant::default() };
            let Some(Job::DrugAnalysis(read)) = Job::parse(written::drug_analysis(&drug, variant).text()) else {
                panic!("no job")
            };
            assert_eq!((read.drug(), *read.variant()), (&drug, variant));
        }
        let question = br#"{"concern": " Cough ", "symptoms": "Dry \"cough\"", "current_medications": ["B", "a"]}"#;
        let question = HealthAnalysisRequest::from_json(question).expect("a question");
        let revision = AnalyzerRevision::new("invented-1").expect("a revision");
        let written = written::health_analysis(&question.canonical_json(&revision));
        let Some(Job::HealthAnalysis(read)) = Job::parse(written.text()) else { panic!("no job") };
        assert_eq!(read.digest(&revision), question.digest(&revision));
    }

    #[test]
    fn what_is_no_job_is_none() {
        for message in [
            "",
            "aspirin",
            "{}",
            r#"{"kind": "clear"}"#,
            r#"{"kind": "drug_info", "drug_name": "a", "x": 1}"#,
            r#"{"kind": "drug_info", "drug_name": "  "}"#,
            r#"{"kind": "drug_analysis", "request": {"drug_name": "a", "analysis_type": "x"}}"#,
            r#"{"kind": "health_analysis", "request": {}}"#,
        ] {
            assert!(Job::parse(message).is_none(), "{message}");
        }
    }
}
