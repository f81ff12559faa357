//! What stands between a stampede and an origin.

use super::{analysis, backend, numbered, service_with, source_of};
use medinsight_tests::origin_server::Reply;
use serde_json::json;
use std::ops::Range;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Asks different questions at the same moment; returns how long each took, its status, and its source if it has one.
pub(super) async fn stampede(
    service: &medinsight_tests::Service,
    numbers: Range<usize>,
) -> Vec<(Duration, u16, Option<String>)> {
    let start = Instant::now();
    let asking: JoinSet<_> = numbers
        .map(|number| {
            let service = service.clone();
            async move {
                let answer = service.ask(&numbered(number)).await;
                let source = (answer.status.as_u16() == 200).then(|| source_of(&answer));
                (start.elapsed(), answer.status.as_u16(), source)
            }
        })
        .collect();
    asking.join_all().await
}

#[tokio::test]
async fn a_stampede_of_different_questions_never_exceeds_the_budget_and_everybody_is_answered() {
    let backend = backend().await;
    let settings = [("ORIGIN_REQUESTS_PER_SECOND", "4"), ("ORIGIN_QUEUE_MS", "1000")];
    let service = service_with("upstream,embedded", &backend, &settings);
    let answers = stampede(&service, 0..60).await;
    assert!(answers.iter().all(|(_, status, _)| *status == 200));
    let real = answers.iter().filter(|(_, _, source)| source.as_deref() == Some("upstream")).count();
    assert!((2..=5).contains(&real) && backend.requests() == real, "{real} of {}", backend.requests());
    assert!(backend.most_in_a_second() <= 4, "{}", backend.most_in_a_second());
}

#[tokio::test]
async fn without_another_origin_whose_turn_does_not_come_is_told_to_try_later() {
    let backend = backend().await;
    let settings = [("ORIGIN_REQUESTS_PER_SECOND", "4"), ("ORIGIN_QUEUE_MS", "500")];
    let answers = stampede(&service_with("upstream", &backend, &settings), 0..20).await;
    let answered = answers.iter().filter(|(_, status, _)| *status == 200).count();
    let refused = answers.iter().filter(|(_, status, _)| *status == 503).count();
    assert_eq!((answered + refused, answered), (20, backend.requests()));
    assert!(answered >= 1);
}

#[tokio::test]
async fn an_origin_that_fails_is_left_alone_and_found_again_when_it_is_back() {
    let backend = backend().await;
    let service = service_with("upstream", &backend, &[]);
    backend.answer_with(Reply::json(500, &json!({})));
    for number in 0..20 {
        service.ask(&numbered(number)).await;
    }
    assert_eq!(backend.requests(), 5);
    backend.answer_with(Reply::json(200, &analysis()));
    assert_eq!(service.ask(&numbered(20)).await.json()["code"], "origin_unavailable");
    service.advance_secs(2);
    assert_eq!(service.ask(&numbered(20)).await.status.as_u16(), 200);
    assert_eq!(service.ask(&numbered(21)).await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_throttled_question_is_asked_again_when_the_backend_says_that_it_may_be() {
    let backend = backend().await;
    let service = service_with("upstream", &backend, &[]);
    backend.answer_with(Reply::json(429, &json!({})).with("retry-after", "0"));
    assert_eq!(service.ask(&numbered(1)).await.json()["code"], "origin_unavailable");
    assert_eq!(backend.requests(), 3);
    backend.answer_with(Reply::json(429, &json!({})).with("retry-after", "3600"));
    service.ask(&numbered(1)).await;
    assert_eq!(backend.requests(), 4);
}

#[tokio::test]
async fn facts_are_asked_for_again_after_an_error_and_questions_are_not() {
    let backend = backend().await;
    backend.answer_with(Reply::json(502, &json!({})));
    let service = service_with("upstream", &backend, &[]);
    super::info(&service, "aspirin").await;
    assert_eq!(backend.requests(), 3);
    service.ask(&numbered(1)).await;
    assert_eq!(backend.requests(), 4);
}
