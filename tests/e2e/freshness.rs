//! Stale answers: when they are served, and that they say so.

use medinsight_functions::origin::OriginError;
use medinsight_tests::{Mood, Service, question};

/// The longest a health analysis is fresh, in seconds; jitter takes up to a twentieth off.
const FRESH: u64 = 3_600;

#[tokio::test]
async fn a_stale_answer_is_served_at_once_and_refreshed_in_the_background() {
    let service = Service::start();
    service.ask(&question()).await;
    service.advance_secs(FRESH + 60);
    let stale = service.ask(&question()).await;
    assert_eq!(stale.x_cache(), "STALE");
    assert!(stale.header("cache-status").starts_with("MedInsight; hit; ttl=-"), "{}", stale.header("cache-status"));
    service.background_work_is_done().await;
    assert_eq!(service.origin.analyses(), 2);
    let fresh = service.ask(&question()).await;
    assert_eq!((fresh.x_cache(), fresh.header("age")), ("HIT", "0"));
}

#[tokio::test]
async fn an_answer_near_the_end_of_its_life_is_a_hit_and_refreshed_early() {
    let service = Service::start();
    service.ask(&question()).await;
    service.advance_secs(FRESH * 95 / 100 - 60);
    assert_eq!(service.ask(&question()).await.x_cache(), "HIT");
    service.background_work_is_done().await;
    assert_eq!(service.origin.analyses(), 2);
}

#[tokio::test]
async fn many_callers_of_a_stale_answer_cause_one_refresh() {
    let service = Service::start();
    service.ask(&question()).await;
    service.advance_secs(FRESH + 60);
    service.origin.close_gate();
    for _ in 0..20 {
        assert_eq!(service.ask(&question()).await.x_cache(), "STALE");
    }
    service.origin.open_gate();
    service.background_work_is_done().await;
    assert_eq!(service.origin.analyses(), 2);
}

#[tokio::test]
async fn past_the_revalidation_window_the_origin_is_asked_first() {
    let service = Service::start();
    service.ask(&question()).await;
    service.advance_secs(FRESH + 901);
    assert_eq!(service.ask(&question()).await.x_cache(), "MISS");
}

#[tokio::test]
async fn an_old_answer_is_served_as_stale_when_the_origin_fails() {
    let service = Service::start();
    let first = service.ask(&question()).await;
    service.advance_secs(FRESH + 901);
    service.origin.set_mood(Mood::Fails(OriginError::Unavailable));
    let stale = service.ask(&question()).await;
    assert_eq!((stale.x_cache(), &stale.body), ("STALE", &first.body));
}

#[tokio::test]
async fn an_answer_that_is_too_old_is_not_served_even_when_the_origin_fails() {
    let service = Service::start();
    service.ask(&question()).await;
    service.advance_secs(FRESH + 86_400);
    service.origin.set_mood(Mood::Fails(OriginError::Unavailable));
    let answer = service.ask(&question()).await;
    assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (503, Some("origin_unavailable")));
}

#[tokio::test]
async fn fetching_by_digest_serves_stale_answers_only_within_the_revalidation_window() {
    let service = Service::start();
    let digest = service.ask(&question()).await.header("x-cache-key-digest").to_owned();
    service.advance_secs(FRESH + 60);
    assert_eq!(service.find(&digest).await.x_cache(), "STALE");
    service.advance_secs(901);
    assert_eq!(service.find(&digest).await.status.as_u16(), 404);
    assert_eq!(service.origin.analyses(), 1);
}

#[tokio::test]
async fn what_a_person_wrote_is_gone_when_its_time_is_over() {
    let service = Service::start();
    service.ask_as("one", &question()).await;
    assert!(service.stored("symptom", "one", Some("inputs")).await.is_some());
    service.advance_secs(1_800);
    assert!(service.stored("symptom", "one", Some("inputs")).await.is_none());
}
