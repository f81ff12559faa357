//! How connections are made, kept and replaced.

use futures_util::future::join_all;
use medinsight_tests::fault_proxy::FaultProxy;
use medinsight_tests::redis_server::{AclUser, RedisOptions, RedisServer};
use medinsight_tests::redis_tls::TlsRedis;
use medinsight_tests::{Service, question};
use serde_json::{Value, json};

#[tokio::test]
async fn tls_with_a_private_authority_and_a_user_of_the_acl_works() {
    let redis = TlsRedis::start().await;
    let ca_file = redis.ca_file();
    let ca_file = ca_file.to_str().expect("a path in UTF-8");
    let service = Service::with_settings(&[("REDIS_URL", &redis.url()), ("REDIS_CA_FILE", ca_file)]);
    assert_eq!(service.ask(&question()).await.header("cache-status"), "MedInsight; fwd=miss; stored; source=embedded");
    assert_eq!(service.ask(&question()).await.x_cache(), "HIT");
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_not_trusted_and_the_request_is_answered() {
    let redis = TlsRedis::start().await;
    let foreign = redis.foreign_ca_file();
    let foreign = foreign.to_str().expect("a path in UTF-8");
    for settings in [vec![("REDIS_CA_FILE", foreign)], vec![]] {
        let url = redis.url();
        let settings: Vec<_> = settings.into_iter().chain([("REDIS_URL", url.as_str())]).collect();
        let answer = Service::with_settings(&settings).ask(&question()).await;
        assert_eq!(answer.header("cache-status"), "MedInsight; fwd=bypass; detail=store-unreachable; source=embedded");
    }
}

#[tokio::test]
async fn a_right_that_is_missing_is_a_bypass_with_that_reason() {
    let user = AclUser { name: "app".into(), password: "invented".into(), rules: "~other:* +@all".into() };
    let redis = RedisServer::with(RedisOptions::default().acl_user(&user)).await;
    let service = Service::with_settings(&[("REDIS_URL", &redis.url_for(&user))]);
    let answer = service.ask(&question()).await;
    assert_eq!(answer.header("cache-status"), "MedInsight; fwd=bypass; detail=store-not-permitted; source=embedded");
}

#[tokio::test]
async fn a_connection_that_was_silent_for_over_a_minute_is_replaced_before_it_is_used() {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let service = Service::with_settings(&[("REDIS_URL", &proxy.url())]);
    service.ask(&question()).await;
    service.cache.flush().await;
    service.advance_secs(57);
    service.ask(&question()).await;
    assert_eq!(proxy.counts().connections, 1);
    service.advance_secs(61);
    // Nobody would notice the black hole but by waiting for a time-out.
    proxy.black_hole_existing();
    assert_eq!(service.ask(&question()).await.x_cache(), "HIT");
    assert_eq!(proxy.counts().connections, 2);
}

#[tokio::test]
async fn start_up_does_not_wait_for_redis_and_one_connection_is_enough_for_little_load() {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let service = Service::with_settings(&[("REDIS_URL", &proxy.url())]);
    assert_eq!(proxy.counts().connections, 0);
    for number in 0..10 {
        service.ask(&numbered(number)).await;
    }
    assert_eq!(proxy.counts().connections, 1);
}

#[tokio::test]
async fn load_is_spread_over_more_connections_and_never_over_more_than_allowed() {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let service = Service::with_settings(&[("REDIS_URL", &proxy.url()), ("REDIS_MAX_CONNECTIONS", "3")]);
    let questions: Vec<_> = (0..200).map(numbered).collect();
    for question in &questions {
        service.ask(question).await;
    }
    let answers = join_all(questions.iter().map(|question| service.ask(question))).await;
    assert!(answers.iter().all(|answer| answer.x_cache() == "HIT"));
    assert!((2..=3).contains(&proxy.counts().connections), "{}", proxy.counts().connections);
}

fn numbered(number: u64) -> Value {
    json!({"concern": "Headache", "symptoms": format!("pain number {number}")})
}
