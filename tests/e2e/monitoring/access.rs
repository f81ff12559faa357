//! Who sees what.

use super::{ADVICE, HEALTH, HISTORY, PERFORMANCE, STATS, TOKEN, ask, operate, operated, operated_on};
use medinsight_tests::fault_proxy::FaultProxy;
use medinsight_tests::log::CapturedLog;
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::{Service, question};
use tracing::level_filters::LevelFilter;

#[tokio::test]
async fn without_the_right_token_nobody_sees_anything_and_redis_is_sent_nothing() {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let (open, closed) =
        (operated_on(&[("REDIS_URL", &proxy.url())]), Service::with_settings(&[("REDIS_URL", &proxy.url())]));
    for service in [&open, &closed] {
        service.ask(&question()).await;
        service.cache.flush().await;
    }
    let commands = proxy.counts().all_commands();
    let longer = format!("Bearer {TOKEN}s");
    let basic = format!("Basic {TOKEN}");
    let bare = "Bearer";
    let attempts = [None, Some(longer.as_str()), Some(&basic), Some(bare), Some("Bearer "), Some("")];
    for path in [STATS, HISTORY, PERFORMANCE, ADVICE] {
        for attempt in attempts {
            assert_eq!(ask(&open, path, attempt).await.status.as_u16(), 401, "{path} {attempt:?}");
            assert_eq!(ask(&closed, path, attempt).await.status.as_u16(), 403, "{path} {attempt:?}");
        }
    }
    for attempt in attempts.into_iter().flatten() {
        assert_eq!(ask(&open, HEALTH, Some(attempt)).await.status.as_u16(), 401, "{attempt}");
        assert_eq!(ask(&closed, HEALTH, Some(attempt)).await.status.as_u16(), 403, "{attempt}");
    }
    assert_eq!(proxy.counts().all_commands(), commands);
}

#[tokio::test]
async fn what_operators_read_is_audited_without_the_token_and_what_they_may_not_read_is_not() {
    let service = operated();
    let log = CapturedLog::start(LevelFilter::INFO);
    for path in [HEALTH, STATS, HISTORY, PERFORMANCE, ADVICE] {
        ask(&service, path, None).await;
    }
    assert!(log.audits().is_empty());
    for path in [HEALTH, STATS, HISTORY, PERFORMANCE, ADVICE] {
        operate(&service, path).await;
    }
    let audits = log.audits();
    for (audit, action) in
        audits.iter().zip(["read_health", "read_statistics", "read_history", "read_performance", "read_advice"])
    {
        assert_eq!((audit["action"].as_str(), audit["actor"].as_str()), (Some(action), Some("token")), "{audit}");
    }
    assert_eq!(audits.len(), 5);
    assert!(audits.iter().all(|audit| !audit.to_string().contains("invented")));
}

#[tokio::test]
async fn no_body_has_a_key_a_digest_an_identifier_or_a_secret() {
    let service = operated();
    let answer = service.ask_as("a-session-that-nobody-may-know", &question()).await;
    service.ask_as("a-session-that-nobody-may-know", &question()).await;
    let digest = answer.header("x-cache-key-digest");
    for path in [HEALTH, STATS, HISTORY, PERFORMANCE, ADVICE] {
        let body = operate(&service, path).await.to_string().to_lowercase();
        for secret in [digest, "nobody-may-know", "medinsight:", "invented", "warfarin", "headache", "migraine"] {
            assert!(!body.contains(secret), "{path} shows {secret}");
        }
    }
}
