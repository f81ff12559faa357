//! One client cannot have the service compute without end; what is in the cache is free.

use axum::body::Body;
use http::{Method, Request};
use medinsight_functions::budget::{Decision, Rate};
use medinsight_functions::config::Config;
use medinsight_functions::store::Patience;
use medinsight_tests::fault_proxy::FaultProxy;
use medinsight_tests::operator::{self, through_gateway};
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::{Answered, Service, post, post_to, question};
use serde_json::{Value, json};
use std::time::Duration;

const FLOODER: &str = "192.0.2.66";

fn limited(config: &mut Config) {
    config.exposure.client_budget = Some(Rate::new(1, 3));
}

fn numbered(number: usize) -> Value {
    let mut question = question();
    question["symptoms"] = json!(format!("An invented complaint with the number {number}"));
    question
}

fn from(address: &str, question: &Value) -> Request<Body> {
    through_gateway(post(question.to_string()), address, None)
}

async fn flood(service: &Service, count: usize) -> Vec<Answered> {
    let mut answers = Vec::new();
    for number in 0..count {
        answers.push(service.send(from(FLOODER, &numbered(number))).await);
    }
    answers
}

#[tokio::test]
async fn a_flood_of_one_client_is_refused_and_the_others_are_served() {
    let service = Service::with(limited);
    let answers = flood(&service, 20).await;
    assert!(answers[..3].iter().all(|answer| answer.status.as_u16() == 200));
    for answer in &answers[3..] {
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (429, Some("over_budget")));
        let retry_after: u64 = answer.header("retry-after").parse().expect("whole seconds");
        assert!((50..=60).contains(&retry_after), "{retry_after}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    assert_eq!(service.origin.analyses(), 3);
    assert_eq!(service.send(from("192.0.2.7", &numbered(100))).await.status.as_u16(), 200);
}

#[tokio::test]
async fn what_is_in_the_cache_costs_nothing_also_for_who_has_spent_the_budget() {
    let service = Service::with(limited);
    flood(&service, 5).await;
    for _ in 0..10 {
        let answer = service.send(from(FLOODER, &numbered(0))).await;
        assert_eq!((answer.status.as_u16(), answer.x_cache()), (200, "HIT"));
    }
}

#[tokio::test]
async fn what_a_flooder_writes_is_not_stored_for_its_sessions() {
    let service = Service::with(limited);
    flood(&service, 5).await;
    let mut ask = from(FLOODER, &numbered(50));
    ask.headers_mut().insert("x-session-id", "a-flooding-session".parse().expect("a value"));
    assert_eq!(service.send(ask).await.status.as_u16(), 429);
    assert_eq!(service.stored("symptom", "a-flooding-session", Some("inputs")).await, None);
}

#[tokio::test]
async fn a_verified_subject_has_a_budget_of_its_own_behind_one_address() {
    let service = Service::with(limited);
    flood(&service, 4).await;
    for (subject, expected) in [("one", 200), ("other", 200), ("one", 200), ("one", 200), ("one", 429)] {
        let number = usize::from(expected == 429) + 1_000 + service.origin.analyses();
        let ask = through_gateway(post(numbered(number).to_string()), FLOODER, Some(json!({"sub": subject})));
        assert_eq!(service.send(ask).await.status.as_u16(), expected, "{subject}");
    }
}

#[tokio::test]
async fn what_is_looked_up_about_drugs_costs_and_what_is_in_the_cache_does_not() {
    let service = Service::with(limited);
    let info = async |name: &str| {
        let ask = operator::request(Method::GET, &format!("/api/v1/drug/info/{name}"), None);
        service.send(through_gateway(ask, FLOODER, None)).await
    };
    let analyze = async |name: &str| {
        let ask = post_to("/api/v1/drug/analyze", json!({ "drug_name": name }).to_string());
        service.send(through_gateway(ask, FLOODER, None)).await
    };
    assert_eq!(info("aspirin").await.status.as_u16(), 200);
    assert_eq!(info("no-such-drug").await.status.as_u16(), 404);
    assert_eq!(analyze("ibuprofen").await.status.as_u16(), 200);
    service.background_work_is_done().await;
    for refused in [info("metformin").await, analyze("metformin").await, analyze("warfarin").await] {
        refused.assert_problem(429, "over_budget", "too many answers had to be computed for this client");
    }
    for free in [info("aspirin").await, info("no-such-drug").await, analyze("ibuprofen").await] {
        assert_ne!(free.status.as_u16(), 429);
    }
}

#[tokio::test]
async fn what_a_client_has_kept_has_a_budget_of_its_own() {
    let service = Service::with(|config| config.exposure.client_writes = Some(Rate::new(1, 2)));
    let keep = async |address: &str, number: usize| {
        let (group, member) =
            if number.is_multiple_of(2) { ("session", "session_data") } else { ("analysis-progress", "progress_data") };
        let path = format!("/api/v1/cache/{group}/9f86d081-884c-7d65-9a2f-eaa0c55ad{number:03}");
        let ask = operator::request(Method::POST, &path, Some(&json!({ member: {"step": number} })));
        service.send(through_gateway(ask, address, None)).await
    };
    for number in 0..2 {
        assert_eq!(keep(FLOODER, number).await.status.as_u16(), 200);
    }
    keep(FLOODER, 2).await.assert_problem(429, "over_budget", "too much had to be kept for this client");
    assert_eq!(keep("192.0.2.7", 3).await.status.as_u16(), 200);
    assert_eq!(service.send(from(FLOODER, &question())).await.status.as_u16(), 200);
}

#[tokio::test]
async fn without_a_rate_nobody_is_limited() {
    let service = Service::with(|config| config.exposure.client_budget = None);
    assert!(flood(&service, 20).await.iter().all(|answer| answer.status.as_u16() == 200));
}

#[tokio::test]
async fn processes_that_share_a_key_secret_share_the_budgets_and_redis_sees_no_address() {
    let redis = RedisServer::start().await;
    let url = redis.url();
    let settings = [
        ("REDIS_URL", url.as_str()),
        ("CACHE_KEY_SECRET", "an invented secret of enough length"),
        ("CLIENT_BUDGET_PER_MINUTE", "1"),
        ("CLIENT_BUDGET_BURST", "3"),
    ];
    let (one, other) = (Service::with_settings(&settings), Service::with_settings(&settings));
    let flooding = async {
        flood(&one, 3).await;
        other.send(from(FLOODER, &numbered(500))).await
    };
    let (answer, lines) = redis.monitor(flooding).await;
    assert_eq!(answer.status.as_u16(), 429);
    assert!(lines.iter().any(|line| line.contains("medinsight:budget:{")));
    assert!(!lines.iter().any(|line| line.contains(FLOODER)));
}

#[tokio::test]
async fn while_redis_is_down_the_budget_lets_everybody_through() {
    let redis = RedisServer::start().await;
    let url = redis.url();
    let settings = [("REDIS_URL", url.as_str()), ("CLIENT_BUDGET_PER_MINUTE", "1"), ("CLIENT_BUDGET_BURST", "1")];
    let service = Service::with_settings(&settings);
    flood(&service, 1).await;
    redis.kill();
    assert!(flood(&service, 10).await.iter().all(|answer| answer.status.as_u16() == 200));
}

#[tokio::test]
async fn a_hit_of_a_limited_client_is_still_one_round_trip() {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let service = Service::with_settings(&[("REDIS_URL", &proxy.url())]);
    for _ in 0..2 {
        service.send(from(FLOODER, &question())).await;
    }
    service.cache.flush().await;
    let before = proxy.counts();
    assert_eq!(service.send(from(FLOODER, &question())).await.x_cache(), "HIT");
    let after = proxy.counts();
    assert_eq!(after.round_trips - before.round_trips, 1);
    assert_eq!(after.command("EVALSHA"), before.command("EVALSHA"));
}

#[tokio::test]
async fn every_store_decides_as_the_algorithm_does() {
    let service = Service::start();
    for (number, (per_minute, burst)) in [(1, 1), (1, 2), (2, 7), (1, 50)].into_iter().enumerate() {
        let rate = Rate::new(per_minute, burst);
        let key = format!("medinsight:budget:{{{number}}}");
        let mut passed = 0;
        for _ in 0..burst + 5 {
            let patience = Patience::of(Duration::from_secs(5));
            match service.cache.store().spend(&key, rate.charge(), patience).await.expect("a reachable store") {
                Decision::Pass { debt_ms } => {
                    passed += 1;
                    let highest = rate.interval_ms() * u64::from(passed);
                    assert!((highest.saturating_sub(5_000)..=highest).contains(&debt_ms));
                }
                Decision::Refuse { retry_after } => {
                    assert!(retry_after <= Duration::from_millis(rate.interval_ms()));
                }
            }
        }
        assert_eq!(passed, burst);
    }
}

#[tokio::test]
async fn a_debt_can_be_raised_and_lowered_and_is_never_less_than_nothing() {
    let service = Service::start();
    let (store, key, rate) = (service.cache.store(), "medinsight:budget:{changed}", Rate::new(1, 2));
    let patience = || Patience::of(Duration::from_secs(5));
    let passes = async || {
        let decision = store.spend(key, rate.charge(), patience()).await.expect("a reachable store");
        matches!(decision, Decision::Pass { .. })
    };
    store.change_debt(key, 100_000, patience()).await.expect("a reachable store");
    assert!(!passes().await);
    store.change_debt(key, -900_000, patience()).await.expect("a reachable store");
    assert_eq!([passes().await, passes().await, passes().await], [true, true, false]);
}

#[tokio::test]
async fn a_debt_is_paid_by_waiting() {
    let service = Service::start();
    let spend = async || {
        let patience = Patience::of(Duration::from_secs(5));
        let decision = service.cache.store().spend("medinsight:budget:{x}", Rate::new(600, 1).charge(), patience).await;
        decision.expect("a reachable store")
    };
    assert!(matches!(spend().await, Decision::Pass { .. }));
    let mut refusal = None;
    for _ in 0..1_000 {
        if let Decision::Refuse { retry_after } = spend().await {
            refusal = Some(retry_after);
            break;
        }
    }
    tokio::time::sleep(refusal.expect("a refusal") + Duration::from_millis(1)).await;
    assert!(matches!(spend().await, Decision::Pass { .. }));
}
