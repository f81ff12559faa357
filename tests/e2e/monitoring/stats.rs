//! `GET /api/v1/redis/stats`.

use super::{STATS, TOKEN, ask, assert_members, operate, operated, operated_on, with_token};
use futures_util::future::join_all;
use medinsight_functions::origin::OriginError;
use medinsight_tests::fault_proxy::FaultProxy;
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::waiting::until;
use medinsight_tests::{Mood, Service, question};
use serde_json::{Value, json};
use std::time::Duration;

const ENDPOINTS: [&str; 4] = ["health_analysis", "medication_interactions", "drug_analysis", "drug_info"];

#[tokio::test]
async fn before_the_first_request_every_member_is_there() {
    let body = operate(&operated(), STATS).await;
    assert_members(
        &body,
        &[
            "timestamp",
            "raw_stats",
            "cache_performance",
            "error_rates",
            "entry_sizes",
            "origins",
            "money_saved",
            "alerts",
        ],
    );
    assert_eq!(body["origins"], json!({ "fallback_answers": {}, "tokens_read": 0, "tokens_written": 0 }));
    assert_members(&body["cache_performance"], &ENDPOINTS);
    for endpoint in ENDPOINTS {
        let performance = &body["cache_performance"][endpoint];
        assert_members(
            performance,
            &[
                "requests",
                "cache_hits",
                "cache_hit_rate",
                "stale",
                "coalesced",
                "negative",
                "bypass",
                "bypass_by_reason",
                "seconds_saved",
            ],
        );
        assert_eq!((&performance["requests"], &performance["cache_hit_rate"]), (&json!(0), &json!(0.0)));
        assert_eq!(body["error_rates"][format!("{endpoint}_failures")], 0);
    }
    assert_eq!(body["alerts"], json!([]));
}

#[tokio::test]
async fn numbers_are_those_of_the_traffic() {
    let service = operated();
    let digest = service.ask(&question()).await.header("x-cache-key-digest").to_owned();
    service.ask(&question()).await;
    service.ask(&question()).await;
    service.find(&digest).await;
    service.find(&"0".repeat(64)).await;
    let body = operate(&service, STATS).await;
    let performance = &body["cache_performance"]["health_analysis"];
    assert_eq!((&performance["requests"], &performance["cache_hits"]), (&json!(5), &json!(3)));
    assert_eq!(performance["cache_hit_rate"], 60.0);
    assert_eq!(body["raw_stats"]["usage:health_analysis:requests"], 5);
    // An analysis costs the origin three seconds.
    assert_eq!((&performance["seconds_saved"], &performance["stale"]), (&json!(9.0), &json!(0)));
    let interactions = &body["cache_performance"]["medication_interactions"];
    assert_eq!((&interactions["requests"], &interactions["cache_hits"]), (&json!(1), &json!(0)));
    let sizes = |category: &str| body["entry_sizes"]["categories"][category].clone();
    assert_eq!(
        (&sizes("health_analysis")["count"], &sizes("medication_interactions")["count"]),
        (&json!(1), &json!(1))
    );
    assert_eq!((&sizes("symptom")["count"], &sizes("drug_info")["count"]), (&json!(3), &json!(0)));
    let (bytes, largest) =
        (sizes("health_analysis")["bytes"].as_u64(), sizes("health_analysis")["largest_at_most_bytes"].as_u64());
    assert!(bytes > Some(0) && bytes <= largest, "{body}");
}

#[tokio::test]
async fn stale_answers_coalesced_ones_and_failures_are_counted() {
    let service = operated();
    service.ask(&question()).await;
    service.advance_secs(3_601);
    assert_eq!(service.ask(&question()).await.x_cache(), "STALE");
    service.background_work_is_done().await;
    let other = json!({"concern": "Cough", "symptoms": "Dry"});
    service.origin.close_gate();
    let open = async {
        service.origin.has_begun(3).await;
        let requests = || async { service.counter("usage", "requests").await >= 4 };
        until("both requests are there", Duration::from_secs(10), requests).await;
        service.origin.open_gate();
    };
    tokio::join!(service.ask(&other), service.ask(&other), open);
    service.origin.set_mood(Mood::Fails(OriginError::Failed));
    service.ask(&json!({"concern": "Fever", "symptoms": "High"})).await;
    let body = operate(&service, STATS).await;
    let performance = &body["cache_performance"]["health_analysis"];
    assert_eq!((&performance["requests"], &performance["cache_hits"]), (&json!(5), &json!(1)));
    assert_eq!((&performance["stale"], &performance["coalesced"]), (&json!(1), &json!(1)));
    assert_eq!(body["error_rates"]["health_analysis_failures"], 1);
}

#[tokio::test]
async fn answers_without_the_store_are_counted_by_reason_once_it_is_back() {
    let (service, memory) = Service::in_memory_with(with_token);
    service.ask(&question()).await;
    service.advance_secs(2);
    memory.set_reachable(false);
    service.ask(&question()).await;
    let refused = ask(&service, STATS, Some(&format!("Bearer {TOKEN}"))).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (503, &json!("store_unavailable")));
    memory.set_reachable(true);
    let body = operate(&service, STATS).await;
    let performance = &body["cache_performance"]["health_analysis"];
    assert_eq!((&performance["requests"], &performance["bypass"]), (&json!(2), &json!(1)));
    assert_eq!(performance["bypass_by_reason"], json!({"store-unreachable": 1}));
    assert!(body["error_rates"]["store_failures"]["store-unreachable"].as_u64() >= Some(1), "{body}");
}

#[tokio::test]
async fn hits_never_outnumber_requests_whoever_reads_and_whenever() {
    let service = Service::with(|config| {
        with_token(config);
        config.near_bytes = 1_000_000;
    });
    service.ask(&question()).await;
    let asking = join_all((0..20).map(|_| async {
        for _ in 0..10 {
            service.ask(&question()).await;
            service.cache.flush().await;
        }
    }));
    let reading = async {
        for _ in 0..20 {
            let body = operate(&service, STATS).await;
            let performance = &body["cache_performance"]["health_analysis"];
            assert!(performance["cache_hits"].as_u64() <= performance["requests"].as_u64(), "{performance}");
            assert!(performance["cache_hit_rate"].as_f64() <= Some(100.0), "{performance}");
        }
    };
    tokio::join!(asking, reading);
    let performance = operate(&service, STATS).await["cache_performance"]["health_analysis"].clone();
    assert_eq!((&performance["requests"], &performance["cache_hits"]), (&json!(201), &json!(200)));
}

#[tokio::test]
async fn hits_of_many_processes_never_outnumber_their_requests_in_the_raw_counters() {
    let redis = RedisServer::start().await;
    let near = [("REDIS_URL", redis.url()), ("CACHE_NEAR_BYTES", "1000000".to_owned())];
    let near: Vec<_> = near.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let processes: Vec<_> = (0..4).map(|_| operated_on(&near)).collect();
    let question = question();
    let asking = join_all(processes.iter().flat_map(|process| [process; 5]).map(|process| async {
        for _ in 0..20 {
            process.ask(&question).await;
            process.cache.flush().await;
        }
    }));
    let reading = async {
        for _ in 0..40 {
            let raw = operate(&processes[0], STATS).await["raw_stats"].clone();
            assert!(count(&raw, "hits") <= count(&raw, "requests"), "{raw}");
        }
    };
    tokio::join!(asking, reading);
}

#[tokio::test]
async fn a_hit_is_one_round_trip_whatever_has_been_counted() {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let service = operated_on(&[("REDIS_URL", &proxy.url())]);
    service.ask(&question()).await;
    service.ask(&question()).await;
    for _ in 0..5 {
        let before = proxy.counts();
        assert_eq!(service.ask(&question()).await.x_cache(), "HIT");
        let after = proxy.counts();
        assert_eq!((after.round_trips - before.round_trips, after.connections), (1, 1));
        assert!(after.command("INCRBY") - before.command("INCRBY") >= 1);
        service.advance_secs(1);
    }
    let performance = operate(&service, STATS).await["cache_performance"]["health_analysis"].clone();
    assert_eq!((&performance["requests"], &performance["cache_hits"]), (&json!(7), &json!(6)));
    assert_eq!(performance["seconds_saved"], 18.0);
}

#[tokio::test]
async fn of_the_hits_within_a_second_only_the_first_takes_counts_along() {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let service = operated_on(&[("REDIS_URL", &proxy.url())]);
    service.ask(&question()).await;
    service.ask(&question()).await;
    let before = proxy.counts();
    for _ in 0..10 {
        service.ask(&question()).await;
    }
    assert_eq!(proxy.counts().command("INCRBY") - before.command("INCRBY"), 10);
}

#[tokio::test]
async fn reading_all_counters_is_one_round_trip_beside_the_one_to_the_server_itself() {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let service = operated_on(&[("REDIS_URL", &proxy.url())]);
    service.ask(&question()).await;
    service.cache.flush().await;
    let before = proxy.counts().round_trips;
    operate(&service, STATS).await;
    assert!(proxy.counts().round_trips - before <= 2);
}

fn count(raw: &Value, name: &str) -> u64 {
    raw[format!("usage:health_analysis:{name}")].as_u64().expect("a counter that is always shown")
}
