//! Several processes, one store.

use futures_util::future::join_all;
use medinsight_core::CacheKey;
use medinsight_functions::cache::BATCH_EVERY;
use medinsight_tests::fault_proxy::FaultProxy;
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::{Service, question};
use std::collections::BTreeMap;

#[tokio::test]
async fn what_one_process_computed_every_other_one_answers() {
    let redis = RedisServer::start().await;
    let processes: Vec<_> = (0..3).map(|_| Service::with_settings(&[("REDIS_URL", &redis.url())])).collect();
    let first = processes[0].ask(&question()).await;
    assert_eq!(first.x_cache(), "MISS");
    for process in &processes {
        let answer = process.ask(&question()).await;
        assert_eq!((answer.x_cache(), &answer.body), ("HIT", &first.body));
    }
    assert_eq!(processes.iter().map(|process| process.origin.analyses()).sum::<usize>(), 1);
    for process in &processes {
        process.cache.flush().await;
    }
    assert_eq!(processes[0].counter("usage", "requests").await, 4);
    assert_eq!(processes[0].counter("usage", "hits").await, 3);
}

/// A process that has answered the question, and the proxy between it and its Redis.
async fn asked_once() -> (RedisServer, FaultProxy, Service) {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let service = Service::with_settings(&[("REDIS_URL", &proxy.url())]);
    service.ask(&question()).await;
    (redis, proxy, service)
}

#[tokio::test]
async fn a_hit_is_one_round_trip_with_the_entry_the_count_and_the_input() {
    let (_redis, proxy, service) = asked_once().await;
    service.ask(&question()).await;
    service.cache.flush().await;
    let before = proxy.counts();
    assert_eq!(service.ask(&question()).await.x_cache(), "HIT");
    let after = proxy.counts();
    assert_eq!((after.round_trips - before.round_trips, after.connections), (1, 1));
    assert_eq!(sent(&before.commands, &after.commands), [("GET", 1), ("INCRBY", 1), ("SET", 1)]);
}

#[tokio::test]
async fn who_asks_the_same_at_the_same_moment_shares_one_round_trip_and_everybody_is_counted() {
    let (_redis, proxy, service) = asked_once().await;
    service.ask(&question()).await;
    service.cache.flush().await;
    let before = proxy.counts();
    let question = question();
    let answers = join_all((0..20).map(|_| service.ask(&question))).await;
    assert!(answers.iter().all(|answer| answer.x_cache() == "HIT"));
    assert_eq!(proxy.counts().round_trips - before.round_trips, 1);
    service.cache.flush().await;
    assert_eq!(service.counter("usage", "requests").await, 22);
    assert_eq!(service.counter("usage", "hits").await, 21);
}

#[tokio::test]
async fn a_hit_reads_the_generations_in_the_same_round_trip_once_their_copies_are_a_second_old() {
    let (_redis, proxy, service) = asked_once().await;
    service.cache.flush().await;
    service.advance_secs(1);
    let before = proxy.counts();
    assert_eq!(service.ask(&question()).await.x_cache(), "HIT");
    let after = proxy.counts();
    assert_eq!(after.round_trips - before.round_trips, 1);
    assert_eq!(sent(&before.commands, &after.commands), [("GET", 3), ("INCRBY", 1), ("SET", 1)]);
}

#[tokio::test]
async fn what_was_sampled_of_hits_goes_with_a_flush_and_never_with_a_hit() {
    let (_redis, proxy, service) = asked_once().await;
    // A connection that is silent for a minute would be replaced.
    for _ in 0..BATCH_EVERY.as_secs() / 50 {
        service.cache.flush().await;
        service.advance_secs(50);
        service.ask(&question()).await;
    }
    let before = proxy.counts();
    assert_eq!(service.ask(&question()).await.x_cache(), "HIT");
    let hit = proxy.counts();
    assert_eq!(hit.round_trips - before.round_trips, 1);
    assert!(sent(&before.commands, &hit.commands).iter().all(|(name, _)| *name != "XADD"));
    service.cache.flush().await;
    let flushed = proxy.counts();
    assert_eq!(flushed.round_trips - hit.round_trips, 1);
    // The question, and the interactions of its medicines.
    assert!(sent(&hit.commands, &flushed.commands).contains(&("XADD", 2)));
}

#[tokio::test]
async fn a_hit_of_the_near_cache_is_no_round_trip_and_is_counted_all_the_same() {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let service = Service::with_settings(&[("REDIS_URL", &proxy.url()), ("CACHE_NEAR_BYTES", "1000000")]);
    for _ in 0..3 {
        service.ask(&question()).await;
    }
    service.cache.flush().await;
    let before = proxy.counts();
    assert_eq!(service.ask(&question()).await.x_cache(), "HIT");
    assert_eq!(proxy.counts().round_trips, before.round_trips);
    assert_eq!(service.counter("usage", "hits").await, 3);
    assert_eq!(service.counter("usage", "requests").await, 4);
}

#[tokio::test]
async fn what_belongs_to_sessions_lies_in_the_other_database_if_there_is_one() {
    let (answers, sessions) = (RedisServer::start().await, RedisServer::start().await);
    let service = Service::with_settings(&[("REDIS_URL", &answers.url()), ("REDIS_SESSION_URL", &sessions.url())]);
    service.ask_as("a-session", &question()).await;
    let digest = service.ask_as("a-session", &question()).await.header("x-cache-key-digest").to_owned();
    assert!(service.stored("symptom", "a-session", Some("inputs")).await.is_some());
    let summary = service.stored("ai_summary", "a-session", None).await;
    assert_eq!(summary.map(|summary| summary["request_digest"] == digest), Some(true));
    for (server, category, expected) in [
        (&answers, "health_analysis", "1"),
        (&sessions, "usage", "0"),
        (&answers, "symptom", "0"),
        (&sessions, "symptom", "1"),
        (&sessions, "ai_summary", "1"),
        (&sessions, "health_analysis", "0"),
    ] {
        assert_eq!(keys_of(server, category).await, expected, "{category}");
    }
}

#[tokio::test]
async fn the_sessions_database_may_be_down_and_answers_are_still_hits() {
    let (answers, sessions) = (RedisServer::start().await, RedisServer::start().await);
    let service = Service::with_settings(&[("REDIS_URL", &answers.url()), ("REDIS_SESSION_URL", &sessions.url())]);
    service.ask(&question()).await;
    sessions.kill();
    for _ in 0..5 {
        let answer = service.ask(&question()).await;
        assert_eq!((answer.status.as_u16(), answer.x_cache()), (200, "HIT"));
    }
}

#[tokio::test]
async fn values_are_sealed_and_keys_and_commands_hold_nothing_that_a_person_wrote() {
    let redis = RedisServer::start().await;
    let service = Service::with_settings(&[("REDIS_URL", &redis.url())]);
    let asking = async {
        service.ask(&question()).await;
        service.ask(&question()).await;
        service.cache.flush().await;
    };
    let ((), lines) = redis.monitor(asking).await;
    assert!(lines.iter().any(|line| line.contains("health_analysis")));
    for word in ["headache", "throbbing", "migraine", "warfarin", "ibuprofen"] {
        assert!(!lines.iter().any(|line| line.to_lowercase().contains(word)), "{word}");
    }
}

#[tokio::test]
async fn a_value_of_the_earlier_service_is_served_while_encryption_is_off() {
    let redis = RedisServer::start().await;
    let plain = Service::with_settings(&[("REDIS_URL", &redis.url()), ("CACHE_ENCRYPTION", "off")]);
    let digest = plain.ask(&question()).await.header("x-cache-key-digest").to_owned();
    let key = format!("medinsight:health_analysis:{digest}");
    redis.command(&["SET", &key, r#"{"condition": "as the earlier service wrote it"}"#, "EX", "60"]).await;
    let answer = plain.find(&digest).await;
    assert_eq!((answer.x_cache(), answer.header("age")), ("HIT", ""));
    assert_eq!(answer.json()["condition"], "as the earlier service wrote it");
    let sealing = Service::with_settings(&[("REDIS_URL", &redis.url())]);
    assert_eq!(sealing.find(&digest).await.status.as_u16(), 404);
    sealing.cache.flush().await;
    let counter = CacheKey::build("errors", "entry", Some("foreign")).expect("a key");
    assert_eq!(sealing.cache.counter(&counter).await, Ok(1));
}

#[tokio::test]
async fn entries_expire_in_the_store_when_nobody_may_be_served_them_any_more() {
    let redis = RedisServer::start().await;
    let service = Service::with_settings(&[("REDIS_URL", &redis.url())]);
    let digest = service.ask(&question()).await.header("x-cache-key-digest").to_owned();
    let life: i64 = redis
        .command(&["TTL", &format!("medinsight:health_analysis:{digest}")])
        .await
        .text()
        .parse()
        .expect("a number");
    // Up to an hour fresh, and a day while the origin fails.
    assert!((3_600 - 180 + 86_400 - 5..=3_600 + 86_400).contains(&life), "{life}");
}

/// Which commands were sent in between.
fn sent<'a>(before: &BTreeMap<String, u64>, after: &'a BTreeMap<String, u64>) -> Vec<(&'a str, u64)> {
    let sent = after.iter().map(|(name, count)| (name.as_str(), count - before.get(name).copied().unwrap_or(0)));
    sent.filter(|(_, count)| *count > 0).collect()
}

/// How many keys a server has of a category.
async fn keys_of(server: &RedisServer, category: &str) -> String {
    let script = "local n = 0 local c = '0' repeat local r = redis.call('SCAN', c, 'MATCH', ARGV[1], 'COUNT', 100) \
         c = r[1] n = n + #r[2] until c == '0' return n";
    server.command(&["EVAL", script, "0", &format!("medinsight:{category}:*")]).await.text()
}
