//! Jobs as they are written for the worker by a process that has no time for them.

use crate::cache::Job;
use medinsight_core::{AnalysisVariant, DrugName};
use serde_json::json;

/// The job of a health question, by its canonical JSON.
pub(crate) fn health_analysis(canonical: &str) -> Job {
    Job::new(format!(r#"{{"kind":"health_analysis","request":{canonical}}}"#))
}

/// The job of facts about a drug.
pub(crate) fn drug_info(drug: &DrugName) -> Job {
    Job::new(json!({ "kind": "drug_info", "drug_name": drug.as_str() }).to_string())
}

/// The job of an analysis of a drug.
pub(crate) fn drug_analysis(drug: &DrugName, variant: AnalysisVariant) -> Job {
    let request = json!({
        "drug_name": drug.as_str(),
        "analysis_type": variant.analysis_type.as_str(),
        "include_competitors": variant.include_competitors,
        "include_market_data": variant.include_market_data,
        "include_clinical_data": variant.include_clinical_data,
    });
    Job::new(json!({ "kind": "drug_analysis", "request": request }).to_string())
}
