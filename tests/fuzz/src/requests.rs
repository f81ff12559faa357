//! Bodies of requests.

use medinsight_core::request::check_object;
use medinsight_core::{
    AnalyzerRevision, CacheKey, DrugAnalysisRequest, DrugComparisonRequest, HealthAnalysisRequest, MedicationSet,
    RequestError,
};
use serde_json::Value;
use std::sync::LazyLock;

static ANALYZER: LazyLock<AnalyzerRevision> =
    LazyLock::new(|| AnalyzerRevision::new("invented-1").expect("a revision"));

/// The input is a body of each kind of request.
pub fn check(input: &[u8]) {
    check_reading(input);
    check_request(input, HealthAnalysisRequest::from_json, |request| Some(request.canonical_json(&ANALYZER)));
    check_request(input, MedicationSet::from_json, |set| Some(set.canonical_json(&ANALYZER)));
    check_request(input, DrugAnalysisRequest::from_json, |request| Some(request.canonical_json()));
    check_request(input, DrugComparisonRequest::from_json, |_| None);
    if let Ok(request) = DrugAnalysisRequest::from_json(input) {
        assert_eq!(request.key().as_str().parse::<CacheKey>().as_ref(), Ok(request.key()));
    }
}

/// What is JSON is decided as `serde_json` decides it, save where the specification says more.
fn check_reading(input: &[u8]) {
    let expected = serde_json::from_slice::<Value>(input);
    match check_object(input) {
        Ok(()) => assert!(expected.is_ok_and(|value| value.is_object())),
        Err(RequestError::NotAnObject) => assert!(expected.is_ok_and(|value| !value.is_object())),
        Err(RequestError::NotUtf8) => assert!(std::str::from_utf8(input).is_err()),
        Err(RequestError::NotJson { line, column }) => {
            let place = expected.err().map(|error| (error.line(), error.column()));
            assert_eq!(place, Some((line, column)));
        }
        Err(_) => {}
    }
}

/// A request that is accepted means the same however its JSON is written, also in its canonical form.
fn check_request<T: PartialEq>(
    input: &[u8],
    read: fn(&[u8]) -> Result<T, RequestError>,
    canonical: fn(&T) -> Option<String>,
) {
    let request = match read(input) {
        Ok(request) => request,
        Err(error) => return assert!(!error.message().is_empty()),
    };
    let value: Value = serde_json::from_slice(input).expect("what is accepted is JSON");
    for written in [serde_json::to_vec(&value), serde_json::to_vec_pretty(&value)] {
        let read = read(&written.expect("JSON"));
        assert!(read.is_ok_and(|read| read == request), "the same JSON, written in another way");
    }
    if let Some(canonical) = canonical(&request) {
        check_canonical(&canonical, &request, read);
    }
}

fn check_canonical<T: PartialEq>(canonical: &str, request: &T, read: fn(&[u8]) -> Result<T, RequestError>) {
    let value: Value = serde_json::from_str(canonical).expect("canonical JSON is JSON");
    let expected = serde_json_canonicalizer::to_string(&value);
    assert_eq!(expected.ok().as_deref(), Some(canonical));
    match read(canonical.as_bytes()) {
        Ok(read) => assert!(read == *request, "the canonical form of a request is that request"),
        // The limits are about what is sent, and a normal form may be longer.
        Err(error) => assert!(matches!(error, RequestError::TextTooLong { .. }), "{error:?}"),
    }
}
