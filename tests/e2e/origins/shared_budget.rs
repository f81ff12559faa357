//! The budget of an origin that several processes share.

use super::protection::stampede;
use super::{backend, service_with};
use medinsight_tests::fault_proxy::FaultProxy;
use medinsight_tests::redis_server::RedisServer;
use std::time::Duration;

/// Longer than the budget may take to be told.
const SLOW: Duration = Duration::from_millis(400);

const LIMITS: [(&str, &str); 2] = [("ORIGIN_REQUESTS_PER_SECOND", "4"), ("ORIGIN_QUEUE_MS", "1200")];

/// A process that is told too late must not count for itself: others are told in time, and the origin would see both.
#[tokio::test]
async fn while_redis_is_slow_for_one_process_the_origin_still_sees_no_more_than_its_budget() {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let backend = backend().await;
    let process =
        |url: &str| service_with("upstream,embedded", &backend, &[&LIMITS[..], &[("REDIS_URL", url)]].concat());
    let (near, far) = (process(&redis.url()), process(&proxy.url()));
    proxy.delay_replies(SLOW);
    let (told, not_told) = tokio::join!(stampede(&near, 0..20), stampede(&far, 20..40));
    assert!(told.iter().chain(&not_told).all(|(_, status, _)| *status == 200));
    assert!(backend.most_in_a_second() <= 4, "{}", backend.most_in_a_second());
    assert!(backend.requests() >= 2, "{}", backend.requests());
    let asked_alone = not_told.iter().filter(|(_, _, source)| source.as_deref() == Some("upstream")).count();
    assert_eq!(asked_alone, 0, "it was never told that it may");
}

/// Without Redis there is nobody to ask; a new question waits for a moment and is then answered.
#[tokio::test]
async fn when_redis_is_down_each_process_counts_for_itself_after_a_while() {
    let redis = RedisServer::start().await;
    let backend = backend().await;
    let url = redis.url();
    let service = service_with("upstream", &backend, &[("ORIGIN_REQUESTS_PER_SECOND", "4"), ("REDIS_URL", &url)]);
    drop(redis);
    let answers = stampede(&service, 0..3).await;
    let answered = answers.iter().filter(|(_, status, _)| *status == 200).count();
    assert!(answered >= 1 && answered == backend.requests(), "{answers:?}");
    assert!(answers.iter().all(|(_, status, _)| matches!(status, 200 | 503)), "{answers:?}");
}
