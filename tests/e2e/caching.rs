//! What is cached, under which key, and which headers and counters say so.

use http::{Method, StatusCode};
use medinsight_core::{CacheKey, Category, KeySecret};
use medinsight_tests::{Answered, Service, get, post, question};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_question_is_computed_the_first_time_and_answered_from_the_cache_the_second_time() {
    let service = Service::start();
    let first = service.ask(&question()).await;
    let second = service.ask(&question()).await;
    assert_eq!((first.status, first.x_cache()), (StatusCode::OK, "MISS"));
    assert_eq!((second.status, second.x_cache()), (StatusCode::OK, "HIT"));
    assert_eq!(first.body, second.body);
    assert_eq!((service.origin.analyses(), service.origin.interactions()), (1, 1));
}

#[tokio::test]
async fn the_answer_has_the_members_that_the_front_end_reads() {
    let answer = Service::start().ask(&question()).await.json();
    for member in ["condition", "explanation", "severity", "recommendation", "disclaimer"] {
        assert!(answer[member].is_string(), "{member}");
    }
    for member in ["natural_remedies", "when_to_see_doctor", "detected_medications", "medication_interactions"] {
        assert!(answer[member].is_array(), "{member}");
    }
    let medication = &answer["detected_medications"][0];
    for member in ["name", "class", "uses", "common_side_effects", "relevant_to_condition"] {
        assert!(!medication[member].is_null(), "{member}");
    }
}

#[tokio::test]
async fn the_same_question_spelled_differently_is_a_hit() {
    let service = Service::start();
    service.ask(&question()).await;
    let mut respelled = question();
    respelled["concern"] = json!("  HEADACHE ");
    respelled["current_medications"] = json!(["warfarin", "ibuprofen  400 MG", "", "Warfarin"]);
    respelled["unknown"] = json!({"tracking": "ignored"});
    assert_eq!(service.ask(&respelled).await.x_cache(), "HIT");
}

#[tokio::test]
async fn answers_say_how_the_cache_served_them() {
    let service = Service::start();
    let miss = service.ask(&question()).await;
    assert_eq!(miss.header("cache-status"), "MedInsight; fwd=miss; stored; source=embedded");
    assert_eq!(miss.header("cache-control"), "private, no-store");
    assert_eq!(miss.header("content-type"), "application/json");
    assert!(miss.headers.get("age").is_none(), "a computed answer has no age");
    service.advance_secs(60);
    let hit = service.ask(&question()).await;
    assert_eq!(hit.header("age"), "60");
    assert_eq!(hit.header("cache-control"), "private, no-store");
    let status = hit.header("cache-status").strip_suffix("; source=embedded");
    let ttl = status.and_then(|status| status.strip_prefix("MedInsight; hit; ttl=")?.parse::<u32>().ok());
    assert!(ttl.is_some_and(|ttl| (3_420 - 60..=3_600 - 60).contains(&ttl)), "{ttl:?}");
}

#[tokio::test]
async fn an_answer_can_be_fetched_by_its_digest_and_nothing_is_ever_computed_for_that() {
    let service = Service::start();
    let answer = service.ask(&question()).await;
    let digest = answer.header("x-cache-key-digest");
    let found = service.find(digest).await;
    assert_eq!((found.status, found.x_cache(), &found.body), (StatusCode::OK, "HIT", &answer.body));
    assert_eq!(found.header("x-cache-key-digest"), digest);
    let missing = service.find(&"0".repeat(64)).await;
    assert_eq!((missing.status, missing.json()["code"].as_str()), (StatusCode::NOT_FOUND, Some("not_cached")));
    assert_eq!(service.origin.analyses(), 1);
}

#[tokio::test]
async fn a_session_is_named_by_the_client_or_made_up_and_always_told() {
    let service = Service::start();
    assert_eq!(service.ask_as("session_456", &question()).await.header("x-session-id"), "session_456");
    let one = service.ask(&question()).await;
    let other = service.ask(&question()).await;
    assert_eq!(one.header("x-session-id").len(), 32);
    assert_ne!(one.header("x-session-id"), other.header("x-session-id"));
}

#[tokio::test]
async fn inputs_and_summary_are_kept_for_the_session_on_a_miss_and_on_a_hit() {
    let service = Service::start();
    for session in ["one", "other"] {
        let answer = service.ask_as(session, &question()).await;
        let inputs = service.stored("symptom", session, Some("inputs")).await.expect("stored inputs");
        assert_eq!((&inputs["concern"], &inputs["patient_age"]), (&json!("headache"), &json!(34)));
        let summary = service.stored("ai_summary", session, None).await.expect("a stored summary");
        assert_eq!(summary["condition"], answer.json()["condition"]);
        assert_eq!(summary["severity"], answer.json()["severity"]);
        assert_eq!(summary["request_digest"].as_str(), Some(answer.header("x-cache-key-digest")));
    }
    assert_eq!(service.origin.analyses(), 1);
}

#[tokio::test]
async fn interactions_are_shared_by_all_questions_with_the_same_medicines() {
    let service = Service::start();
    service.ask(&question()).await;
    let mut other = question();
    other["concern"] = json!("Cough");
    service.ask(&other).await;
    assert_eq!((service.origin.analyses(), service.origin.interactions()), (2, 1));
}

#[tokio::test]
async fn hits_never_outnumber_requests() {
    let service = Service::start();
    let digest = service.ask(&question()).await.header("x-cache-key-digest").to_owned();
    service.ask(&question()).await;
    service.find(&digest).await;
    service.find(&"0".repeat(64)).await;
    let counts = (service.counter("usage", "requests").await, service.counter("usage", "hits").await);
    assert_eq!(counts, (4, 2));
    assert_eq!(service.counter("errors", "failures").await, 0);
}

#[tokio::test]
async fn with_a_key_secret_the_entry_lies_under_the_private_key_and_clients_use_the_inner_digest() {
    let secret = || KeySecret::new("an invented secret of enough length").ok();
    let service = Service::with(|config| config.key_secret = secret());
    let answer = service.ask(&question()).await;
    let digest = answer.header("x-cache-key-digest").parse().expect("a digest");
    let public = CacheKey::health_analysis(&digest, None);
    let private = CacheKey::health_analysis(&digest, secret().as_ref());
    assert_eq!(service.cache.stored(&public).await, None);
    assert_eq!(service.cache.stored(&private).await, Some(answer.body.clone()));
    assert_eq!(service.find(answer.header("x-cache-key-digest")).await.body, answer.body);
}

#[tokio::test]
async fn the_answer_to_a_changed_question_is_another_one() {
    let service = Service::start();
    let first = service.ask(&question()).await;
    let changes: [(&str, Value); 6] = [
        ("concern", json!("Cough")),
        ("symptoms", json!("Dry")),
        ("patient_age", json!(35)),
        ("patient_gender", json!("male")),
        ("medical_history", json!([])),
        ("current_medications", json!(["Warfarin"])),
    ];
    for (member, value) in changes {
        let mut changed = question();
        changed[member] = value;
        let other = service.ask(&changed).await;
        assert_eq!(other.x_cache(), "MISS", "{member}");
        assert_ne!(other.header("x-cache-key-digest"), first.header("x-cache-key-digest"), "{member}");
    }
}

#[tokio::test]
async fn clearing_the_category_makes_every_answer_a_miss() {
    let service = Service::start();
    service.ask(&question()).await;
    let cleared = service.cache.clear(Category::HealthAnalysis).await.expect("a reachable store");
    assert_eq!(cleared.sweep().await.map(|swept| swept.removed), Ok(1));
    assert_eq!(service.ask(&question()).await.x_cache(), "MISS");
    assert_eq!(service.ask(&question()).await.x_cache(), "HIT");
}

#[tokio::test]
async fn a_clear_during_a_computation_wins() {
    let service = Service::start();
    service.origin.close_gate();
    let question = question();
    let ask = service.ask(&question);
    let clear = async {
        service.origin.has_begun(1).await;
        let cleared = service.cache.clear(Category::HealthAnalysis).await.expect("a reachable store");
        assert_eq!(cleared.sweep().await.map(|swept| swept.removed), Ok(0));
        service.origin.open_gate();
    };
    let (answer, ()): (Answered, ()) = tokio::join!(ask, clear);
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(service.ask(&question).await.x_cache(), "MISS");
}

#[tokio::test]
async fn who_asks_after_a_clear_does_not_join_a_computation_from_before_it_of_which_the_store_knows_nothing() {
    let service = Service::with(|config| config.cache_budget = Duration::ZERO);
    service.origin.close_gate();
    let question = question();
    let after = async {
        service.origin.has_begun(1).await;
        let cleared = service.cache.clear(Category::HealthAnalysis).await.expect("a reachable store");
        drop(cleared);
        tokio::join!(service.ask(&question), async { service.origin.open_gate() }).0
    };
    let (before, after) = tokio::join!(service.ask(&question), after);
    assert_eq!((before.x_cache(), after.x_cache()), ("BYPASS", "BYPASS"));
    assert_eq!(service.origin.analyses(), 2);
}

#[tokio::test]
async fn a_head_request_gets_the_headers_of_a_get() {
    let service = Service::start();
    let digest = service.ask(&question()).await.header("x-cache-key-digest").to_owned();
    let mut request = get(&format!("/api/v1/analyze-health/{digest}"));
    *request.method_mut() = Method::HEAD;
    let head = service.send(request).await;
    assert_eq!((head.status, head.x_cache(), head.body.len()), (StatusCode::OK, "HIT", 0));
}

#[tokio::test]
async fn a_json_type_with_parameters_is_accepted() {
    let service = Service::start();
    let mut request = post(question().to_string());
    request.headers_mut().insert("content-type", "Application/JSON; charset=utf-8".parse().expect("a value"));
    assert_eq!(service.send(request).await.status, StatusCode::OK);
}
