//! Who answers when the first origin does not.

use super::{analysis, backend, count, info, numbered, service_with, source_of};
use medinsight_functions::cache::Counter;
use medinsight_functions::origin::Source;
use medinsight_tests::Service;
use medinsight_tests::origin_server::Reply;
use medinsight_tests::question;
use serde_json::json;

/// For how many seconds an answer is fresh, at most.
const FRESH: u64 = 3_600;

fn broken() -> Reply {
    Reply::json(500, &json!({}))
}

#[tokio::test]
async fn the_next_origin_answers_says_so_also_on_hits_and_the_real_answer_soon_replaces_it() {
    let backend = backend().await;
    backend.answer_with(broken());
    let service = service_with("upstream,embedded", &backend, &[]);
    let (first, hit) = (service.ask(&question()).await, service.ask(&question()).await);
    assert_eq!((first.status.as_u16(), first.x_cache(), hit.x_cache()), (200, "MISS", "HIT"));
    assert_eq!((source_of(&first).as_str(), source_of(&hit).as_str()), ("embedded", "embedded"));
    assert_eq!(first.header("cache-status"), "MedInsight; fwd=miss; stored; ttl=60; source=embedded");
    // Counted once, when it was computed.
    assert_eq!(count(&service, Counter::Fallback(Source::Embedded)).await, 1);
    backend.answer_with(Reply::json(200, &analysis()));
    service.advance_secs(61);
    let stale = service.ask(&question()).await;
    assert_eq!((stale.x_cache(), source_of(&stale).as_str()), ("STALE", "embedded"));
    service.background_work_is_done().await;
    let real = service.ask(&question()).await;
    assert_eq!((real.x_cache(), source_of(&real).as_str()), ("HIT", "upstream"));
    assert_eq!(real.header("x-cache-key-digest"), first.header("x-cache-key-digest"));
}

#[tokio::test]
async fn an_earlier_answer_of_the_first_origin_is_better_than_one_of_the_next() {
    let backend = backend().await;
    let service = service_with("upstream,embedded", &backend, &[]);
    service.ask(&question()).await;
    backend.answer_with(broken());
    for secs in [FRESH, 1_000] {
        service.advance_secs(secs);
        let stale = service.ask(&question()).await;
        assert_eq!((stale.x_cache(), source_of(&stale).as_str()), ("STALE", "upstream"));
        service.background_work_is_done().await;
    }
    service.advance_secs(86_400);
    assert_eq!(source_of(&service.ask(&question()).await), "embedded");
}

#[tokio::test]
async fn while_the_origin_is_down_for_a_minute_no_cached_question_fails_and_stale_answers_say_so() {
    let backend = backend().await;
    let service = service_with("upstream", &backend, &[]);
    for number in 0..20 {
        service.ask(&numbered(number)).await;
    }
    service.advance_secs(FRESH);
    backend.answer_with(broken());
    for second in 0..60 {
        service.advance_secs(1);
        for number in 0..20 {
            let answer = service.ask(&numbered(number)).await;
            assert_eq!((answer.status.as_u16(), answer.x_cache()), (200, "STALE"), "{number} after {second} s");
            assert!(answer.header("cache-status").starts_with("MedInsight; hit; ttl=-"));
        }
        service.background_work_is_done().await;
    }
    // The circuit is open most of the time.
    assert!(backend.requests() < 20 + 60, "{}", backend.requests());
    backend.answer_with(Reply::json(200, &analysis()));
    service.advance_secs(15);
    service.ask(&numbered(0)).await;
    service.background_work_is_done().await;
    assert_eq!(service.ask(&numbered(0)).await.x_cache(), "HIT");
}

#[tokio::test]
async fn without_another_origin_a_new_question_is_a_503_with_retry_after_while_the_backend_is_overloaded() {
    let backend = backend().await;
    backend.answer_with(Reply::json(503, &json!({})));
    let answer = service_with("upstream", &backend, &[]).ask(&question()).await;
    assert_eq!((answer.json()["code"].as_str(), answer.header("retry-after")), (Some("origin_unavailable"), "5"));
}

#[tokio::test]
async fn a_fallback_about_a_drug_is_not_kept_by_browsers_for_long() {
    let backend = backend().await;
    backend.answer_with(broken());
    let service = service_with("upstream,embedded", &backend, &[("ORIGIN_FALLBACK_SECS", "30")]);
    let facts = info(&service, "aspirin").await;
    assert_eq!((source_of(&facts).as_str(), facts.header("cache-control")), ("embedded", "public, max-age=30"));
}

#[tokio::test]
async fn a_drug_that_only_the_next_origin_knows_is_known_and_one_that_none_knows_is_not() {
    let backend = backend().await;
    backend.answer_with(Reply::json(404, &json!({ "code": "unknown_drug" })));
    let service = service_with("upstream,embedded", &backend, &[]);
    let facts = info(&service, "aspirin").await;
    assert_eq!((source_of(&facts).as_str(), facts.header("cache-control")), ("embedded", "public, max-age=3600"));
    assert_eq!(info(&service, "zyxwv").await.json()["code"], "unknown_drug");
}

#[tokio::test]
async fn the_embedded_origin_alone_asks_nobody_and_says_that_it_answered() {
    let service = Service::with_origins(&[]);
    let (miss, hit) = (service.ask(&question()).await, service.ask(&question()).await);
    assert_eq!((source_of(&miss).as_str(), source_of(&hit).as_str()), ("embedded", "embedded"));
}
