//! Listing keys: page by page, with what is known of each entry, and never a value.

use super::{on_redis, operate, service};
use http::Method;
use medinsight_core::{CacheKey, Category};
use medinsight_functions::store::{Patience, Trip, Write};
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::{Service, question};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

async fn fill(service: &Service, count: usize) {
    for numbers in (0..count).collect::<Vec<_>>().chunks(100) {
        let writes = numbers.iter().map(|number| Write {
            key: CacheKey::build("drug_info", &format!("invented{number}"), None).expect("a key"),
            entry: bytes::Bytes::from_static(b"an entry"),
            keep_for: Some(Duration::from_secs(1_000)),
        });
        let trip = Trip { writes: writes.collect(), ..Trip::default() };
        service.cache.store().run(trip, Patience::of(Duration::from_secs(5))).await.expect("a reachable store");
    }
}

async fn all_pages(service: &Service, pattern: &str) -> Vec<Value> {
    let (mut pages, mut path) = (Vec::new(), format!("/api/v1/redis/keys/{pattern}"));
    loop {
        let answer = operate(service, Method::GET, &path, None).await;
        assert_eq!(answer.status.as_u16(), 200, "{:?}", answer.body);
        let page = answer.json();
        let next = page["next_cursor"].as_str().map(str::to_owned);
        pages.push(page);
        let Some(next) = next else { return pages };
        path = format!("/api/v1/redis/keys/{pattern}?cursor={next}");
    }
}

#[tokio::test]
async fn many_entries_are_listed_in_pages_of_at_most_a_hundred_and_none_is_missed() {
    let service = service();
    fill(&service, 450).await;
    let pages = all_pages(&service, "drug_info:*").await;
    let mut listed = BTreeSet::new();
    for page in &pages {
        let keys = page["keys"].as_array().expect("a list");
        assert!(keys.len() <= 100 && page["key_count"] == keys.len());
        assert_eq!(page["entries"].as_array().map(Vec::len), Some(keys.len()));
        listed.extend(keys.iter().map(|key| key.as_str().expect("a key").to_owned()));
    }
    assert_eq!(listed.len(), 450);
    assert!(pages.len() >= 5);
}

#[tokio::test]
async fn an_entry_is_described_without_being_opened() {
    let service = service();
    let digest = service.ask(&question()).await.header("x-cache-key-digest").to_owned();
    service.advance_secs(60);
    let pages = all_pages(&service, "health_analysis").await;
    let entries = pages.iter().flat_map(|page| page["entries"].as_array().expect("a list")).collect::<Vec<_>>();
    assert_eq!(entries.len(), 1);
    let entry = entries[0];
    assert_eq!(entry["key"], format!("medinsight:health_analysis:{digest}"));
    assert_eq!((entry["age_secs"].as_u64(), entry["key_id"].as_u64()), (Some(60), Some(1)));
    assert_eq!((entry["is_sealed"].as_bool(), entry["is_current"].as_bool()), (Some(true), Some(true)));
    assert_eq!(entry["origin_cost_ms"], 3_000);
    let expires_in = entry["expires_in_secs"].as_u64().expect("an end");
    assert!((86_400..=90_000).contains(&expires_in), "{expires_in}");
    assert!(entry["size_bytes"].as_u64() > Some(100));
}

#[tokio::test]
async fn an_entry_from_before_a_clear_is_not_current() {
    let service = service();
    service.ask(&question()).await;
    let cleared = service.cache.clear(Category::HealthAnalysis).await.expect("a reachable store");
    let pages = all_pages(&service, "health_analysis").await;
    assert_eq!(pages[0]["entries"][0]["is_current"], false);
    let _ = cleared.sweep().await;
}

#[tokio::test]
async fn one_key_is_looked_up_without_a_search_and_an_absent_one_is_an_empty_page() {
    let redis = RedisServer::start().await;
    let service = on_redis(&redis, &[]);
    let digest = service.ask(&question()).await.header("x-cache-key-digest").to_owned();
    let pages = all_pages(&service, &format!("health_analysis:{digest}")).await;
    assert_eq!((pages.len(), pages[0]["key_count"].as_u64()), (1, Some(1)));
    let pages = all_pages(&service, &format!("health_analysis:{}", "0".repeat(64))).await;
    assert_eq!((pages.len(), pages[0]["key_count"].as_u64()), (1, Some(0)));
    assert_eq!(redis.calls("scan").await, 0);
}

#[tokio::test]
async fn a_cursor_that_was_not_given_out_is_a_400_or_an_odd_page_and_never_more() {
    let service = service();
    fill(&service, 5).await;
    for cursor in ["x", "0", "1.2", "-1.0.0", "0.0.0.0", "%00", "0.0.0&cursor=1.0.0"] {
        let answer =
            operate(&service, Method::GET, &format!("/api/v1/redis/keys/drug_info?cursor={cursor}"), None).await;
        assert_eq!(answer.status.as_u16(), 400, "{cursor}");
    }
    for cursor in ["ffffffff.0.0", "0.0.ffffffff"] {
        let answer =
            operate(&service, Method::GET, &format!("/api/v1/redis/keys/drug_info?cursor={cursor}"), None).await;
        assert_eq!(answer.status.as_u16(), 200, "{cursor}");
    }
}
