//! Analyses of drugs: begun, shared, kept.

use super::{analyze, analyze_named, counter, ended, id_of, info, status};
use medinsight_core::{AnalysisType, AnalysisVariant, CacheKey, DrugName};
use medinsight_functions::origin::OriginError;
use medinsight_tests::{Mood, Service};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// For how many seconds an analysis is fresh.
const FRESH: u64 = 86_400;

#[tokio::test]
async fn an_analysis_is_queued_the_first_time_and_completed_from_the_cache_the_second_time() {
    let service = Service::start();
    let queued = analyze_named(&service, "aspirin").await;
    assert_eq!((queued.status.as_u16(), queued.header("cache-control")), (200, "no-store"));
    let body = queued.json();
    assert_eq!((&body["status"], &body["cached"], body.get("results")), (&json!("queued"), &json!(false), None));
    assert!(body["message"].is_string() && body["estimated_completion_minutes"].as_u64() >= Some(1));
    let done = ended(&service, &id_of(&queued)).await;
    assert_eq!((&done["status"], &done["progress_percentage"]), (&json!("completed"), &json!(100)));
    let cached = analyze_named(&service, "Aspirin").await;
    let body = cached.json();
    assert_eq!((&body["status"], &body["cached"]), (&json!("completed_from_cache"), &json!(true)));
    assert_eq!((&body["estimated_completion_minutes"], &body["results"]), (&json!(0), &done["results"]));
    assert_eq!((cached.x_cache(), cached.header("cache-control")), ("HIT", "public, max-age=3600"));
    assert_ne!(id_of(&cached), id_of(&queued));
    assert_eq!(service.origin.drug_analyses(), 1);
}

#[tokio::test]
async fn a_status_has_all_members_at_every_step() {
    let service = Service::start();
    service.origin.close_gate();
    let id = id_of(&analyze_named(&service, "aspirin").await);
    let answer = status(&service, &id).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"));
    let under_way = answer.json();
    assert!(["queued", "in_progress"].contains(&under_way["status"].as_str().unwrap_or_default()), "{under_way}");
    assert!(under_way["estimated_completion"].as_u64() > Some(service.cache.clock().now().0));
    assert_eq!(under_way["results"], Value::Null);
    service.origin.open_gate();
    let done = ended(&service, &id).await;
    for status in [&under_way, &done] {
        assert_eq!(status["analysis_id"], json!(id));
        assert!(status["progress_percentage"].as_u64() <= Some(100) && status["current_step"].is_string());
    }
    assert!(done["results"]["disclaimer"].is_string() && done["estimated_completion"].is_null());
}

#[tokio::test]
async fn what_was_asked_is_kept_under_the_analysis_without_an_identity() {
    let service = Service::start();
    let id = id_of(&analyze_named(&service, "Tylenol").await);
    ended(&service, &id).await;
    let session = service.stored("user", &id, Some("session")).await.expect("a session");
    assert_eq!((&session["drug_name"], &session["analysis_type"]), (&json!("tylenol"), &json!("overview")));
    assert_eq!(session.as_object().map(serde_json::Map::len), Some(5));
    assert!(service.stored("analysis_progress", &id, None).await.is_some());
}

#[tokio::test]
async fn the_same_question_asked_again_while_it_is_under_way_is_the_same_analysis() {
    let service = Service::start();
    service.origin.close_gate();
    let first = analyze_named(&service, "Tylenol").await;
    let second = analyze_named(&service, "paracetamol").await;
    let other = analyze_named(&service, "aspirin").await;
    assert_eq!(id_of(&first), id_of(&second));
    assert_ne!(id_of(&first), id_of(&other));
    assert_eq!((first.x_cache(), second.x_cache()), ("MISS", "COALESCED"));
    service.origin.open_gate();
    ended(&service, &id_of(&first)).await;
    ended(&service, &id_of(&other)).await;
    assert_eq!(service.origin.drug_analyses(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_ask_at_once_share_one_analysis() {
    let service = Service::start();
    service.origin.close_gate();
    let callers: Vec<_> = (0..32)
        .map(|_| {
            let service = service.clone();
            tokio::spawn(async move { id_of(&analyze_named(&service, "aspirin").await) })
        })
        .collect();
    let mut ids = BTreeSet::new();
    for caller in callers {
        ids.insert(caller.await.expect("no panic"));
    }
    service.origin.open_gate();
    assert_eq!(ids.len(), 1);
    ended(&service, ids.first().expect("an id")).await;
    assert_eq!(service.origin.drug_analyses(), 1);
}

#[tokio::test]
async fn every_variant_is_another_entry() {
    let service = Service::start();
    let drug = DrugName::new("aspirin").expect("a name");
    let mut keys = BTreeSet::new();
    for analysis_type in AnalysisType::ALL {
        for bits in 0..8 {
            let variant = AnalysisVariant {
                analysis_type,
                include_competitors: bits & 1 == 0,
                include_market_data: bits & 2 == 0,
                include_clinical_data: bits & 4 == 0,
            };
            let body = json!({
                "drug_name": "aspirin",
                "analysis_type": analysis_type.as_str(),
                "include_competitors": variant.include_competitors,
                "include_market_data": variant.include_market_data,
                "include_clinical_data": variant.include_clinical_data,
            });
            let done = ended(&service, &id_of(&analyze(&service, &body).await)).await;
            assert_eq!(done["results"]["analysis_type"], analysis_type.as_str());
            assert_eq!(done["results"].get("market").is_some(), variant.include_market_data);
            let key = CacheKey::drug_analysis(&drug, &variant).expect("a key");
            assert!(service.cache.stored(&key).await.is_some(), "{variant}");
            keys.insert(key);
        }
    }
    assert_eq!((keys.len(), service.origin.drug_analyses()), (48, 48));
}

#[tokio::test]
async fn a_stale_analysis_is_computed_anew_and_given_only_when_that_fails() {
    let service = Service::start();
    let first = ended(&service, &id_of(&analyze_named(&service, "aspirin").await)).await;
    service.advance_secs(FRESH + 60);
    service.origin.set_mood(Mood::Fails(OriginError::Unavailable));
    let queued = analyze_named(&service, "aspirin").await;
    assert_eq!(queued.json()["status"], "queued");
    let stale = ended(&service, &id_of(&queued)).await;
    assert_eq!((&stale["status"], &stale["results"]), (&json!("completed"), &first["results"]));
    assert!(stale["current_step"].as_str().is_some_and(|step| step.contains("earlier analysis")), "{stale}");
    service.origin.set_mood(Mood::Answers);
    ended(&service, &id_of(&analyze_named(&service, "aspirin").await)).await;
    assert_eq!(analyze_named(&service, "aspirin").await.header("age"), "0");
}

#[tokio::test]
async fn an_analysis_near_the_end_of_its_life_is_refreshed_early() {
    let service = Service::start();
    ended(&service, &id_of(&analyze_named(&service, "aspirin").await)).await;
    service.advance_secs(FRESH * 92 / 100);
    assert_eq!(analyze_named(&service, "aspirin").await.x_cache(), "HIT");
    service.background_work_is_done().await;
    assert_eq!(service.origin.drug_analyses(), 2);
}

#[tokio::test]
async fn a_failed_analysis_says_so_is_counted_and_is_begun_again_when_asked_for() {
    let service = Service::start();
    let cases = [
        (Mood::Fails(OriginError::Unavailable), "origin_unavailable"),
        (Mood::Fails(OriginError::TimedOut), "origin_timed_out"),
        (Mood::Panics, "origin_failed"),
    ];
    for (mood, error) in cases {
        service.origin.set_mood(mood);
        let failed = ended(&service, &id_of(&analyze_named(&service, "aspirin").await)).await;
        assert_eq!((&failed["status"], &failed["error"]), (&json!("failed"), &json!(error)));
        assert_eq!(failed["results"], Value::Null);
    }
    assert_eq!(counter(&service, "errors", "drug_analysis", "failures").await, 3);
    service.origin.set_mood(Mood::Answers);
    let done = ended(&service, &id_of(&analyze_named(&service, "aspirin").await)).await;
    assert_eq!(done["status"], "completed");
}

#[tokio::test]
async fn an_unknown_drug_fails_as_such_and_is_a_404_at_once_while_that_is_remembered() {
    let service = Service::start();
    let failed = ended(&service, &id_of(&analyze_named(&service, "zyxwv").await)).await;
    assert_eq!((&failed["status"], &failed["error"]), (&json!("failed"), &json!("unknown_drug")));
    let detail = "drug_name: is no known drug";
    analyze_named(&service, "zyxwv").await.assert_problem(404, "unknown_drug", detail);
    info(&service, "zyxwv").await.assert_problem(404, "unknown_drug", detail);
    assert_eq!((service.origin.drug_analyses(), service.origin.drug_facts()), (1, 0));
    service.advance_secs(30);
    assert_eq!(analyze_named(&service, "zyxwv").await.json()["status"], "queued");
    assert_eq!(counter(&service, "errors", "drug_analysis", "failures").await, 0);
}

#[tokio::test]
async fn a_name_for_an_analysis_outlives_the_record_of_its_progress() {
    let service = Service::start();
    let id = id_of(&analyze_named(&service, "aspirin").await);
    let done = ended(&service, &id).await;
    service.cache.flush().await;
    service.advance_secs(301);
    assert_eq!(status(&service, &id).await.json()["results"], done["results"]);
    let cached = id_of(&analyze_named(&service, "aspirin").await);
    service.cache.flush().await;
    assert_eq!(status(&service, &cached).await.json()["results"], done["results"]);
    service.advance_secs(3_600);
    assert_eq!(status(&service, &id).await.status.as_u16(), 404);
}

#[tokio::test]
async fn hits_never_outnumber_requests() {
    let service = Service::start();
    ended(&service, &id_of(&analyze_named(&service, "aspirin").await)).await;
    for _ in 0..3 {
        analyze_named(&service, "aspirin").await;
    }
    let counted = |name| counter(&service, "usage", "drug_analysis", name);
    assert_eq!((counted("requests").await, counted("cache_hits").await), (4, 3));
}

#[tokio::test]
async fn without_the_store_this_process_still_tells_how_far_its_analyses_have_got() {
    let (service, memory) = Service::in_memory();
    memory.set_reachable(false);
    let id = id_of(&analyze_named(&service, "aspirin").await);
    assert_eq!(ended(&service, &id).await["status"], "completed");
    let answer = status(&service, &"0".repeat(32)).await;
    answer.assert_problem(503, "store_unavailable", "the store did not answer");
}

#[tokio::test]
async fn markets_prices_and_trials_are_not_made_up() {
    let service = Service::start();
    for analysis_type in ["market_research", "clinical_trials", "competitive_analysis", "pricing_analysis"] {
        let body = json!({"drug_name": "sertraline", "analysis_type": analysis_type});
        let results = ended(&service, &id_of(&analyze(&service, &body).await)).await["results"].take();
        assert!(results["not_known"].as_array().is_some_and(|gaps| !gaps.is_empty()), "{analysis_type}");
        assert!(results["registries"][0]["url"].as_str().is_some_and(|url| url.starts_with("https://")));
        assert!(results["data_sources"][0].is_string() && results["disclaimer"].is_string());
    }
}
