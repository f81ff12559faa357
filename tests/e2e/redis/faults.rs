//! Redis in trouble of every kind: a request still gets its answer.

use medinsight_core::CacheKey;
use medinsight_tests::fault_proxy::{Arrivals, Ending, FaultProxy, Keep, ReplyFault, replies};
use medinsight_tests::redis_server::{RedisOptions, RedisServer};
use medinsight_tests::{Answered, Service, question};
use serde_json::json;
use std::time::Duration;

const QUICK: [(&str, &str); 3] =
    [("CACHE_BUDGET_MS", "150"), ("REDIS_COMMAND_TIMEOUT_MS", "100"), ("REDIS_CONNECT_TIMEOUT_MS", "200")];

async fn behind_a_proxy() -> (RedisServer, FaultProxy, Service) {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let url = proxy.url();
    let settings: Vec<_> = QUICK.into_iter().chain([("REDIS_URL", url.as_str())]).collect();
    let service = Service::with_settings(&settings);
    (redis, proxy, service)
}

/// Another question each time.
async fn ask_something(service: &Service, number: usize) -> Answered {
    service.ask(&json!({"concern": "Headache", "symptoms": format!("pain number {number}")})).await
}

#[tokio::test]
async fn every_error_that_redis_can_answer_is_survived() {
    let (_redis, proxy, service) = behind_a_proxy().await;
    let faults = [
        ("a wrong type of reply", replies::WRONG_KIND),
        ("garbage", replies::GARBAGE),
        ("an absurd length", replies::ABSURD_LENGTH),
    ];
    for (name, reply) in replies::ERRORS.into_iter().chain(faults) {
        for command in ["GET", "SET", "INCRBY", "EVALSHA", "EVAL", "PING"] {
            proxy.add_fault(ReplyFault::replace(reply).on(command));
            for number in 0..3 {
                let answer = ask_something(&service, number).await;
                assert_eq!(answer.status.as_u16(), 200, "{name} to {command}");
            }
            proxy.heal().await;
            // The circuit may be open: its pause has to pass.
            service.advance_secs(10);
        }
    }
    recovers(&service).await;
}

#[tokio::test]
async fn replies_that_are_cut_anywhere_are_survived() {
    let (_redis, proxy, service) = behind_a_proxy().await;
    service.ask(&question()).await;
    for ending in [Ending::Close, Ending::Reset, Ending::Silence] {
        for keep in [Keep::Bytes(0), Keep::Bytes(1), Keep::Bytes(4), Keep::Half] {
            for after in 0..4 {
                proxy.add_fault(ReplyFault::cut(keep, ending).after(after).times(1));
                let answer = service.ask(&question()).await;
                assert_eq!(answer.status.as_u16(), 200, "{ending:?} {keep:?} {after}");
                proxy.heal().await;
                service.advance_secs(10);
            }
        }
    }
    recovers(&service).await;
}

#[tokio::test]
async fn replies_in_the_wrong_order_never_give_anybody_anothers_answer() {
    let (_redis, proxy, service) = behind_a_proxy().await;
    let expected: Vec<_> = {
        let mut bodies = Vec::new();
        for number in 0..20 {
            bodies.push(ask_something(&service, number).await.body);
        }
        bodies
    };
    for round in 0..20 {
        proxy.add_fault(ReplyFault::swap().on("GET").after(round % 4).times(1));
        let asks = (0..20).map(|number| ask_something(&service, number));
        let answers = futures_of(asks).await;
        for (number, answer) in answers.iter().enumerate() {
            assert_eq!((answer.status.as_u16(), &answer.body), (200, &expected[number]));
        }
        proxy.heal().await;
        service.advance_secs(10);
    }
}

#[tokio::test]
async fn a_server_without_memory_still_gives_hits() {
    let redis = RedisServer::with(RedisOptions::default().maxmemory(3_000_000)).await;
    let service = Service::with_settings(&[("REDIS_URL", &redis.url())]);
    service.ask(&question()).await;
    fill(&redis).await;
    for _ in 0..3 {
        assert_eq!(service.ask(&question()).await.x_cache(), "HIT");
    }
    let other = ask_something(&service, 1).await;
    assert_eq!((other.status.as_u16(), other.header("cache-status").contains("stored")), (200, false));
}

#[tokio::test]
async fn what_a_server_without_memory_refuses_is_not_sent_again_and_again() {
    let redis = RedisServer::with(RedisOptions::default().maxmemory(3_000_000)).await;
    let service = Service::with_settings(&[("REDIS_URL", &redis.url())]);
    fill(&redis).await;
    // No generation can be made up, so the session's summary cannot be stamped and goes on waiting.
    service.ask(&question()).await;
    let flushed = tokio::time::timeout(Duration::from_secs(10), service.cache.flush_all()).await;
    assert!(flushed.expect("an end").is_err());
    redis.command(&["FLUSHALL"]).await;
    assert!(service.cache.flush_all().await.is_ok());
}

#[tokio::test]
async fn a_replica_that_was_a_primary_is_left_and_hits_go_on() {
    let (redis, _proxy, service) = behind_a_proxy().await;
    service.ask(&question()).await;
    redis.command(&["REPLICAOF", "127.0.0.1", "1"]).await;
    for _ in 0..5 {
        let answer = service.ask(&question()).await;
        assert_eq!((answer.status.as_u16(), answer.x_cache()), (200, "HIT"));
    }
    redis.command(&["REPLICAOF", "NO", "ONE"]).await;
    assert_eq!(
        ask_something(&service, 1).await.header("cache-status"),
        "MedInsight; fwd=miss; stored; source=embedded"
    );
}

#[tokio::test]
async fn a_server_that_forgets_scripts_is_told_them_again() {
    let (redis, _proxy, service) = behind_a_proxy().await;
    for number in 0..3 {
        redis.command(&["SCRIPT", "FLUSH"]).await;
        assert_eq!(
            ask_something(&service, number).await.header("cache-status"),
            "MedInsight; fwd=miss; stored; source=embedded"
        );
    }
}

#[tokio::test]
async fn a_server_without_a_free_connection_is_bypassed_with_that_reason() {
    let redis = RedisServer::with(RedisOptions::default().maxclients(1)).await;
    let service = Service::with_settings(&[("REDIS_URL", &redis.url())]);
    let answer = service.ask(&question()).await;
    assert_eq!((answer.status.as_u16(), answer.x_cache()), (200, "BYPASS"));
}

#[tokio::test]
async fn wrong_credentials_are_a_bypass_with_that_reason() {
    let redis = RedisServer::with(RedisOptions::default().requirepass("an-invented-password")).await;
    let url = format!("redis://:another-password@{}", redis.address());
    let service = Service::with_settings(&[("REDIS_URL", &url)]);
    let answer = service.ask(&question()).await;
    assert_eq!(answer.header("cache-status"), "MedInsight; fwd=bypass; detail=store-unauthenticated; source=embedded");
}

#[tokio::test]
async fn a_connection_that_the_network_forgot_costs_one_request_some_time_and_no_hit() {
    let (_redis, proxy, service) = behind_a_proxy().await;
    service.ask(&question()).await;
    service.cache.flush().await;
    for _ in 0..10 {
        proxy.black_hole_existing();
        assert_eq!(service.ask(&question()).await.x_cache(), "HIT");
        assert_eq!(service.ask(&question()).await.x_cache(), "HIT");
        // A link calls for a successor once a second at most.
        service.advance_secs(2);
    }
}

#[tokio::test]
async fn connections_that_were_closed_or_reset_cost_no_hit() {
    let (_redis, proxy, service) = behind_a_proxy().await;
    service.ask(&question()).await;
    for _ in 0..10 {
        proxy.close_existing();
        assert_eq!(service.ask(&question()).await.x_cache(), "HIT");
        proxy.reset_existing();
        assert_eq!(service.ask(&question()).await.x_cache(), "HIT");
    }
}

#[tokio::test]
async fn requests_are_never_counted_less_often_than_hits_whatever_is_lost() {
    let (_redis, proxy, service) = behind_a_proxy().await;
    service.ask(&question()).await;
    for round in 0..20 {
        proxy.add_fault(ReplyFault::cut(Keep::Bytes(0), Ending::Close).after(round % 5).times(1));
        service.ask(&question()).await;
        proxy.heal().await;
        service.advance_secs(10);
    }
    let hits = service.counter("usage", "hits").await;
    assert!(service.counter("usage", "requests").await >= hits && hits > 0);
}

#[tokio::test]
async fn while_the_store_is_down_the_circuit_opens_and_failures_are_counted_by_reason() {
    let (_redis, proxy, service) = behind_a_proxy().await;
    service.ask(&question()).await;
    proxy.set_arrivals(Arrivals::Refuse).await;
    proxy.reset_existing();
    let mut reasons = Vec::new();
    for _ in 0..6 {
        reasons.push(service.ask(&question()).await.header("cache-status").to_owned());
    }
    assert_eq!(reasons[0], "MedInsight; fwd=bypass; detail=store-unreachable; source=embedded");
    assert_eq!(reasons[5], "MedInsight; fwd=bypass; detail=store-circuit-open; source=embedded");
    let health = service.send(medinsight_tests::get("/api/v1/redis/health")).await;
    assert_eq!((health.status.as_u16(), health.json()["redis"]["status"].as_str()), (200, Some("disconnected")));
    proxy.heal().await;
    recovers(&service).await;
    let counter = CacheKey::build("errors", "store", Some("store-circuit-open")).expect("a key");
    assert!(service.cache.counter(&counter).await.is_ok_and(|count| count >= 3));
    let health = service.send(medinsight_tests::get("/api/v1/redis/health")).await;
    assert_eq!(health.json()["redis"]["status"], "connected");
}

#[tokio::test]
async fn an_entry_that_was_changed_moved_or_cut_is_a_miss_and_never_anybodys_answer() {
    let (redis, _proxy, service) = behind_a_proxy().await;
    let (answer, other) = (ask_something(&service, 1).await, ask_something(&service, 2).await);
    let key = |answer: &Answered| format!("medinsight:health_analysis:{}", answer.header("x-cache-key-digest"));
    let (key, other_key) = (key(&answer), key(&other));
    let entry = redis.command(&["GET", &key]).await;
    let medinsight_tests::resp::Value::Bulk(entry) = entry else { panic!("there is an entry") };
    let mut client = redis.connect().await.expect("a connection");
    let changed = (0..entry.len()).step_by(3).flat_map(|byte| [(byte, 1), (byte, 128)]).map(|(byte, mask)| {
        let mut changed = entry.to_vec();
        changed[byte] ^= mask;
        changed
    });
    let cut = (0..entry.len()).step_by(7).map(|length| entry[..length].to_vec());
    for forged in changed.chain(cut) {
        client.command(&[b"SET".as_slice(), key.as_bytes(), &forged]).await.expect("a reply");
        let read = ask_something(&service, 1).await;
        assert_eq!((read.status.as_u16(), read.x_cache(), &read.body), (200, "MISS", &answer.body));
    }
    client.command(&[b"SET".as_slice(), other_key.as_bytes(), &entry]).await.expect("a reply");
    let read = ask_something(&service, 2).await;
    assert_eq!((read.status.as_u16(), read.x_cache(), &read.body), (200, "MISS", &other.body));
    let counter = CacheKey::build("errors", "entry", Some("not-authentic")).expect("a key");
    assert!(service.cache.counter(&counter).await.is_ok_and(|count| count > 100));
}

/// Asks until there is a hit again; the clock is moved, so that pauses of the circuit pass.
async fn recovers(service: &Service) {
    for _ in 0..100 {
        if service.ask(&question()).await.x_cache() == "HIT" {
            return;
        }
        service.advance_secs(1);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("there are no hits any more");
}

async fn futures_of<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    futures_util::future::join_all(futures).await
}

/// Fills a server until it refuses even the smallest value.
async fn fill(redis: &RedisServer) {
    let mut size = 10_000;
    for number in 0..100_000 {
        let reply = redis.command(&["SET", &format!("filler:{number}"), &"x".repeat(size)]).await;
        if reply.text().starts_with("OOM") {
            if size == 1 {
                return;
            }
            size /= 10;
        }
    }
    panic!("the server never gets full");
}
