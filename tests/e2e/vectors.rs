//! The conformance vectors of the key specification, one case a file. The JavaScript tests read the same files.

use base64ct::{Base64, Encoding};
use medinsight_core::{
    AnalyzerRevision, CacheKey, DrugAnalysisRequest, DrugName, HealthAnalysisRequest, KeyError, KeySecret,
    MedicationSet, RequestDigest, RequestError, text,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// One case: an operation and what has to come of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    #[expect(dead_code, reason = "for the people who read the file")]
    description: String,
    operation: Operation,
    input: Input,
    #[serde(default)]
    expect: Option<Value>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Operation {
    BuildKey,
    ParseKey,
    NormaliseText,
    NormaliseDrugName,
    HealthAnalysis,
    DrugAnalysis,
    MedicationInteractions,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Input {
    category: String,
    identifier: String,
    sub_key: Option<String>,
    key: String,
    text: String,
    body: Option<String>,
    body_base64: Option<String>,
    analyzer: Option<String>,
    secret: Option<String>,
}

impl Input {
    fn body(&self) -> Vec<u8> {
        match (&self.body, &self.body_base64) {
            (Some(body), None) => body.clone().into_bytes(),
            (None, Some(encoded)) => Base64::decode_vec(encoded).expect("base64"),
            _ => panic!("a body is either text or base64"),
        }
    }

    fn analyzer(&self) -> AnalyzerRevision {
        AnalyzerRevision::new(self.analyzer.clone().expect("an analyzer")).expect("a valid analyzer")
    }

    fn secret(&self) -> Option<KeySecret> {
        self.secret.as_deref().map(|secret| KeySecret::new(secret).expect("a valid secret"))
    }
}

#[test]
fn every_vector_of_the_key_specification_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/keys");
    let mut failures = Vec::new();
    let mut count = 0;
    for file in fs::read_dir(folder).expect("the folder of the vectors") {
        let path = file.expect("a file").path();
        let vector: Vector = serde_json::from_slice(&fs::read(&path).expect("a readable file")).expect("a vector");
        let outcome = run(&vector);
        let expected = vector.expect.map(Ok).or(vector.error.map(Err)).expect("an expectation");
        if outcome != expected {
            failures.push(format!("{}\n  expected {expected:?}\n  got      {outcome:?}", path.display()));
        }
        count += 1;
    }
    assert!(failures.is_empty(), "{} of {count} vectors fail:\n{}", failures.len(), failures.join("\n"));
    assert!(count >= 60, "only {count} vectors were found");
}

fn run(vector: &Vector) -> Result<Value, Value> {
    let input = &vector.input;
    match vector.operation {
        Operation::BuildKey => CacheKey::build(&input.category, &input.identifier, input.sub_key.as_deref())
            .map(|key| json!({"key": key.as_str()}))
            .map_err(key_error),
        Operation::ParseKey => input.key.parse::<CacheKey>().map(|key| parts(&key)).map_err(key_error),
        Operation::NormaliseText => Ok(json!({"text": text::normalise(&input.text)})),
        Operation::NormaliseDrugName => {
            DrugName::new(&input.text).map(|name| json!({"text": name.as_str()})).map_err(key_error)
        }
        Operation::HealthAnalysis => HealthAnalysisRequest::from_json(&input.body())
            .map(|request| {
                let digest = request.digest(&input.analyzer());
                let key = CacheKey::health_analysis(&digest, input.secret().as_ref());
                answer(&request.canonical_json(&input.analyzer()), &digest, &key)
            })
            .map_err(request_error),
        Operation::MedicationInteractions => MedicationSet::from_json(&input.body())
            .map(|set| {
                let digest = set.digest(&input.analyzer());
                let key = CacheKey::medication_interactions(&digest, input.secret().as_ref());
                answer(&set.canonical_json(&input.analyzer()), &digest, &key)
            })
            .map_err(request_error),
        Operation::DrugAnalysis => DrugAnalysisRequest::from_json(&input.body())
            .map(|request| answer(&request.canonical_json(), &request.digest(), request.key()))
            .map_err(request_error),
    }
}

fn parts(key: &CacheKey) -> Value {
    json!({
        "category": key.kind().category().as_str(),
        "identifier": key.identifier(),
        "sub_key": key.sub_key(),
    })
}

fn answer(canonical: &str, digest: &RequestDigest, key: &CacheKey) -> Value {
    json!({"canonical": canonical, "digest": digest.to_hex(), "key": key.as_str()})
}

fn key_error(error: KeyError) -> Value {
    json!({"code": error.code(), "field": null})
}

fn request_error(error: RequestError) -> Value {
    json!({"code": error.code(), "field": error.field()})
}
