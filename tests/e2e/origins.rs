//! Origins that are far away, on local servers that speak their protocols.

#[cfg(feature = "bedrock")]
mod bedrock;
mod fallback;
mod openfda;
mod protection;
mod refused_answers;
mod revisions;
mod shared_budget;
mod tls;
mod upstream;

use medinsight_functions::cache::Counter;
use medinsight_tests::origin_server::{OriginServer, Received, Reply};
use medinsight_tests::{Answered, Service, get, question};
use serde_json::{Value, json};

/// What a backend answers to a health question.
pub(crate) fn analysis() -> Value {
    json!({
        "condition": "An invented condition",
        "explanation": "An invented explanation.",
        "natural_remedies": ["An invented remedy"],
        "severity": "mild",
        "recommendation": "An invented recommendation.",
        "when_to_see_doctor": ["It does not pass."],
        "disclaimer": "Invented, and not medical advice.",
    })
}

/// A backend that answers every health question.
async fn backend() -> OriginServer {
    OriginServer::start(|_| Reply::json(200, &analysis())).await
}

/// A service in front of a backend, without a limit on requests.
fn service_with(origin: &str, backend: &OriginServer, more: &[(&str, &str)]) -> Service {
    let url = backend.url();
    let base = [("MEDINSIGHT_ORIGIN", origin), ("ORIGIN_URL", &url), ("ORIGIN_REQUESTS_PER_SECOND", "0")];
    Service::with_origins(&[&base, more].concat())
}

fn numbered(number: usize) -> Value {
    let mut question = question();
    question["symptoms"] = format!("Throbbing pain on one side for {number} days").into();
    question
}

/// Which origin gave an answer, by its body and by its header, which have to agree.
#[track_caller]
fn source_of(answer: &Answered) -> String {
    let body = answer.json();
    let answer_itself = if body["data"].is_object() { &body["data"] } else { &body };
    let source = answer_itself["source"].as_str().expect("answers name their source").to_owned();
    let status = answer.header("cache-status");
    assert!(status.ends_with(&format!("; source={source}")), "{status}");
    source
}

/// What a counter stands at.
async fn count(service: &Service, counter: Counter) -> u64 {
    service.cache.counts().await.expect("a reachable store").of_counter(counter)
}

async fn info(service: &Service, drug: &str) -> Answered {
    service.send(get(&format!("/api/v1/drug/info/{drug}"))).await
}

fn json_of(received: &Received) -> Value {
    serde_json::from_slice(&received.body).expect("JSON is sent")
}
