//! The origin or the store fails; users notice as little as possible.

use medinsight_functions::origin::OriginError;
use medinsight_tests::{Mood, Service, question};
use std::time::Duration;

#[tokio::test]
async fn a_store_that_is_out_of_reach_is_bypassed_and_used_again_when_it_is_back() {
    let (service, memory) = Service::in_memory();
    service.ask(&question()).await;
    service.advance_secs(2);
    memory.set_reachable(false);
    let bypassed = service.ask(&question()).await;
    assert_eq!((bypassed.status.as_u16(), bypassed.x_cache()), (200, "BYPASS"));
    assert_eq!(bypassed.header("cache-status"), "MedInsight; fwd=bypass; detail=store-unreachable; source=embedded");
    memory.set_reachable(true);
    assert_eq!(service.ask(&question()).await.x_cache(), "HIT");
}

#[tokio::test]
async fn an_answer_that_could_not_be_stored_does_not_claim_that_it_was() {
    let (service, memory) = Service::in_memory();
    service.origin.close_gate();
    let question = question();
    let ask = service.ask(&question);
    let cut_off = async {
        service.origin.has_begun(1).await;
        memory.set_reachable(false);
        service.origin.open_gate();
    };
    let (answer, ()) = tokio::join!(ask, cut_off);
    assert_eq!((answer.status.as_u16(), answer.header("cache-status")), (200, "MedInsight; fwd=miss; source=embedded"));
}

#[tokio::test]
async fn hits_that_were_counted_while_the_store_was_out_of_reach_are_not_lost() {
    let (service, memory) = Service::in_memory();
    service.ask(&question()).await;
    service.ask(&question()).await;
    memory.set_reachable(false);
    service.cache.flush().await;
    memory.set_reachable(true);
    assert_eq!(service.counter("usage", "hits").await, 1);
}

#[tokio::test]
async fn a_failing_origin_is_a_problem_that_is_counted_and_not_cached() {
    let service = Service::start();
    let cases = [
        (OriginError::Unavailable, 503, "origin_unavailable"),
        (OriginError::Failed, 502, "origin_failed"),
        (OriginError::TimedOut, 504, "origin_timed_out"),
    ];
    for (error, status, code) in cases {
        service.origin.set_mood(Mood::Fails(error));
        let answer = service.ask(&question()).await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (status, Some(code)));
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.header("retry-after"), if status == 503 { "5" } else { "" });
    }
    service.origin.set_mood(Mood::Answers);
    assert_eq!(service.ask(&question()).await.x_cache(), "MISS");
    assert_eq!(service.counter("errors", "failures").await, 3);
}

#[tokio::test]
async fn an_origin_that_panics_is_a_502_without_details_and_the_service_lives_on() {
    let service = Service::start();
    service.origin.set_mood(Mood::Panics);
    let answer = service.ask(&question()).await;
    assert_eq!((answer.status.as_u16(), answer.json()["detail"].as_str()), (502, Some("the origin failed")));
    service.origin.set_mood(Mood::Answers);
    assert_eq!(service.ask(&question()).await.status.as_u16(), 200);
}

#[tokio::test(start_paused = true)]
async fn an_origin_that_hangs_is_given_up_after_its_time() {
    let (service, _) = Service::in_memory_with(|config| config.origin_timeout = Duration::from_secs(7));
    service.origin.set_mood(Mood::Hangs);
    let started = tokio::time::Instant::now();
    let answer = service.ask(&question()).await;
    assert_eq!((answer.status.as_u16(), started.elapsed().as_secs()), (504, 7));
}

#[tokio::test(start_paused = true)]
async fn a_request_is_answered_within_its_time_whatever_happens() {
    let (service, _) = Service::in_memory_with(|config| {
        config.origin_timeout = Duration::from_secs(60);
        config.limits.request_timeout = Duration::from_secs(3);
    });
    service.origin.set_mood(Mood::Hangs);
    let started = tokio::time::Instant::now();
    let answer = service.ask(&question()).await;
    assert_eq!((answer.json()["code"].as_str(), started.elapsed().as_secs()), (Some("timed_out"), 3));
}
