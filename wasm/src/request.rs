//! Digests and keys of requests.

use medinsight_core::{
    AnalyzerRevision, CacheKey, Category, DrugAnalysisRequest, HealthAnalysisRequest, MedicationSet, RequestDigest,
};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::failure::Failure;
use crate::{argument, key, object};

/// The digest of a health question: what `GET /api/v1/analyze-health/{digest}` is asked with.
///
/// @param body the body of the request: JSON, as text or bytes.
/// @param analyzer the revision of whatever computes the answers.
/// @throws {CacheKeyError} when the server would refuse the body; the message names the field and the rule.
#[wasm_bindgen(js_name = healthAnalysisDigest)]
pub fn health_analysis_digest(
    #[wasm_bindgen(unchecked_param_type = "RequestBody")] body: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "string")] analyzer: &JsValue,
) -> Result<String, JsValue> {
    let (request, analyzer) = health_analysis(body, analyzer)?;
    Ok(request.digest(&analyzer).to_hex())
}

/// The key of the answer to a health question.
///
/// @param body the body of the request: JSON, as text or bytes.
/// @param analyzer the revision of whatever computes the answers.
/// @param secret the servers' `CACHE_KEY_SECRET`, if they have one. Never in a browser.
/// @throws {CacheKeyError} when the server would refuse the body; the message names the field and the rule.
#[wasm_bindgen(js_name = healthAnalysisKey)]
pub fn health_analysis_key(
    #[wasm_bindgen(unchecked_param_type = "RequestBody")] body: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "string")] analyzer: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "string | null")] secret: &JsValue,
) -> Result<String, JsValue> {
    let (request, analyzer) = health_analysis(body, analyzer)?;
    let key = CacheKey::health_analysis(&request.digest(&analyzer), argument::secret(secret)?.as_ref());
    Ok(key.into())
}

/// The normal form of a request as canonical JSON, with its digest and key.
///
/// @param category what the request asks for.
/// @param analyzer, secret as for the category's own function; a drug analysis has none.
/// @throws {CacheKeyError} when the category is another one, or the server would refuse the body.
#[wasm_bindgen(js_name = describeRequest, unchecked_return_type = "RequestDescription")]
pub fn describe_request(
    #[wasm_bindgen(unchecked_param_type = "RequestCategory")] category: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "RequestBody")] body: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "string | null")] analyzer: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "string | null")] secret: &JsValue,
) -> Result<JsValue, JsValue> {
    let category = argument::text(category, "category")?.parse().map_err(Failure::from)?;
    let (canonical, digest, key) = match category {
        Category::HealthAnalysis => {
            let (request, analyzer) = health_analysis(body, analyzer)?;
            let canonical = request.canonical_json(&analyzer);
            let digest = RequestDigest::of(category, &canonical);
            (canonical, digest, CacheKey::health_analysis(&digest, argument::secret(secret)?.as_ref()))
        }
        Category::MedicationInteractions => {
            let (set, analyzer) = medication_set(body, analyzer)?;
            let canonical = set.canonical_json(&analyzer);
            let digest = RequestDigest::of(category, &canonical);
            (canonical, digest, CacheKey::medication_interactions(&digest, argument::secret(secret)?.as_ref()))
        }
        Category::DrugAnalysis => {
            let request = drug_analysis(body)?;
            let canonical = request.canonical_json();
            let digest = RequestDigest::of(category, &canonical);
            (canonical, digest, request.key().clone())
        }
        _ => return Err(Failure::argument("category", "must be one that is asked for with a body").into()),
    };
    Ok(object::of(&[
        ("canonical", JsValue::from_str(&canonical)),
        ("digest", JsValue::from_str(&digest.to_hex())),
        ("key", JsValue::from_str(key.as_str())),
    ]))
}

/// The digest of a set of medicines, given as `{"medications": [..]}`.
///
/// @throws {CacheKeyError} when the server would refuse the body; the message names the field and the rule.
#[wasm_bindgen(js_name = medicationSetDigest)]
pub fn medication_set_digest(
    #[wasm_bindgen(unchecked_param_type = "RequestBody")] body: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "string")] analyzer: &JsValue,
) -> Result<String, JsValue> {
    let (set, analyzer) = medication_set(body, analyzer)?;
    Ok(set.digest(&analyzer).to_hex())
}

/// The key of the interactions of a set of medicines, given as `{"medications": [..]}`.
///
/// @param secret the servers' `CACHE_KEY_SECRET`, if they have one. Never in a browser.
/// @throws {CacheKeyError} when the server would refuse the body; the message names the field and the rule.
#[wasm_bindgen(js_name = medicationSetKey)]
pub fn medication_set_key(
    #[wasm_bindgen(unchecked_param_type = "RequestBody")] body: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "string")] analyzer: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "string | null")] secret: &JsValue,
) -> Result<String, JsValue> {
    let (set, analyzer) = medication_set(body, analyzer)?;
    let key = CacheKey::medication_interactions(&set.digest(&analyzer), argument::secret(secret)?.as_ref());
    Ok(key.into())
}

/// The digest of the question for a drug's analysis.
///
/// @throws {CacheKeyError} when the server would refuse the body; the message names the field and the rule.
#[wasm_bindgen(js_name = drugAnalysisDigest)]
pub fn drug_analysis_digest(
    #[wasm_bindgen(unchecked_param_type = "RequestBody")] body: &JsValue,
) -> Result<String, JsValue> {
    Ok(drug_analysis(body)?.digest().to_hex())
}

/// The key of a drug's analysis. It holds the name itself: it is public.
///
/// @throws {CacheKeyError} when the server would refuse the body; the message names the field and the rule.
#[wasm_bindgen(js_name = drugAnalysisKey)]
pub fn drug_analysis_key(
    #[wasm_bindgen(unchecked_param_type = "RequestBody")] body: &JsValue,
) -> Result<String, JsValue> {
    Ok(drug_analysis(body)?.key().as_str().to_owned())
}

/// The key of the facts about a drug.
///
/// @throws {CacheKeyError} when nothing is left of the name, or its key would be too long.
#[wasm_bindgen(js_name = drugInfoKey)]
pub fn drug_info_key(#[wasm_bindgen(unchecked_param_type = "string")] name: &JsValue) -> Result<String, JsValue> {
    let key = CacheKey::drug_info(&key::drug_name(name)?).map_err(Failure::from)?;
    Ok(key.into())
}

fn health_analysis(body: &JsValue, analyzer: &JsValue) -> Result<(HealthAnalysisRequest, AnalyzerRevision), Failure> {
    let analyzer = argument::analyzer(analyzer)?;
    Ok((HealthAnalysisRequest::from_json(&argument::body(body)?)?, analyzer))
}

fn medication_set(body: &JsValue, analyzer: &JsValue) -> Result<(MedicationSet, AnalyzerRevision), Failure> {
    let analyzer = argument::analyzer(analyzer)?;
    Ok((MedicationSet::from_json(&argument::body(body)?)?, analyzer))
}

fn drug_analysis(body: &JsValue) -> Result<DrugAnalysisRequest, Failure> {
    Ok(DrugAnalysisRequest::from_json(&argument::body(body)?)?)
}
