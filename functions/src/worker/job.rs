//! A job of the worker: one answer that is to be there before somebody asks for it.

use crate::api::{ServiceParts, Services};
use crate::cache::Deadline;
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
    DrugAnalysis { request: Map<String, Value> },
    DrugInfo { drug_name: String },
    HealthAnalysis { request: Map<String, Value> },
}

impl Job {
    /// Reads a message; nothing for one that is no job.
    pub(super) fn parse(message: &str) -> Option<Self> {
        let body = |request| Value::Object(request).to_string().into_bytes();
        match serde_json::from_str(message).ok()? {
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
