//! Clearing: effective in every process, stronger than what is under way, and gentle to Redis.

use medinsight_core::{CacheKey, Category, Pattern};
use medinsight_tests::fault_proxy::FaultProxy;
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::waiting::until;
use medinsight_tests::{Answered, Service, question};
use std::time::Duration;

async fn two_processes() -> (RedisServer, Service, Service) {
    let redis = RedisServer::start().await;
    let settings = [("REDIS_URL", redis.url())];
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    let (one, other) = (Service::with_settings(&settings), Service::with_settings(&settings));
    (redis, one, other)
}

fn key_of(answer: &Answered) -> CacheKey {
    CacheKey::build("health_analysis", answer.header("x-cache-key-digest"), None).expect("a digest")
}

#[tokio::test]
async fn a_cleared_category_is_a_miss_here_at_once_and_everywhere_within_a_second() {
    let (_redis, one, other) = two_processes().await;
    one.ask(&question()).await;
    assert_eq!(other.ask(&question()).await.x_cache(), "HIT");
    let cleared = one.cache.clear(Category::HealthAnalysis).await.expect("a reachable store");
    let before_a_second = other.ask(&question()).await;
    assert_eq!(before_a_second.x_cache(), "HIT");
    other.advance_secs(1);
    assert_eq!(other.ask(&question()).await.x_cache(), "MISS");
    // What was stored after the clear outlives the sweep of what was stored before it.
    assert_eq!(cleared.sweep().await.map(|swept| (swept.found, swept.removed)), Ok((1, 0)));
    assert_eq!(one.ask(&question()).await.x_cache(), "HIT");
}

#[tokio::test]
async fn a_sweep_removes_what_was_stored_before_the_clear_and_nothing_of_other_categories() {
    let (redis, one, _) = two_processes().await;
    one.ask_as("a-session", &question()).await;
    one.cache.flush().await;
    let cleared = one.cache.clear(Category::HealthAnalysis).await.expect("a reachable store");
    assert_eq!(cleared.sweep().await.map(|swept| (swept.found, swept.removed)), Ok((1, 1)));
    assert!(one.stored("symptom", "a-session", Some("inputs")).await.is_some());
    for command in ["keys", "flushdb", "flushall"] {
        assert_eq!(redis.calls(command).await, 0, "{command}");
    }
}

#[tokio::test]
async fn a_clear_in_another_process_during_a_computation_wins() {
    let (_redis, one, other) = two_processes().await;
    other.ask(&question()).await;
    one.cache.clear_matching(&Pattern::Category(Category::HealthAnalysis)).await.expect("a reachable store");
    one.advance_secs(1);
    one.origin.close_gate();
    let question = question();
    let ask = one.ask(&question);
    let clear = async {
        until("the computation is under way", Duration::from_secs(10), || async { one.origin.analyses() == 1 }).await;
        other.cache.clear_matching(&Pattern::Category(Category::HealthAnalysis)).await.expect("a reachable store");
        one.origin.open_gate();
    };
    let (answer, ()) = tokio::join!(ask, clear);
    assert_eq!(answer.status.as_u16(), 200);
    one.advance_secs(1);
    assert_eq!(one.ask(&question).await.x_cache(), "MISS");
}

/// A process with entries at hand, all of whose trips take a while, so that what is asked for at the same time as a clear is
/// read before the clear is over.
async fn with_slow_trips() -> (RedisServer, FaultProxy, Service, Answered) {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let url = proxy.url();
    let service = Service::with_settings(&[("REDIS_URL", &url), ("CACHE_NEAR_BYTES", "1000000")]);
    let answer = service.ask(&question()).await;
    // What was at hand so far is too old.
    service.advance_secs(5);
    proxy.delay_replies(Duration::from_millis(100));
    (redis, proxy, service, answer)
}

#[tokio::test]
async fn what_was_read_while_a_prefix_was_cleared_is_not_served_after_that() {
    let (_redis, _proxy, service, answer) = with_slow_trips().await;
    let pattern: Pattern =
        format!("{}*", key_of(&answer).as_str().trim_start_matches("medinsight:")).parse().expect("a pattern");
    let question = question();
    let (meanwhile, swept) = tokio::join!(service.ask(&question), service.cache.clear_matching(&pattern));
    assert_eq!((meanwhile.x_cache(), swept.map(|swept| swept.removed)), ("HIT", Ok(1)));
    assert_eq!(service.ask(&question).await.x_cache(), "MISS");
}

#[tokio::test]
async fn what_was_read_while_it_was_deleted_is_not_served_after_that() {
    let (_redis, _proxy, service, answer) = with_slow_trips().await;
    let (key, question) = (key_of(&answer), question());
    let (meanwhile, deleted) = tokio::join!(service.ask(&question), service.cache.delete(&key));
    assert_eq!((meanwhile.x_cache(), deleted), ("HIT", Ok(true)));
    assert_eq!(service.ask(&question).await.x_cache(), "MISS");
}

#[tokio::test]
async fn deleting_an_entry_voids_its_computation_in_another_process() {
    let (redis, one, other) = two_processes().await;
    let key = key_of(&other.ask(&question()).await);
    assert_eq!(other.cache.delete(&key).await, Ok(true));
    one.origin.close_gate();
    let question = question();
    let ask = one.ask(&question);
    let delete = async {
        until("the computation is under way", Duration::from_secs(10), || async { one.origin.analyses() == 1 }).await;
        assert_eq!(other.cache.delete(&key).await, Ok(false));
        one.origin.open_gate();
    };
    let (answer, ()) = tokio::join!(ask, delete);
    assert_eq!(answer.header("cache-status"), "MedInsight; fwd=miss; source=embedded");
    assert_eq!(redis.command(&["EXISTS", key.as_str()]).await.integer(), Some(0));
}

#[tokio::test]
async fn who_asks_after_a_delete_gets_no_answer_that_was_begun_before_it() {
    let (_redis, one, other) = two_processes().await;
    let key = key_of(&other.ask(&question()).await);
    other.cache.delete(&key).await.expect("a reachable store");
    one.origin.close_gate();
    let question = question();
    let early = one.ask(&question);
    let late = async {
        until("the computation is under way", Duration::from_secs(10), || async { one.origin.analyses() == 1 }).await;
        other.cache.delete(&key).await.expect("a reachable store");
        let late = one.ask(&question);
        let open = async {
            let requests = || async { one.counter("usage", "requests").await >= 3 };
            until("the second request is there", Duration::from_secs(10), requests).await;
            one.origin.open_gate();
        };
        tokio::join!(late, open).0
    };
    let (early, late) = tokio::join!(early, late);
    assert_eq!((early.x_cache(), late.status.as_u16()), ("MISS", 200));
    assert_eq!(one.origin.analyses(), 2);
}

#[tokio::test]
async fn a_prefix_clears_what_begins_with_it_and_voids_what_is_under_way() {
    let (redis, one, other) = two_processes().await;
    let key = key_of(&other.ask(&question()).await);
    let prefix: Pattern = format!("health_analysis:{}*", &key.identifier()[..4]).parse().expect("a pattern");
    redis.command(&["SET", "medinsight:health_analysis:beyond", "x"]).await;
    assert_eq!(other.cache.clear_matching(&prefix).await.map(|swept| swept.removed), Ok(1));
    one.origin.close_gate();
    let question = question();
    let ask = one.ask(&question);
    let clear = async {
        until("the computation is under way", Duration::from_secs(10), || async { one.origin.analyses() == 1 }).await;
        other.cache.clear_matching(&prefix).await.expect("a reachable store");
        one.origin.open_gate();
    };
    let (answer, ()) = tokio::join!(ask, clear);
    assert_eq!(answer.header("cache-status"), "MedInsight; fwd=miss; source=embedded");
    assert_eq!(redis.command(&["EXISTS", key.as_str()]).await.integer(), Some(0));
    assert_eq!(redis.command(&["EXISTS", "medinsight:health_analysis:beyond"]).await.integer(), Some(1));
}

#[tokio::test]
async fn many_keys_are_swept_in_small_batches() {
    let (redis, one, _) = two_processes().await;
    one.ask(&question()).await;
    let script = "for i = 1, 20000 do redis.call('SET', 'medinsight:drug_info:d' .. i, 'MI') end";
    redis.command(&["EVAL", script, "0"]).await;
    let before = redis.calls("scan").await;
    let cleared = one.cache.clear_matching(&Pattern::Category(Category::DrugInfo)).await;
    assert_eq!(cleared.map(|swept| swept.removed), Ok(20_000));
    assert!(redis.calls("scan").await - before >= 100);
    assert_eq!(one.ask(&question()).await.x_cache(), "HIT");
}
