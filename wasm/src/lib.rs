//! The keys of the MedInsight response cache in JavaScript: bindings of `medinsight-core` and nothing else.

// The macro's own exports are neither documented nor reachable by name from Rust.
#![allow(unsafe_code, reason = "wasm-bindgen exports functions to JavaScript")]

use medinsight_core::{AnalyzerRevision, DrugName, HealthAnalysisRequest, MedicationSet};
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// The digest of a health question, given the body of the request and the analyzer's revision.
///
/// # Errors
///
/// An `Error` that names the field and the rule that the body breaks, never its content.
#[wasm_bindgen(js_name = healthAnalysisDigest)]
pub fn health_analysis_digest(body: &[u8], analyzer: &str) -> Result<String, JsError> {
    let request = HealthAnalysisRequest::from_json(body)?;
    Ok(request.digest(&AnalyzerRevision::new(analyzer)?).to_hex())
}

/// The digest of a set of medicines, given `{"medications": [..]}` and the analyzer's revision.
///
/// # Errors
///
/// An `Error` that names the field and the rule that the body breaks, never its content.
#[wasm_bindgen(js_name = medicationSetDigest)]
pub fn medication_set_digest(body: &[u8], analyzer: &str) -> Result<String, JsError> {
    let medications = MedicationSet::from_json(body)?;
    Ok(medications.digest(&AnalyzerRevision::new(analyzer)?).to_hex())
}

/// A drug's name in the form that keys use.
///
/// # Errors
///
/// An `Error` when nothing is left of the name.
#[wasm_bindgen(js_name = normaliseDrugName)]
pub fn normalise_drug_name(name: &str) -> Result<String, JsError> {
    Ok(DrugName::new(name)?.as_str().to_owned())
}
