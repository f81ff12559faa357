//! Conditional requests: who has an answer already is not sent it again.

use http::Method;
use medinsight_core::Category;
use medinsight_tests::{ANALYZE, Answered, Service, get, post, question};

const ASPIRIN: &str = "/api/v1/drug/info/aspirin";
const POLICY: &str = "/api/v1/cache/policy";

/// The longest a health analysis is fresh, in seconds.
const FRESH: u64 = 3_600;

async fn ask_unless(service: &Service, path: &str, known: &str) -> Answered {
    let mut request = get(path);
    request.headers_mut().insert("if-none-match", known.parse().expect("a header value"));
    service.send(request).await
}

async fn path_of_answered_question(service: &Service) -> String {
    format!("{ANALYZE}/{}", service.ask(&question()).await.header("x-cache-key-digest"))
}

#[track_caller]
fn assert_not_modified(answer: &Answered, etag: &str) {
    assert_eq!((answer.status.as_u16(), answer.body.len()), (304, 0));
    assert_eq!((answer.header("etag"), answer.header("content-type")), (etag, ""));
}

#[tokio::test]
async fn an_answer_has_one_tag_when_it_is_computed_found_and_fetched_by_its_digest() {
    let service = Service::start();
    let (miss, hit) = (service.ask(&question()).await, service.ask(&question()).await);
    let found = service.find(miss.header("x-cache-key-digest")).await;
    assert_eq!((miss.x_cache(), hit.x_cache()), ("MISS", "HIT"));
    assert!(miss.header("etag").starts_with('"'), "a strong tag");
    assert_eq!((hit.header("etag"), found.header("etag")), (miss.header("etag"), miss.header("etag")));
    let mut other = question();
    other["concern"] = "Cough".into();
    assert_ne!(service.ask(&other).await.header("etag"), miss.header("etag"));
}

#[tokio::test]
async fn who_has_an_analysis_is_told_its_age_and_not_sent_it_again() {
    let service = Service::start();
    let path = path_of_answered_question(&service).await;
    service.advance_secs(60);
    let found = service.send(get(&path)).await;
    let again = ask_unless(&service, &path, found.header("etag")).await;
    assert_not_modified(&again, found.header("etag"));
    for header in ["age", "cache-control", "cache-status", "x-cache", "x-cache-key-digest"] {
        assert!(!found.header(header).is_empty());
        assert_eq!(again.header(header), found.header(header), "{header}");
    }
    assert_eq!((again.header("age"), again.header("cache-control")), ("60", "private, no-store"));
}

#[tokio::test]
async fn a_stale_answer_that_the_client_has_says_that_it_is_stale() {
    let service = Service::start();
    let path = path_of_answered_question(&service).await;
    let etag = service.send(get(&path)).await.header("etag").to_owned();
    service.advance_secs(FRESH + 60);
    let stale = ask_unless(&service, &path, &etag).await;
    assert_not_modified(&stale, &etag);
    assert_eq!(stale.x_cache(), "STALE");
}

#[tokio::test]
async fn a_client_with_another_answer_or_none_gets_the_whole_one() {
    let service = Service::start();
    let path = path_of_answered_question(&service).await;
    for known in ["\"0\"", "\"0\", W/\"1\"", "nonsense", ""] {
        let answer = ask_unless(&service, &path, known).await;
        assert_eq!((answer.status.as_u16(), answer.x_cache()), (200, "HIT"), "{known}");
        assert!(!answer.body.is_empty());
    }
    let etag = service.send(get(&path)).await.header("etag").to_owned();
    for known in [format!("\"0\", {etag}"), format!("W/{etag}"), "*".to_owned()] {
        assert_not_modified(&ask_unless(&service, &path, &known).await, &etag);
    }
}

#[tokio::test]
async fn a_head_request_is_conditional_like_a_get() {
    let service = Service::start();
    let path = path_of_answered_question(&service).await;
    let etag = service.send(get(&path)).await.header("etag").to_owned();
    let mut request = get(&path);
    *request.method_mut() = Method::HEAD;
    request.headers_mut().insert("if-none-match", etag.parse().expect("a header value"));
    assert_not_modified(&service.send(request).await, &etag);
}

#[tokio::test]
async fn a_question_is_answered_whatever_answers_the_client_has() {
    let service = Service::start();
    let etag = service.ask(&question()).await.header("etag").to_owned();
    let mut request = post(question().to_string());
    request.headers_mut().insert("if-none-match", etag.parse().expect("a header value"));
    let answer = service.send(request).await;
    assert_eq!((answer.status.as_u16(), answer.header("etag")), (200, etag.as_str()));
    assert!(!answer.body.is_empty());
}

#[tokio::test]
async fn what_is_not_in_the_cache_is_not_unmodified() {
    let service = Service::start();
    let path = path_of_answered_question(&service).await;
    let etag = service.send(get(&path)).await.header("etag").to_owned();
    assert!(service.cache.clear(Category::HealthAnalysis).await.is_ok());
    for known in [etag.as_str(), "*"] {
        assert_eq!(ask_unless(&service, &path, known).await.status.as_u16(), 404, "{known}");
    }
}

#[tokio::test]
async fn an_answer_that_is_computed_anew_and_is_the_same_has_the_same_tag() {
    let service = Service::start();
    let etag = service.ask(&question()).await.header("etag").to_owned();
    assert!(service.cache.clear(Category::HealthAnalysis).await.is_ok());
    let anew = service.ask(&question()).await;
    assert_eq!((anew.x_cache(), anew.header("etag")), ("MISS", etag.as_str()));
}

#[tokio::test]
async fn facts_have_another_tag_whenever_their_bytes_differ() {
    let service = Service::start();
    let (miss, hit) = (service.send(get(ASPIRIN)).await, service.send(get(ASPIRIN)).await);
    assert_eq!((miss.x_cache(), hit.x_cache()), ("MISS", "HIT"));
    assert_ne!(miss.body, hit.body, "a hit says that it is one");
    assert_ne!(miss.header("etag"), hit.header("etag"));
    assert!(service.cache.clear(Category::DrugInfo).await.is_ok());
    service.send(get(ASPIRIN)).await;
    let later = service.send(get(ASPIRIN)).await;
    assert_ne!(later.header("etag"), hit.header("etag"), "they were looked up at another time");
}

#[tokio::test]
async fn who_has_the_facts_may_keep_them_for_longer() {
    let service = Service::start();
    service.send(get(ASPIRIN)).await;
    let etag = service.send(get(ASPIRIN)).await.header("etag").to_owned();
    service.advance_secs(FRESH);
    let again = ask_unless(&service, ASPIRIN, &etag).await;
    assert_not_modified(&again, &etag);
    assert_eq!((again.header("age"), again.header("cache-control")), ("3600", "public, max-age=7200"));
}

#[tokio::test]
async fn who_has_the_policy_may_keep_it_for_longer() {
    let service = Service::start();
    let policy = service.send(get(POLICY)).await;
    let again = ask_unless(&service, POLICY, policy.header("etag")).await;
    assert_not_modified(&again, policy.header("etag"));
    assert_eq!(again.header("cache-control"), policy.header("cache-control"));
    assert_eq!(ask_unless(&service, POLICY, "\"0\"").await.json(), policy.json());
}
