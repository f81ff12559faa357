//! Who sees what.

use super::{HEALTH, PERFORMANCE, STATS, TOKEN, ask, operate, operated, operated_on};
use medinsight_tests::fault_proxy::FaultProxy;
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::{Service, question};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tracing_subscriber::util::SubscriberInitExt;

/// What is written to the log while the guard lives, by the thread of the test.
#[derive(Clone, Debug, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(super) fn record(&self) -> impl Drop + use<> {
        // Whether a place that logs is of interest to anybody may be asked once only, and by a thread of another test.
        let _ = tracing_subscriber::fmt().with_writer(io::sink).try_init();
        let log = self.clone();
        tracing_subscriber::fmt().json().with_writer(move || log.clone()).finish().set_default()
    }

    /// The lines with this message.
    pub(super) fn lines(&self, message: &str) -> Vec<String> {
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&written).into_owned();
        let message = format!(r#""message":"{message}""#);
        text.lines().filter(|line| line.contains(&message)).map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

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
    for path in [STATS, PERFORMANCE] {
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
    let log = Log::default();
    let guard = log.record();
    for path in [HEALTH, STATS, PERFORMANCE] {
        ask(&service, path, None).await;
    }
    assert!(log.lines("audit").is_empty());
    for path in [HEALTH, STATS, PERFORMANCE] {
        operate(&service, path).await;
    }
    drop(guard);
    let lines = log.lines("audit");
    for (line, action) in lines.iter().zip(["read_health", "read_statistics", "read_performance"]) {
        assert!(line.contains(action) && line.contains(r#""actor":"token""#), "{line}");
    }
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| !line.contains("invented")));
}

#[tokio::test]
async fn no_body_has_a_key_a_digest_an_identifier_or_a_secret() {
    let service = operated();
    let answer = service.ask_as("a-session-that-nobody-may-know", &question()).await;
    service.ask_as("a-session-that-nobody-may-know", &question()).await;
    let digest = answer.header("x-cache-key-digest");
    for path in [HEALTH, STATS, PERFORMANCE] {
        let body = operate(&service, path).await.to_string().to_lowercase();
        for secret in [digest, "nobody-may-know", "medinsight:", "invented", "warfarin", "headache", "migraine"] {
            assert!(!body.contains(secret), "{path} shows {secret}");
        }
    }
}
