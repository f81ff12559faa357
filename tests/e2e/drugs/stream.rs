//! The status of an analysis as server-sent events.

use super::{analyze_named, ended, id_of, stream_request};
use http_body_util::BodyExt;
use medinsight_functions::origin::OriginError;
use medinsight_tests::{Mood, Service};
use serde_json::Value;
use std::time::Duration;
use tower::ServiceExt;

fn events(text: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(text).expect("text");
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|json| serde_json::from_str(json).expect("JSON")).collect()
}

#[tokio::test]
async fn a_stream_tells_each_change_until_the_analysis_is_completed() {
    let service = Service::start();
    service.origin.close_gate();
    let id = id_of(&analyze_named(&service, "aspirin").await);
    let response = service.router.clone().oneshot(stream_request(&id)).await.expect("an answer");
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let mut body = response.into_body();
    let first = body.frame().await.expect("a frame").expect("a whole one").into_data().expect("data");
    let first = events(&first);
    assert!(["queued", "in_progress"].contains(&first[0]["status"].as_str().expect("a status")), "{first:?}");
    service.origin.open_gate();
    let rest = events(&body.collect().await.expect("the rest").to_bytes());
    let last = rest.last().expect("an event");
    assert_eq!(last["status"], "completed");
    assert_eq!(last, &ended(&service, &id).await);
}

#[tokio::test]
async fn a_stream_ends_with_a_failure() {
    let service = Service::start();
    service.origin.set_mood(Mood::Fails(OriginError::Unavailable));
    let id = id_of(&analyze_named(&service, "aspirin").await);
    let told = events(&service.send(stream_request(&id)).await.body);
    let last = told.last().expect("an event");
    assert_eq!((last["status"].as_str(), last["error"].as_str()), (Some("failed"), Some("origin_unavailable")));
}

#[tokio::test]
async fn a_stream_of_what_is_over_tells_that_and_ends() {
    let service = Service::start();
    let id = id_of(&analyze_named(&service, "aspirin").await);
    let done = ended(&service, &id).await;
    assert_eq!(events(&service.send(stream_request(&id)).await.body), [done]);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_stream_has_heartbeats_and_ends_with_the_time_of_its_request() {
    let (service, _) = Service::in_memory_with(|config| config.origin_timeout = Duration::from_secs(600));
    service.origin.set_mood(Mood::Hangs);
    let id = id_of(&analyze_named(&service, "aspirin").await);
    let started = tokio::time::Instant::now();
    let streamed = service.send(stream_request(&id)).await;
    assert_eq!(started.elapsed().as_secs(), Service::limits().request_timeout.as_secs());
    let text = String::from_utf8(streamed.body.to_vec()).expect("text");
    assert!((2..=3).contains(&text.matches(": waiting").count()), "{text}");
    assert!(events(&streamed.body).iter().all(|event| event["status"] != "completed"));
}

#[tokio::test]
async fn a_stream_of_an_unknown_or_malformed_id_is_a_problem() {
    let service = Service::start();
    let unknown = service.send(stream_request(&"0".repeat(32))).await;
    unknown.assert_problem(404, "unknown_analysis", "there is no analysis with this id");
    let detail = "analysis_id: must be 32 lower-case hexadecimal characters";
    service.send(stream_request("x")).await.assert_problem(400, "invalid_analysis_id", detail);
}
