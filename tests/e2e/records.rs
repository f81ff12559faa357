//! What the engine does for answers that nobody waits for, and for records.

use bytes::Bytes;
use medinsight_core::{CacheKey, Category};
use medinsight_functions::cache::{CacheStatus, Computation, Deadline, Visit};
use medinsight_functions::origin::OriginError;
use medinsight_functions::store::FailureReason;
use medinsight_tests::Service;
use std::time::Duration;

fn record() -> CacheKey {
    CacheKey::build("analysis_progress", "a-record", None).expect("a key")
}

fn answer() -> CacheKey {
    CacheKey::build("drug_analysis", "aspirin", None).expect("a key")
}

fn visit() -> Visit {
    let deadline = Deadline::after(Duration::from_secs(30));
    Visit::to(answer(), deadline)
}

fn gives(body: &'static str) -> impl FnOnce() -> Computation {
    move || Computation::new(async { Ok(Bytes::from_static(body.as_bytes())) }, None)
}

fn fails(error: OriginError) -> impl FnOnce() -> Computation {
    move || Computation::new(async move { Err(error) }, None)
}

#[tokio::test]
async fn a_record_is_read_as_it_was_written_last_until_its_life_is_over() {
    let service = Service::start();
    assert_eq!(service.cache.recall(&record()).await, Ok(None));
    for text in ["earlier", "later"] {
        assert_eq!(service.cache.record(&record(), Bytes::from(text)).await, Ok(()));
        assert_eq!(service.cache.recall(&record()).await, Ok(Some(Bytes::from(text))));
    }
    service.advance_secs(300);
    assert_eq!(service.cache.recall(&record()).await, Ok(None));
}

#[tokio::test]
async fn a_record_of_a_cleared_category_is_gone() {
    let service = Service::start();
    assert_eq!(service.cache.record(&record(), Bytes::from_static(b"a record")).await, Ok(()));
    let cleared = service.cache.clear(Category::AnalysisProgress).await.expect("a reachable store");
    assert_eq!(service.cache.recall(&record()).await, Ok(None));
    assert_eq!(cleared.sweep().await.map(|swept| swept.removed), Ok(1));
}

#[tokio::test]
async fn that_the_store_does_not_answer_is_told_apart_from_that_there_is_no_record() {
    let (service, memory) = Service::in_memory();
    memory.set_reachable(false);
    assert_eq!(service.cache.recall(&record()).await, Err(FailureReason::Unreachable));
    assert_eq!(service.cache.record(&record(), Bytes::from_static(b"a record")).await, Err(FailureReason::Unreachable));
}

#[tokio::test]
async fn only_what_is_fresh_is_found_and_near_its_end_it_is_refreshed() {
    let service = Service::start();
    assert!(service.cache.find_fresh(visit(), gives("unused")).await.is_none());
    service.cache.renew(visit(), gives("first")).await.expect("an answer");
    service.advance_secs(86_400 * 92 / 100);
    let found = service.cache.find_fresh(visit(), gives("second")).await.expect("a fresh answer");
    assert_eq!((found.status, &found.body[..]), (CacheStatus::Hit, &b"first"[..]));
    service.background_work_is_done().await;
    assert_eq!(service.cache.stored(&answer()).await, Some(Bytes::from("second")));
    service.advance_secs(86_400);
    assert!(service.cache.find_fresh(visit(), gives("unused")).await.is_none());
}

#[tokio::test]
async fn a_stale_answer_is_renewed_and_given_only_when_that_fails() {
    let service = Service::start();
    service.cache.renew(visit(), gives("first")).await.expect("an answer");
    service.advance_secs(86_400);
    let stale = service.cache.renew(visit(), fails(OriginError::Failed)).await.expect("a stale answer");
    assert_eq!((stale.status, &stale.body[..]), (CacheStatus::Stale, &b"first"[..]));
    let unknown = service.cache.renew(visit(), fails(OriginError::UnknownDrug)).await;
    assert_eq!(unknown.map(|answer| answer.body), Err(OriginError::UnknownDrug));
    let renewed = service.cache.renew(visit(), gives("second")).await.expect("an answer");
    assert_eq!((renewed.status, &renewed.body[..]), (CacheStatus::Miss, &b"second"[..]));
    let found = service.cache.renew(visit(), gives("unused")).await.expect("an answer");
    assert_eq!((found.status, &found.body[..]), (CacheStatus::Hit, &b"second"[..]));
}
