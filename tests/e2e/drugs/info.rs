//! Facts about drugs.

use super::{counter, info};
use medinsight_functions::origin::OriginError;
use medinsight_tests::{Mood, Service};
use serde_json::json;

/// For how many seconds facts are fresh.
const FRESH: u64 = 604_800;

#[tokio::test]
async fn facts_are_looked_up_the_first_time_and_come_from_the_cache_the_second_time() {
    let service = Service::start();
    let (first, second) = (info(&service, "aspirin").await, info(&service, "Aspirin").await);
    assert_eq!((first.status.as_u16(), first.x_cache(), second.x_cache()), (200, "MISS", "HIT"));
    let (miss, hit) = (first.json(), second.json());
    assert_eq!((&miss["status"], &miss["cached"]), (&json!("info_retrieved"), &json!(false)));
    assert_eq!((&hit["status"], &hit["cached"]), (&json!("info_retrieved_from_cache"), &json!(true)));
    assert_eq!(hit["drug_name"], "Aspirin");
    assert_eq!(miss["data"], hit["data"]);
    assert_eq!(service.origin.drug_facts(), 1);
}

#[tokio::test]
async fn facts_have_the_members_that_the_front_end_reads_and_name_their_sources() {
    let service = Service::start();
    let answer = info(&service, "warfarin").await.json();
    assert!(answer["message"].is_string());
    let data = &answer["data"];
    for member in ["generic_name", "drug_class", "description", "disclaimer"] {
        assert!(data[member].as_str().is_some_and(|text| !text.is_empty()), "{member}");
    }
    for member in ["brand_names", "data_sources", "uses", "common_side_effects"] {
        assert!(data[member].as_array().is_some_and(|list| !list.is_empty()), "{member}");
    }
    assert_eq!(data["lookup_timestamp"].as_u64(), Some(service.cache.clock().now().0));
}

#[tokio::test]
async fn facts_may_be_kept_by_browsers_for_an_hour_and_say_how_they_were_served() {
    let service = Service::start();
    assert_eq!(info(&service, "aspirin").await.header("cache-control"), "public, max-age=3600");
    service.advance_secs(60);
    let hit = info(&service, "aspirin").await;
    assert_eq!((hit.header("age"), hit.header("cache-control")), ("60", "public, max-age=3660"));
    assert!(hit.header("cache-status").starts_with("MedInsight; hit; ttl="), "{}", hit.header("cache-status"));
}

#[tokio::test]
async fn a_brand_and_its_generic_share_an_answer_and_an_entry() {
    let service = Service::start();
    let brand = info(&service, "Tylenol").await;
    for name in ["acetaminophen", "PARACETAMOL", "panadol"] {
        let other = info(&service, name).await;
        assert_eq!((other.x_cache(), &other.json()["data"]), ("HIT", &brand.json()["data"]), "{name}");
    }
    assert_eq!(service.origin.drug_facts(), 1);
    assert!(service.stored("drug_info", "acetaminophen", None).await.is_some());
    assert!(service.stored("drug_info", "tylenol", None).await.is_none());
}

#[tokio::test]
async fn a_combination_never_collapses_into_one_of_its_parts() {
    let service = Service::start();
    let part = info(&service, "acetaminophen").await.json();
    for name in ["Percocet", "acetaminophen%20%2F%20oxycodone", "oxycodone%20and%20acetaminophen"] {
        let combination = info(&service, name).await.json();
        assert_eq!(combination["data"]["generic_name"], "acetaminophen / oxycodone", "{name}");
        assert_ne!(combination["data"], part["data"]);
    }
    assert_eq!(service.origin.drug_facts(), 2);
    assert!(service.stored("drug_info", "acetaminophen / oxycodone", None).await.is_some());
}

#[tokio::test]
async fn an_unknown_drug_is_a_404_that_is_remembered_for_thirty_seconds_and_then_asked_again() {
    let service = Service::start();
    for _ in 0..3 {
        info(&service, "zyxwv").await.assert_problem(404, "unknown_drug", "drug_name: is no known drug");
    }
    assert_eq!(service.origin.drug_facts(), 1);
    assert!(service.stored("drug_info", "zyxwv", None).await.is_none());
    service.advance_secs(30);
    assert_eq!(info(&service, "zyxwv").await.status.as_u16(), 404);
    assert_eq!(service.origin.drug_facts(), 2);
    assert_eq!(counter(&service, "usage", "drug_info", "requests").await, 4);
    assert_eq!(counter(&service, "errors", "drug_info", "failures").await, 0);
}

#[tokio::test]
async fn a_failing_origin_is_not_remembered_as_an_unknown_drug() {
    let service = Service::start();
    service.origin.set_mood(Mood::Fails(OriginError::Unavailable));
    let answer = info(&service, "aspirin").await;
    answer.assert_problem(503, "origin_unavailable", "the origin is unavailable");
    service.origin.set_mood(Mood::Answers);
    assert_eq!(info(&service, "aspirin").await.status.as_u16(), 200);
    assert_eq!(counter(&service, "errors", "drug_info", "failures").await, 1);
}

#[tokio::test]
async fn old_facts_are_served_while_they_are_revalidated() {
    let service = Service::start();
    info(&service, "aspirin").await;
    service.advance_secs(10 * FRESH);
    let stale = info(&service, "aspirin").await;
    assert_eq!((stale.x_cache(), stale.header("cache-control")), ("STALE", "public, max-age=0"));
    service.background_work_is_done().await;
    let fresh = info(&service, "aspirin").await;
    assert_eq!((fresh.x_cache(), fresh.header("age"), service.origin.drug_facts()), ("HIT", "0", 2));
}

#[tokio::test]
async fn old_facts_are_served_for_as_long_as_the_origin_fails() {
    let service = Service::start();
    let first = info(&service, "aspirin").await;
    service.origin.set_mood(Mood::Fails(OriginError::Unavailable));
    for years in [1, 50] {
        service.advance_secs(years * 31_536_000);
        let stale = info(&service, "aspirin").await;
        assert_eq!((stale.status.as_u16(), stale.x_cache()), (200, "STALE"));
        assert_eq!(stale.json()["data"], first.json()["data"]);
        service.background_work_is_done().await;
    }
}

#[tokio::test]
async fn facts_about_a_drug_that_the_origin_no_longer_knows_are_removed() {
    let service = Service::start();
    info(&service, "aspirin").await;
    service.advance_secs(FRESH);
    service.origin.set_mood(Mood::Fails(OriginError::UnknownDrug));
    assert_eq!(info(&service, "aspirin").await.x_cache(), "STALE");
    service.background_work_is_done().await;
    assert_eq!(info(&service, "aspirin").await.status.as_u16(), 404);
    assert!(service.stored("drug_info", "aspirin", None).await.is_none());
}

#[tokio::test]
async fn hits_never_outnumber_requests() {
    let service = Service::start();
    for name in ["aspirin", "aspirin", "warfarin", "zyxwv", "zyxwv", "Coumadin"] {
        info(&service, name).await;
    }
    let counted = |name| counter(&service, "usage", "drug_info", name);
    assert_eq!((counted("requests").await, counted("cache_hits").await), (6, 2));
}
