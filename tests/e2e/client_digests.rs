//! Clients that compute the digest themselves: what they claim is compared and never trusted.

use medinsight_core::{AnalyzerRevision, HealthAnalysisRequest};
use medinsight_tests::{Service, get, post, question};

async fn analyzer(service: &Service) -> AnalyzerRevision {
    let policy = service.send(get("/api/v1/cache/policy")).await.json();
    AnalyzerRevision::new(policy["analyzer"].as_str().expect("a revision")).expect("a revision")
}

async fn ask_claiming(service: &Service, digest: &str) -> medinsight_tests::Answered {
    let mut request = post(question().to_string());
    request.headers_mut().insert("x-cache-key-digest", digest.parse().expect("a header value"));
    service.send(request).await
}

#[tokio::test]
async fn a_client_that_knows_the_policy_computes_the_servers_digest() {
    let service = Service::start();
    let request = HealthAnalysisRequest::from_json(question().to_string().as_bytes()).expect("a question");
    let digest = request.digest(&analyzer(&service).await).to_hex();
    let answer = ask_claiming(&service, &digest).await;
    assert_eq!((answer.status.as_u16(), answer.header("x-cache-key-digest")), (200, digest.as_str()));
    assert_eq!(service.find(&digest).await.x_cache(), "HIT");
}

#[tokio::test]
async fn a_digest_that_is_not_the_questions_is_a_409_and_nothing_is_stored_under_it() {
    let service = Service::start();
    let claimed = "0".repeat(64);
    let answer = ask_claiming(&service, &claimed).await;
    assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (409, Some("digest_mismatch")));
    assert_eq!(service.find(&claimed).await.status.as_u16(), 404);
    assert_eq!(service.origin.analyses(), 0);
    assert_eq!(service.counter("errors", "digest_mismatches").await, 1);
}

#[tokio::test]
async fn a_claim_that_is_no_digest_is_a_400() {
    let service = Service::start();
    for claim in ["", "0", &"F".repeat(64), &"0".repeat(65)] {
        assert_eq!(ask_claiming(&service, claim).await.status.as_u16(), 400, "{claim}");
    }
}

#[tokio::test]
async fn the_policy_is_public_and_has_every_kind_of_entry_with_its_lives() {
    let answer = Service::start().send(get("/api/v1/cache/policy")).await;
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let policy = answer.json();
    assert_eq!((policy["key_specification"].as_u64(), policy["keys_are_private"].as_bool()), (Some(1), Some(false)));
    let entries = policy["entries"].as_array().expect("a list");
    assert_eq!(entries.len(), 10);
    let analysis = entries.iter().find(|entry| entry["category"] == "health_analysis").expect("the category");
    assert_eq!((analysis["fresh_for"].as_u64(), analysis["data_class"].as_str()), (Some(3_600), Some("personal")));
    let facts = entries.iter().find(|entry| entry["category"] == "drug_info").expect("the category");
    assert!(facts["stale_if_error"].is_null());
}
